//! The name of an action and its parameters, from the command line, files and standard input.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use kaltura_client::{RESERVED_PARAMETERS, RawAction};
use kaltura_types::Parameters;
use serde_json::Value;
use serde_json::map::Entry;
use zeroize::Zeroizing;

use crate::error::Failure;
use crate::files;
use crate::output::Ui;
use crate::redaction::{first_within, holds_a_ks, is_secret, looks_like_a_secret, not_a_secret, unopened};
use crate::secret_input::without_line_end;

/// The largest text that is read from a file or from standard input.
const MAX_BYTES: u64 = 16 << 20;
/// The largest file that is uploaded in one request: it is in memory as a whole.
const MAX_UPLOAD: u64 = 512 << 20;
/// How deep a key may lead into objects: as its error says.
const MAX_DEPTH: usize = 100;

/// A service and its action, such as `media.list`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::commands) struct ActionName {
    service: String,
    action: String,
}

impl ActionName {
    /// Whether this is `session.end`. The server ignores the case (wire contract, section 1.1).
    pub(in crate::commands) fn ends_sessions(&self) -> bool {
        self.service.eq_ignore_ascii_case("session") && self.action.eq_ignore_ascii_case("end")
    }

    pub(in crate::commands) fn with(&self, parameters: Parameters) -> RawAction {
        RawAction::new(&self.service, &self.action).params(parameters)
    }
}

impl fmt::Display for ActionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.service, self.action)
    }
}

impl FromStr for ActionName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_name =
            |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        not_a_secret(text)?;
        match text.split_once('.') {
            // It could contain any actions, such as session.end.
            Some((service, _)) if service.eq_ignore_ascii_case("multirequest") => {
                Err("use `kaltura batch` for several actions in one request")
            }
            Some((service, action)) if is_name(service) && is_name(action) => {
                Ok(Self { service: service.to_owned(), action: action.to_owned() })
            }
            _ => Err("use a service and an action with a dot between them, like media.list"),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Argument {
    /// `-`: a JSON object on standard input.
    Stdin,
    /// `key=value` and its other forms.
    Parameter { path: Vec<String>, value: Source },
    /// `name@FILE`: a file to upload.
    Upload { name: String, file: PathBuf },
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Source {
    Inline(Value),
    /// The text in a file, without its last line end.
    TextFile(PathBuf),
    JsonFile(PathBuf),
}

const BRACKETS: &str = "the brackets of the key are not like filter[idEqual]";
const NO_FILE: &str = "the name of the file is missing; for a text that begins with @ use key:='\"@…\"'";

/// The error does not repeat the argument: it may contain a secret.
impl FromStr for Argument {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "-" {
            return Ok(Self::Stdin);
        }
        let separator = text
            .find(['=', '@'])
            .ok_or("use key=value, key:=json, key=@FILE, name@FILE, or - for standard input")?;
        let (key, value) = (&text[..separator], &text[separator + 1..]);
        if text[separator..].starts_with('@') {
            return match value {
                "" => Err(NO_FILE),
                // The name of a part of a form, in which colons lead into objects.
                file => Ok(Self::Upload { name: split_key(key)?.join(":"), file: file.into() }),
            };
        }
        let (key, is_json) = match key.strip_suffix(':') {
            Some(key) => (key, true),
            None => (key, false),
        };
        let path = split_key(key)?;
        let is_swapped = |rest: &str| !is_json && serde_json::from_str::<serde::de::IgnoredAny>(rest).is_ok();
        let value = match (value.strip_prefix('@'), is_json) {
            (Some(""), _) => return Err(NO_FILE),
            (Some(file), false) => Source::TextFile(file.into()),
            (Some(file), true) => Source::JsonFile(file.into()),
            (None, false) if value.strip_prefix(':').is_some_and(is_swapped) => {
                return Err(
                    "=: is not := ; for JSON use key:=value, for a text that begins with a colon key:='\":…\"'",
                );
            }
            (None, false) => Source::Inline(value.into()),
            (None, true) => Source::Inline(
                serde_json::from_str(value)
                    .map_err(|_| "the value after := is not JSON; for a text use = alone")?,
            ),
        };
        Ok(Self::Parameter { path, value })
    }
}

/// Splits a key such as `filter.idEqual` or `filter[idEqual]` into its names.
pub(in crate::commands) fn split_key(key: &str) -> Result<Vec<String>, &'static str> {
    let mut path = Vec::new();
    let mut rest = key;
    loop {
        let (name, mut brackets) = rest.split_at(rest.find(['.', '[', ']']).unwrap_or(rest.len()));
        path.push(name);
        while let Some(opened) = brackets.strip_prefix('[') {
            let (name, after) = opened.split_once(']').ok_or(BRACKETS)?;
            if name.contains(['.', '[']) {
                return Err(BRACKETS);
            }
            path.push(name);
            brackets = after;
        }
        if path.len() > MAX_DEPTH {
            return Err("the key leads into more than 100 objects");
        }
        match brackets.strip_prefix('.') {
            Some(next) => rest = next,
            None if brackets.is_empty() => break,
            None => return Err(BRACKETS),
        }
    }
    if path.iter().any(|name| name.is_empty()) {
        return Err("a key, or a part of one, is empty; write a list as JSON, like key:='[\"a\",\"b\"]'");
    }
    Ok(path.into_iter().map(str::to_owned).collect())
}

