//! What becomes of an answer.

use kaltura_auth::WireResponse;

use crate::conformance::gzip;
use crate::conformance::http::Then;
use crate::conformance::peer::Route;
use crate::conformance::suite::{Checked, Suite, broken, failed, not_applicable, request};

pub(in crate::conformance) async fn status(suite: &mut Suite<'_>) -> Checked {
    for status in [200, 302, 400, 401, 404, 429, 500, 503] {
        let route = suite.peer.serve(move |_, connection| connection.answer(status, &[], b"what it says"));
        let answer = match suite.send(&route, request(&route)).await {
            Ok(answer) => answer,
            Err(error) => return broken(format!("for the status {status}, {}", failed(&error))),
        };
        if answer.status() != status {
            return broken(format!("the status {status} arrived as {}", answer.status()));
        }
        if answer.body() != b"what it says" {
            return broken(format!("the body of an answer with the status {status} did not arrive"));
        }
    }
    Ok(())
}

pub(in crate::conformance) async fn headers(suite: &mut Suite<'_>) -> Checked {
    const SENT: [(&str, &str); 7] = [
        ("Date", "Tue, 24 Nov 2026 04:09:15 GMT"),
        ("Retry-After", "120"),
        ("Location", "https://example.com/"),
        ("Content-type", "text/html; charset=UTF-8"),
        ("x-kaltura", "error-SERVICE_FORBIDDEN"),
        ("X-Kaltura-Session", "1121307854, 1795493355"),
        ("X-Me", "front-7"),
    ];
    let route = suite.peer.serve(|_, connection| connection.answer(200, &SENT, b"null"));
    let answer = suite.answer(&route, request(&route)).await?;
    for (name, sent) in SENT {
        match answer.header(name) {
            Some(arrived) if arrived == sent => {}
            arrived => return broken(format!("{name}: {sent} arrived as {arrived:?}")),
        }
    }
    Ok(())
}

pub(in crate::conformance) async fn body(suite: &mut Suite<'_>) -> Checked {
    let mut bytes = "\u{feff}Gr\u{fc}\u{df}e\r\n".as_bytes().to_vec();
    bytes.extend(0..=u8::MAX);
    let large: Vec<u8> = bytes.iter().cycle().take(1 << 20).copied().collect();
    // A client that reads text by its charset shows itself here.
    const LATIN: (&str, &str) = ("Content-Type", "text/plain; charset=iso-8859-1");
    for body in [bytes, large, Vec::new()] {
        let sent = body.clone();
        let route = suite.peer.serve(move |_, connection| connection.answer(200, &[LATIN], &sent));
        expect(suite, &route, "of known length", &body).await?;

        let sent = body.clone();
        let route = suite.peer.serve(move |_, connection| {
            connection.head(200, &[LATIN, ("Transfer-Encoding", "chunked")])?;
            sent.chunks(5000).try_for_each(|chunk| connection.chunk(chunk))?;
            connection.chunk(b"").map(|()| Then::KeepAlive)
        });
        expect(suite, &route, "in chunks", &body).await?;

        let sent = body.clone();
        let route = suite.peer.serve(move |_, connection| {
            connection.head(200, &[LATIN, ("Connection", "close")])?;
            connection.write(&sent).map(|()| Then::Close)
        });
        expect(suite, &route, "that ends with the connection", &body).await?;
    }
    Ok(())
}

async fn expect(suite: &mut Suite<'_>, route: &Route, what: &str, sent: &[u8]) -> Checked {
    let answer = suite.answer(route, request(route)).await?;
    if answer.body() == sent {
        return Ok(());
    }
    broken(format!("a body {what} of {} bytes arrived as {} bytes", sent.len(), answer.body().len()))
}

pub(in crate::conformance) async fn decompression(suite: &mut Suite<'_>) -> Checked {
    let route = serve_compressed(suite);
    let answer = suite.answer(&route, request(&route)).await?;
    asked_for_gzip(&route)?;
    if answer.body().len() == gzip::LENGTH && answer.body().iter().all(|byte| *byte == gzip::LETTER) {
        return Ok(());
    }
    broken(format!("{} bytes, compressed, arrived as {} bytes", gzip::LENGTH, answer.body().len()))
}

/// A path that answers with gzip to those that ask for it.
pub(super) fn serve_compressed(suite: &Suite<'_>) -> Route {
    suite.peer.serve(|received, connection| {
        if received.asks_for_gzip() {
            connection.answer(200, &[("Content-Encoding", "gzip")], gzip::COMPRESSED)
        } else {
            connection.answer(200, &[], b"null")
        }
    })
}

pub(super) fn asked_for_gzip(route: &Route) -> Checked {
    if route.received().iter().any(|received| received.asks_for_gzip()) {
        Ok(())
    } else {
        not_applicable("it does not ask for gzip")
    }
}

pub(in crate::conformance) async fn redirect(suite: &mut Suite<'_>) -> Checked {
    for status in [301, 302, 303, 307, 308] {
        let target = suite.answering(b"the target");
        let location = target.url();
        let route = suite
            .peer
            .serve(move |_, connection| connection.answer(status, &[("Location", &location)], b"elsewhere"));
        let answer: WireResponse = suite.answer(&route, request(&route)).await?;
        if !target.received().is_empty() {
            return broken(format!("it followed a redirect of the status {status}"));
        }
        if answer.status() != status {
            return broken(format!("a redirect of the status {status} arrived as {}", answer.status()));
        }
    }
    Ok(())
}
