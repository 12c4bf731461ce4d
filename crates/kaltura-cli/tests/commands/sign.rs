//! Sessions that are signed on this machine.

use kaltura_ks::{OpenedKs, open};
use kaltura_types::{AdminSecret, Ks, KsVersion};
use serde_json::json;

use crate::support::invocation::{Finished, Kaltura, Words};
use crate::support::server::{ADMIN_SECRET, shown, text_of};

/// In the year 2096, when no test runs any more.
const LATE: &str = "4000000000";

fn sign(options: impl Words) -> Kaltura {
    Kaltura::new(["sign", "--partner-id", "1234567"])
        .env("KALTURA_ADMIN_SECRET", ADMIN_SECRET)
        .arguments(options)
}

#[track_caller]
fn opened(finished: &Finished) -> OpenedKs {
    let ks = finished.stdout.strip_suffix('\n').unwrap();
    open(&Ks::new(ks), &[AdminSecret::new(ADMIN_SECRET)]).unwrap()
}

#[test]
fn the_ks_alone_is_one_line_and_opens() {
    let finished =
        sign(["--expires-at", LATE, "--user", "alice", "--privileges", "sview:0_a/0_b,appid:x"]).succeeds();
    assert_eq!(finished.stderr, "");
    let ks = opened(&finished);
    assert_eq!(ks.version(), KsVersion::V2);
    assert_eq!(ks.fields_text(), "sview=0_a%2F0_b&appid=x&_e=4000000000&_t=0&_u=alice");
}

#[test]
fn what_is_not_given_is_not_in_it() {
    let finished = sign(["--expires-at", LATE, "--type", "ADMIN"]).succeeds();
    assert_eq!(opened(&finished).fields_text(), "_e=4000000000&_t=2");
}

#[test]
fn version_1_is_signed_too() {
    let sign = || sign(["--expires-at", LATE, "--ks-version", "1", "--user", "alice"]).succeeds();
    let (first, second) = (sign(), sign());
    let ks = opened(&first);
    assert_eq!(ks.version(), KsVersion::V1);
    let fields: Vec<&str> = ks.fields_text().split(';').collect();
    assert_eq!(fields[..4], ["1234567", "1234567", LATE, "0"]);
    assert_eq!(fields[5..], ["alice", "", "", ""]);
    assert_ne!(first.stdout, second.stdout);
}

#[test]
fn each_ks_is_another_one() {
    let sign = || sign(["--expires-at", LATE]).succeeds().stdout;
    assert_ne!(sign(), sign());
}

#[test]
fn it_lives_a_day_unless_said_otherwise() {
    for (options, life) in [(&[][..], 86_400), (&["--lifetime", "90m"], 5_400)] {
        let before = kaltura_now();
        let document = sign(options).answer();
        let expiry = document["expiry"].as_i64().unwrap();
        assert!((before + life..=kaltura_now() + life).contains(&expiry), "{document}");
        assert_eq!(document["expiresIn"], life);
    }
}

#[test]
fn with_json_it_is_a_document() {
    let mut document = sign(["--expires-at", LATE, "--privileges", "list:*"]).answer();
    let ks = Ks::new(document["ks"].take().as_str().unwrap());
    assert!(document["expiresIn"].take().as_u64().is_some_and(|left| left > 0));
    let expected = json!({
        "ks": null, "version": 2, "fingerprint": kaltura_auth::Fingerprint::from_ks(&ks).to_string(),
        "partnerId": 1_234_567, "userId": null, "sessionType": "USER", "expiry": 4_000_000_000_i64,
        "expiresIn": null, "privileges": "list:*",
    });
    assert_eq!(document, expected);
}

#[test]
fn the_end_is_written_as_that_of_a_token() {
    let on_the_wall = shown(4_000_000_000, "%Y-%m-%dT%H:%M:%S");
    for time in ["2096-10-02T07:06:40Z", "2096-10-02T09:06:40+02:00", &on_the_wall] {
        let finished = sign(["--expires-at", time]).succeeds();
        assert_eq!(opened(&finished).fields_text(), "_e=4000000000&_t=0", "{time}");
    }
    let wrong = |time: &str| sign(["--expires-at", time]).fails(2);
    wrong("soon").saying("not a time: write it like 2027-06-30, 2027-06-30T12:00:00Z");
    for time in ["0", "1969-12-31T23:59:59Z", "253402300800", "4000000000000"] {
        wrong(time).saying("it must be after 1970-01-01, and before the year 10000");
    }
}

#[test]
fn a_session_that_is_over_is_made_and_noted() {
    let finished = sign(["--expires-at", "1500000000"]).succeeds();
    assert_eq!(finished.stderr, "note: the session has already expired\n");
    let document = sign(["--expires-at", "1500000000"]).answer();
    assert_eq!(document["expiresIn"], 0);
}

#[test]
fn the_secret_comes_from_a_file_or_standard_input_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, format!("{ADMIN_SECRET}\n")).unwrap();
    let bare = || Kaltura::new(["sign"]).env("KALTURA_PARTNER_ID", "1234567");
    opened(&bare().arguments(["--admin-secret-file", text_of(&path)]).succeeds());
    opened(&bare().arguments(["--admin-secret-stdin"]).stdin(format!("{ADMIN_SECRET}\n")).succeeds());
    opened(&sign(["--admin-secret-stdin"]).env("KALTURA_ADMIN_SECRET", "x").stdin(ADMIN_SECRET).run());
}

#[test]
fn what_would_be_misread_is_refused() {
    for (options, why) in [
        (&["--ks-version=1", "--user=a;b"][..], "a `;` in the user shifts the fields"),
        (&["--ks-version=1", "--privileges=urirestrict:/a;b"], "a `;` in the privileges"),
    ] {
        let finished = sign(options).fails(2).saying(why);
        finished.saying("the server would read another session from this KS");
    }
    sign(["--ks-version=2", "--user=a;b"]).succeeds();
    sign(["--privileges=my.name:1"]).fails(2).saying("must not contain a comma");
}

#[test]
fn surprising_privileges_are_noted() {
    let finished = sign(["--privileges", "iprestrict:10.0.0.0/8,sessionid:x"]).succeeds();
    assert_eq!(finished.stderr.matches("note: ").count(), 1, "{finished:#?}");
    finished.saying("note: iprestrict takes single addresses").saying("8 is not an address");
}

/// What the clock of this machine shows.
#[expect(clippy::disallowed_methods, reason = "the command looks at the same clock")]
fn kaltura_now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}
