//! The server seen through a bare socket.

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
use crate::{Breakage, Clock, Emulator, Reply};

/// One connection.
struct Client(BufReader<TcpStream>);

struct Answer {
    head: String,
    body: Vec<u8>,
}

impl Client {
    fn of(server: &Server) -> Self {
        Self::at(server.addr()).unwrap()
    }

    fn at(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        // A test that waits for nothing shall fail, not hang.
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        Ok(Self(BufReader::new(stream)))
    }

    fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).unwrap();
    }

    fn post(&mut self, path: &str, body: &str) -> Answer {
        self.send(posted(path, body));
        self.answer()
    }

    fn head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") && self.0.read_line(&mut head).unwrap() > 0 {}
        head
    }

    fn answer(&mut self) -> Answer {
        let mut answer = Answer { head: self.head(), body: Vec::new() };
        answer.body.resize(answer.length(), 0);
        self.0.read_exact(&mut answer.body).unwrap();
        answer
    }

    /// What still comes until the connection ends.
    fn rest(&mut self) -> std::io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).map(|_| rest)
    }
}

impl Answer {
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

/// A server that gives this answer to every request.
fn answering(body: &str, delay: Duration, breakage: Option<Breakage>) -> Server {
    let body = Bytes::copy_from_slice(body.as_bytes());
    answering_by(move |_, _| Reply { response: Response::new(body.clone()), delay, breakage })
}

/// A server that gives this answer late, and tells when it is asked.
fn answering_late(body: &'static str, delay: Duration, grace: Duration) -> (Server, mpsc::Receiver<()>) {
    let (tell, asked) = mpsc::channel();
    let respond = move |_: &Request<Bytes>, _| {
        tell.send(()).unwrap();
        Reply { response: Response::new(Bytes::from_static(body.as_bytes())), delay, breakage: None }
    };
    let builder = Server::builder(Emulator::new()).shutdown_grace(grace);
    (builder.spawn_answering_by(Box::new(respond)).unwrap(), asked)
}

fn answering_by(respond: impl Fn(&Request<Bytes>, IpAddr) -> Reply + Send + Sync + 'static) -> Server {
    Server::builder(Emulator::new()).spawn_answering_by(Box::new(respond)).unwrap()
}

fn in_runtime<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

const SYSTEM_PING: &str = "/api_v3/service/system/action/ping?format=1";

#[test]
fn a_connection_serves_one_call_after_the_other() {
    let clock = Clock::frozen_at(UnixTime::from_seconds(1_795_493_355));
    let server = Emulator::builder().clock(clock).build().unwrap().serve_blocking().unwrap();
    let mut client = Client::of(&server);
    let widget = format!(r#"{{"widgetId":"_{}"}}"#, server.emulator().partner_id());
    for _ in 0..3 {
        let answer = client.post("/api_v3/service/session/action/startWidgetSession?format=1", &widget);
        assert!(
            answer.has("HTTP/1.1 200 OK") && answer.has("content-type: application/json"),
            "{}",
            answer.head
        );
        assert!(answer.has("date: Tue, 24 Nov 2026 04:09:15 GMT"), "{}", answer.head);
        assert!(String::from_utf8(answer.body).unwrap().contains(r#""ks":"#));
    }
    assert_eq!(server.emulator().calls().count("session.startWidgetSession"), 3);
}

#[test]
fn head_and_options_have_no_body() {
    let server = Emulator::new().serve_blocking().unwrap();
    let mut client = Client::of(&server);
    client.send(format!("HEAD {SYSTEM_PING} HTTP/1.1\r\nHost: a\r\n\r\n"));
    let head = Answer { head: client.head(), body: Vec::new() };
    assert!(head.has("HTTP/1.1 200 OK") && head.has("content-type: application/json"), "{}", head.head);

    client.send(format!("OPTIONS {SYSTEM_PING} HTTP/1.1\r\nHost: a\r\n\r\n"));
    let options = client.answer();
    assert!(options.has("access-control-allow-methods: POST, GET, HEAD, OPTIONS"), "{}", options.head);
    assert!(options.has("content-length: 0"), "{}", options.head);

    // Had there been a byte too many, this would not read.
    assert_eq!(client.post(SYSTEM_PING, "{}").body, b"true");

    let server = answering("four", Duration::ZERO, None);
    let mut client = Client::of(&server);
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    let head = Answer { head: client.head(), body: Vec::new() };
    assert_eq!(head.length(), 4);
    assert_eq!(client.post("/", "").body, b"four");
}

#[test]
fn nonsense_ends_one_connection_and_not_the_server() {
    let server = Emulator::new().serve_blocking().unwrap();
    let many_headers = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(1000));
    let long_header = format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", "b".repeat(1 << 20));
    for nonsense in
        ["\0\0\0\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", &many_headers, &long_header]
    {
        let mut client = Client::of(&server);
        // The server may hang up before it has read all of it.
        let _ = client.0.get_mut().write_all(nonsense.as_bytes());
        let answer = client.rest().unwrap_or_default();
        assert!(
            answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"),
            "{}",
            String::from_utf8_lossy(&answer)
        );
    }
    Client::of(&server).send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nonly a p");
    assert_eq!(Client::of(&server).post(SYSTEM_PING, "{}").body, b"true");
}

#[test]
fn a_body_may_be_as_large_as_allowed() {
    let server = Server::builder(Emulator::new()).max_request_bytes(100).spawn().unwrap();
    let body = format!("{{{}}}", " ".repeat(98));
    assert_eq!(Client::of(&server).post(SYSTEM_PING, &body).body, b"true");

    let declared = format!("POST {SYSTEM_PING} HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n");
    let chunk = format!("65\r\n{}\r\n", " ".repeat(101));
    let chunked =
        format!("POST {SYSTEM_PING} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}");
    for request in [declared, chunked] {
        let mut client = Client::of(&server);
        client.send(request);
        let answer = client.answer();
        assert!(
            answer.has("HTTP/1.1 413 Payload Too Large") && answer.has("connection: close"),
            "{}",
            answer.head
        );
    }
}

#[test]
fn who_waits_holds_up_nobody() {
    let server = answering_by(|request, _| {
        let delay = if request.uri() == "/slow" { Duration::from_secs(3600) } else { Duration::ZERO };
        Reply { response: Response::new(Bytes::from_static(b"done")), delay, breakage: None }
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
fn an_answer_is_as_late_as_it_is_said_to_be() {
    let server = answering("late", Duration::from_millis(300), None);
    let mut client = Client::of(&server);
    client.send(posted("/", ""));
    client.0.get_ref().set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let early = client.0.fill_buf().unwrap_err();
    assert!(matches!(early.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{early}");
    client.0.get_ref().set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    assert_eq!(client.answer().body, b"late");
}

#[test]
fn a_reset_connection_gives_not_one_byte() {
    for server in [
        answering("never", Duration::ZERO, Some(Breakage::Reset)),
        answering("", Duration::ZERO, Some(Breakage::CutBody(0))),
    ] {
        let mut client = Client::of(&server);
        client.send(posted("/", "{}"));
        assert_eq!(client.rest().unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
}

#[test]
fn a_body_is_cut_at_the_byte_that_was_asked_for() {
    // More than fits into any buffer on the way.
    let large = "x".repeat(20 << 20);
    for (body, cut, arrives) in
        [("four", 0, 0), ("four", 3, 3), ("four", 4, 3), (large.as_str(), (20 << 20) - 7, (20 << 20) - 7)]
    {
        let server = answering(body, Duration::ZERO, Some(Breakage::CutBody(cut)));
        let mut client = Client::of(&server);
        client.send(posted("/", "{}"));
        let promise = Answer { head: client.head(), body: Vec::new() };
        assert_eq!(promise.length(), body.len());
        // Who reads late must not get less.
        thread::sleep(Duration::from_millis(50));
        assert_eq!(client.rest().unwrap().len(), arrives);
    }
}

#[test]
fn the_emulator_is_told_who_asks() {
    let told = Arc::new(Mutex::new(None));
    let teller = Arc::clone(&told);
    let server = answering_by(move |request, client| {
        *teller.lock().unwrap() = Some((request.body().clone(), client));
        Reply { response: Response::default(), delay: Duration::ZERO, breakage: None }
    });
    Client::of(&server).post("/", "[1]");
    assert_eq!(*told.lock().unwrap(), Some((Bytes::from_static(b"[1]"), IpAddr::V4(Ipv4Addr::LOCALHOST))));
}

#[test]
fn a_dropped_server_is_gone() {
    let server = answering("slow", Duration::from_secs(3600), None);
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
fn a_shutdown_waits_for_answers_and_takes_no_more_questions() {
    let (server, asked) = answering_late("in time", Duration::from_millis(300), Duration::from_secs(20));
    let address = server.addr();
    let (mut asking, mut idle) = (Client::of(&server), Client::of(&server));
    assert_eq!(idle.post("/", "").body, b"in time");
    asked.recv().unwrap();
    asking.send(posted("/", ""));
    asked.recv().unwrap();

    in_runtime(server.shutdown());
    assert_eq!(asking.answer().body, b"in time");
    assert!(idle.rest().unwrap().is_empty());
    assert_eq!(Client::at(address).err().map(|e| e.kind()), Some(ErrorKind::ConnectionRefused));
}

#[test]
fn a_shutdown_does_not_wait_for_ever() {
    let (short, never) = (Duration::from_millis(100), Duration::from_secs(3600));
    let (server, asked) = answering_late("never", never, short);
    let mut waiting = Client::of(&server);
    waiting.send(posted("/", ""));
    asked.recv().unwrap();
    in_runtime(server.shutdown());
    assert!(waiting.rest().unwrap().is_empty());

    let (server, asked) = answering_late("never", never, never);
    let mut waiting = Client::of(&server);
    waiting.send(posted("/", ""));
    asked.recv().unwrap();
    // Given up, it stops at once.
    let giving_up = thread::spawn(move || {
        in_runtime(async { tokio::time::timeout(short, server.shutdown()).await.is_err() })
    });
    assert!(waiting.rest().unwrap().is_empty());
    assert!(giving_up.join().unwrap());
}

#[test]
fn it_runs_in_a_runtime_that_is_there() {
    let (address, body) = in_runtime(async {
        let server = Emulator::new().serve().await.unwrap();
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
    let emulator = Emulator::new();
    let mut serving = std::pin::pin!(emulator.serve());
    let outcome = serving.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(outcome, Poll::Ready(Err(ServerError::NoRuntime))));
}

#[test]
fn other_machines_are_let_in_only_if_that_is_said() {
    let everywhere =
        || Server::builder(Emulator::new()).address(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0));
    let refused = everywhere().spawn();
    assert!(matches!(refused, Err(ServerError::NotLoopback(_))), "{refused:?}");

    let server = everywhere().allow_remote().spawn().unwrap();
    assert_eq!(server.url().as_str(), format!("http://127.0.0.1:{}", server.addr().port()));
    let here = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), server.addr().port());
    assert_eq!(Client::at(here).unwrap().post(SYSTEM_PING, "{}").body, b"true");
}

#[test]
fn an_address_that_is_taken_is_named() {
    let server = Emulator::new().serve_blocking().unwrap();
    let error = Server::spawn(Emulator::new(), server.addr()).unwrap_err();
    assert!(error.to_string().contains(&server.addr().to_string()), "{error}");
    assert!(matches!(error, ServerError::Listen { .. }));
}

#[test]
fn a_server_goes_between_threads() {
    fn crosses<T: Send + Sync>() {}
    fn moves<T: Send>(_: T) {}
    crosses::<Server>();
    crosses::<ServerBuilder>();
    crosses::<ServerError>();
    moves(Emulator::new().serve());
}

fn command(body: &str, content_type: &str) -> String {
    let length = body.len();
    format!(
        "POST /_emulator HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

#[test]
fn commands_are_taken_only_where_they_are_asked_for() {
    let command =
        command(r#"["clearFaults",{"setClock":1795493350},{"freezeClock":true}]"#, "application/json");
    let without = Emulator::new().serve_blocking().unwrap();
    let mut client = Client::of(&without);
    client.send(&command);
    assert!(!client.answer().head.starts_with("HTTP/1.1 200"), "a path that is not the API's");

    let server = Server::builder(Emulator::new()).take_commands().spawn().unwrap();
    let mut client = Client::of(&server);
    client.send(&command);
    let answer = client.answer();
    assert!(answer.head.starts_with("HTTP/1.1 200"), "{}", answer.head);
    assert_eq!(server.emulator().clock().now(), UnixTime::from_seconds(1_795_493_350));
    client.post("/api_v3/service/system/action/ping", "");
    client.send("GET /_emulator HTTP/1.1\r\nHost: x\r\n\r\n");
    let state: serde_json::Value = serde_json::from_slice(&client.answer().body).unwrap();
    assert_eq!(state["time"], 1_795_493_350);
    assert_eq!(state["calls"][0]["action"], "system.ping");
}

#[test]
fn a_command_that_is_none_changes_nothing_and_is_told() {
    let server = Server::builder(Emulator::new()).take_commands().spawn().unwrap();
    let mut client = Client::of(&server);
    for (body, content_type, status) in [
        (r#"[{"setClock":5},{"nosuch":1}]"#, "application/json", "400"),
        ("{", "application/json", "400"),
        (r#"{"disableToken":"0_nosuch00"}"#, "application/json; charset=utf-8", "400"),
        (r#"{"setClock":5}"#, "text/plain", "415"),
    ] {
        client.send(command(body, content_type));
        let answer = client.answer();
        assert!(answer.head.starts_with(&format!("HTTP/1.1 {status}")), "{body}: {}", answer.head);
        assert!(serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap()["error"].is_string());
    }
    assert!(server.emulator().clock().now() > UnixTime::from_seconds(5));
}
