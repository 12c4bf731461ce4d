//! All texts of the command in two files, so that a reader can go through them at once, and sees in a review what
//! changes: the help of each command as it is printed, and each text literal of the sources that reads like a message.
//! Literals are found by a scan of all sources, so that none is missed; texts of the libraries are not among them.
//!
//! `UPDATE_MESSAGES=1 cargo nextest run -p kaltura-cli messages` writes both files anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::invocation::{Kaltura, commands};

fn check(file: &str, now: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file);
    if std::env::var_os("UPDATE_MESSAGES").is_some() {
        fs::write(&path, now).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    for (number, (now, golden)) in (1..).zip(now.lines().zip(golden.lines())) {
        assert_eq!(now, golden, "{file}, line {number}; with UPDATE_MESSAGES=1 it is written anew");
    }
    assert_eq!(
        now.lines().count(),
        golden.lines().count(),
        "{file}; with UPDATE_MESSAGES=1 it is written anew"
    );
}

#[test]
fn the_help_is_the_one_on_file() {
    let mut text = String::new();
    for command in commands() {
        let help = Kaltura::new(&command[..]).arguments(["--help"]).succeeds().stdout;
        let _ = writeln!(text, "==== kaltura {}\n\n{help}", command.join(" "));
    }
    check("help.txt", &text);
}

#[test]
fn the_messages_are_the_ones_on_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    find_sources(&folder, &mut sources);
    let mut messages = BTreeSet::new();
    for path in sources {
        let text = fs::read_to_string(path).unwrap();
        let program = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let program = program.split("#[cfg(all(test").next().unwrap();
        messages.extend(literals(program).into_iter().filter(|literal| reads_like_a_message(literal)));
    }
    check("messages.txt", &messages.into_iter().fold(String::new(), |text, message| text + &message + "\n"));
}

fn find_sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find_sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs")
            && path.file_stem().is_some_and(|it| it != "tests")
        {
            found.push(path);
        }
    }
}

/// The text literals of a source, with line breaks as they are printed on one line.
fn literals(source: &str) -> Vec<String> {
    let (mut all, mut chars) = (Vec::new(), source.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => drop(chars.by_ref().find(|c| *c == '\n')),
            // A character such as a quote; a lifetime has no second quote.
            '\'' => {
                let mut ahead = chars.clone();
                match (ahead.next(), ahead.next()) {
                    (Some('\\'), _) => drop(chars.by_ref().skip(2).find(|c| *c == '\'')),
                    (Some(_), Some('\'')) => drop(chars.by_ref().nth(1)),
                    _ => {}
                }
            }
            '"' => {
                let mut text = String::new();
                while let Some(c) = chars.next() {
                    match c {
                        '"' => break,
                        '\\' => match chars.next() {
                            Some('\n') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
                            Some('n') => text.push_str(" | "),
                            Some(escaped) => text.push(escaped),
                            None => {}
                        },
                        '\n' => text.push_str(" | "),
                        c => text.push(c),
                    }
                }
                all.push(text);
            }
            _ => {}
        }
    }
    all
}

/// Names, formats and code have no two words of letters in a row.
fn reads_like_a_message(literal: &str) -> bool {
    let is_word =
        |word: &str| word.len() > 1 && word.chars().all(|c| c.is_alphabetic() || "',.:;-".contains(c));
    let words: Vec<&str> = literal.split_whitespace().collect();
    words.windows(2).any(|pair| is_word(pair[0]) && is_word(pair[1]))
}

#[test]
fn literals_are_found() {
    let source = "let a = \"one \\\n   two\"; // \"no\"\nlet b = ('\\'', '\"', &'a x, \"it's \\\"so\\\"\");";
    assert_eq!(literals(source), ["one two", "it's \"so\""]);
}
