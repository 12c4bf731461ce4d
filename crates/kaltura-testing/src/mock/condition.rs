//! What an expectation asks of a request.

use std::fmt;
use std::time::Duration;

use kaltura_auth::TokenHash;
use kaltura_types::{AppTokenValue, HashType};
use serde_json::Value;

use super::call::Call;
use super::shown;

/// Says why a request does not meet a condition, if it does not.
type Check = dyn Fn(&Call) -> Result<(), String> + Send + Sync;

/// One condition: what it says, and a check that says why a request does not meet it.
pub(super) struct Condition {
    says: String,
    check: Box<Check>,
}

impl Condition {
    pub(super) fn check(&self, call: &Call) -> Result<(), String> {
        (self.check)(call)
    }

    fn new(
        says: impl Into<String>,
        check: impl Fn(&Call) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        Self { says: says.into(), check: Box::new(check) }
    }

    /// A condition on the parameters: no request meets it whose body the server would not read.
    fn on_parameters(
        says: impl Into<String>,
        check: impl Fn(&Call) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        Self::new(says, move |call| match call.unreadable() {
            Some(unreadable) => Err(unreadable.to_string()),
            None => check(call),
        })
    }

    pub(super) fn parameter(path: String, wanted: Value) -> Self {
        let secrets = shown::secrets_in(&path, &wanted);
        let shown = shown::value(&path, &wanted, &secrets);
        Self::on_parameters(format!("with {path} = {shown}"), move |call| {
            let value = call.parameter(&path).ok_or_else(|| format!("{path} is missing"))?;
            match call.show(&path, value) {
                _ if *value == wanted => Ok(()),
                // Two secrets may look the same to a reader.
                same if same == shown => Err(format!("{path} is another one of the same length")),
                other => Err(format!("{path} is {other}")),
            }
        })
    }

    pub(super) fn any_parameter(path: String) -> Self {
        Self::on_parameters(format!("with any {path}"), move |call| match call.parameter(&path) {
            None | Some(Value::Null) => Err(format!("{path} is missing")),
            Some(_) => Ok(()),
        })
    }

    pub(super) fn parameter_that(
        path: String,
        says: &str,
        holds: impl Fn(&Value) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::on_parameters(format!("with {path} that {says}"), move |call| match call.parameter(&path) {
            None => Err(format!("{path} is missing")),
            Some(value) if holds(value) => Ok(()),
            Some(value) => Err(format!("{path} is {}", call.show(&path, value))),
        })
    }

    pub(super) fn no_parameter(path: String) -> Self {
        Self::on_parameters(format!("without {path}"), move |call| match call.parameter(&path) {
            None => Ok(()),
            Some(value) => Err(format!("{path} is there: {}", call.show(&path, value))),
        })
    }

    pub(super) fn no_other_parameter(named: Vec<String>) -> Self {
        Self::on_parameters("with nothing else", move |call| {
            let others: Vec<&str> = call
                .parameters()
                .keys()
                .map(String::as_str)
                .filter(|name| !named.iter().any(|known| known == name))
                .collect();
            if others.is_empty() { Ok(()) } else { Err(format!("there is also {}", others.join(", "))) }
        })
    }

    pub(super) fn token_hash(token: AppTokenValue, hash_type: HashType) -> Self {
        let says = format!("with a tokenHash of its ks and the app token ({hash_type})");
        Self::on_parameters(says, move |call| {
            let ks = call.ks().ok_or("there is no ks to hash")?;
            let sent = call.parameter("tokenHash").and_then(Value::as_str).ok_or("tokenHash is missing")?;
            let is = |hash_type| TokenHash::new(hash_type, &ks, &token).expose() == sent;
            if is(hash_type) {
                return Ok(());
            }
            Err(match HashType::ALL.into_iter().find(|other| is(*other)) {
                Some(other) => format!("tokenHash is the {other} hash of that"),
                None => "tokenHash is the hash of another ks or another token".to_owned(),
            })
        })
    }

    pub(super) fn header(name: String, wanted: String) -> Self {
        let says = format!("with the header {name}: {}", shown::text(&wanted, &[]));
        Self::new(says, move |call| {
            let is_it = |(header, _): &(&str, &str)| header.eq_ignore_ascii_case(&name);
            match call.request().headers().find(is_it) {
                None => Err(format!("the header {name} is missing")),
                Some((_, value)) if value == wanted => Ok(()),
                Some((_, value)) => {
                    Err(format!("the header {name} is {}", shown::text(value, &call.secrets())))
                }
            }
        })
    }

    pub(super) fn url(wanted: String) -> Self {
        let says = format!("to {}", shown::text(&wanted, &[]));
        Self::new(says, move |call| match call.request().url() {
            url if url == wanted => Ok(()),
            url => Err(format!("it goes to {}", shown::text(url, &call.secrets()))),
        })
    }

    pub(super) fn timeout(wanted: Option<Duration>) -> Self {
        let limit = |limit: Option<Duration>| match limit {
            Some(limit) => format!("a time limit of {limit:?}"),
            None => "no time limit".to_owned(),
        };
        Self::new(format!("with {}", limit(wanted)), move |call| match call.request().timeout() {
            sent if sent == wanted => Ok(()),
            sent => Err(format!("it has {}", limit(sent))),
        })
    }

    pub(super) fn that(says: &str, holds: impl Fn(&Call) -> bool + Send + Sync + 'static) -> Self {
        let says = format!("that {says}");
        let not = format!("it is not one {says}");
        Self::new(says, move |call| if holds(call) { Ok(()) } else { Err(not.clone()) })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.says)
    }
}
