//! The actions that the emulator has, who may call them, and what they work with.

pub(crate) mod app_token;
pub(crate) mod entry;
pub(crate) mod media;
pub(crate) mod session;
pub(crate) mod stub;
pub(crate) mod upload_token;
pub(crate) mod user;

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use kaltura_ks::{KsFields, OpenedKs};
use kaltura_types::api_error::ApiException;
use kaltura_types::{AdminSecret, Ks, PartnerId, UnixTime, UserId};
use sha1::{Digest as _, Sha1};

use crate::backend::owner::Owner;
use crate::backend::seed::RoleSeed;
use crate::backend::state::{HOSTED_PAGES, State};
use crate::backend::upload::AwaitedChunks;
use crate::request::Arguments;
use crate::response::value::{ApiValue, Failure};

/// An action with its arguments read. It runs after the remaining checks.
pub(crate) type Prepared = Box<dyn FnOnce(&mut Call<'_>) -> Result<ApiValue, Failure>>;

/// An action of a service. The names are in the server's spelling.
#[derive(Debug)]
pub(crate) struct Action {
    pub(crate) service: Cow<'static, str>,
    pub(crate) name: Cow<'static, str>,
    access: Access,
    body: ActionBody,
}

/// What an action does.
#[derive(Debug)]
enum ActionBody {
    /// Casts and checks the arguments. The server does this before most checks of the KS.
    Emulated(fn(Arguments<'_>) -> Result<Prepared, ApiException>),
    /// Returns this result, whatever the arguments are.
    Stub(Arc<ApiValue>),
}

/// Who may call (wire contract, section 4).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Access {
    /// Every caller, also without a KS.
    Public,
    /// Every caller with a valid KS, and a call without one. Unlike for [`Public`](Self::Public), a role decides.
    SessionOrNone,
    /// Every caller with a valid KS.
    Session,
    /// Every caller with a valid KS that is not a widget session.
    User,
    /// An ADMIN session, or a session whose role permits the action.
    Admin,
    /// Sessions of the partner of the platform's own pages.
    HostedPages,
}

static ACTIONS: &[Action] = &[
    action("session", "start", Access::Public, session::start),
    action("session", "startWidgetSession", Access::Public, session::start_widget_session),
    action("session", "get", Access::Admin, session::get),
    action("session", "end", Access::Public, session::end),
    action("session", "impersonate", Access::Public, session::impersonate),
    action("session", "impersonateByKs", Access::HostedPages, session::impersonate_by_ks),
    action("appToken", "startSession", Access::Session, app_token::start_session),
    action("appToken", "add", Access::Admin, app_token::add),
    action("appToken", "get", Access::Admin, app_token::get),
    action("appToken", "list", Access::Admin, app_token::list),
    action("appToken", "update", Access::Admin, app_token::update),
    action("appToken", "delete", Access::Admin, app_token::delete),
    action("user", "get", Access::Session, user::get),
    action("user", "delete", Access::Admin, user::delete),
    action("system", "ping", Access::Public, ping),
    action("system", "getTime", Access::Public, get_time),
    action("media", "get", Access::SessionOrNone, media::get),
    action("media", "list", Access::Session, media::list_media),
    action("media", "count", Access::Session, media::count_media),
    action("media", "add", Access::User, entry::add_media),
    action("media", "addContent", Access::SessionOrNone, entry::add_content_to_media),
    action("media", "addFromUploadedFile", Access::User, entry::add_from_uploaded_file),
    action("media", "update", Access::SessionOrNone, entry::update_media),
    action("media", "delete", Access::SessionOrNone, entry::delete_media),
    action("baseEntry", "get", Access::SessionOrNone, media::get_base_entry),
    action("baseEntry", "list", Access::Session, media::list_base_entries),
    action("baseEntry", "count", Access::Session, media::count_base_entries),
    action("baseEntry", "add", Access::User, entry::add_base_entry),
    action("baseEntry", "addContent", Access::SessionOrNone, entry::add_content_to_base_entry),
    action("baseEntry", "update", Access::SessionOrNone, entry::update_base_entry),
    action("baseEntry", "delete", Access::SessionOrNone, entry::delete_base_entry),
    action("uploadToken", "add", Access::User, upload_token::add),
    action("uploadToken", "get", Access::Session, upload_token::get),
    action("uploadToken", "list", Access::Session, upload_token::list),
    action("uploadToken", "upload", Access::User, upload_token::upload),
    action("uploadToken", "delete", Access::User, upload_token::delete),
];

const fn action(
    service: &'static str,
    name: &'static str,
    access: Access,
    read: fn(Arguments<'_>) -> Result<Prepared, ApiException>,
) -> Action {
    Action {
        service: Cow::Borrowed(service),
        name: Cow::Borrowed(name),
        access,
        body: ActionBody::Emulated(read),
    }
}

/// Whether a service exists. Case is ignored.
pub(crate) fn has_service(service: &str) -> bool {
    ACTIONS.iter().any(|action| action.service.eq_ignore_ascii_case(service))
}

/// Finds an action by its names. Case is ignored.
pub(crate) fn find(service: &str, name: &str) -> Option<&'static Action> {
    ACTIONS
        .iter()
        .find(|action| action.service.eq_ignore_ascii_case(service) && action.name.eq_ignore_ascii_case(name))
}

impl Action {
    /// An action with a fixed result.
    pub(crate) fn stub(service: String, name: String, access: Access, result: ApiValue) -> Self {
        let body = ActionBody::Stub(Arc::new(result));
        Self { service: service.into(), name: name.into(), access, body }
    }

    /// Reads the arguments.
    pub(crate) fn read(&self, arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
        match &self.body {
            ActionBody::Emulated(read) => read(arguments),
            ActionBody::Stub(result) => {
                let result = Arc::clone(result);
                Ok(Box::new(move |_| match result.as_ref() {
                    ApiValue::Error(exception) => Err(exception.clone().into()),
                    value => Ok(value.clone()),
                }))
            }
        }
    }

    /// `service.action`.
    pub(crate) fn full_name(&self) -> String {
        [&self.service, ".", &self.name].concat()
    }

    pub(crate) fn is(&self, service: &str, name: &str) -> bool {
        self.service == service && self.name == name
    }

    /// Whether a KS may call the action. If the KS has a role, the role decides.
    pub(crate) fn permits(&self, ks: Option<&OpenedKs>, role: Option<&RoleSeed>) -> bool {
        if self.access == Access::Public {
            return true;
        }
        let Some(claims) = ks.map(OpenedKs::claims) else { return self.access == Access::SessionOrNone };
        match (self.access, role) {
            (Access::HostedPages, _) => claims.partner_id() == HOSTED_PAGES,
            (_, Some(role)) => role.allows(&self.full_name()),
            (Access::Admin, None) => claims.is_admin(),
            (Access::User, None) => !claims.is_widget_session(),
            (Access::Session | Access::SessionOrNone | Access::Public, None) => true,
        }
    }

    pub(crate) fn forbidden(&self) -> ApiException {
        ApiException::service_forbidden(&self.service, &self.name)
    }
}

/// One call of an action after all checks: the KS, the partner, and the data of the server.
pub(crate) struct Call<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) time: Time,
    pub(crate) ks: Option<SentKs>,
    /// The partner whose objects the call reads and changes.
    pub(crate) partner: PartnerId,
    /// Whether the parameter `partnerId` was a JSON number. The response then has a number too.
    pub(crate) partner_is_number: bool,
    /// The parameter `partnerId` beside a KS, if it is written in another way than the number. The server uses it as it
    /// is.
    pub(crate) partner_text: Option<String>,
    /// The fields of filters that the emulator does not obey.
    pub(crate) ignored_filters: &'a mut Vec<String>,
}

