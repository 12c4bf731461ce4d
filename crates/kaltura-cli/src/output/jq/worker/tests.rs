use std::cell::RefCell;

use serde_json::json;

use super::*;

/// The results and the messages of a filter, and how it ended.
fn outputs(code: &str, json: bool) -> Result<(String, String, Event), Failure> {
    let list = json!({ "objects": [{ "id": "0_a", "n": 1.5 }, { "id": "0_\"b", "n": null }] });
    let (results, messages) = (RefCell::new(String::new()), RefCell::new(String::new()));
    let end = run(&compile(code)?, &list, json, &|event| match event {
        Event::Results(lines) => *results.borrow_mut() += &lines,
        Event::Message(text) => *messages.borrow_mut() += &text,
        _ => {}
    });
    Ok((results.into_inner(), messages.into_inner(), end))
}

fn results(code: &str, json: bool) -> Result<String, String> {
    match outputs(code, json) {
        Ok((_, _, Event::Failed(message, _))) => Err(message),
        Err(failure) => Err(failure.to_string()),
        Ok((lines, ..)) => Ok(lines),
    }
}

#[track_caller]
fn assert_fails(code: &str, why: &str) {
    let message = results(code, false).unwrap_err();
    assert!(message.contains(why), "{code}: {message}");
}

#[test]
fn strings_are_printed_raw_and_the_rest_is_json() {
    assert_eq!(results(".objects[].id", false).unwrap(), "0_a\n0_\"b\n");
    assert_eq!(results(".objects[].id", true).unwrap(), "\"0_a\"\n\"0_\\\"b\"\n");
    assert_eq!(results(".objects | map(.n)", false).unwrap(), "[1.5,null]\n");
    assert_eq!(
        results(".objects[0], empty, null, false", false).unwrap(),
        "{\"id\":\"0_a\",\"n\":1.5}\nnull\nfalse\n"
    );
    assert_eq!(results("[.objects[] | select(.id | test(\"a\"))] | length", false).unwrap(), "1\n");
}

#[test]
fn numbers_are_written_as_jq_writes_them() {
    for (code, expected) in [
        ("nan, [nan], -nan", "null\n[null]\nnull\n"),
        ("infinite", "1.7976931348623157e+308\n"),
        ("[-infinite]", "[-1.7976931348623157e+308]\n"),
        ("[nan] | tojson, tostring", "[null]\n[null]\n"),
        ("2700 / 60, 1e3, -0.5, 1e17", "45\n1000\n-0.5\n1e+17\n"),
        ("9007199254740993, 18446744073709551615", "9007199254740993\n18446744073709551615\n"),
    ] {
        assert_eq!(results(code, false).unwrap(), expected, "{code}");
    }
}

#[test]
fn json_and_numbers_are_read_strictly() {
    for (code, expected) in [
        ("\"{\\\"a\\\":[1,null]} \" | fromjson", "{\"a\":[1,null]}\n"),
        ("\"12\", \" -1.50 \", \"1e3\" | tonumber", "12\n-1.5\n1000\n"),
        ("7 | tonumber", "7\n"),
        ("try (\"0_a\" | tonumber) catch \"no\"", "no\n"),
    ] {
        assert_eq!(results(code, false).unwrap(), expected, "{code}");
    }
    assert_fails("\"0_a\" | tonumber", "\"0_a\" cannot be parsed as a number");
    for text in ["", "1 2", "nan", "inf", "Infinity", "0x1", "1,5"] {
        assert_fails(&format!("\"{text}\" | tonumber"), "cannot be parsed as a number");
    }
    assert_fails("null | tonumber", "as string");
    for text in ["1 2", "", "{", "NaN", "1 # comment", "[1,]"] {
        assert_fails(&format!("\"{text}\" | fromjson"), "is not JSON");
    }
    assert_fails("\"[\" * 1000000 | fromjson", "is not JSON");
}

