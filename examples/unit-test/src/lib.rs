//! The logic of a program, and its unit tests: no server, no network, no waiting.
//!
//! The mock transport says which requests are expected and what the server responds; the emulator in the process knows the
//! rules of the server instead. Time is that of the test: a retry after a second takes no second.
//!
//! ```sh
//! cargo test -p unit-test
//! ```

use kaltura::{Client, Error, ErrorKind, RawAction};
use serde_json::{Value, json};

/// The id of the entry with this reference id. It is created if there is none.
///
/// # Errors
///
/// Those of the calls.
pub async fn find_or_add(client: &Client, reference: &str, name: &str) -> Result<String, Error> {
    // Status 2 is ready, 7 has no content yet. Without this condition, only entries that are ready are listed.
    let filter = json!({ "referenceIdEqual": reference, "statusIn": "2,7" });
    let list = RawAction::new("media", "list").param("filter", filter);
    let found: Value = client.call(&list).await?;
    let entry = match found["objects"].get(0) {
        Some(entry) => entry.clone(),
        None => {
            let entry = json!({
                "objectType": "KalturaMediaEntry", "mediaType": 1, "referenceId": reference, "name": name,
            });
            client.call(&RawAction::new("media", "add").param("entry", entry)).await?
        }
    };
    Ok(entry["id"].as_str().unwrap_or_default().to_owned())
}

/// The name of an entry, or `None` if there is no such entry.
///
/// # Errors
///
/// Those of the call, except that the entry does not exist.
pub async fn entry_name(client: &Client, id: &str) -> Result<Option<String>, Error> {
    match client.call(&RawAction::new("media", "get").param("entryId", id)).await {
        Ok(entry) => Ok(entry["name"].as_str().map(str::to_owned)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kaltura::emulator::Emulator;
    use kaltura::testing::mock::{MockTransport, responses};
    use kaltura::testing::runtime::TestRuntime;
    use kaltura::types::KsRefusal;
    use kaltura::{AppTokenCredentials, AppTokenLogin, HashType, PartnerId, ServiceUrl};

    use super::*;

    const PARTNER: PartnerId = PartnerId::new(1234567);

    /// A client of the mock, in the time of the test.
    fn client(kaltura: &MockTransport, runtime: &TestRuntime) -> Client {
        let value = "3f786850e387550fdab836ed7e6dc881";
        let token = AppTokenCredentials::new(PARTNER, "0_7jh3eu10", value, HashType::Sha256);
        Client::builder(AppTokenLogin::new(ServiceUrl::US, token), kaltura.clone(), runtime.clone()).build()
    }

    /// The mock expects a login.
    fn expect_login(kaltura: &MockTransport) {
        kaltura.expect("session.startWidgetSession").respond(responses::widget_session(PARTNER));
        kaltura.expect("appToken.startSession").respond(responses::session(PARTNER).expires_in(3600));
    }

    #[test]
    fn an_entry_that_is_missing_is_added_with_its_reference() {
        let (kaltura, runtime) = (MockTransport::new(), TestRuntime::new());
        expect_login(&kaltura);
        kaltura
            .expect("media.list")
            .with_param("filter", json!({ "referenceIdEqual": "r-1", "statusIn": "2,7" }))
            .respond(responses::json(json!({ "totalCount": 0, "objects": [] })));
        let entry = json!({
            "objectType": "KalturaMediaEntry", "mediaType": 1, "referenceId": "r-1", "name": "lecture 1",
        });
        kaltura
            .expect("media.add")
            .with_param("entry", entry)
            .respond(responses::json(json!({ "objectType": "KalturaMediaEntry", "id": "0_abcdefgh" })));

        let client = client(&kaltura, &runtime);
        let id = runtime.block_on(find_or_add(&client, "r-1", "lecture 1"));
        assert_eq!(id.unwrap(), "0_abcdefgh");
        kaltura.verify();
    }

    #[test]
    fn an_entry_that_exists_is_not_added() {
        let (kaltura, runtime) = (MockTransport::new(), TestRuntime::new());
        expect_login(&kaltura);
        let list = json!({ "totalCount": 1, "objects": [{ "id": "0_abcdefgh" }] });
        kaltura.expect("media.list").respond(responses::json(list));
        // A request that is not expected, such as `media.add`, would fail the test.
        let client = client(&kaltura, &runtime);
        assert_eq!(runtime.block_on(find_or_add(&client, "r-1", "lecture 1")).unwrap(), "0_abcdefgh");
        kaltura.verify();
    }

    #[test]
    fn a_refused_session_and_a_failing_gateway_are_survived() {
        let (kaltura, runtime) = (MockTransport::new(), TestRuntime::new());
        expect_login(&kaltura);
        kaltura.expect("media.get").respond(responses::errors::invalid_ks(KsRefusal::Expired));
        // The widget session is still valid, so the new login takes one request.
        kaltura.expect("appToken.startSession").respond(responses::session(PARTNER).expires_in(3600));
        kaltura.expect("media.get").respond(responses::unexpected::gateway_error(502));
        kaltura.expect("media.get").respond(responses::json(json!({ "name": "lecture 1" })));
        let client = client(&kaltura, &runtime);
        let name = runtime.block_on(entry_name(&client, "0_abcdefgh"));
        assert_eq!(name.unwrap().as_deref(), Some("lecture 1"));
        kaltura.verify();
    }

    #[test]
    fn with_the_rules_of_the_server_and_a_day_later() {
        let (emulator, runtime) = (Emulator::new(), TestRuntime::new());
        let login = AppTokenLogin::new(ServiceUrl::US, emulator.app_token().credentials());
        let client = Client::builder(login, emulator.clone(), runtime.clone()).build();
        assert_eq!(runtime.block_on(entry_name(&client, "0_missing1")).unwrap(), None);
        assert!(runtime.block_on(entry_name(&client, "0_sample01")).unwrap().is_some());

        emulator.clock().advance(Duration::from_secs(86_401));
        runtime.advance(Duration::from_secs(86_401));
        assert!(runtime.block_on(entry_name(&client, "0_sample01")).unwrap().is_some());
        assert_eq!(emulator.calls().count("appToken.startSession"), 2);
    }
}
