//! Uploads, with a server that follows the measured rules of `uploadToken`, and loses requests and responses.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::io::Cursor;
use kaltura_client::auth::{
    ServiceUrl, Transport, TransportError, TransportErrorKind, WireRequest, WireResponse, async_trait,
    blocking::Transport as BlockingTransport,
};
use kaltura_client::types::{Ks, UploadToken, UploadTokenId, UploadTokenStatus};
use kaltura_client::{CallOptions, Client, ErrorKind, RetryPolicy, UploadError, UploadFailure, blocking};
use serde_json::{Value, json};

use crate::clock::ManualClock;
use crate::fixture::{PARTNER, Source};
use crate::form;
use crate::server::{error, invalid_ks};

const ID: &str = "0_328ce8ca844f100d67092f5f99ad51f4";

/// What happens to one request.
#[derive(Clone, Debug)]
enum Fault {
    None,
    /// It does not arrive.
    LoseRequest,
    /// It is executed, and the response is lost.
    LoseResponse,
    /// The session has expired.
    Expired,
    /// An API error with this code.
    Refuse(&'static str),
    /// A response of a proxy with this status; the request did not arrive.
    Status(u16),
    /// The server loses the content, and its response.
    Forget,
}

#[derive(Default)]
struct State {
    content: Option<Vec<u8>>,
    status: i64,
    /// Of the requests `uploadToken.upload`.
    faults: VecDeque<Fault>,
    add_faults: VecDeque<Fault>,
    /// Name and offset of each request.
    calls: Vec<String>,
    timeouts: Vec<Duration>,
    file_names: Vec<String>,
}

#[derive(Clone, Default)]
struct UploadServer(Arc<Mutex<State>>);

impl UploadServer {
    fn receive(&self, request: &WireRequest) -> Result<WireResponse, TransportError> {
        let mut state = self.0.lock().unwrap();
        let lost = || Err(TransportError::new(TransportErrorKind::Io, "set by the test"));
        let respond = |value: &Value| Ok(WireResponse::new(200, value.to_string()));
        let fault = match request.action() {
            "upload" => state.faults.pop_front(),
            "add" => state.add_faults.pop_front(),
            _ => None,
        };
        let fault = fault.unwrap_or(Fault::None);
        state.record(request);
        match fault {
            Fault::None => respond(&state.execute(request)),
            Fault::LoseRequest => lost(),
            Fault::LoseResponse => {
                state.execute(request);
                lost()
            }
            Fault::Expired => respond(&invalid_ks("EXPIRED")),
            Fault::Refuse(code) => respond(&error(code, &json!([]))),
            Fault::Status(status) => Ok(WireResponse::new(status, "<html>")),
            Fault::Forget => {
                state.content = Some(Vec::new());
                lost()
            }
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn calls(&self) -> String {
        self.state().calls.join(" ")
    }
}

impl State {
    fn record(&mut self, request: &WireRequest) {
        self.calls.push(match request.action() {
            "upload" => {
                let (parameters, files) = form::read(request);
                assert_eq!(parameters["uploadTokenId"], ID);
                assert!(!request.url().contains(ID));
                let offset = parameters["resumeAt"].as_str().unwrap();
                assert_eq!(parameters["resume"] == "1", offset != "0");
                self.timeouts.push(request.timeout().unwrap());
                self.file_names.push(files[0].file_name.clone());
                let end = if parameters["finalChunk"] == "1" { "!" } else { "" };
                format!("{offset}+{}{end}", files[0].content.len())
            }
            action => action.to_owned(),
        });
    }

    fn execute(&mut self, request: &WireRequest) -> Value {
        match request.action() {
            "add" => self.token(),
            "get" => {
                let parameters: Value = serde_json::from_slice(request.body()).unwrap();
                assert_eq!(parameters["uploadTokenId"], ID);
                self.token()
            }
            "upload" => {
                let (parameters, files) = form::read(request);
                let offset: usize = parameters["resumeAt"].as_str().unwrap().parse().unwrap();
                let is_final = parameters["finalChunk"] == "1";
                match self.upload(offset, &files[0].content, is_final) {
                    Ok(()) => self.token(),
                    Err(code) => error(code, &json!([])),
                }
            }
            other => panic!("{other}"),
        }
    }

    fn upload(&mut self, offset: usize, chunk: &[u8], is_final: bool) -> Result<(), &'static str> {
        if self.status >= 2 {
            return Err("UPLOAD_TOKEN_INVALID_STATUS_FOR_UPLOAD");
        }
        if offset == 0 {
            self.content = Some(chunk.to_vec());
        } else {
            let content = self.content.as_mut().ok_or("UPLOAD_TOKEN_CANNOT_RESUME")?;
            let end = offset + chunk.len();
            // A chunk beyond the end is kept aside; one inside has no effect.
            if offset <= content.len() && content.len() < end {
                content.truncate(offset);
                content.extend_from_slice(chunk);
            }
            if is_final && content.len() != end {
                return Err("UPLOAD_TOKEN_CANNOT_MATCH_EXPECTED_SIZE");
            }
        }
        self.status = if is_final { 2 } else { 1 };
        Ok(())
    }

    fn token(&self) -> Value {
        let mut token =
            json!({ "id": ID, "partnerId": PARTNER.get(), "status": self.status, "fileSize": "0" });
        if let Some(content) = &self.content {
            token["uploadedFileSize"] = content.len().to_string().into();
        }
        token
    }
}

#[async_trait]
impl Transport for UploadServer {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        self.receive(&request)
    }
}

impl BlockingTransport for UploadServer {
    fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        self.receive(&request)
    }
}

