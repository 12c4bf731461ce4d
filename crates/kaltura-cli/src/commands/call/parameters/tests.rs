use serde_json::json;

use super::*;

const KS: &str = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8";

fn read_with(stdin: &str, arguments: &[&str]) -> Result<Value, Failure> {
    let ui = Ui::new(std::io::Cursor::new(stdin.as_bytes().to_vec()), std::io::sink(), std::io::sink());
    let arguments: Vec<Argument> = arguments.iter().map(|text| text.parse().unwrap()).collect();
    CallParameters::read(&ui, &arguments).map(|read| Value::Object(read.parameters))
}

fn read(arguments: &[&str]) -> Result<Value, Failure> {
    read_with("", arguments)
}

#[test]
fn an_action_is_two_names_with_a_dot() {
    let name: ActionName = "caption_captionAsset.list".parse().unwrap();
    assert_eq!((&*name.service, &*name.action), ("caption_captionAsset", "list"));
    for text in ["", "media", "media.", ".list", "media.list.x", "media/list", "media list.x", "m.l?x=1"] {
        let why = text.parse::<ActionName>().unwrap_err();
        assert!(why.starts_with("use a service and an action"), "{text}: {why}");
    }
    for text in ["multirequest.null", "MultiRequest.x"] {
        let why = text.parse::<ActionName>().unwrap_err();
        assert!(why.starts_with("use `kaltura batch`"), "{text}: {why}");
    }
    for (text, ends) in [("session.end", true), ("SESSION.End", true), ("session.get", false)] {
        assert_eq!(text.parse::<ActionName>().unwrap().ends_sessions(), ends, "{text}");
    }
}

#[test]
fn each_form_of_an_argument_is_read() {
    let parameter = |path: &[&str], value| Argument::Parameter {
        path: path.iter().map(|&name| name.to_owned()).collect(),
        value,
    };
    let text = |path: &[&str], value: Value| parameter(path, Source::Inline(value));
    let upload = |name: &str, file: &str| Argument::Upload { name: name.to_owned(), file: file.into() };
    for (argument, expected) in [
        ("-", Argument::Stdin),
        ("id=0_a", text(&["id"], json!("0_a"))),
        ("id=", text(&["id"], json!(""))),
        ("a=b=c:=d@e", text(&["a"], json!("b=c:=d@e"))),
        ("pager.pageSize:=5", text(&["pager", "pageSize"], json!(5))),
        ("filter[idEqual]=x", text(&["filter", "idEqual"], json!("x"))),
        ("filter[a][0].b[c]:=1", text(&["filter", "a", "0", "b", "c"], json!(1))),
        ("list:=[1,\"@x\"]", text(&["list"], json!([1, "@x"]))),
        ("note=:-)", text(&["note"], json!(":-)"))),
        ("note:=\":5\"", text(&["note"], json!(":5"))),
        ("text=@notes.txt", parameter(&["text"], Source::TextFile("notes.txt".into()))),
        ("entry:=@a=b.json", parameter(&["entry"], Source::JsonFile("a=b.json".into()))),
        ("fileData@clip.mp4", upload("fileData", "clip.mp4")),
        ("resource.fileData@a=b@c", upload("resource:fileData", "a=b@c")),
    ] {
        assert_eq!(argument.parse(), Ok(expected), "{argument}");
    }
}

#[test]
fn an_invalid_argument_is_refused_and_not_repeated() {
    for (argument, error) in [
        ("", "use key=value"),
        ("hush", "use key=value"),
        ("=x", "a key, or a part of one, is empty"),
        (":=1", "a key, or a part of one, is empty"),
        ("a..b=1", "a key, or a part of one, is empty"),
        (".a=1", "a key, or a part of one, is empty"),
        ("[a]=1", "a key, or a part of one, is empty"),
        ("ids[]=1", "a key, or a part of one, is empty"),
        ("@x", "a key, or a part of one, is empty"),
        ("a[b=1", "the brackets of the key"),
        ("a]=1", "the brackets of the key"),
        ("a[b]c=1", "the brackets of the key"),
        ("a[b.c]=1", "the brackets of the key"),
        ("a[b[c]]=1", "the brackets of the key"),
        ("a:=hush", "the value after := is not JSON"),
        ("a:=", "the value after := is not JSON"),
        ("pager.pageSize=:5", "=: is not :="),
        ("a=:{\"b\":1}", "=: is not :="),
        ("a=@", "the name of the file is missing"),
        ("a:=@", "the name of the file is missing"),
        ("a@", "the name of the file is missing"),
    ] {
        let why = argument.parse::<Argument>().unwrap_err();
        assert!(why.starts_with(error) && !why.contains("hush"), "{argument}: {why}");
    }
}

