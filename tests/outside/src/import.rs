//! The logic of a program, tested with a mock: no server, no network.

use kaltura::types::{AppToken, AppTokenDraft};
use kaltura::{Client, Error, HashType, RawAction};
use serde_json::{Value, json};

/// Adds an entry of type video, and returns its id.
pub async fn add_entry(client: &Client, name: &str) -> Result<String, Error> {
    let entry = json!({ "objectType": "KalturaMediaEntry", "mediaType": 1, "name": name });
    let entry: Value = client.call(&RawAction::new("media", "add").param("entry", entry)).await?;
    Ok(entry["id"].as_str().unwrap_or_default().to_owned())
}

/// Creates an app token for another program.
pub async fn create_token(client: &Client, description: &str) -> Result<AppToken, Error> {
    let draft = AppTokenDraft::new().hash_type(HashType::Sha256).description(description);
    client.app_tokens().add(draft).await
}

#[cfg(test)]
mod tests {
    use kaltura::auth::manager::Phase;
    use kaltura::testing::mock::{MockTransport, responses};
    use kaltura::testing::runtime::TestRuntime;
    use kaltura::{AppTokenCredentials, AppTokenLogin, PartnerId, ServiceUrl, Session, SessionType};

    use super::*;
    use crate::fixture;

    const PARTNER: PartnerId = PartnerId::new(1234567);

    /// A client of the mock. It logs in once.
    fn client(kaltura: &MockTransport) -> Client {
        kaltura.expect("session.startWidgetSession").respond(responses::widget_session(PARTNER));
        kaltura.expect("appToken.startSession").respond(responses::session(PARTNER).expires_in(3600));
        let value = "3f786850e387550fdab836ed7e6dc881";
        let token = AppTokenCredentials::new(PARTNER, "0_7jh3eu10", value, HashType::Sha256);
        let login = AppTokenLogin::new(ServiceUrl::US, token);
        Client::builder(login, kaltura.clone(), TestRuntime::new()).build()
    }

    #[tokio::test]
    async fn an_entry_is_added_with_its_name() {
        let kaltura = MockTransport::new();
        let client = client(&kaltura);
        let entry = json!({ "objectType": "KalturaMediaEntry", "mediaType": 1, "name": "lecture 1" });
        kaltura
            .expect("media.add")
            .with_param("entry", entry)
            .respond(responses::json(json!({ "objectType": "KalturaMediaEntry", "id": "0_abcdefgh" })));
        assert_eq!(add_entry(&client, "lecture 1").await.unwrap(), "0_abcdefgh");
        kaltura.verify();
    }

    #[tokio::test]
    async fn results_can_be_compared() {
        let server = fixture::serve().await;
        let client = kaltura::client(fixture::login(&server)).unwrap();
        let created = create_token(&client, "for the player").await.unwrap();
        assert_eq!(client.app_tokens().get(&created.id).await.unwrap(), created);
        assert_ne!(create_token(&client, "for the player").await.unwrap(), created);

        let session = client.session().await.unwrap();
        let expected = Session::new(server.emulator().partner_id(), session.ks().clone())
            .with_session_type(SessionType::Admin)
            .with_privileges(session.privileges().clone())
            .with_expiry(session.expires_at().unwrap())
            .with_server_time(session.server_time().unwrap())
            .with_id(session.id().unwrap());
        assert_eq!(*session, expected);
        assert_eq!(client.status().phase, Phase::Fresh);
    }
}
