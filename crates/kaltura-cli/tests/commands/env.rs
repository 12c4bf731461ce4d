//! `kaltura env`: the session for a shell.

use serde_json::json;

use crate::support::server::server;

#[test]
fn the_variables_are_commands_of_a_shell_or_an_object() {
    let server = server();
    let ks = server.ks([]);
    let expected = [
        ("KALTURA_KS", ks.as_str()),
        ("KALTURA_SERVICE_URL", server.url()),
        ("KALTURA_PARTNER_ID", "1234567"),
    ];
    let sh = expected.map(|(name, value)| format!("export {name}='{value}'\n")).concat();
    server.kaltura(["env"]).succeeds().writes(&sh, "");
    let fish = expected.map(|(name, value)| format!("set -gx {name} '{value}'\n")).concat();
    server.kaltura(["env", "--shell", "fish"]).succeeds().writes(&fish, "");
    let powershell = expected.map(|(name, value)| format!("$Env:{name} = '{value}'\n")).concat();
    server.kaltura(["env", "--shell", "powershell"]).succeeds().writes(&powershell, "");
    assert_eq!(server.kaltura(["env"]).answer(), json!(std::collections::BTreeMap::from(expected)));
    server.kaltura(["env", "--fresh", "--hash-type=MD5"]).fails(3);
}
