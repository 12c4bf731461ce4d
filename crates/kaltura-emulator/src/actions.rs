//! The actions that the emulator has, and who may call them.

use kaltura_ks::OpenedKs;

use super::answer::{Answer, Failure};
use super::call::Call;
use super::request::Arguments;
use super::seed::RoleSeed;
use super::services::{app_token, media, session, system, user};
use super::state::HOSTED_PAGES;
use kaltura_types::api_error::ApiException;

/// An action whose arguments are read, and that waits for the other checks.
pub(super) type Prepared = Box<dyn FnOnce(&mut Call<'_>) -> Result<Answer, Failure>>;

/// An action of a service, by its own spelling.
pub(super) struct Action {
    pub(super) service: &'static str,
    pub(super) name: &'static str,
    access: Access,
    /// Casts and checks the arguments. This comes before the KS is looked at closely.
    pub(super) read: fn(Arguments<'_>) -> Result<Prepared, ApiException>,
}

/// Who may call (wire contract, section 4).
#[derive(Clone, Copy, PartialEq)]
enum Access {
    /// Also without a KS.
    Anyone,
    /// Whoever has a KS.
    Session,
    /// An ADMIN session, or one whose role permits it.
    Admin,
    /// The partner of the platform's own pages.
    HostedPages,
}

static ACTIONS: &[Action] = &[
    action("session", "start", Access::Anyone, session::start),
    action("session", "startWidgetSession", Access::Anyone, session::start_widget_session),
    action("session", "get", Access::Admin, session::get),
    action("session", "end", Access::Anyone, session::end),
    action("session", "impersonate", Access::Anyone, session::impersonate),
    action("session", "impersonateByKs", Access::HostedPages, session::impersonate_by_ks),
    action("appToken", "startSession", Access::Session, app_token::start_session),
    action("appToken", "add", Access::Admin, app_token::add),
    action("appToken", "get", Access::Admin, app_token::get),
    action("appToken", "list", Access::Admin, app_token::list),
    action("appToken", "update", Access::Admin, app_token::update),
    action("appToken", "delete", Access::Admin, app_token::delete),
    action("user", "get", Access::Admin, user::get),
    action("user", "delete", Access::Admin, user::delete),
    action("system", "ping", Access::Anyone, system::ping),
    action("system", "getTime", Access::Anyone, system::get_time),
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

/// Whether there is such a service, in any case.
pub(super) fn has_service(service: &str) -> bool {
    ACTIONS.iter().any(|action| action.service.eq_ignore_ascii_case(service))
}

/// An action by its names, in any case.
pub(super) fn find(service: &str, name: &str) -> Option<&'static Action> {
    ACTIONS
        .iter()
        .find(|action| action.service.eq_ignore_ascii_case(service) && action.name.eq_ignore_ascii_case(name))
}

impl Action {
    /// `service.action`.
    pub(super) fn full_name(&self) -> String {
        format!("{}.{}", self.service, self.name)
    }

    pub(super) fn is(&self, service: &str, name: &str) -> bool {
        self.service == service && self.name == name
    }

    /// Whether a KS may call it; its role decides, if it has one.
    pub(super) fn permits(&self, ks: Option<&OpenedKs>, role: Option<&RoleSeed>) -> bool {
        if self.access == Access::Anyone {
            return true;
        }
        let Some(claims) = ks.map(OpenedKs::claims) else { return false };
        match (self.access, role) {
            (Access::HostedPages, _) => claims.partner_id() == HOSTED_PAGES,
            (_, Some(role)) => role.allows(&self.full_name()),
            (Access::Admin, None) => claims.is_admin(),
            (Access::Session | Access::Anyone, None) => true,
        }
    }

    pub(super) fn forbidden(&self) -> ApiException {
        ApiException::service_forbidden(self.service, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_names_them_all_and_no_others() {
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
