//! The command: parameters, standard input, the file with the profiles.

use std::fs;
use std::hint::black_box;

use super::{Case, MEDIUM, PARTS, REFUSED, SHORT, Work, case, numbered, repeated};
use crate::targets::command_line::kaltura;

pub(super) const CASES: &[Case] = &[
    case("parameters-many", PARTS, |n| {
        call((0..n).map(|number| format!("a{number:03}=1")).collect(), String::new())
    }),
    case("parameters-in-one-object", PARTS, |n| {
        call((0..n).map(|number| format!("filter.a{number:03}=1")).collect(), String::new())
    }),
    case("parameters-long-key", REFUSED, |n| call(vec![format!("a{}=1", repeated("[a]", n))], String::new())),
    case("parameters-dots", REFUSED, |n| call(vec![format!("a{}=1", repeated(".a", n))], String::new())),
    case("parameters-brackets", REFUSED, |n| call(vec![format!("a{}=1", repeated("[", n))], String::new())),
    case("parameters-long-text", REFUSED, |n| {
        call(vec![format!("a={}", repeated("djJ8MTIz", n))], String::new())
    }),
    case("parameters-json", MEDIUM, |n| call(vec![format!("a:=[{}1]", repeated("1,", n))], String::new())),
    case("parameters-nested-json", SHORT, |n| {
        call(
            vec![format!("a:=[{}[]]", repeated(&format!("{}1{},", "[".repeat(60), "]".repeat(60)), n))],
            String::new(),
        )
    }),
    case("stdin-members", MEDIUM, |n| {
        call(vec!["-".to_owned()], format!("{{{}}}", numbered(n, |number| format!("\"m{number}\":1"))))
    }),
    case("stdin-secrets", SHORT, |n| {
        let member = |number| {
            format!("\"secret{number}\":{{\"token\":\"hush-{number}\",\"text\":\"the text {number}\"}}")
        };
        call(vec!["-".to_owned()], format!("{{{}}}", numbered(n, member)))
    }),
    case("profiles-many", SHORT, |n| {
        profiles(
            numbered(n, |number| format!("[profiles.p{number}]\npartner_id = {number}\n")).replace(',', "\n"),
        )
    }),
    case("profiles-long-text", MEDIUM, |n| {
        profiles(format!("[profiles.a]\nuser = \"{}\"\n", repeated("\\u0041", n)))
    }),
    case("profiles-tables", SHORT, |n| profiles(repeated("[[profiles]]\n", n))),
    case("profiles-dots", SHORT, |n| profiles(format!("a{} = 1", repeated(".a", n)))),
    case("profiles-nesting", MEDIUM, |n| profiles(format!("a = {}", repeated("[", n)))),
    case("profiles-mistake", MEDIUM, |n| profiles(format!("{}x = ", repeated("# a\n", n)))),
];

fn call(parameters: Vec<String>, stdin: String) -> Work {
    let Ok(folder) = tempfile::tempdir() else { panic!("there is no place for temporary files") };
    Box::new(move || {
        let mut arguments = vec!["call", "--dry-run", "--partner-id=1234567", "--", "media.list"];
        arguments.extend(parameters.iter().map(String::as_str));
        black_box(kaltura(folder.path(), &arguments, stdin.as_bytes()).code);
    })
}

fn profiles(text: String) -> Work {
    let Ok(folder) = tempfile::tempdir() else { panic!("there is no place for temporary files") };
    let Ok(()) = fs::write(folder.path().join("config.toml"), text) else {
        panic!("a file cannot be written")
    };
    Box::new(move || {
        black_box(kaltura(folder.path(), &["profile", "list", "--json"], b"").code);
    })
}
