//! The parameters of a call, put together from the command line, files and standard input.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use kaltura_types::Parameters;
use serde_json::Value;
use serde_json::map::Entry;

use super::argument::{Argument, Written};
use super::own_parameter::OwnParameter;
use crate::error::Failure;
use crate::output::Ui;
use crate::redaction::{first_within, holds_a_ks, is_secret, looks_like_a_secret, unopened};
use crate::secret_input::without_line_end;

/// How many bytes a file or standard input may have.
const MOST_BYTES: u64 = 16 << 20;

/// Puts the parameters together. What stands on the command line goes before standard input.
pub(super) fn assemble(ui: &Ui, arguments: &[Argument]) -> Result<Parameters, Failure> {
    let parameters = together(ui, arguments)?;
    OwnParameter::refuse(&parameters).map_err(|error| Failure::usage(error.to_string()))?;
    Ok(parameters)
}

fn together(ui: &Ui, arguments: &[Argument]) -> Result<Parameters, Failure> {
    let mut parameters = Parameters::new();
    for argument in arguments {
        if let Argument::One { path, value } = argument {
            add(&mut parameters, path, read(path, value)?)?;
        }
    }
    match arguments.iter().filter(|argument| **argument == Argument::Stdin).count() {
        0 => Ok(parameters),
        1 => {
            let mut all = from_stdin(ui)?;
            overlay(&mut all, parameters);
            Ok(all)
        }
        _ => Err(Failure::usage("standard input can be taken once only")),
    }
}

/// Adds one parameter, at the end of its path.
fn add(parameters: &mut Parameters, path: &[String], value: Value) -> Result<(), Failure> {
    let clash =
        || Failure::usage(format!("{} is given twice, or inside of what is no object", path.join(".")));
    let Some((last, outer)) = path.split_last() else { return Ok(()) };
    let mut place = parameters;
    for step in outer {
        let inner = place.entry(step).or_insert_with(|| Value::Object(Parameters::new()));
        place = inner.as_object_mut().ok_or_else(clash)?;
    }
    match place.entry(last) {
        Entry::Vacant(free) => free.insert(value),
        Entry::Occupied(_) => return Err(clash()),
    };
    Ok(())
}

/// Lays parameters over others: where both have an object, its members.
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

fn read(path: &[String], value: &Written) -> Result<Value, Failure> {
    match value {
        Written::Here(value) => {
            refuse_secrets(path, value)?;
            Ok(value.clone())
        }
        Written::TextFile(file) => Ok(without_line_end(&read_file(file)?).into()),
        Written::JsonFile(file) => serde_json::from_str(&read_file(file)?)
            .map_err(|_| Failure::usage(format!("the file {} is not JSON", file.display()))),
    }
}

/// Others can read the command line. What is a secret by its name, or a KS, is not taken from it, at whatever depth it
/// stands. A name that looks like a secret is one: no parameter is called so.
fn refuse_secrets(path: &[String], value: &Value) -> Result<(), Failure> {
    let named = |name: &str, _: &Value| looks_like_a_secret(name);
    if path.iter().any(|step| looks_like_a_secret(step)) || first_within(path, value, &named).is_some() {
        return Err(Failure::usage("the name of a parameter looks like a secret, and others can read it")
            .with_hint("Others may have read it by now, and the shell may have kept it. Replace it."));
    }
    let by_looks = |_: &str, value: &Value| value.as_str().is_some_and(holds_a_ks);
    let (place, why) = match (first_within(path, value, &is_secret), first_within(path, value, &by_looks)) {
        (Some(place), _) => (place, "is"),
        (None, Some(place)) => (place, "looks like a KS, and is"),
        (None, None) => return Ok(()),
    };
    let message = format!("{} {why} not taken from an argument, which others can read", place.join("."));
    let key = path.join(".");
    Err(Failure::usage(message).with_hint(match key.as_str() {
        "ks" => "Use KALTURA_KS, --ks-file or --ks-stdin.".to_owned(),
        key => {
            let sign = if place == path && !value.is_array() { "=" } else { ":=" };
            format!("Put it into a file and say {key}{sign}@FILE, or give it on standard input (-).")
        }
    }))
}

pub(in crate::commands) fn read_file(path: &Path) -> Result<String, Failure> {
    let file = File::open(path).map_err(|error| unopened(path, &error))?;
    read_text(file, &format!("the file {}", path.display()))
}

fn from_stdin(ui: &Ui) -> Result<Parameters, Failure> {
    if ui.stdin_is_terminal() {
        let hint = "Pipe it in, as in: kaltura call media.list - < parameters.json";
        return Err(Failure::usage("the parameters on standard input are missing").with_hint(hint));
    }
    let text = read_text(&mut *ui.stdin(), "standard input")?;
    // The reason of the parser is left out: it may quote a secret.
    serde_json::from_str(&text).map_err(|_| {
        Failure::usage("standard input is not a JSON object")
            .with_hint("It holds the parameters by their names, such as {\"entryId\": \"0_a1b2c3d4\"}.")
    })
}

