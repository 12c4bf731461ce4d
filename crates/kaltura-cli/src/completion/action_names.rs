//! Actions that are worth an offer.

/// The actions that the documents of this project speak of, less those that `kaltura login` is for. The API has
/// many more; which ones, only the server knows.
pub(super) const ACTION_NAMES: [&str; 16] = [
    "appToken.add",
    "appToken.delete",
    "appToken.get",
    "appToken.list",
    "appToken.update",
    "baseEntry.list",
    "caption_captionAsset.list",
    "media.get",
    "media.list",
    "partner.get",
    "session.end",
    "session.get",
    "system.getTime",
    "system.ping",
    "user.delete",
    "user.get",
];
