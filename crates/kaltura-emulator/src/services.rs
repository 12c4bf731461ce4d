//! The actions that the emulator has, who may call them, and what they work with.

pub(crate) mod app_token;
pub(crate) mod media;
pub(crate) mod session;
pub(crate) mod user;

use kaltura_ks::{KsFields, OpenedKs};
use kaltura_types::api_error::ApiException;
use kaltura_types::{AdminSecret, Ks, PartnerId, UnixTime};

use crate::backend::seed::RoleSeed;
use crate::backend::state::{HOSTED_PAGES, State};
use crate::request::Arguments;
use crate::response::value::{ApiValue, Failure};

/// An action with its arguments read. It runs after the remaining checks.
pub(crate) type Prepared = Box<dyn FnOnce(&mut Call<'_>) -> Result<ApiValue, Failure>>;

/// An action of a service. The names are in the server's spelling.
pub(crate) struct Action {
    pub(crate) service: &'static str,
    pub(crate) name: &'static str,
    access: Access,
    /// Casts and checks the arguments. The server does this before most checks of the KS.
    pub(crate) read: fn(Arguments<'_>) -> Result<Prepared, ApiException>,
}

/// Who may call (wire contract, section 4).
#[derive(Clone, Copy, PartialEq)]
enum Access {
    /// Every caller, also without a KS.
    Public,
    /// Every caller with a valid KS.
    Session,
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
    action("user", "get", Access::Admin, user::get),
    action("user", "delete", Access::Admin, user::delete),
    action("system", "ping", Access::Public, ping),
    action("system", "getTime", Access::Public, get_time),
    action("media", "get", Access::Session, media::get),
    action("media", "list", Access::Session, media::list_media),
    action("baseEntry", "get", Access::Session, media::get),
    action("baseEntry", "list", Access::Session, media::list_base_entries),
];

const fn action(
    service: &'static str,
    name: &'static str,
    access: Access,
    read: fn(Arguments<'_>) -> Result<Prepared, ApiException>,
) -> Action {
    Action { service, name, access, read }
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
    /// `service.action`.
    pub(crate) fn full_name(&self) -> String {
        format!("{}.{}", self.service, self.name)
    }

    pub(crate) fn is(&self, service: &str, name: &str) -> bool {
        self.service == service && self.name == name
    }

    /// Whether a KS may call the action. If the KS has a role, the role decides.
    pub(crate) fn permits(&self, ks: Option<&OpenedKs>, role: Option<&RoleSeed>) -> bool {
        if self.access == Access::Public {
            return true;
        }
        let Some(claims) = ks.map(OpenedKs::claims) else { return false };
        match (self.access, role) {
            (Access::HostedPages, _) => claims.partner_id() == HOSTED_PAGES,
            (_, Some(role)) => role.allows(&self.full_name()),
            (Access::Admin, None) => claims.is_admin(),
            (Access::Session | Access::Public, None) => true,
        }
    }

    pub(crate) fn forbidden(&self) -> ApiException {
        ApiException::service_forbidden(self.service, self.name)
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

    /// Signs a KS for a partner.
    pub(crate) fn sign(&mut self, fields: KsFields, partner: PartnerId, secret: Option<&AdminSecret>) -> Ks {
        sign(self.state, self.time, fields, partner, secret)
    }
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
    let random = state.random.bytes();
    let fraction = state.random.below(10);
    let (fields, random) = fields.apply_download_asset_rule(random);
    let Some(partner) = state.partners.get(&partner) else { return Ks::new(String::new()) };
    let secret = secret.unwrap_or(&partner.admin_secrets[0]);
    if partner.ks_version == 1 {
        let thousandths = time.milliseconds.rem_euclid(1000);
        fields.sign_v1_unchecked(secret, &format!("{}.{thousandths:03}{fraction}", time.now.as_seconds()))
    } else {
        fields.sign_v2_unchecked(secret, random)
    }
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