pub(in crate::commands) fn read_text(from: impl Read, place: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    from.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::usage(format!("can not read {place}")).caused_by(&error))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Failure::usage(format!("{place} has more than {MOST_BYTES} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| Failure::usage(format!("{place} is not UTF-8 text")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn assembled(arguments: &[&str]) -> Result<Value, Failure> {
        let arguments: Vec<Argument> = arguments.iter().map(|text| text.parse().unwrap()).collect();
        assemble(&Ui::silent(), &arguments).map(Value::Object)
    }

    #[test]
    fn dots_lead_into_objects() {
        let parameters =
            assembled(&["filter.idEqual=0_a", "pager:={\"pageSize\":5}", "filter.a.b:=true", "id="]);
        let expected = json!({
            "filter": { "idEqual": "0_a", "a": { "b": true } }, "pager": { "pageSize": 5 }, "id": "",
        });
        assert_eq!(parameters.unwrap(), expected);
        let joined = assembled(&["pager:={\"pageSize\":5}", "pager.pageIndex:=2"]).unwrap();
        assert_eq!(joined, json!({ "pager": { "pageSize": 5, "pageIndex": 2 } }));
    }

    #[test]
    fn what_clashes_is_named_and_not_quoted() {
        for arguments in [
            &["a.b=hush", "a.b=hush"][..],
            &["a=hush", "a.b=hush"],
            &["a.b=hush", "a=hush"],
            &["a:=[1]", "a.0=hush"],
        ] {
            let failure = assembled(arguments).unwrap_err();
            assert!(failure.to_string().contains("is given twice"), "{failure}");
            assert!(!format!("{failure:?}").contains("hush"));
        }
    }

    #[test]
    fn a_secret_is_not_taken_from_an_argument() {
        for argument in
            ["ks=hush", "secret=hush", "appToken.token=hush", "user.PASSWORD=hush", "ks:=\"hush\""]
        {
            let failure = assembled(&[argument]).unwrap_err();
            assert!(failure.to_string().contains("not taken from an argument"), "{failure}");
            assert!(!format!("{failure:?}").contains("hush"));
        }
    }

    #[test]
    fn a_secret_is_not_taken_from_anywhere_in_an_argument() {
        for (argument, place, way) in [
            ("refreshToken=hush", "refreshToken", " refreshToken=@FILE"),
            ("profile.zoomClientSecret=hush", "profile.zoomClientSecret", " profile.zoomClientSecret=@FILE"),
            ("privateKey=hush", "privateKey", " privateKey=@FILE"),
            ("otp:=123456", "otp", " otp=@FILE"),
            ("user:={\"password\":\"hush\"}", "user.password", " user:=@FILE"),
            ("a:=[1,{\"b\":{\"apiKey\":\"hush\"}}]", "a.1.b.apiKey", " a:=@FILE"),
            ("tokens:=[\"hush\"]", "tokens", " tokens:=@FILE"),
        ] {
            let failure = assembled(&[argument]).unwrap_err();
            assert!(failure.to_string().starts_with(&format!("{place} is not taken")), "{failure}");
            let story = format!("{failure:?}");
            assert!(story.contains(way) && !story.contains("hush"), "{story}");
        }
    }

    #[test]
    fn a_ks_is_not_taken_under_any_name() {
        const VALUE: &str = "c0ffee00c0ffee00c0ffee00c0ffee00";
        const KS: &str = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8";
        for (argument, why) in [
            (format!("x.y={KS}"), "x.y looks like a KS, and is not taken"),
            (format!("note=see {KS} there"), "note looks like a KS"),
            (format!("a:=[1,{{\"b\":\"{KS}\"}}]"), "a.1.b looks like a KS"),
            (format!("ids=0_a,{KS}"), "ids looks like a KS"),
            (format!("{VALUE}=1"), "the name of a parameter looks like a secret"),
            (format!("{KS}.a=1"), "the name of a parameter looks like a secret"),
            (format!("a:={{\"{VALUE}\":{{\"b\":1}}}}"), "the name of a parameter looks like a secret"),
        ] {
            let failure = assembled(&[&argument]).unwrap_err();
            assert!(failure.to_string().starts_with(why), "{failure}");
            let story = format!("{failure:?}");
            assert!(!story.contains("c0ffee00") && !story.contains("djJ8"), "{story}");
        }
    }

    /// Hashed users, references, upload tokens, addresses of files.
    #[test]
    fn hex_digits_are_taken() {
        const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";
        for value in [MD5, &format!("0_{MD5},1_{MD5}"), &format!("https://example.com/{MD5}/a.mp4")] {
            assert_eq!(assembled(&[&format!("a.b={value}")]).unwrap(), json!({ "a": { "b": value } }));
        }
    }

    #[test]
    fn what_only_sounds_like_a_secret_is_taken() {
        let taken = assembled(&["useToken:=true", "appToken:={\"id\":\"0_a\"}", "tokenId=x"]).unwrap();
        assert_eq!(taken, json!({ "useToken": true, "appToken": { "id": "0_a" }, "tokenId": "x" }));
    }

    #[test]
    fn files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("value");
        let name = path.to_str().unwrap();
        std::fs::write(&path, "{\"a\": 1}\n").unwrap();
        let both = assembled(&[&format!("secret=@{name}"), &format!("entry:=@{name}")]).unwrap();
        assert_eq!(both, json!({ "secret": "{\"a\": 1}", "entry": { "a": 1 } }));
        std::fs::write(&path, "hush").unwrap();
        let failure = assembled(&[&format!("entry:=@{name}")]).unwrap_err();
        assert!(failure.to_string().ends_with("is not JSON") && !failure.to_string().contains("hush"));
    }

    #[test]
    fn the_upper_parameters_win_and_the_others_stay() {
        let object = |value: Value| value.as_object().unwrap().clone();
        let mut below = object(json!({ "filter": { "a": 1, "b": 2 }, "c": 3, "d": { "e": 4 } }));
        overlay(&mut below, object(json!({ "filter": { "b": 5 }, "c": 6, "d": 7 })));
        assert_eq!(Value::Object(below), json!({ "filter": { "a": 1, "b": 5 }, "c": 6, "d": 7 }));
    }
}