struct Fixture {
    clock: ManualClock,
    server: UploadServer,
    source: Source,
    client: Client,
    blocking: blocking::Client,
}

impl Fixture {
    /// A server with these faults of `uploadToken.upload`.
    fn new(faults: impl IntoIterator<Item = Fault>) -> Self {
        Self::with_retry(faults, RetryPolicy::default())
    }

    fn with_retry(faults: impl IntoIterator<Item = Fault>, retry: RetryPolicy) -> Self {
        let clock = ManualClock::new();
        let (server, source) = (UploadServer::default(), Source::new(&clock));
        server.state().faults.extend(faults);
        let client =
            Client::builder_with_source(ServiceUrl::US, source.clone(), server.clone(), clock.clone());
        let blocking = blocking::Client::builder_with_source(
            ServiceUrl::US,
            source.clone(),
            server.clone(),
            clock.clone(),
        );
        let advanced = clock.clone();
        let blocking = blocking.retry(retry.clone()).sleep(move |delay| advanced.advance(delay)).build();
        Self { client: client.retry(retry).build(), clock, server, source, blocking }
    }

    /// Uploads the content in chunks of four bytes.
    fn upload(&self, content: &[u8]) -> Result<UploadToken, UploadError> {
        let reader = Cursor::new(content.to_vec());
        let upload = self.client.upload(reader, content.len() as u64).chunk_size(4).file_name("a.mp4");
        self.clock.run(upload.send())
    }

    fn resume(&self, content: &[u8], offset: usize) -> Result<UploadToken, UploadError> {
        let reader = Cursor::new(content[offset..].to_vec());
        let upload = self.client.upload(reader, content.len() as u64).chunk_size(4);
        self.clock.run(upload.resume(UploadTokenId::new(ID), offset as u64).send())
    }

    fn assert_content(&self, content: &[u8]) {
        let state = self.server.state();
        assert_eq!((state.content.as_deref(), state.status), (Some(content), 2));
    }
}

const CONTENT: &[u8] = b"0123456789";

#[test]
fn a_file_is_uploaded_in_chunks_with_their_offsets() {
    for (content, calls) in [
        (CONTENT, "add 0+4 4+4 8+2!"),
        (b"01234567", "add 0+4 4+4!"),
        (b"0123", "add 0+4!"),
        (b"", "add 0+0!"),
    ] {
        let fixture = Fixture::new([]);
        let token = fixture.upload(content).unwrap();
        assert_eq!(token.status.known(), Some(&UploadTokenStatus::Full));
        fixture.assert_content(content);
        assert_eq!(fixture.server.calls(), calls);
        assert!(fixture.server.state().file_names.iter().all(|name| name == "a.mp4"));
    }
}