/// The parameters of a call, and the files that go with them.
#[derive(Clone, Debug, Default)]
pub(super) struct CallParameters {
    pub(super) parameters: Parameters,
    pub(super) files: Vec<(String, PathBuf)>,
}

impl CallParameters {
    /// Reads the values of the arguments. Those of the command line take precedence over standard input.
    pub(super) fn read(ui: &Ui, arguments: &[Argument]) -> Result<Self, Failure> {
        let mut own = Self::default();
        for argument in arguments {
            match argument {
                Argument::Stdin => {}
                Argument::Parameter { path, value } => insert(&mut own.parameters, path, value.read(path)?)?,
                Argument::Upload { name, file } => own.files.push((name.clone(), file.clone())),
            }
        }
        match arguments.iter().filter(|argument| **argument == Argument::Stdin).count() {
            0 => {}
            1 => {
                let above = std::mem::replace(&mut own.parameters, read_stdin(ui)?);
                overlay(&mut own.parameters, above);
            }
            _ => return Err(Failure::usage("standard input can be used only once")),
        }
        check_names(&own.parameters).map_err(Failure::usage)?;
        Ok(own)
    }

    /// The action with these parameters. Reads the files.
    pub(super) fn action(self, name: &ActionName) -> Result<RawAction, Failure> {
        self.files.into_iter().try_fold(name.with(self.parameters), |action, (part, path)| {
            let file = File::open(&path).map_err(|error| unopened(&path, &error))?;
            let mut content = Vec::new();
            file.take(MAX_UPLOAD + 1).read_to_end(&mut content).map_err(|error| unreadable(&path, &error))?;
            if content.len() as u64 > MAX_UPLOAD {
                let size = MAX_UPLOAD >> 20;
                return Err(Failure::usage(format!("the file {} is larger than {size} MiB", path.display()))
                    .with_hint("Upload it in chunks with `kaltura upload`."));
            }
            Ok(action.file(part, file_name(&path), content))
        })
    }
}

/// The last part of a path, as the name of an uploaded file.
pub(in crate::commands) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

pub(in crate::commands) fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("cannot read the file {}", path.display())).caused_by(error)
}

/// Checks the names of parameters, and the KS among them. The error says which cannot be sent, or would be ignored.
pub(in crate::commands) fn check_names(parameters: &Parameters) -> Result<(), String> {
    if let Some(name) = RESERVED_PARAMETERS.into_iter().find(|name| parameters.contains_key(*name)) {
        let instead = match name {
            "service" | "action" => "the action is named by SERVICE.ACTION, such as media.list",
            "format" => "the answer is always JSON; --json and --jq select how it is printed",
            _ => "it is set by this program",
        };
        return Err(format!("{name} cannot be a parameter: {instead}"));
    }
    if parameters.get("ks").is_some_and(|ks| ks.is_null() || ["", "null"].iter().any(|empty| ks == empty)) {
        let why = "ks is empty; to send no session, use --anonymous, or in a batch \"anonymous\": true";
        return Err(why.to_owned());
    }
    // The server ignores such a name without an error.
    let Some(name) = parameters.keys().find(|name| name.contains(['.', '[', ']'])) else { return Ok(()) };
    let name = if looks_like_a_secret(name) { "this" } else { name };
    Err(format!(
        "in JSON, {name} is not a name: write nested objects, like {{\"filter\": {{\"idEqual\": \"0_a\"}}}}"
    ))
}

