//! Checks of what is sent and received: method, headers, status, body.

use kaltura_auth::WireRequest;

use super::server::{Persistence, Route};
use super::suite::{CheckResult, Suite, describe, fail, not_applicable, request};

/// [`GZIP_BODY`] decompresses to this byte, repeated [`GZIP_DECODED_LENGTH`] times.
const GZIP_DECODED_BYTE: u8 = b'k';

/// The length of [`GZIP_BODY`] after decompression.
pub(super) const GZIP_DECODED_LENGTH: usize = 100_000;

/// A gzip body, about eight hundred times smaller than its content. A constant, so that no compressor is needed.
const GZIP_BODY: &[u8] = &[
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff, 0xed, 0xc1, 0x21, 0x01, 0x00, 0x00, 0x00,
    0xc3, 0xa0, 0xc0, 0xeb, 0xef, 0x5f, 0xe3, 0x02, 0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0xe0, 0xd5, 0x00, 0x86, 0x65, 0x9e, 0x1d, 0xa0, 0x86, 0x01, 0x00,
];

pub(super) async fn method(suite: &mut Suite<'_>) -> CheckResult {
    let received = suite.send_and_capture(|request| request).await?;
    if received.method == "POST" { Ok(()) } else { fail(format!("the method was {}", received.method)) }
}