/// The server's time.
#[derive(Clone, Copy)]
pub(crate) struct Time {
    pub(crate) now: UnixTime,
    pub(crate) milliseconds: i64,
}

/// The KS of a request: as it was sent, and opened.
#[derive(Clone)]
pub(crate) struct SentKs {
    pub(crate) text: Ks,
    pub(crate) opened: OpenedKs,
}

impl Call<'_> {
    pub(crate) const fn now(&self) -> UnixTime {
        self.time.now
    }

    /// Whether an empty `partnerId` beside the KS took the partner away. Objects are still found by the KS.
    pub(crate) fn has_no_partner(&self) -> bool {
        self.partner_text.as_deref() == Some("")
    }

    /// Notes that fields of a filter are not obeyed.
    pub(crate) fn ignore_filters(&mut self, names: &[String]) {
        self.ignored_filters.extend_from_slice(names);
    }

    /// Signs a KS for the partner of the call, with the partner id as it was sent.
    pub(crate) fn sign_as_sent(&mut self, fields: KsFields) -> Ks {
        let Some(text) = self.partner_text.clone() else { return self.issue(fields, self.partner, None) };
        // An unknown partner has no secret, and version 1.
        let partner = if text.is_empty() { None } else { self.state.partners.get(&self.partner) };
        let version = partner.map_or(1, |partner| partner.ks_version);
        let secret = partner.map_or_else(|| AdminSecret::new(""), |partner| partner.admin_secrets[0].clone());
        let ks = sign_in(version, self.state, self.time, fields, &secret);
        with_partner_text(&ks, &self.partner.to_string(), &text, &secret)
    }

    /// The server waits for chunks. They do not arrive in the call, so the response is delayed.
    pub(crate) fn await_chunks(&mut self, chunks: AwaitedChunks) {
        self.state.waited = self.state.waited.saturating_add(self.state.upload_settings.final_chunk_wait);
        self.state.awaited = Some(chunks);
    }

    /// The user of the KS.
    pub(crate) fn user(&self) -> Option<&str> {
        self.ks.as_ref()?.opened.claims().user().map(UserId::as_str)
    }

    /// Whether the KS is of an ADMIN session.
    pub(crate) fn is_admin(&self) -> bool {
        self.ks.as_ref().is_some_and(|ks| ks.opened.claims().is_admin())
    }

    /// The owner of what the session creates: its user, as it is stored. The user is created if it does not exist.
    pub(crate) fn new_owner(&mut self) -> Owner {
        match self.user().map(str::to_owned) {
            Some(user) if !user.is_empty() => self.owner_with_user(&user),
            user => Owner::new(user.as_deref()),
        }
    }

    /// A user as owner. The user is created if it does not exist.
    pub(crate) fn owner_with_user(&mut self, user: &str) -> Owner {
        Owner::new(Some(&self.state.stored_user(self.partner, user, self.time.now)))
    }

    /// Signs the KS of a new session of a partner.
    pub(crate) fn issue(&mut self, fields: KsFields, partner: PartnerId, secret: Option<&AdminSecret>) -> Ks {
        issue(self.state, self.time, fields, partner, secret)
    }
}

