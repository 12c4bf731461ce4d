//! The standard roles of an installation, which the privilege `setrole` names (wire contract, section 4).

use super::seed::RoleSeed;

/// A role of every installation: its id, its system name, and the actions that it permits among those of the
/// emulator.
struct StandardRole {
    id: i64,
    system_name: &'static str,
    permits: &'static [&'static str],
}

/// What a player may do.
const PLAYBACK: &[&str] = &[
    "appToken.startSession",
    "baseEntry.count",
    "baseEntry.get",
    "baseEntry.list",
    "media.count",
    "media.get",
    "media.list",
    "uploadToken.get",
    "uploadToken.list",
    "user.get",
];

/// What an uploader of files without entries may do (wire contract, section 10.8).
const UPLOAD: &[&str] =
    &["uploadToken.add", "uploadToken.delete", "uploadToken.get", "uploadToken.list", "uploadToken.upload"];

/// What a device that records may do (wire contract, section 10.8).
const CAPTURE: &[&str] = &[
    "baseEntry.add",
    "baseEntry.addContent",
    "baseEntry.get",
    "baseEntry.update",
    "media.add",
    "media.addContent",
    "media.addFromUploadedFile",
    "media.update",
    "uploadToken.add",
    "uploadToken.get",
    "uploadToken.list",
    "uploadToken.upload",
];

/// Nothing but what needs no session.
const PUBLIC: &[&str] = &[];

/// The first three roles have no system name. Roles that were not measured permit only what needs no session.
const ROLES: [StandardRole; 23] = [
    role(1, "", PUBLIC),
    role(2, "", PUBLIC),
    role(3, "", PUBLIC),
    role(4, "BULK_LOG_VIEWER", PUBLIC),
    role(5, "REPORT_VIEWER_ROLE", PUBLIC),
    role(6, "WIDGET_SESSION_ROLE", PLAYBACK),
    role(7, "PLAYBACK_BASE_ROLE", PLAYBACK),
    role(8, "EXTERNAL_INTEGRATION_SERVICES_ROLE", PUBLIC),
    role(9, "KMS_WEBCAST_WIDGET_SESSION_ROLE", PUBLIC),
    role(10, "IVQ_WIDGET_SESSION_ROLE", PUBLIC),
    role(11, "CAPTURE_DEVICE_ROLE", CAPTURE),
    role(12, "WEBCAST_PRODUCER_DEVICE_ROLE", PUBLIC),
    role(13, "KMS_USER_ROLE", PLAYBACK),
    role(14, "REACH_VENDOR_ROLE", PUBLIC),
    role(15, "UPLOAD_BASE_ROLE", UPLOAD),
    role(16, "CAPTIONS_EDITOR_ROLE", PLAYBACK),
    role(17, "CONFIGURATION_EDITOR_ROLE", PUBLIC),
    role(18, "CONFIGURATION_VIEW_ROLE", PUBLIC),
    role(19, "SSO_ADMIN_ROLE", PUBLIC),
    role(20, "KMC_ANALYTICS_ROLE", PLAYBACK),
    role(21, "RESTORE_DELETED_ENTRY_ROLE", PUBLIC),
    role(22, "EP_USER_ANALYTICS", PLAYBACK),
    role(23, "KMS_RESTRICTED_ROLE", PLAYBACK),
];

const fn role(id: i64, system_name: &'static str, permits: &'static [&'static str]) -> StandardRole {
    StandardRole { id, system_name, permits }
}

/// The standard roles.
pub(crate) fn standard() -> impl Iterator<Item = RoleSeed> {
    ROLES.iter().map(|role| {
        let seed = RoleSeed::new(role.id, role.system_name);
        role.permits.iter().fold(seed, |seed, action| seed.permits(*action))
    })
}

#[cfg(test)]
mod tests {
    use crate::test_client::emulator;
    use kaltura_types::SessionType;
    use serde_json::{Value, json};

    #[test]
    fn no_standard_role_manages_app_tokens_and_each_may_ping() {
        let emulator = emulator();
        for role in super::ROLES {
            let ks = emulator.ks(SessionType::Admin, "u", &format!("setrole:{}", role.id));
            assert_eq!(
                emulator.error("appToken.list", json!({ "ks": ks })),
                "SERVICE_FORBIDDEN",
                "{}",
                role.id
            );
            assert_eq!(emulator.error("system.ping", json!({ "ks": ks })), Value::Null, "{}", role.id);
        }
    }

    #[test]
    fn a_role_is_found_by_system_name_and_permits_its_actions() {
        let emulator = emulator();
        for (name, action, expected) in [
            ("PLAYBACK_BASE_ROLE", "media.list", Value::Null),
            ("KMS_USER_ROLE", "media.list", Value::Null),
            ("UPLOAD_BASE_ROLE", "media.list", json!("SERVICE_FORBIDDEN")),
            ("UPLOAD_BASE_ROLE", "baseEntry.get", json!("SERVICE_FORBIDDEN")),
            ("CAPTURE_DEVICE_ROLE", "baseEntry.get", json!("ENTRY_ID_NOT_FOUND")),
            ("CAPTURE_DEVICE_ROLE", "media.get", json!("SERVICE_FORBIDDEN")),
            ("NO_SUCH_ROLE", "media.list", json!("INVALID_OBJECT_ID")),
        ] {
            let ks = emulator.ks(SessionType::User, "u", &format!("setrole:{name}"));
            let parameters = json!({ "ks": ks, "entryId": "0_nosuch" });
            assert_eq!(emulator.error(action, parameters), expected, "{name} {action}");
        }
    }
}