pub(super) async fn request_body(suite: &mut Suite<'_>) -> CheckResult {
    let all_bytes: Vec<u8> = (0..=u8::MAX).collect();
    let large: Vec<u8> = all_bytes.iter().cycle().take(1 << 20).copied().collect();
    let bodies: [(&str, &[u8]); 6] = [
        ("in JSON", br#"{"a":1}"#),
        ("with leading and trailing whitespace", b" \r\n{\"a\": 1}\t\n"),
        ("in UTF-8, with a byte order mark", "\u{feff}\"Gr\u{fc}\u{df}e \u{1f600}\"".as_bytes()),
        ("of all 256 bytes", &all_bytes),
        ("of 0 bytes", b""),
        ("of 1 MiB", &large),
    ];
    for (what, sent) in bodies {
        let received = suite
            .send_and_capture(|request| {
                WireRequest::new(request.url(), request.service(), request.action(), sent)
            })
            .await?;
        if received.body != sent {
            let correct = sent.iter().zip(&received.body).take_while(|(a, b)| a == b).count();
            let (sent, received) = (sent.len(), received.body.len());
            return fail(format!(
                "a body {what}, {sent} bytes, arrived as {received} bytes, of which the first {correct} are correct"
            ));
        }
    }
    Ok(())
}

pub(super) async fn content_type(suite: &mut Suite<'_>) -> CheckResult {
    check_content_type(suite, "application/json").await
}

pub(super) async fn other_content_type(suite: &mut Suite<'_>) -> CheckResult {
    check_content_type(suite, "application/x-www-form-urlencoded").await?;
    check_content_type(suite, "multipart/form-data; boundary=\"a b\"").await
}

async fn check_content_type(suite: &mut Suite<'_>, content_type: &str) -> CheckResult {
    let received = suite.send_and_capture(|request| request.with_content_type(content_type)).await?;
    match received.header_values("content-type").as_slice() {
        [one] if *one == content_type => Ok(()),
        others => fail(format!("{content_type:?} arrived as {others:?}")),
    }
}

pub(super) async fn request_headers(suite: &mut Suite<'_>) -> CheckResult {
    let received = suite
        .send_and_capture(|request| {
            request.with_header("X-First", "one, two; three").with_header("x-second", "4")
        })
        .await?;
    for (name, value) in [("X-First", "one, two; three"), ("X-Second", "4")] {
        let values = received.header_values(name);
        if values != [value] {
            return fail(format!("{name}: {value} arrived as {values:?}"));
        }
    }
    Ok(())
}

/// Closes the connection without a response, after which many HTTP clients retry automatically.
pub(super) async fn sent_once(suite: &mut Suite<'_>) -> CheckResult {
    let route = suite.server.route(|_, _| Ok(Persistence::Close));
    // How the closed connection is reported is checked by another rule.
    drop(suite.send(&route, request(&route)).await);
    match route.received().len() {
        1 => Ok(()),
        times => fail(format!("a request whose connection was closed arrived {times} times")),
    }
}

/// Sends two requests, of which a transport may keep the connections, and then one that must not use them.
pub(super) async fn fresh_connection(suite: &mut Suite<'_>) -> CheckResult {
    let route = suite.route_with_body(b"null");
    for fresh in [false, false, true] {
        suite.send_ok(&route, request(&route).with_fresh_connection(fresh)).await?;
    }
    let received = route.received();
    let Some((last, earlier)) = received.split_last() else { return fail("the server received no request") };
    if earlier.iter().any(|request| request.client == last.client) {
        return not_applicable(
            "the transport ignores it: the request arrived on a connection that was used before",
        );
    }
    Ok(())
}

pub(super) async fn status(suite: &mut Suite<'_>) -> CheckResult {
    for status in [200, 302, 400, 401, 404, 429, 500, 503] {
        let route = suite.server.route(move |_, connection| connection.respond(status, &[], b"the body"));
        let response = match suite.send(&route, request(&route)).await {
            Ok(response) => response,
            Err(error) => return fail(format!("with status {status}, {}", describe(&error))),
        };
        if response.status() != status {
            return fail(format!("status {status} arrived as {}", response.status()));
        }
        if response.body() != b"the body" {
            return fail(format!("the body of a response with status {status} did not arrive unchanged"));
        }
    }
    Ok(())
}

pub(super) async fn response_headers(suite: &mut Suite<'_>) -> CheckResult {
    const SENT: [(&str, &str); 7] = [
        ("Date", "Tue, 24 Nov 2026 04:09:15 GMT"),
        ("Retry-After", "120"),
        ("Location", "https://example.com/"),
        ("Content-type", "text/html; charset=UTF-8"),
        ("x-kaltura", "error-SERVICE_FORBIDDEN"),
        ("X-Kaltura-Session", "1121307854, 1795493355"),
        ("X-Me", "front-7"),
    ];
    let route = suite.server.route(|_, connection| connection.respond(200, &SENT, b"null"));
    let response = suite.send_ok(&route, request(&route)).await?;
    for (name, sent) in SENT {
        match response.header(name) {
            Some(arrived) if arrived == sent => {}
            arrived => return fail(format!("{name}: {sent} arrived as {arrived:?}")),
        }
    }
    Ok(())
}

pub(super) async fn response_body(suite: &mut Suite<'_>) -> CheckResult {
    let mut bytes = "\u{feff}Gr\u{fc}\u{df}e\r\n".as_bytes().to_vec();
    bytes.extend(0..=u8::MAX);
    let large: Vec<u8> = bytes.iter().cycle().take(1 << 20).copied().collect();
    // A client that decodes text by its charset fails here.
    const LATIN: (&str, &str) = ("Content-Type", "text/plain; charset=iso-8859-1");
    for body in [bytes, large, Vec::new()] {
        let sent = body.clone();
        let route = suite.server.route(move |_, connection| connection.respond(200, &[LATIN], &sent));
        check_body(suite, &route, "of known length", &body).await?;

        let sent = body.clone();
        let route = suite.server.route(move |_, connection| {
            connection.write_head(200, &[LATIN, ("Transfer-Encoding", "chunked")])?;
            sent.chunks(5000).try_for_each(|chunk| connection.write_chunk(chunk))?;
            connection.write_chunk(b"").map(|()| Persistence::KeepAlive)
        });
        check_body(suite, &route, "in chunks", &body).await?;

        let sent = body.clone();
        let route = suite.server.route(move |_, connection| {
            connection.write_head(200, &[LATIN, ("Connection", "close")])?;
            connection.write(&sent).map(|()| Persistence::Close)
        });
        check_body(suite, &route, "that ends when the connection is closed", &body).await?;
    }
    Ok(())
}

async fn check_body(suite: &mut Suite<'_>, route: &Route, what: &str, sent: &[u8]) -> CheckResult {
    let response = suite.send_ok(route, request(route)).await?;
    if response.body() == sent {
        return Ok(());
    }
    fail(format!("a body {what} of {} bytes arrived as {} bytes", sent.len(), response.body().len()))
}

pub(super) async fn decompression(suite: &mut Suite<'_>) -> CheckResult {
    let route = gzip_route(suite);
    let response = suite.send_ok(&route, request(&route)).await?;
    require_gzip(&route)?;
    if response.body().len() == GZIP_DECODED_LENGTH
        && response.body().iter().all(|byte| *byte == GZIP_DECODED_BYTE)
    {
        return Ok(());
    }
    fail(format!(
        "a compressed body of {} bytes arrived as {} bytes",
        GZIP_DECODED_LENGTH,
        response.body().len()
    ))
}

/// A route whose response is compressed if the request accepts gzip.
pub(super) fn gzip_route(suite: &Suite<'_>) -> Route {
    suite.server.route(|received, connection| {
        if received.accepts_gzip() {
            connection.respond(200, &[("Content-Encoding", "gzip")], GZIP_BODY)
        } else {
            connection.respond(200, &[], b"null")
        }
    })
}

pub(super) fn require_gzip(route: &Route) -> CheckResult {
    if route.received().iter().any(|received| received.accepts_gzip()) {
        Ok(())
    } else {
        not_applicable("the transport does not accept gzip")
    }
}

pub(super) async fn redirect(suite: &mut Suite<'_>) -> CheckResult {
    for status in [301, 302, 303, 307, 308] {
        let target = suite.route_with_body(b"redirect target");
        let location = target.url();
        let route = suite
            .server
            .route(move |_, connection| connection.respond(status, &[("Location", &location)], b"redirect"));
        let response = suite.send_ok(&route, request(&route)).await?;
        if !target.received().is_empty() {
            return fail(format!("a redirect with status {status} was followed"));
        }
        if response.status() != status {
            return fail(format!("a redirect with status {status} arrived as {}", response.status()));
        }
    }
    Ok(())
}
