//! What arrives at the server.

use kaltura_auth::WireRequest;

use crate::conformance::http::Then;
use crate::conformance::suite::{Checked, Suite, broken, request};

pub(in crate::conformance) async fn method(suite: &mut Suite<'_>) -> Checked {
    let arrived = suite.arrival(|request| request).await?;
    if arrived.method == "POST" { Ok(()) } else { broken(format!("it was a {}", arrived.method)) }
}

pub(in crate::conformance) async fn body(suite: &mut Suite<'_>) -> Checked {
    let all_bytes: Vec<u8> = (0..=u8::MAX).collect();
    let large: Vec<u8> = all_bytes.iter().cycle().take(1 << 20).copied().collect();
    let bodies: [(&str, &[u8]); 6] = [
        ("of JSON", br#"{"a":1}"#),
        ("with blanks and line ends around it", b" \r\n{\"a\": 1}\t\n"),
        ("in UTF-8, with a byte order mark", "\u{feff}\"Gr\u{fc}\u{df}e \u{1f600}\"".as_bytes()),
        ("of all 256 bytes", &all_bytes),
        ("of nothing", b""),
        ("of 1 MiB", &large),
    ];
    for (what, sent) in bodies {
        let arrived = suite
            .arrival(|request| WireRequest::new(request.url(), request.service(), request.action(), sent))
            .await?;
        if arrived.body != sent {
            let right = sent.iter().zip(&arrived.body).take_while(|(a, b)| a == b).count();
            let (length, came) = (sent.len(), arrived.body.len());
            return broken(format!(
                "of a body {what}, {length} bytes, there arrived {came}, and the first {right} were right"
            ));
        }
    }
    Ok(())
}

pub(in crate::conformance) async fn content_type(suite: &mut Suite<'_>) -> Checked {
    content_type_is(suite, "application/json").await
}

pub(in crate::conformance) async fn other_content_type(suite: &mut Suite<'_>) -> Checked {
    content_type_is(suite, "application/x-www-form-urlencoded").await?;
    content_type_is(suite, "multipart/form-data; boundary=\"a b\"").await
}

async fn content_type_is(suite: &mut Suite<'_>, content_type: &str) -> Checked {
    let arrived = suite.arrival(|request| request.with_content_type(content_type)).await?;
    match arrived.header_values("content-type").as_slice() {
        [one] if *one == content_type => Ok(()),
        others => broken(format!("{content_type:?} arrived as {others:?}")),
    }
}

pub(in crate::conformance) async fn headers(suite: &mut Suite<'_>) -> Checked {
    let arrived = suite
        .arrival(|request| request.with_header("X-First", "one, two; three").with_header("x-second", "4"))
        .await?;
    for (name, value) in [("X-First", "one, two; three"), ("X-Second", "4")] {
        let values = arrived.header_values(name);
        if values != [value] {
            return broken(format!("{name}: {value} arrived as {values:?}"));
        }
    }
    Ok(())
}

/// A connection that breaks is the moment when an HTTP client repeats of its own accord.
pub(in crate::conformance) async fn once(suite: &mut Suite<'_>) -> Checked {
    let route = suite.peer.serve(|_, _| Ok(Then::Close));
    // What it makes of the closed connection is the matter of another rule.
    drop(suite.send(&route, request(&route)).await);
    match route.received().len() {
        1 => Ok(()),
        times => broken(format!("a request whose connection broke arrived {times} times")),
    }
}