#[test]
fn the_depth_of_a_key_is_limited() {
    for step in [".a", "[a]"] {
        let key = |depth: usize| format!("a{}=1", step.repeat(depth - 1));
        assert!(key(MAX_DEPTH).parse::<Argument>().is_ok());
        for depth in [MAX_DEPTH + 1, 20_000, 1_000_000] {
            let why = key(depth).parse::<Argument>().unwrap_err();
            assert_eq!(why, format!("the key leads into more than {MAX_DEPTH} objects"));
        }
    }
}

#[test]
fn dots_and_brackets_lead_into_objects() {
    let expected = json!({
        "filter": { "idEqual": "0_a", "a": { "b": true } }, "pager": { "pageSize": 5, "pageIndex": 2 }, "id": "",
    });
    let dots =
        ["filter.idEqual=0_a", "pager:={\"pageSize\":5}", "filter.a.b:=true", "id=", "pager.pageIndex:=2"];
    let brackets =
        dots.map(|argument| argument.replace("filter.a.b", "filter[a][b]").replace(".idEqual", "[idEqual]"));
    assert_eq!(read(&dots).unwrap(), expected);
    assert_eq!(read(&brackets.each_ref().map(String::as_str)).unwrap(), expected);
}

#[test]
fn a_conflict_is_named_and_not_quoted() {
    for arguments in [
        &["a.b=hush", "a[b]=hush"][..],
        &["a=hush", "a.b=hush"],
        &["a.b=hush", "a=hush"],
        &["a:=[1]", "a.0=hush"],
    ] {
        let failure = read(arguments).unwrap_err();
        assert!(failure.to_string().contains("is given twice"), "{failure}");
        assert!(!format!("{failure:?}").contains("hush"));
    }
}

#[test]
fn a_secret_is_not_taken_from_the_command_line() {
    const VALUE: &str = "c0ffee00c0ffee00c0ffee00c0ffee00";
    for (argument, why, hint) in [
        ("ks=hush", "ks is a secret", "Use KALTURA_KS"),
        ("ks:=\"hush\"", "ks is a secret", "Use KALTURA_KS"),
        ("user.PASSWORD=hush", "user.PASSWORD is a secret", " user.PASSWORD=@FILE"),
        ("user[password]=hush", "user.password is a secret", " user.password=@FILE"),
        ("profile.zoomClientSecret=hush", "profile.zoomClientSecret is a secret", "=@FILE"),
        ("otp:=123456", "otp is a secret", " otp=@FILE"),
        ("user:={\"password\":\"hush\"}", "user.password is a secret", " user:=@FILE"),
        ("a:=[1,{\"b\":{\"apiKey\":\"hush\"}}]", "a.1.b.apiKey is a secret", " a:=@FILE"),
        ("tokens:=[\"hush\"]", "tokens is a secret", " tokens:=@FILE"),
        (&format!("x.y={KS}"), "x.y looks like a KS", " x.y=@FILE"),
        (&format!("note=see {KS} there"), "note looks like a KS", ""),
        (&format!("a:=[1,{{\"b\":\"{KS}\"}}]"), "a.1.b looks like a KS", ""),
        (&format!("{VALUE}=1"), "the name of a parameter looks like a secret", "Replace the secret"),
        (&format!("{KS}.a=1"), "the name of a parameter looks like a secret", ""),
        (&format!("a:={{\"{VALUE}\":{{\"b\":1}}}}"), "the name of a parameter looks like a secret", ""),
    ] {
        let failure = read(&[argument]).unwrap_err();
        assert!(failure.to_string().starts_with(why), "{failure}");
        let shown = format!("{failure:?}");
        assert!(shown.contains(hint), "{shown}");
        assert!(["hush", "c0ffee00", "djJ8"].iter().all(|secret| !shown.contains(secret)), "{shown}");
    }
}