/// Inserts one parameter at the end of its path.
fn insert(parameters: &mut Parameters, path: &[String], value: Value) -> Result<(), Failure> {
    let conflict = || {
        Failure::usage(format!(
            "{} is given twice, or inside of something that is not an object",
            path.join(".")
        ))
    };
    let Some((last, outer)) = path.split_last() else { return Ok(()) };
    let mut place = parameters;
    for name in outer {
        let inner = place.entry(name).or_insert_with(|| Value::Object(Parameters::new()));
        place = inner.as_object_mut().ok_or_else(conflict)?;
    }
    match place.entry(last) {
        Entry::Vacant(free) => free.insert(value),
        Entry::Occupied(_) => return Err(conflict()),
    };
    Ok(())
}

/// Merges parameters into others, and replaces what is not an object in both.
fn overlay(below: &mut Parameters, above: Parameters) {
    for (name, value) in above {
        match (below.get_mut(&name), value) {
            (Some(Value::Object(below)), Value::Object(above)) => overlay(below, above),
            (_, value) => {
                below.insert(name, value);
            }
        }
    }
}

impl Source {
    fn read(&self, path: &[String]) -> Result<Value, Failure> {
        match self {
            Self::Inline(value) => {
                refuse_secrets(path, value)?;
                Ok(value.clone())
            }
            Self::TextFile(file) => Ok(without_line_end(&read_file(file)?).into()),
            Self::JsonFile(file) => serde_json::from_str(&read_file(file)?)
                .map_err(|_| Failure::usage(format!("the file {} is not JSON", file.display()))),
        }
    }
}

/// Refuses secrets on the command line, which others can read: what is a secret by its name, or a KS, at any depth, and
/// a name that looks like a secret.
fn refuse_secrets(path: &[String], value: &Value) -> Result<(), Failure> {
    let named = |name: &str, _: &Value| looks_like_a_secret(name);
    if path.iter().any(|name| looks_like_a_secret(name)) || first_within(path, value, &named).is_some() {
        return Err(Failure::usage("the name of a parameter looks like a secret").with_hint(
            "Others can read the command line, and the shell may have stored it. Replace the secret.",
        ));
    }
    let is_ks = |_: &str, value: &Value| value.as_str().is_some_and(holds_a_ks);
    let is_secret = |name: &str, value: &Value| is_secret(name, value) && !is_upload_token(name, value);
    let (place, why) = match (first_within(path, value, &is_secret), first_within(path, value, &is_ks)) {
        (Some(place), _) => (place, "is a secret"),
        (None, Some(place)) => (place, "looks like a KS"),
        (None, None) => return Ok(()),
    };
    let message = format!("{} {why}, and others can read the command line", place.join("."));
    let key = path.join(".");
    Err(Failure::usage(message).with_hint(match key.as_str() {
        "ks" => "Use KALTURA_KS, --ks-file or --ks-stdin.".to_owned(),
        key => {
            let sign = if place == path && !value.is_array() { "=" } else { ":=" };
            format!("Put it into a file and use {key}{sign}@FILE, or pass it on standard input (-).")
        }
    }))
}

/// The id of an upload token, as `kaltura upload` prints it: of use only to sessions of its account. The value of an
/// app token has no `_`.
fn is_upload_token(name: &str, value: &Value) -> bool {
    let id = value.as_str().and_then(|text| text.split_once('_'));
    ["token", "uploadTokenId"].iter().any(|known| name.eq_ignore_ascii_case(known))
        && id.is_some_and(|(centre, digits)| {
            centre.bytes().all(|byte| byte.is_ascii_digit())
                && digits.len() == 32
                && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
}

fn read_stdin(ui: &Ui) -> Result<Parameters, Failure> {
    if ui.stdin_is_terminal {
        let hint = "Use, for example: kaltura call media.list - < parameters.json";
        return Err(Failure::usage("expected the parameters on standard input").with_hint(hint));
    }
    let text = read_text(&mut *ui.stdin(), "standard input")?;
    // The parser's reason may quote a secret.
    serde_json::from_str(&text).map_err(|_| {
        Failure::usage("standard input is not a JSON object")
            .with_hint("It must contain the parameters by name, such as {\"entryId\": \"0_a1b2c3d4\"}.")
    })
}

pub(in crate::commands) fn read_file(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let file = File::open(path).map_err(|error| unopened(path, &error))?;
    read_text(file, &format!("the file {}", path.display()))
}

pub(in crate::commands) fn read_text(from: impl Read, place: &str) -> Result<Zeroizing<String>, Failure> {
    files::read_text(from, MAX_BYTES, place)
}

#[cfg(test)]
mod tests;