#[test]
fn lists_and_times_are_those_of_jq() {
    assert_eq!(results("[\"a\", null, 1, true] | join(\"-\")", false).unwrap(), "a--1-true\n");
    assert_eq!(results("[] | join(\"-\")", true).unwrap(), "\"\"\n");
    assert_eq!(results("1795493355.7 | todate", false).unwrap(), "2026-11-24T04:09:15Z\n");
    assert_fails("[1, 2] | pick(.[1])", "the key 1 of an object is not a string");
}

#[test]
fn lists_become_rows_of_csv_and_tsv() {
    assert_eq!(
        results(".objects[] | [.id, .n, true] | @csv", false).unwrap(),
        "\"0_a\",1.5,true\n\"0_\"\"b\",,true\n"
    );
    assert_eq!(results("[\"a\\tb\\\\c\", 1] | @tsv", false).unwrap(), "a\\tb\\\\c\t1\n");
    assert_fails("[[1]] | @csv", "the --jq filter failed: [1] cannot be in a row of @csv");
    assert_fails("1 | @tsv", "the --jq filter failed: 1 is not a list, and @tsv needs one");
}

#[test]
fn a_filter_can_end_itself_as_in_jq() {
    for (code, lines, message, end) in [
        ("1, halt, 2", "1\n", "", Event::Halted(0)),
        ("\"bye\" | halt_error", "", "bye", Event::Halted(5)),
        ("{a: 1} | halt_error", "", "{\"a\":1}\n", Event::Halted(5)),
        ("\"no\" | halt_error(3)", "", "no", Event::Halted(3)),
        ("[1] | debug, stderr", "[1]\n[1]\n", "[\"DEBUG:\",[1]]\n[1]", Event::Done),
    ] {
        let (results, messages, ended) = outputs(code, false).unwrap();
        assert_eq!((results.as_str(), messages.as_str()), (lines, message), "{code}");
        assert_eq!(format!("{ended:?}"), format!("{end:?}"), "{code}");
    }
}

#[test]
fn a_mistake_is_reported_with_its_place() {
    for (code, why) in [
        (".a[", "invalid --jq filter at character 3: unclosed ["),
        (".\"ä\" | foo", "at character 8: foo/0 is not defined"),
        (".a | $x", "at character 6: the variable $x is not defined"),
        ("env", "at character 1: env/0 is not defined"),
        (".a | $ENV", "variable $ENV is not defined"),
        (".a |", "at its end: expected term"),
        ("", "at its end: expected term"),
        (".a )", "at character 4: "),
        (".ä", "at character 2: unexpected character"),
        ("import \"x\" as x; .", "modules cannot be imported"),
        ("include \"x\"; .", "modules cannot be imported"),
        ("import \"x\" as $x; $x", "modules cannot be imported"),
        ("import \"x\" as $x; .", "modules cannot be imported"),
        ("input, inputs", "input/0 is not defined"),
        ("\"\\q\"", "expected an escape sequence"),
    ] {
        assert_fails(code, why);
    }
}

#[test]
fn an_error_shows_neither_the_whole_answer_nor_a_secret() {
    let long = results("(.objects | tostring * 100) | error", false).unwrap_err();
    assert!(long.starts_with("the --jq filter failed: ") && long.len() < 300, "{long}");
    assert_fails(".objects.id", "cannot index");
    assert_fails("error(null)", "the --jq filter failed: null");
    for secret in [
        "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8",
        "0123456789abcdef0123456789abcdef",
    ] {
        let message = results(&format!("\"{secret}\" | .a"), false).unwrap_err();
        assert!(message.contains("cannot index") && message.contains("(redacted)"), "{message}");
        assert!(!message.contains(&secret[..12]), "{message}");
    }
}

#[test]
fn the_nesting_of_a_result_is_limited() {
    let deep = |depth: usize| format!("reduce range({depth}) as $x (1; [.])");
    let run = move || {
        let nested = results(&deep(functions::MAX_DEPTH), false).unwrap();
        assert_eq!(nested.len(), 2 * functions::MAX_DEPTH + 2);
        assert_fails(&deep(functions::MAX_DEPTH + 1), "a result nests more than 10000 deep");
    };
    thread::Builder::new().stack_size(STACK_SIZE).spawn(run).unwrap().join().unwrap();
}