#[test]
fn the_options_are_those_of_each_call() {
    let fixture = Fixture::new([Fault::None, Fault::LoseResponse]);
    let upload = fixture.client.upload(Cursor::new(CONTENT.to_vec()), 10).chunk_size(4);
    let options = CallOptions::new().ks(Ks::new("a KS of the caller"));
    fixture.clock.run(upload.options(options).send()).unwrap();
    assert_eq!(fixture.server.calls(), "add 0+4 4+4 get 8+2!");
    assert_eq!(fixture.source.logins(), 0);
    // A KS that was given is not replaced.
    let fixture = Fixture::new([Fault::Expired]);
    let upload = fixture.blocking.upload(CONTENT, 10).options(CallOptions::new().ks(Ks::new("old")));
    assert!(matches!(upload.send().unwrap_err().call_error().unwrap().kind(), ErrorKind::KsRefused(_)));
    assert_eq!(fixture.source.logins(), 0);
}

#[test]
fn the_blocking_client_uploads_alike() {
    let fixture = Fixture::new([Fault::None, Fault::LoseResponse, Fault::LoseRequest]);
    let mut progress = Vec::new();
    let upload = fixture.blocking.upload(CONTENT, 10).chunk_size(4);
    upload.on_progress(|now| progress.push(now.uploaded())).send().unwrap();
    fixture.assert_content(CONTENT);
    assert_eq!(fixture.server.calls(), "add 0+4 4+4 get 8+2! get 8+2!");
    assert_eq!(progress, [0, 4, 8, 10]);
}

#[test]
fn the_last_chunk_has_time_to_be_joined() {
    let fixture = Fixture::new([]);
    fixture.upload(CONTENT).unwrap();
    assert_eq!(fixture.server.state().timeouts, [120, 120, 165].map(Duration::from_secs));
    let fixture = Fixture::new([]);
    let upload = fixture.client.upload(Cursor::new(CONTENT), 10).chunk_timeout(Duration::from_secs(1));
    fixture.clock.run(upload.send()).unwrap();
    // Never less than the timeout of the client.
    assert_eq!(fixture.server.state().timeouts, [Duration::from_secs(60)]);
    let fixture = Fixture::new([]);
    let upload = fixture.client.upload(Cursor::new(CONTENT), 10).chunk_timeout(Duration::MAX);
    fixture.clock.run(upload.send()).unwrap();
    assert_eq!(fixture.server.state().timeouts, [Duration::MAX]);
}

#[test]
fn a_lost_request_is_sent_again_and_a_lost_response_is_not() {
    for lost in 0..3 {
        for (fault, calls) in [
            (
                Fault::LoseRequest,
                ["add 0+4 get 0+4 4+4 8+2!", "add 0+4 4+4 get 4+4 8+2!", "add 0+4 4+4 8+2! get 8+2!"],
            ),
            (
                Fault::Status(503),
                ["add 0+4 get 0+4 4+4 8+2!", "add 0+4 4+4 get 4+4 8+2!", "add 0+4 4+4 8+2! get 8+2!"],
            ),
            (Fault::LoseResponse, ["add 0+4 get 4+4 8+2!", "add 0+4 4+4 get 8+2!", "add 0+4 4+4 8+2! get"]),
        ] {
            let mut faults = vec![Fault::None; lost];
            faults.push(fault);
            let fixture = Fixture::new(faults);
            fixture.upload(CONTENT).unwrap();
            fixture.assert_content(CONTENT);
            assert_eq!(fixture.server.calls(), calls[lost]);
        }
    }
}

