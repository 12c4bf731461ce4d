//! Replaces the app token in a file, with the admin secret of the account.

use std::error::Error;
use std::time::Duration;

use kaltura::auth::source::{PartnerSecretLogin, PartnerSecretSource};
use kaltura::http::{ReqwestTransport, TokioRuntime};
use kaltura::types::{AdminSecret, AppTokenDraft};
use kaltura::{AppTokenCredentials, Client, HashType, Lifetime, PartnerId, ServiceUrl};
use token_rotation::{SESSION_SECONDS, TokenFile};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let client = admin()?;
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--create", file] => create(&client, &TokenFile(file.into())).await,
        [file] => rotate(&client, &TokenFile(file.into())).await,
        _ => Err("usage: rotate [--create] TOKEN_FILE".into()),
    }
}

/// A client with ADMIN sessions of this account.
fn admin() -> Result<Client, Box<dyn Error>> {
    let variable = |name: &str| std::env::var(name).map_err(|error| format!("{name}: {error}"));
    let service_url: ServiceUrl = variable("KALTURA_SERVICE_URL")?.parse()?;
    let partner: PartnerId = variable("KALTURA_PARTNER_ID")?.parse()?;
    let secret = AdminSecret::new(variable("KALTURA_ADMIN_SECRET")?);
    let transport = ReqwestTransport::builder().build()?;
    let login = PartnerSecretLogin::admin(service_url.clone(), partner, secret);
    let source = PartnerSecretSource::new(login, transport.clone());
    Ok(Client::builder_with_source(service_url, source, transport, TokioRuntime::new()).build())
}

/// The first token.
async fn create(client: &Client, file: &TokenFile) -> Result<(), Box<dyn Error>> {
    let lifetime = Lifetime::seconds(SESSION_SECONDS);
    let draft = AppTokenDraft::new().description("example").session_duration(lifetime);
    let token = client.app_tokens().add(draft.hash_type(HashType::Sha256)).await?;
    let partner = client.session().await?.partner_id();
    file.write(&AppTokenCredentials::new(partner, token.id.clone(), token.token, HashType::Sha256))?;
    println!("created {}", token.id);
    Ok(())
}

async fn rotate(client: &Client, file: &TokenFile) -> Result<(), Box<dyn Error>> {
    let old = file.read().map_err(|error| error.to_string())?;
    // Creates a token with the same rights, and logs in with it once. If that fails, nothing has changed for the services.
    let rotated = client.app_tokens().rotate(old.id()).await?;
    file.write(rotated.credentials())?;
    println!("created {}", rotated.token().id);

    let seconds = std::env::var("SESSION_SECONDS").ok().map(|text| text.parse()).transpose()?;
    // Some seconds more, for a login that had read the old file.
    let wait = Duration::from_secs(u64::from(seconds.unwrap_or(SESSION_SECONDS)) + 2);
    tokio::time::sleep(wait).await;
    client.app_tokens().delete(rotated.old_id()).await?;
    println!("deleted {}", rotated.old_id());
    Ok(())
}
