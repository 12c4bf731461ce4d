//! The server over a plain socket.

use std::future::Future;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use kaltura_types::UnixTime;

use super::{Server, ServerBuilder, ServerError};
use crate::test_client::{builder, emulator};
use crate::{Breakage, Clock, Emulator, Reply};

/// One connection.
struct Client(BufReader<TcpStream>);

struct RawResponse {
    head: String,
    body: Vec<u8>,
}

impl Client {
    fn of(server: &Server) -> Self {
        Self::at(server.addr()).unwrap()
    }

    fn at(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        // A test that waits for a missing response fails and does not hang.
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        Ok(Self(BufReader::new(stream)))
    }

    fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).unwrap();
    }

    fn post(&mut self, path: &str, body: &str) -> RawResponse {
        self.send(posted(path, body));
        self.response()
    }

    fn head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") && self.0.read_line(&mut head).unwrap() > 0 {}
        head
    }

    fn response(&mut self) -> RawResponse {
        let mut response = RawResponse { head: self.head(), body: Vec::new() };
        response.body.resize(response.length(), 0);
        self.0.read_exact(&mut response.body).unwrap();
        response
    }

    /// The bytes until the connection ends.
    fn rest(&mut self) -> std::io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).map(|_| rest)
    }
}

impl RawResponse {
    fn has(&self, line: &str) -> bool {
        self.head.lines().any(|found| found.eq_ignore_ascii_case(line))
    }

    fn length(&self) -> usize {
        let length = self.head.lines().find_map(|line| line.strip_prefix("content-length: "));
        length.map_or(0, |length| length.parse().unwrap())
    }
}