#[test]
fn what_only_resembles_a_secret_is_taken() {
    let taken = read(&["useToken:=true", "appToken:={\"id\":\"0_a\"}", "tokenId=x"]).unwrap();
    assert_eq!(taken, json!({ "useToken": true, "appToken": { "id": "0_a" }, "tokenId": "x" }));
    // Hashed users, references, upload tokens, addresses of files.
    const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";
    for value in [MD5, &format!("0_{MD5},1_{MD5}"), &format!("https://example.com/{MD5}/a.mp4")] {
        assert_eq!(read(&[&format!("a.b={value}")]).unwrap(), json!({ "a": { "b": value } }));
    }
    // The name of a token, which is a secret, but the id of one for uploads.
    let id = format!("1_{MD5}");
    let taken = read(&[&format!("resource.token={id}"), &format!("uploadTokenId={id}")]).unwrap();
    assert_eq!(taken, json!({ "resource": { "token": id }, "uploadTokenId": id }));
    for argument in
        [format!("secret={id}"), format!("token=x_{MD5}"), format!("token={MD5}"), format!("token={id}0")]
    {
        assert!(read(&[&argument]).unwrap_err().to_string().contains(" is a secret"), "{argument}");
    }
}

#[test]
fn files_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("value");
    let name = path.to_str().unwrap();
    std::fs::write(&path, "\u{feff}{\"a\": 1}\n").unwrap();
    let both = read(&[&format!("secret=@{name}"), &format!("entry:=@{name}")]).unwrap();
    assert_eq!(both, json!({ "secret": "{\"a\": 1}", "entry": { "a": 1 } }));
    std::fs::write(&path, "hush").unwrap();
    let failure = read(&[&format!("entry:=@{name}")]).unwrap_err();
    assert!(failure.to_string().ends_with("is not JSON") && !failure.to_string().contains("hush"));
}

#[test]
fn the_command_line_takes_precedence_over_standard_input() {
    let stdin = json!({ "filter": { "a": 1, "b": 2 }, "c": 3, "d": { "e": 4 } }).to_string();
    let merged = read_with(&stdin, &["filter.b:=5", "-", "c:=6", "d:=7"]).unwrap();
    assert_eq!(merged, json!({ "filter": { "a": 1, "b": 5 }, "c": 6, "d": 7 }));
    for (stdin, arguments, why) in [
        ("[1]", &["-"][..], "standard input is not a JSON object"),
        ("", &["-"], "standard input is not a JSON object"),
        ("{}", &["-", "-"], "standard input can be used only once"),
    ] {
        assert_eq!(read_with(stdin, arguments).unwrap_err().to_string(), why);
    }
}

#[test]
fn a_parameter_that_would_be_lost_is_refused() {
    for (stdin, why) in [
        (json!({ "service": "x" }), "service cannot be a parameter: the action is named by SERVICE.ACTION"),
        (json!({ "format": 2 }), "format cannot be a parameter: the answer is always JSON"),
        (json!({ "clientTag": "x" }), "clientTag cannot be a parameter: it is set by this program"),
        (json!({ "ks": "" }), "ks is empty; to send no session, use --anonymous"),
        (json!({ "ks": null }), "ks is empty"),
        (json!({ "ks": "null" }), "ks is empty"),
        (json!({ "filter.idEqual": "x" }), "in JSON, filter.idEqual is not a name"),
        (json!({ "filter[idEqual]": "x" }), "in JSON, filter[idEqual] is not a name"),
    ] {
        let failure = read_with(&stdin.to_string(), &["-"]).unwrap_err();
        assert!(failure.to_string().starts_with(why), "{failure}");
    }
    assert!(read(&["ks:=null"]).unwrap_err().to_string().starts_with("ks is empty"));
    read_with("{\"ks\":\"x\",\"partnerId\":42,\"language\":\"EN\"}", &["-", "clienttag=x"]).unwrap();
}
