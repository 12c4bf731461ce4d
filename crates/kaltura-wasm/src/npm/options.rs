//! The options of clients and calls: from JSON, with a reason for each that cannot be used.
//!
//! No value is part of a message: it may be a secret at the wrong place.

use std::time::Duration;

use kaltura_auth::{AppTokenCredentials, AppTokenLogin, ServiceUrl};
use kaltura_client::CallOptions;
use kaltura_types::{
    HashType, InvalidLifetime, Lifetime, PartnerId, Privileges, SessionRequest, SessionType, duration,
};
use serde_json::{Map, Value};

/// What looks like a name in a message.
const MAX_SHOWN_NAME: usize = 40;

/// How similar a name must be to be suggested, from 0 to 1.
const MIN_SIMILARITY: f64 = 0.8;

/// The timeout of a call and of a login, unless the caller sets another.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// A longer timeout is likely to be a number of milliseconds.
const MAX_TIMEOUT: Duration = Duration::from_secs(3600);

/// The options of a client or of a single login.
#[derive(Debug)]
pub(super) struct ClientOptions {
    pub(super) login: AppTokenLogin,
    pub(super) timeout: Duration,
    pub(super) keep_fresh: bool,
    pub(super) client_tag: Option<String>,
}

impl ClientOptions {
    pub(super) fn read(options: Value) -> Result<Self, String> {
        let mut options = Members::of(options, "options")?;
        let allow_plain_http = options.flag("allowPlainHttp")?.unwrap_or(false);
        let service_url = options.required("serviceUrl", Members::text)?;
        let partner = options.required("partnerId", Members::partner)?;
        let credentials = read_app_token(options.required("appToken", Members::value)?, partner)?;
        let request = read_request(&mut options)?;
        let timeout = options.timeout()?.unwrap_or(DEFAULT_TIMEOUT);
        let keep_fresh = options.flag("keepFresh")?.unwrap_or(false);
        let client_tag = options.text("clientTag")?;
        options.finish()?;

        let service_url = match allow_plain_http {
            true => ServiceUrl::parse_allowing_http(&service_url),
            false => service_url.parse(),
        };
        let service_url = service_url.map_err(|error| format!("serviceUrl: {error}"))?;
        let mut login = AppTokenLogin::new(service_url, credentials).request(request);
        if let Some(tag) = &client_tag {
            login = login.client_tag(tag);
        }
        Ok(Self { login, timeout, keep_fresh, client_tag })
    }
}

fn read_app_token(token: Value, partner: PartnerId) -> Result<AppTokenCredentials, String> {
    let mut token = Members::of(token, "appToken")?;
    let id = token.required("id", Members::text)?;
    let value = token.required("token", Members::text)?;
    let hash_type = token.required("hashType", Members::text)?;
    token.finish()?;
    let hash_type: HashType = hash_type.parse().map_err(|error| format!("appToken.hashType: {error}"))?;
    Ok(AppTokenCredentials::new(partner, id, value, hash_type))
}

fn read_request(options: &mut Members) -> Result<SessionRequest, String> {
    let mut request = SessionRequest::new();
    if let Some(user) = options.text("userId")? {
        request = request.user_id(user);
    }
    if let Some(session_type) = options.text("sessionType")? {
        let session_type: SessionType =
            session_type.parse().map_err(|error| format!("sessionType: {error}"))?;
        request = request.session_type(session_type);
    }
    if let Some(lifetime) = options.take("lifetime")? {
        let lifetime = match &lifetime {
            Value::String(text) => text.parse(),
            number => number.as_u64().ok_or(InvalidLifetime::Unreadable).and_then(Lifetime::try_from),
        };
        let lifetime: Lifetime = lifetime.map_err(|error| format!("lifetime: {error}"))?;
        request = request.lifetime(lifetime);
    }
    if let Some(privileges) = options.text("privileges")? {
        let privileges: Privileges = privileges.parse().map_err(|error| format!("privileges: {error}"))?;
        request = request.privileges(privileges);
    }
    if let Some(widget) = options.text("widgetId")? {
        request = request.widget_id(widget);
    }
    Ok(request)
}

/// The options of one call.
#[derive(Debug)]
pub(super) struct SingleCall {
    pub(super) options: CallOptions,
    pub(super) timeout: Option<Duration>,
    pub(super) allow_unfiltered: bool,
}

impl SingleCall {
    pub(super) fn read(options: Value) -> Result<Self, String> {
        let mut options = Members::of(options, "options")?;
        let mut call = CallOptions::new();
        if let Some(partner) = options.partner("partnerId")? {
            call = call.partner(partner);
        }
        if let Some(repeatable) = options.flag("repeatable")? {
            call = call.repeatable(repeatable);
        }
        if options.flag("noCache")?.unwrap_or(false) {
            call = call.nocache();
        }
        let timeout = options.timeout()?;
        let allow_unfiltered = options.flag("allowUnfiltered")?.unwrap_or(false);
        options.finish()?;
        Ok(Self { options: call, timeout, allow_unfiltered })
    }
}

/// The options of a request for the session.
#[derive(Debug)]
pub(super) struct SessionOptions {
    pub(super) valid_for: Duration,
    pub(super) timeout: Option<Duration>,
}