#[test]
fn every_mixture_of_faults_gives_the_right_content() {
    for seed in 0..200_u64 {
        let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let faults: Vec<Fault> = (0..8)
            .map(|_| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                match random % 5 {
                    0 => Fault::LoseRequest,
                    1 => Fault::LoseResponse,
                    2 => Fault::Expired,
                    _ => Fault::None,
                }
            })
            .collect();
        let fixture = Fixture::with_retry(faults.clone(), RetryPolicy::default().max_attempts(20));
        if fixture.upload(CONTENT).is_err() {
            // The server refuses two sessions in succession: the caller goes on.
            continue;
        }
        fixture.assert_content(CONTENT);
    }
}

#[test]
fn a_full_token_is_done() {
    // The response to the last chunk is lost, and so is the following check: the chunk is refused.
    let fixture =
        Fixture::new([Fault::None, Fault::None, Fault::Refuse("UPLOAD_TOKEN_INVALID_STATUS_FOR_UPLOAD")]);
    let failed = fixture.upload(CONTENT).unwrap_err();
    assert_eq!((failed.offset(), failed.token_id()), (8, Some(&UploadTokenId::new(ID))));
    let resumed = fixture.resume(CONTENT, 8).unwrap();
    assert!(resumed.is_complete());

    // A closed token too, without any chunk.
    fixture.server.state().status = 3;
    fixture.server.state().calls.clear();
    assert_eq!(fixture.resume(CONTENT, 8).unwrap().status.known(), Some(&UploadTokenStatus::Closed));
    assert_eq!(fixture.server.calls(), "get");

    // But not if it is that of another file.
    let other = fixture.resume(b"01234567890123", 8).unwrap_err();
    assert!(matches!(other.failure(), UploadFailure::Incomplete { uploaded: 10, expected: 14 }));
}

#[test]
fn the_upload_goes_on_with_a_renewed_session() {
    let fixture = Fixture::new([Fault::None, Fault::Expired]);
    fixture.upload(CONTENT).unwrap();
    fixture.assert_content(CONTENT);
    assert_eq!(fixture.server.calls(), "add 0+4 4+4 4+4 8+2!");
    assert_eq!(fixture.source.logins(), 2);
}

#[test]
fn an_interrupted_upload_is_resumed_from_its_error() {
    let fixture = Fixture::with_retry([Fault::None, Fault::LoseRequest], RetryPolicy::never());
    let failed = fixture.upload(CONTENT).unwrap_err();
    assert_eq!(failed.to_string(), "the upload failed after 4 of 10 bytes");
    assert_eq!(failed.call_error().unwrap().kind(), ErrorKind::Transport(TransportErrorKind::Io));
    assert!(!format!("{failed:?} {failed}").contains(ID));
    fixture.resume(CONTENT, usize::try_from(failed.offset()).unwrap()).unwrap();
    fixture.assert_content(CONTENT);
    assert_eq!(fixture.server.calls(), "add 0+4 4+4 get 4+4 8+2!");
}

#[test]
fn everything_may_be_there_except_the_end() {
    let fixture = Fixture::new([]);
    fixture.server.state().content = Some(CONTENT.to_vec());
    fixture.server.state().status = 1;
    fixture.resume(CONTENT, 10).unwrap();
    fixture.assert_content(CONTENT);
    assert_eq!(fixture.server.calls(), "get 10+0!");
}

#[test]
fn an_offset_beyond_the_end_is_refused() {
    let fixture = Fixture::new([]);
    fixture.server.state().content = Some(b"01".to_vec());
    let failed = fixture.resume(CONTENT, 4).unwrap_err();
    assert!(matches!(failed.failure(), UploadFailure::OffsetTooLarge { offset: 4, uploaded: 2 }));
    assert_eq!((failed.offset(), &*fixture.server.calls()), (2, "get"));
}

#[test]
fn an_upload_of_a_longer_file_is_not_resumed() {
    let fixture = Fixture::new([]);
    fixture.server.state().content = Some(b"0123456789 and more".to_vec());
    fixture.server.state().status = 1;
    let failed = fixture.resume(CONTENT, 4).unwrap_err();
    assert!(matches!(failed.failure(), UploadFailure::Incomplete { uploaded: 19, expected: 10 }));
    assert_eq!((failed.offset(), &*fixture.server.calls()), (4, "get"));
}

