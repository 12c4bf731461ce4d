//! Asking a person at a terminal for what a profile still lacks.

use std::fmt;

use kaltura_auth::Region;
use kaltura_types::{HashType, PartnerId};

use super::given::{Given, Missing};
use super::options::{service_url, token_id};
use crate::config::Setting;
use crate::error::Failure;
use crate::output::{Ui, wrapped};
use crate::profile::{Config, NewPlace, ProfileName, ProfileSecret, new_profile_name};
use crate::prompt;

/// What is offered as the name of the first profile.
const FIRST_NAME: &str = "default";

/// Asks for the name of the profile. One that is there is one to be changed.
pub(super) fn name(ui: &Ui, config: &Config) -> Result<ProfileName, Failure> {
    let offered = if config.profiles().next().is_none() { Some(FIRST_NAME) } else { None };
    let check = |text: &str| new_profile_name(text).map(drop);
    let name =
        prompt::text(ui, "Name of the profile:", "Letters, digits, - and _, such as work", offered, check)?;
    new_profile_name(&name).map_err(Failure::usage)
}

/// Asks for what is missing, and adds it to what was given. Where the API is, is asked for with the rest.
pub(super) fn rest(ui: &Ui, given: &mut Given, missing: &[Missing], is_new: bool) -> Result<(), Failure> {
    ui.eprint(&wrapped(
        "",
        "",
        "Whoever made the app token knows these. Ctrl-C ends this, and keeps nothing.",
    ));
    if missing.contains(&Missing::TokenValue) {
        ui.eprint(&wrapped(
            "",
            "",
            "The token's value is asked for last. If a command shall print it, such as a password manager, or a \
             file or a variable holds it, end this, and say --token-command, --token-path or --token-variable.",
        ));
    }
    if is_new && !given.has(&Setting::REGION) && !given.has(&Setting::SERVICE_URL) {
        let (setting, text) = server(ui)?;
        given.add(setting, text);
    }
    for missing in missing {
        match missing {
            Missing::PartnerId => given.add(&Setting::PARTNER_ID, partner_id(ui)?),
            Missing::AppTokenId => given.add(&Setting::APP_TOKEN_ID, app_token_id(ui)?),
            Missing::HashType => given.add(&Setting::HASH_TYPE, hash_type(ui)?),
            Missing::TokenValue => given.changes.secrets.push((ProfileSecret::AppToken, token_value(ui)?)),
        }
    }
    Ok(())
}

fn server(ui: &Ui) -> Result<(&'static Setting, String), Failure> {
    let regions = Region::ALL.into_iter().map(Server::Region);
    match prompt::choice(ui, "Where the account is:", regions.chain([Server::Other]).collect())? {
        Server::Region(region) => Ok((&Setting::REGION, region.to_string())),
        Server::Other => {
            let check = |text: &str| service_url(text).map(drop);
            let url =
                prompt::text(ui, "URL of the server:", "Such as https://video.example.com", None, check)?;
            Ok((&Setting::SERVICE_URL, service_url(&url)?))
        }
    }
}

fn partner_id(ui: &Ui) -> Result<String, Failure> {
    let check = |text: &str| text.trim().parse::<PartnerId>().map(drop);
    let partner = prompt::text(ui, "Account (partner id):", "A number, such as 1234567", None, check)?;
    Ok(partner.trim().to_owned())
}

fn app_token_id(ui: &Ui) -> Result<String, Failure> {
    let check = |text: &str| token_id(text.trim()).map(drop);
    let id = prompt::text(ui, "Id of the app token:", "Such as 0_7jh3eu10; not its value", None, check)?;
    Ok(id.trim().to_owned())
}

fn hash_type(ui: &Ui) -> Result<String, Failure> {
    let hash_type = prompt::choice(ui, "Hash type of the app token:", HashType::ALL.to_vec())?;
    Ok(hash_type.to_string())
}

/// Here people paste the value, so it is the one thing that may be typed here, and nothing of it is shown.
fn token_value(ui: &Ui) -> Result<NewPlace, Failure> {
    let help = "It is not shown. It is kept in the keyring, or where there is none, in a file of yours";
    prompt::secret(ui, "Value of the app token:", help).map(NewPlace::Kept)
}

/// Where an account may be.
enum Server {
    Region(Region),
    Other,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Region(region) => {
                write!(f, "{region:<3} {}", kaltura_auth::ServiceUrl::from(*region))
            }
            Self::Other => f.write_str("another server"),
        }
    }
}
