//! The names that the server keeps for itself.

/// Whether the server decides about this privilege itself, so that the holder of an app token cannot add
/// it (wire contract, section 5.3). Exactly this spelling: `Sview` is not a server privilege.
///
/// ```
/// # use kaltura_types::is_server_privilege;
/// assert!(is_server_privilege("disableentitlement"));
/// assert!(!is_server_privilege("appid"));
/// ```
#[must_use]
pub fn is_server_privilege(name: &str) -> bool {
    SERVER_PRIVILEGES.contains(&name)
}

const SERVER_PRIVILEGES: [&str; 33] = [
    "edit",
    "sview",
    "list",
    "download",
    "downloadasset",
    "editplaylist",
    "sviewplaylist",
    "actionslimit",
    "setrole",
    "restrictingrole",
    "limitentry",
    "iprestrict",
    "urirestrict",
    "enableentitlement",
    "disableentitlement",
    "disableentitlementforentry",
    "disableentitlementforplaylist",
    "privacycontext",
    "enablecategorymoderation",
    "reftime",
    "sessionkey",
    "preview",
    "sessionid",
    "jobtype",
    "apptoken",
    "enablechangeaccount",
    "edituser",
    "enablecaptionmoderation",
    "editadmintags",
    "restrictexplicitliveview",
    "virtualeventid",
    "searchcontext",
    "disablesessiontypecheck",
];

/// The fields of a version 2 KS, which overwrite privileges of the same name (wire contract, section 5.2).
pub(super) const KS_FIELDS: [&str; 5] = ["_e", "_t", "_u", "_m", "_d"];