#[test]
fn the_report_says_each_text_once_and_what_to_do() {
    let fixture = Fixture::new([Fault::Refuse("UPLOAD_ERROR")]);
    let failed = fixture.upload(CONTENT).unwrap_err();
    let report = failed.report().to_string();
    assert!(
        report.starts_with("the upload failed after 0 of 10 bytes: uploadToken.upload failed: "),
        "{report}"
    );
    assert!(
        report.ends_with("(hint: Upload smaller chunks: the server limits the size of a request.)"),
        "{report}"
    );
    assert_eq!(report.matches("UPLOAD_ERROR").count(), 1, "{report}");
    assert!(!report.contains(ID), "{report}");
}

#[test]
fn content_that_the_server_has_lost_is_an_error() {
    let fixture = Fixture::new([Fault::None, Fault::Forget]);
    let failed = fixture.upload(CONTENT).unwrap_err();
    assert!(matches!(failed.failure(), UploadFailure::Incomplete { uploaded: 0, expected: 4 }));
    assert_eq!(failed.offset(), 0);
    let fixture =
        Fixture::new([Fault::None, Fault::None, Fault::Refuse("UPLOAD_TOKEN_CANNOT_MATCH_EXPECTED_SIZE")]);
    let failed = fixture.upload(CONTENT).unwrap_err();
    assert_eq!(failed.offset(), 8);
}

#[test]
fn a_lasting_failure_ends_the_upload() {
    let fixture = Fixture::new(vec![Fault::Status(503); 50]);
    let failed = fixture.upload(CONTENT).unwrap_err();
    assert_eq!(failed.call_error().unwrap().kind(), ErrorKind::Unavailable);
    assert_eq!(fixture.server.calls(), "add 0+4 get 0+4 get 0+4 get 0+4");
    for (code, hint) in
        [("UPLOAD_ERROR", "smaller chunks"), ("UPLOAD_TOKEN_NOT_FOUND", "a session of the user")]
    {
        let fixture = Fixture::new([Fault::Refuse(code)]);
        let failed = fixture.upload(CONTENT).unwrap_err();
        assert!(failed.hint().contains(hint), "{}", failed.hint());
        assert_eq!(fixture.server.calls(), "add 0+4");
    }
}

#[test]
fn a_token_is_not_added_twice() {
    let fixture = Fixture::new([]);
    fixture.server.state().add_faults.push_back(Fault::LoseResponse);
    let failed = fixture.upload(CONTENT).unwrap_err();
    assert_eq!((failed.token_id(), &*fixture.server.calls()), (None, "add"));
}

#[test]
fn a_reader_that_ends_too_early_is_an_error() {
    let fixture = Fixture::new([]);
    let upload = fixture.blocking.upload(CONTENT, 11).chunk_size(4);
    let failed = upload.send().unwrap_err();
    let UploadFailure::Read(error) = failed.failure() else { panic!("{failed:?}") };
    assert_eq!((error.kind(), failed.offset()), (io::ErrorKind::UnexpectedEof, 8));
    fixture.resume(CONTENT, 8).unwrap();
    fixture.assert_content(CONTENT);
}

/// Counts what is read.
struct Counting(Arc<Mutex<u64>>);

impl io::Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        *self.0.lock().unwrap() += buffer.len() as u64;
        Ok(buffer.len())
    }
}

#[test]
fn one_chunk_is_in_memory_at_a_time() {
    let fixture = Fixture::new([]);
    let read = Arc::new(Mutex::new(0));
    let upload = fixture.blocking.upload(Counting(Arc::clone(&read)), 50_000).chunk_size(1000);
    let mut reports = 0;
    let upload = upload.on_progress(|progress| {
        assert_eq!(*read.lock().unwrap(), progress.uploaded());
        assert_eq!((progress.length(), progress.token_id()), (50_000, &UploadTokenId::new(ID)));
        reports += 1;
    });
    upload.send().unwrap();
    assert_eq!(reports, 51);
}