impl SessionOptions {
    pub(super) fn read(options: Value) -> Result<Self, String> {
        let mut options = Members::of(options, "options")?;
        let valid_for = options.duration("validFor")?.unwrap_or_default();
        let timeout = options.timeout()?;
        options.finish()?;
        Ok(Self { valid_for, timeout })
    }

    /// Only the timeout.
    pub(super) fn read_without_validity(options: Value) -> Result<Self, String> {
        let mut options = Members::of(options, "options")?;
        let timeout = options.timeout()?;
        options.finish()?;
        Ok(Self { valid_for: Duration::ZERO, timeout })
    }
}

/// The members of an object, which are taken one by one. What is left at the end is unknown.
#[derive(Debug)]
struct Members {
    members: Map<String, Value>,
    path: &'static str,
    known: Vec<&'static str>,
}

impl Members {
    fn of(value: Value, path: &'static str) -> Result<Self, String> {
        match value {
            Value::Object(members) => Ok(Self { members, path, known: Vec::new() }),
            _ => Err(format!("{path} must be an object")),
        }
    }

    /// The name as a user finds it: options themselves have no path.
    fn name(&self, name: &str) -> String {
        if self.path == "options" { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn take(&mut self, name: &'static str) -> Result<Option<Value>, String> {
        self.known.push(name);
        match self.members.remove(name) {
            Some(Value::Null) => Err(format!("{} must not be null: leave it out", self.name(name))),
            value => Ok(value),
        }
    }

    fn value(&mut self, name: &'static str) -> Result<Option<Value>, String> {
        self.take(name)
    }

    fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self, &'static str) -> Result<Option<T>, String>,
    ) -> Result<T, String> {
        let value = read(self, name)?;
        // A misspelt name is the likely reason.
        value.ok_or_else(|| match self.members.keys().find(|given| is_similar(given, name)) {
            Some(given) => self.unknown(given, Some(name)),
            None => format!("{} is missing", self.name(name)),
        })
    }

    fn text(&mut self, name: &'static str) -> Result<Option<String>, String> {
        match self.take(name)? {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => {
                Err(format!("{} must not be empty: leave it out", self.name(name)))
            }
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(format!("{} must be a string", self.name(name))),
        }
    }

    fn flag(&mut self, name: &'static str) -> Result<Option<bool>, String> {
        match self.take(name)? {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(_) => Err(format!("{} must be true or false", self.name(name))),
        }
    }

    fn partner(&mut self, name: &'static str) -> Result<Option<PartnerId>, String> {
        match self.take(name)? {
            None => Ok(None),
            Some(Value::Number(number)) => match number.as_i64() {
                Some(id) if id > 0 => Ok(Some(PartnerId::new(id))),
                _ => Err(format!("{} must be a positive integer", self.name(name))),
            },
            Some(_) => Err(format!("{} must be a number", self.name(name))),
        }
    }

    /// Seconds as a number, also with a fraction, or a text such as `1h30m`.
    fn duration(&mut self, name: &'static str) -> Result<Option<Duration>, String> {
        let read = match self.take(name)? {
            None => return Ok(None),
            Some(Value::String(text)) => duration::parse(&text).ok(),
            Some(Value::Number(seconds)) => {
                seconds.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            }
            Some(_) => None,
        };
        let problem = || format!("{} must be a number of seconds or a text such as \"90s\"", self.name(name));
        read.map(Some).ok_or_else(problem)
    }

    fn timeout(&mut self) -> Result<Option<Duration>, String> {
        let timeout = self.duration("timeout")?;
        match timeout {
            Some(Duration::ZERO) => Err("timeout must not be zero".to_owned()),
            Some(timeout) if timeout > MAX_TIMEOUT => {
                Err("timeout is more than an hour: it is a number of seconds, not of milliseconds".to_owned())
            }
            timeout => Ok(timeout),
        }
    }

    fn finish(self) -> Result<(), String> {
        let Some(unknown) = self.members.keys().next() else { return Ok(()) };
        let similar = self.known.iter().filter(|known| is_similar(unknown, known));
        let best = similar.max_by(|a, b| similarity(unknown, a).total_cmp(&similarity(unknown, b)));
        Err(self.unknown(unknown, best.copied()))
    }

    fn unknown(&self, name: &str, meant: Option<&str>) -> String {
        let shown =
            if name.len() <= MAX_SHOWN_NAME { format!(" `{}`", self.name(name)) } else { String::new() };
        match meant {
            Some(meant) => format!("unknown option{shown}: did you mean `{}`?", self.name(meant)),
            None => format!("unknown option{shown}; there are: {}", self.known.join(", ")),
        }
    }
}

fn is_similar(given: &str, known: &str) -> bool {
    similarity(given, known) >= MIN_SIMILARITY
}

fn similarity(given: &str, known: &str) -> f64 {
    if given.len() > MAX_SHOWN_NAME {
        return 0.0;
    }
    strsim::jaro_winkler(&given.replace(['_', '-'], "").to_ascii_lowercase(), &known.to_ascii_lowercase())
}

#[cfg(test)]
mod tests;
