use serde_json::json;

use super::*;

fn outputs(code: &str, json: bool, timeout: Duration) -> Result<(String, String), Failure> {
    let list = json!({ "objects": [{ "id": "0_a", "n": 1.5 }, { "id": "0_\"b", "n": null }] });
    let (mut results, mut messages) = (String::new(), String::new());
    JqFilter::new(code, json, timeout)?.run(vec![list], &mut |output| {
        match output {
            Output::Results(lines) => results += &lines,
            Output::Message(text) => messages += &text,
        }
        Ok(())
    })?;
    Ok((results, messages))
}

fn results(code: &str, json: bool) -> Result<String, String> {
    outputs(code, json, Duration::from_secs(120))
        .map(|(lines, _)| lines)
        .map_err(|failure| failure.to_string())
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
    let timeout = Duration::from_secs(60);
    assert_eq!(results("1, halt, 2", false).unwrap(), "1\n");
    for (code, number, message) in [
        ("\"bye\" | halt_error", 5, "bye"),
        ("{a: 1} | halt_error", 5, "{\"a\":1}\n"),
        ("\"no\" | halt_error(3)", 3, "no"),
    ] {
        let mut messages = Vec::new();
        let filter = JqFilter::new(code, false, timeout).unwrap();
        let failure = filter.run(vec![json!(1)], &mut |output| {
            messages.push(output);
            Ok(())
        });
        assert_eq!(failure.unwrap_err().exit_code(), ExitCode::Filter(number), "{code}");
        assert_eq!(messages, [Output::Message(message.to_owned())], "{code}");
    }
    let (lines, messages) = outputs("[1] | debug, stderr", false, timeout).unwrap();
    assert_eq!((lines.as_str(), messages.as_str()), ("[1]\n[1]\n", "[\"DEBUG:\",[1]]\n[1]"));
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
fn a_filter_that_calls_itself_without_end_is_stopped() {
    for code in [
        "def f: 1 + f; f",
        "def f: f | f; f",
        "def f: [f]; f",
        "def f: {a: f}; f",
        "def f: try f catch .; f",
        "def f: f as $x | $x; f",
        "def f: reduce f as $x (0; .); f",
        "def f: if f then 1 else 2 end; f",
        "def f: label $x | f | 1; f",
        "def f(g): f(g | g) | 1; f(.)",
        "def f: \"\\(f)\"; f",
        "def f: limit(1; f) | 1; f",
        "path(def f: f | f; f)",
    ] {
        assert_fails(code, "the --jq filter failed: too many nested calls: it may call itself without end");
    }
    assert_eq!(
        results("def f: if . > 3000 then . else (. + 1 | f) + 1 end; 0 | f", false).unwrap(),
        "6002\n"
    );
    // A call at the end of a filter takes no stack.
    assert_eq!(results("def f: if . > 300000 then . else . + 1 | f end; 0 | f", false).unwrap(), "300001\n");
}

#[test]
fn nesting_is_limited_before_the_stack_is_used_up() {
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(results(&nested(MAX_NESTING), true).unwrap().len(), 2 * MAX_NESTING + 2);
    assert_fails(&"(".repeat(MAX_NESTING + 1), "the --jq filter nests more than 4000 deep");
    assert_fails(&".|".repeat(MAX_BYTES), "the --jq filter is longer than 16384 bytes");
    for (begin, step) in [("0 | ", "-"), ("", ".|")] {
        let code = format!("{begin}{}1", step.repeat((MAX_BYTES - 8) / step.len()));
        // It is read; whether it can be executed depends on the optimization.
        let outcome = results(&code, false);
        assert!(
            outcome.as_ref().err().is_none_or(|error| error.contains("too many nested calls")),
            "{outcome:?}"
        );
    }
    let deep = |depth: usize| format!("reduce range({depth}) as $x (1; [.])");
    assert_eq!(results(&deep(MAX_DEPTH), false).unwrap().len(), 2 * MAX_DEPTH + 2);
    assert_fails(&deep(MAX_DEPTH + 1), "a result nests more than 10000 deep");
}

#[test]
fn time_is_limited_and_the_time_to_write_does_not_count() {
    let failure = outputs("def f: f; f", false, Duration::from_secs(1)).unwrap_err();
    assert_eq!(failure.to_string(), "the --jq filter failed: it took longer than 1 s");
    assert!(failure.hint().unwrap().contains("--jq-timeout"));

    let filter = JqFilter::new("repeat(\"x\" * 70000)", false, Duration::from_secs(1)).unwrap();
    let mut written = 0;
    let failure = filter.run(vec![json!(1)], &mut |_| {
        written += 1;
        thread::sleep(Duration::from_millis(300));
        if written < 6 { Ok(()) } else { Err(Failure::usage("enough")) }
    });
    assert_eq!(failure.unwrap_err().to_string(), "enough");
}

#[test]
fn memory_is_limited() {
    let mut filter = JqFilter::new("[range(1e18)] | length", false, Duration::from_secs(600)).unwrap();
    filter.max_growth = 16 << 20;
    let failure = filter.run(vec![json!(1)], &mut |_| Ok(())).unwrap_err();
    assert_eq!(failure.to_string(), "the --jq filter failed: it used too much memory");
    assert!(failure.hint().unwrap().contains("--jsonl"));
}

#[test]
fn a_defect_of_the_interpreter_is_an_error() {
    let filter = JqFilter::new(".", false, Duration::from_secs(60)).unwrap();
    let thrown = filter.run_with(|_, _| panic::resume_unwind(Box::new(7)), &mut |_| Ok(())).unwrap_err();
    assert_eq!(thrown.to_string(), "the --jq filter failed: its interpreter has a defect");
}
