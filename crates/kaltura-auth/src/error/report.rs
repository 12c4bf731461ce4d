//! An error with all of its causes, as one text.

use std::error::Error as StdError;
use std::fmt;

/// An error with its causes and what to do.
///
/// `Display` is one line, for logs; the alternate form (`{:#}`) has one line for each cause. A cause whose text repeats
/// what is already said is left out.
///
/// ```
/// # use kaltura_auth::{AppTokenCredentials, AppTokenLogin, ServiceUrl, WireResponse, blocking::transport_fn as blocking_transport_fn};
/// # use kaltura_types::{HashType, PartnerId};
/// # let token = AppTokenCredentials::new(PartnerId::new(1), "0_abcdefgh", "3f786850e387550fdab836ed7e6dc881", HashType::Sha256);
/// # let login = AppTokenLogin::new(ServiceUrl::US, token);
/// let transport = blocking_transport_fn(|_| Ok(WireResponse::new(502, "<html>")));
/// let error = login.run_blocking(&transport).unwrap_err();
/// assert_eq!(
///     error.report().to_string(),
///     "session.startWidgetSession failed: HTTP 502: the server is unavailable: \
///      the response is an HTML page, not JSON (hint: The server is unavailable; try again later.)"
/// );
/// assert_eq!(
///     format!("{:#}", error.report()),
///     "session.startWidgetSession failed: HTTP 502: the server is unavailable\n  \
///      because: the response is an HTML page, not JSON\n\
///      hint: The server is unavailable; try again later."
/// );
/// ```
#[derive(Clone, Debug)]
pub struct Report<'a> {
    error: &'a (dyn StdError + 'static),
    hint: String,
}

impl<'a> Report<'a> {
    /// A report of this error and its sources. An empty hint is left out.
    pub fn new(error: &'a (dyn StdError + 'static), hint: impl Into<String>) -> Self {
        Self { error, hint: hint.into() }
    }

    /// The texts of the error and of its sources, from the outermost to the first cause, without repetitions.
    pub fn texts(&self) -> impl Iterator<Item = String> + use<'a> {
        let (mut next, mut said) = (Some(self.error), String::new());
        std::iter::from_fn(move || {
            loop {
                let error = next?;
                next = error.source();
                let text = error.to_string();
                if !said.contains(&text) {
                    said.push_str(&text);
                    return Some(text);
                }
            }
        })
    }

    /// What to do; may be empty.
    #[must_use]
    pub fn hint(&self) -> &str {
        &self.hint
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, text) in self.texts().enumerate() {
            match number {
                0 => {}
                _ if f.alternate() => f.write_str("\n  because: ")?,
                _ => f.write_str(": ")?,
            }
            f.write_str(&text)?;
        }
        match (self.hint.is_empty(), f.alternate()) {
            (true, _) => Ok(()),
            (false, true) => write!(f, "\nhint: {}", self.hint),
            (false, false) => write!(f, " (hint: {})", self.hint),
        }
    }
}