fn posted(path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// A server with this response to every request.
fn responding(body: &str, delay: Duration, breakage: Option<Breakage>) -> Server {
    let body = Bytes::copy_from_slice(body.as_bytes());
    responding_with(move |_, _| Reply { delay, breakage, ..Reply::whole(Response::new(body.clone())) })
}

/// A server with a late response, and a receiver that reports its requests.
fn responding_late(body: &'static str, delay: Duration, grace: Duration) -> (Server, mpsc::Receiver<()>) {
    let (tell, requests) = mpsc::channel();
    let respond = move |_: &Request<Bytes>, _| {
        tell.send(()).unwrap();
        Reply { delay, ..Reply::whole(Response::new(Bytes::from_static(body.as_bytes()))) }
    };
    let builder = Server::builder(emulator()).shutdown_grace(grace);
    (builder.spawn_with(Arc::new(respond)).unwrap(), requests)
}

fn responding_with(respond: impl Fn(&Request<Bytes>, IpAddr) -> Reply + Send + Sync + 'static) -> Server {
    Server::builder(emulator()).spawn_with(Arc::new(respond)).unwrap()
}

fn in_runtime<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

const SYSTEM_PING: &str = "/api_v3/service/system/action/ping?format=1";

#[test]
fn a_connection_serves_several_requests() {
    let clock = Clock::frozen_at(UnixTime::from_seconds(1_795_493_355));
    let server = Emulator::builder().clock(clock).build().unwrap().serve_blocking().unwrap();
    let mut client = Client::of(&server);
    let widget = format!(r#"{{"widgetId":"_{}"}}"#, server.emulator().partner_id());
    for _ in 0..3 {
        let response = client.post("/api_v3/service/session/action/startWidgetSession?format=1", &widget);
        assert!(
            response.has("HTTP/1.1 200 OK") && response.has("content-type: application/json"),
            "{}",
            response.head
        );
        assert!(response.has("date: Tue, 24 Nov 2026 04:09:15 GMT"), "{}", response.head);
        assert!(String::from_utf8(response.body).unwrap().contains(r#""ks":"#));
    }
    assert_eq!(server.emulator().calls().count("session.startWidgetSession"), 3);
}

#[test]
fn head_and_options_have_no_body() {
    let server = emulator().serve_blocking().unwrap();
    let mut client = Client::of(&server);
    client.send(format!("HEAD {SYSTEM_PING} HTTP/1.1\r\nHost: a\r\n\r\n"));
    let head = RawResponse { head: client.head(), body: Vec::new() };
    assert!(head.has("HTTP/1.1 200 OK") && head.has("content-type: application/json"), "{}", head.head);

    client.send(format!("OPTIONS {SYSTEM_PING} HTTP/1.1\r\nHost: a\r\n\r\n"));
    let options = client.response();
    assert!(options.has("access-control-allow-methods: POST, GET, HEAD, OPTIONS"), "{}", options.head);
    assert!(options.has("content-length: 0"), "{}", options.head);

    // With a byte too many this would not parse.
    assert_eq!(client.post(SYSTEM_PING, "{}").body, b"true");

    let server = responding("four", Duration::ZERO, None);
    let mut client = Client::of(&server);
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    let head = RawResponse { head: client.head(), body: Vec::new() };
    assert_eq!(head.length(), 4);
    assert_eq!(client.post("/", "").body, b"four");
}

#[test]
fn invalid_http_ends_one_connection_and_not_the_server() {
    let server = emulator().serve_blocking().unwrap();
    let many_headers = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(1000));
    let long_header = format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", "b".repeat(1 << 20));
    for invalid in
        ["\0\0\0\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", &many_headers, &long_header]
    {
        let mut client = Client::of(&server);
        // The server may close the connection before it has read everything.
        let _ = client.0.get_mut().write_all(invalid.as_bytes());
        let response = client.rest().unwrap_or_default();
        assert!(
            response.is_empty() || response.starts_with(b"HTTP/1.1 4"),
            "{}",
            String::from_utf8_lossy(&response)
        );
    }
    Client::of(&server).send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nonly a p");
    assert_eq!(Client::of(&server).post(SYSTEM_PING, "{}").body, b"true");
}

#[test]
fn a_body_can_have_the_maximum_size() {
    let server = Server::builder(emulator()).max_request_bytes(100).spawn().unwrap();
    let body = format!("{{{}}}", " ".repeat(98));
    assert_eq!(Client::of(&server).post(SYSTEM_PING, &body).body, b"true");

    let declared = format!("POST {SYSTEM_PING} HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n");
    let chunk = format!("65\r\n{}\r\n", " ".repeat(101));
    let chunked =
        format!("POST {SYSTEM_PING} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}");
    for request in [declared, chunked] {
        let mut client = Client::of(&server);
        client.send(request);
        let response = client.response();
        assert!(
            response.has("HTTP/1.1 413 Payload Too Large") && response.has("connection: close"),
            "{}",
            response.head
        );
    }
}

#[test]
fn a_slow_response_does_not_delay_others() {
    let server = responding_with(|request, _| {
        let delay = if request.uri() == "/slow" { Duration::from_secs(3600) } else { Duration::ZERO };
        Reply { delay, ..Reply::whole(Response::new(Bytes::from_static(b"done"))) }
    });
    let mut waiting: Vec<_> = (0..50).map(|_| Client::of(&server)).collect();
    for client in &mut waiting {
        client.send(posted("/slow", ""));
    }
    let mut idle = Client::of(&server);
    idle.send("POST / HT");
    assert_eq!(Client::of(&server).post("/", "").body, b"done");
}

#[test]
fn a_response_has_its_delay() {
    let server = responding("late", Duration::from_millis(300), None);
    let mut client = Client::of(&server);
    client.send(posted("/", ""));
    client.0.get_ref().set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let early = client.0.fill_buf().unwrap_err();
    assert!(matches!(early.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{early}");
    client.0.get_ref().set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    assert_eq!(client.response().body, b"late");
}

#[test]
fn a_reset_connection_sends_no_byte() {
    for server in [
        responding("never", Duration::ZERO, Some(Breakage::Reset)),
        responding("", Duration::ZERO, Some(Breakage::CutBody(0))),
    ] {
        let mut client = Client::of(&server);
        client.send(posted("/", "{}"));
        assert_eq!(client.rest().unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
}

#[test]
fn a_body_is_cut_at_the_requested_byte() {
    // More than fits into any buffer.
    let large = "x".repeat(20 << 20);
    for (body, cut, arrives) in
        [("four", 0, 0), ("four", 3, 3), ("four", 4, 3), (large.as_str(), (20 << 20) - 7, (20 << 20) - 7)]
    {
        let server = responding(body, Duration::ZERO, Some(Breakage::CutBody(cut)));
        let mut client = Client::of(&server);
        client.send(posted("/", "{}"));
        let head = RawResponse { head: client.head(), body: Vec::new() };
        assert_eq!(head.length(), body.len());
        // A client that reads late must not get less.
        thread::sleep(Duration::from_millis(50));
        assert_eq!(client.rest().unwrap().len(), arrives);
    }
}

#[test]
fn a_connection_is_reset_within_or_after_the_body() {
    let server = responding("four", Duration::ZERO, Some(Breakage::ResetBody(2)));
    let mut client = Client::of(&server);
    client.send(posted("/", "{}"));
    assert_eq!(client.rest().unwrap_err().kind(), ErrorKind::ConnectionReset);

    let server = responding("four", Duration::ZERO, Some(Breakage::ResetAfter));
    let mut client = Client::of(&server);
    client.send(posted("/", "{}"));
    assert_eq!(client.response().body, b"four");
    assert_eq!(client.rest().unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn a_slow_body_arrives_in_pieces() {
    let time = Duration::from_millis(400);
    let server = responding("a longer text", Duration::ZERO, Some(Breakage::SlowBody(time)));
    let mut client = Client::of(&server);
    let sent_at = tokio::time::Instant::now();
    for _ in 0..2 {
        client.send(posted("/", "{}"));
        assert_eq!(client.response().body, b"a longer text");
    }
    assert!(sent_at.elapsed() >= time, "{:?}", sent_at.elapsed());
}

#[test]
fn an_endless_body_is_chunked_and_larger_than_any_limit() {
    let server = responding("{}", Duration::ZERO, Some(Breakage::EndlessBody));
    let mut client = Client::of(&server);
    client.send(posted("/", "{}"));
    assert!(client.head().contains("transfer-encoding: chunked"));
    let mut start = vec![0; 20 << 20];
    client.0.read_exact(&mut start).unwrap();
    assert!(start.starts_with(b"2\r\n{}\r\n4000\r\n   "));
}

#[test]
fn a_wrong_length_is_declared_and_all_of_the_body_is_sent() {
    let too_large = responding("four", Duration::ZERO, Some(Breakage::WrongLength(6)));
    let too_small = responding("four", Duration::ZERO, Some(Breakage::WrongLength(3)));
    let mut client = Client::of(&too_large);
    client.send(posted("/", "{}"));
    assert!(client.head().contains("content-length: 6"));
    assert_eq!(client.rest().unwrap(), b"four");

    let mut client = Client::of(&too_small);
    client.send(posted("/", "{}"));
    assert_eq!(client.response().body, b"fou");
    let mut rest = [0];
    client.0.read_exact(&mut rest).unwrap();
    assert_eq!(&rest, b"r");
}

#[test]
fn the_emulator_gets_the_body_and_the_client_address() {
    let received = Arc::new(Mutex::new(None));
    let recorder = Arc::clone(&received);
    let server = responding_with(move |request, client| {
        *recorder.lock().unwrap() = Some((request.body().clone(), client));
        Reply::whole(Response::default())
    });
    Client::of(&server).post("/", "[1]");
    assert_eq!(
        *received.lock().unwrap(),
        Some((Bytes::from_static(b"[1]"), IpAddr::V4(Ipv4Addr::LOCALHOST)))
    );
}

#[test]
fn a_dropped_server_closes_its_port() {
    let server = responding("slow", Duration::from_secs(3600), None);
    let address = server.addr();
    let mut waiting = Client::of(&server);
    waiting.send(posted("/", ""));
    drop(server);
    match waiting.rest() {
        Ok(rest) => assert!(rest.is_empty()),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "the connection was left open"),
    }
    assert_eq!(Client::at(address).err().map(|e| e.kind()), Some(ErrorKind::ConnectionRefused));
    TcpListener::bind(address).expect("the port is free again");
}

#[test]
fn a_shutdown_waits_for_responses_and_accepts_no_more_requests() {
    let (server, requests) = responding_late("in time", Duration::from_millis(300), Duration::from_secs(20));
    let address = server.addr();
    let (mut busy, mut idle) = (Client::of(&server), Client::of(&server));
    assert_eq!(idle.post("/", "").body, b"in time");
    requests.recv().unwrap();
    busy.send(posted("/", ""));
    requests.recv().unwrap();

    in_runtime(server.shutdown());
    assert_eq!(busy.response().body, b"in time");
    assert!(idle.rest().unwrap().is_empty());
    assert_eq!(Client::at(address).err().map(|e| e.kind()), Some(ErrorKind::ConnectionRefused));
}

#[test]
fn a_shutdown_waits_only_for_its_grace_period() {
    let (short, never) = (Duration::from_millis(100), Duration::from_secs(3600));
    let (server, requests) = responding_late("never", never, short);
    let mut waiting = Client::of(&server);
    waiting.send(posted("/", ""));
    requests.recv().unwrap();
    in_runtime(server.shutdown());
    assert!(waiting.rest().unwrap().is_empty());

    let (server, requests) = responding_late("never", never, never);
    let mut waiting = Client::of(&server);
    waiting.send(posted("/", ""));
    requests.recv().unwrap();
    // A dropped shutdown stops the server at once.
    let dropped = thread::spawn(move || {
        in_runtime(async { tokio::time::timeout(short, server.shutdown()).await.is_err() })
    });
    assert!(waiting.rest().unwrap().is_empty());
    assert!(dropped.join().unwrap());
}

#[test]
fn it_runs_within_the_current_runtime() {
    let (address, body) = in_runtime(async {
        let server = emulator().serve().await.unwrap();
        let address = server.addr();
        let call =
            tokio::task::spawn_blocking(move || Client::at(address).unwrap().post(SYSTEM_PING, "{}").body);
        let body = call.await.unwrap();
        server.shutdown().await;
        (address, body)
    });
    assert_eq!(body, b"true");
    assert!(Client::at(address).is_err());
}

#[test]
fn without_a_runtime_there_is_an_error_and_no_panic() {
    let emulator = emulator();
    let mut serving = std::pin::pin!(emulator.serve());
    let outcome = serving.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(outcome, Poll::Ready(Err(ServerError::NoRuntime))));
}

#[test]
fn other_machines_can_connect_only_if_allowed() {
    let everywhere = || Server::builder(emulator()).address(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0));
    let refused = everywhere().spawn();
    assert!(matches!(refused, Err(ServerError::NotLoopback(_))), "{refused:?}");

    let server = everywhere().allow_remote().spawn().unwrap();
    assert_eq!(server.url().as_str(), format!("http://127.0.0.1:{}", server.addr().port()));
    let here = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), server.addr().port());
    assert_eq!(Client::at(here).unwrap().post(SYSTEM_PING, "{}").body, b"true");
}

#[test]
fn an_address_in_use_is_named() {
    let server = emulator().serve_blocking().unwrap();
    let error = Server::spawn(emulator(), server.addr()).unwrap_err();
    assert!(error.to_string().contains(&server.addr().to_string()), "{error}");
    assert!(matches!(error, ServerError::Listen { .. }));
}

#[test]
fn a_server_can_move_between_threads() {
    fn crosses<T: Send + Sync>() {}
    fn moves<T: Send>(_: T) {}
    crosses::<Server>();
    crosses::<ServerBuilder>();
    crosses::<ServerError>();
    moves(emulator().serve());
}

fn command(body: &str, content_type: &str) -> String {
    let length = body.len();
    format!(
        "POST /_emulator HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

#[test]
fn commands_are_accepted_only_if_enabled() {
    let command =
        command(r#"["clearFaults",{"setClock":1795493350},{"freezeClock":true}]"#, "application/json");
    let without = emulator().serve_blocking().unwrap();
    let mut client = Client::of(&without);
    client.send(&command);
    let refused = client.response();
    assert!(refused.head.starts_with("HTTP/1.1 404"), "{}", refused.head);
    assert!(String::from_utf8_lossy(&refused.body).contains("use --control"), "how to turn them on");

    let server = Server::builder(emulator()).take_commands().spawn().unwrap();
    let mut client = Client::of(&server);
    client.send(&command);
    let response = client.response();
    assert!(response.head.starts_with("HTTP/1.1 200"), "{}", response.head);
    assert_eq!(server.emulator().clock().now(), UnixTime::from_seconds(1_795_493_350));
    client.post("/api_v3/service/system/action/ping", "");
    client.send("GET /_emulator HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let state: serde_json::Value = serde_json::from_slice(&client.response().body).unwrap();
    assert_eq!(state["time"], 1_795_493_350);
    assert_eq!(state["calls"][0]["action"], "system.ping");
}

#[test]
fn a_recorded_call_is_as_the_documentation_shows_it() {
    let server = Server::builder(emulator()).take_commands().spawn().unwrap();
    let mut client = Client::of(&server);
    client.post("/api_v3/service/system/action/ping", "");
    let ks = server.emulator().admin_ks();
    let list = format!(r#"{{"ks":"{ks}","filter":{{"nameEqual":"Welcome"}}}}"#);
    client.post("/api_v3/service/media/action/list", &list);
    client.send("GET /_emulator HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let state: serde_json::Value = serde_json::from_slice(&client.response().body).unwrap();
    assert_eq!(
        state["calls"][0],
        serde_json::json!({
            "method": "POST", "action": "system.ping", "parameters": ["service", "action"],
            "values": { "service": "system", "action": "ping" }, "ks": null, "error": null, "emulated": true,
        })
    );
    let list = &state["calls"][1];
    assert_eq!(list["parameters"], serde_json::json!(["service", "action", "ks", "filter"]));
    assert_eq!(list["values"]["filter:nameEqual"], "Welcome");
    assert_eq!(list["values"]["ks"], "(redacted)");
    assert_eq!(list["ks"].as_str().map(str::len), Some(8));
    assert_eq!(list["ignoredFilters"], serde_json::json!(["nameEqual"]));
}

#[test]
fn an_invalid_command_changes_nothing_and_is_an_error() {
    let server = Server::builder(emulator()).take_commands().spawn().unwrap();
    let mut client = Client::of(&server);
    for (body, content_type, status) in [
        (r#"[{"setClock":5},{"nosuch":1}]"#, "application/json", "400"),
        ("{", "application/json", "400"),
        (r#"{"disableToken":"0_nosuch00"}"#, "application/json; charset=utf-8", "400"),
        (r#"{"setClock":5}"#, "text/plain", "415"),
        (r#"{"setClock":5}"#, "application/jsonp", "415"),
    ] {
        client.send(command(body, content_type));
        let response = client.response();
        assert!(response.head.starts_with(&format!("HTTP/1.1 {status}")), "{body}: {}", response.head);
        assert!(serde_json::from_slice::<serde_json::Value>(&response.body).unwrap()["error"].is_string());
    }
    assert!(server.emulator().clock().now() > UnixTime::from_seconds(5));
}

/// A request that uploads a chunk, and the response.
fn upload(server: &Server, ks: &str, token: &str, parameters: &str, content: &str) -> String {
    let part = |attributes: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; {attributes}\r\n\r\n{value}\r\n")
    };
    let body = format!("{}--b--\r\n", part("name=\"fileData\"; filename=\"a.mp4\"", content));
    let path = format!(
        "/api_v3/service/uploadToken/action/upload?format=1&ks={ks}&uploadTokenId={token}{parameters}"
    );
    let mut client = Client::of(server);
    client.send(format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    String::from_utf8(client.response().body).unwrap()
}

#[test]
fn a_final_chunk_waits_for_the_chunks_before_it() {
    let emulator = builder().final_chunk_wait(Duration::from_secs(15)).build().unwrap();
    let ks = emulator.user_ks("alice");
    let token = emulator.upload_token(&ks).as_str().unwrap().to_owned();
    let server = emulator.serve_blocking().unwrap();
    assert!(upload(&server, &ks, &token, "&finalChunk=0", "abc").contains("\"status\":1"));
    thread::scope(|scope| {
        let last = scope.spawn(|| upload(&server, &ks, &token, "&resume=1&resumeAt=6", "ghi"));
        while emulator_calls(&server) < 2 {
            thread::sleep(Duration::from_millis(5));
        }
        upload(&server, &ks, &token, "&resume=1&resumeAt=3&finalChunk=0", "def");
        let last = last.join().unwrap();
        assert!(last.contains("\"status\":2") && last.contains("\"uploadedFileSize\":\"9\""), "{last}");
    });
    assert_eq!(server.emulator().uploaded(&token).unwrap(), "abcdefghi");
}

fn emulator_calls(server: &Server) -> usize {
    server.emulator().calls().count("uploadToken.upload")
}

#[test]
fn a_final_chunk_is_refused_after_its_wait() {
    let emulator = builder().final_chunk_wait(Duration::from_millis(200)).build().unwrap();
    let ks = emulator.user_ks("alice");
    let token = emulator.upload_token(&ks).as_str().unwrap().to_owned();
    let server = emulator.serve_blocking().unwrap();
    upload(&server, &ks, &token, "&finalChunk=0", "abc");
    let start = tokio::time::Instant::now();
    let refused = upload(&server, &ks, &token, "&resume=1&resumeAt=6", "ghi");
    assert!(refused.contains("UPLOAD_TOKEN_CANNOT_MATCH_EXPECTED_SIZE"), "{refused}");
    assert!(start.elapsed() >= Duration::from_millis(200));
}

#[test]
fn a_page_of_an_allowed_origin_can_send_commands() {
    let origin = "http://localhost:5173";
    let server = Server::builder(emulator()).control_origin(origin).spawn().unwrap();
    let mut client = Client::of(&server);
    client.send(format!(
        "OPTIONS /_emulator HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\n\
         Access-Control-Request-Method: POST\r\n\r\n"
    ));
    let preflight = client.response();
    assert!(preflight.has("HTTP/1.1 200 OK"), "{}", preflight.head);
    assert!(preflight.has(&format!("access-control-allow-origin: {origin}")), "{}", preflight.head);
    assert!(preflight.has("access-control-allow-headers: Authorization, Content-Type"), "{}", preflight.head);

    let token = server.control_token().unwrap();
    let post = |origin: &str, token: &str| {
        let body = r#""forgetCalls""#;
        format!(
            "POST /_emulator HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    for (origin, token, status) in
        [(origin, token, "200"), (origin, "wrong", "401"), ("http://example.com", token, "403")]
    {
        client.send(post(origin, token));
        let response = client.response();
        assert!(response.head.starts_with(&format!("HTTP/1.1 {status}")), "{origin}: {}", response.head);
        let is_readable = response.has(&format!("access-control-allow-origin: {origin}"));
        assert_eq!(is_readable, status != "403", "{}", response.head);
    }
    let refused = Server::builder(emulator()).control_origin("localhost").spawn();
    assert!(matches!(refused, Err(ServerError::InvalidOrigin(_))), "{refused:?}");
}

#[test]
fn a_request_to_another_host_is_refused_by_the_control_endpoint() {
    let server = Server::builder(emulator()).take_commands().spawn().unwrap();
    assert_eq!(server.control_token(), None);
    let mut client = Client::of(&server);
    for (target, host, status) in [
        ("/_emulator", "127.0.0.1", "200"),
        ("/_emulator", "rebound.example.com", "403"),
        ("/api_v3/../_emulator", "127.0.0.1", "404"),
    ] {
        client.send(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        let response = client.response();
        assert!(
            response.head.starts_with(&format!("HTTP/1.1 {status}")),
            "{target} {host}: {}",
            response.head
        );
    }
}

#[test]
fn a_long_computation_does_not_hold_other_requests() {
    let (release, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let server = responding_with(move |request, _| {
        if request.uri() == "/long" {
            let _ = wait.lock().unwrap().recv();
        }
        Reply::whole(Response::new(Bytes::from_static(b"done")))
    });
    let mut long = Client::of(&server);
    long.send(posted("/long", ""));
    assert_eq!(Client::of(&server).post("/", "").body, b"done");
    release.send(()).unwrap();
    assert_eq!(long.response().body, b"done");
}

#[test]
fn a_hundred_thousand_privileges_take_no_minute() {
    let server = emulator().serve_blocking().unwrap();
    let privileges: Vec<String> = (0..100_000).map(|number| format!("p{number}:*")).collect();
    let partner = server.emulator().partner_id();
    let secret = server.emulator().admin_secret().expose().to_owned();
    let body = serde_json::json!({
        "partnerId": partner, "secret": secret, "type": 2, "privileges": privileges.join(","),
    });
    let ks =
        Client::of(&server).post("/api_v3/service/session/action/start?format=1", &body.to_string()).body;
    assert!(ks.starts_with(b"\"djJ8"), "{}", String::from_utf8_lossy(&ks[..50]));
    let body = format!(r#"{{"ks":{}}}"#, String::from_utf8(ks).unwrap());
    // The server reads the first 1 000 fields of a KS, and so finds no expiry.
    let list = Client::of(&server).post("/api_v3/service/appToken/action/list?format=1", &body).body;
    assert!(String::from_utf8(list).unwrap().contains("EXPIRED"));
}