/// Signs the KS of a new session, which can be ended together with the others of the partner.
pub(crate) fn issue(
    state: &mut State,
    time: Time,
    fields: KsFields,
    partner: PartnerId,
    secret: Option<&AdminSecret>,
) -> Ks {
    let ks = sign(state, time, fields, partner, secret);
    state.note_issued(partner, ks.clone());
    ks
}

/// Signs a KS in the partner's version. `secret` is the secret that logged in for an ADMIN session; without it, the
/// first admin secret signs (wire contract, section 6.1).
pub(crate) fn sign(
    state: &mut State,
    time: Time,
    fields: KsFields,
    partner: PartnerId,
    secret: Option<&AdminSecret>,
) -> Ks {
    let Some(found) = state.partners.get(&partner) else { return Ks::new(String::new()) };
    let secret = secret.unwrap_or(&found.admin_secrets[0]).clone();
    sign_in(found.ks_version, state, time, fields, &secret)
}

fn sign_in(version: u8, state: &mut State, time: Time, fields: KsFields, secret: &AdminSecret) -> Ks {
    let random = state.random.bytes();
    let fraction = state.random.below(10);
    let (fields, random) = fields.apply_download_asset_rule(random);
    if version == 1 {
        let thousandths = time.milliseconds.rem_euclid(1000);
        fields.sign_v1_unchecked(secret, &format!("{}.{thousandths:03}{fraction}", time.now.as_seconds()))
    } else {
        fields.sign_v2_unchecked(secret, random)
    }
}

/// The KS with another text in the place of the partner id. Version 2 does not sign it, version 1 does (wire
/// contract, sections 6.1 and 6.3).
fn with_partner_text(ks: &Ks, partner: &str, text: &str, secret: &AdminSecret) -> Ks {
    let v2 = URL_SAFE.decode(ks.expose()).unwrap_or_default();
    if let Some(cipher_text) = v2.strip_prefix(format!("v2|{partner}|").as_bytes()) {
        let parts = [format!("v2|{text}|").as_bytes(), cipher_text].concat();
        return Ks::new(URL_SAFE.encode(parts));
    }
    let v1 = STANDARD.decode(ks.expose()).unwrap_or_default();
    let v1 = String::from_utf8_lossy(&v1);
    let fields = v1.split_once('|').map_or("", |(_, fields)| fields);
    let rest = fields.strip_prefix(&format!("{partner};{partner};")).unwrap_or(fields);
    let fields = format!("{text};{text};{rest}");
    let signature = Sha1::new().chain_update(secret.expose()).chain_update(&fields).finalize();
    Ks::new(STANDARD.encode(format!("{}|{fields}", hex::encode(signature))))
}

/// `system.ping`.
fn ping(_: Arguments<'_>) -> Result<Prepared, ApiException> {
    Ok(Box::new(|_| Ok(true.into())))
}

/// `system.getTime`.
fn get_time(_: Arguments<'_>) -> Result<Prepared, ApiException> {
    Ok(Box::new(|call| Ok(call.now().as_seconds().into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_lists_exactly_these_actions() {
        let documentation = include_str!("lib.rs").lines().filter_map(|line| line.strip_prefix("//! "));
        let rows = documentation.skip_while(|line| *line != "| service | actions |").skip(2);
        let rows: Vec<&str> = rows.take_while(|line| line.starts_with('|')).collect();
        let services = ACTIONS.chunk_by(|one, other| one.service == other.service);
        let expected: Vec<String> = services
            .map(|actions| {
                let names: Vec<String> = actions.iter().map(|action| format!("`{}`", action.name)).collect();
                format!("| `{}` | {} |", actions[0].service, names.join(", "))
            })
            .collect();
        assert_eq!(rows, expected);
    }
}
