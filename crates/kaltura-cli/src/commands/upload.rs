//! `kaltura upload`: uploads a file of any size, in chunks.

use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::path::PathBuf;

use clap::Args;
use futures_util::io::AllowStdIo;
use kaltura_client::{RetryPolicy, UploadError, UploadFailure, UploadProgress};
use kaltura_types::{GetUploadToken, UploadToken, UploadTokenId};
use serde_json::json;
use tokio::time::Instant;

use super::call::{Line, RetryOptions, SessionInUse, Undone, file_name, unreadable};
use crate::args::CallSessionOptions;
use crate::config::Settings;
use crate::error::{ExitCode, Failure};
use crate::output::{Ui, Waiting};
use crate::redaction::unopened;

const EXAMPLES: &str = "\
Prints the id of the upload token. Anyone who knows it can use the file. Make the file the content
of an entry with media.addContent, as in the example.

Each chunk is sent again if its answer is lost. An upload that was interrupted, even by a crash,
continues with --resume and the id, which is printed at the start for a file of several chunks.
It needs a session of the same user, and the server keeps it for 7 days.

Examples:
  With KALTURA_PARTNER_ID, KALTURA_APP_TOKEN_ID, KALTURA_APP_TOKEN_HASH_TYPE and
  KALTURA_APP_TOKEN set:
    token=$(kaltura upload lecture.mp4)
    entry=$(kaltura call media.add entry.name=Lecture entry.mediaType:=1 --jq .id)
    kaltura call media.addContent entryId=$entry - <<END
    {\"resource\": {\"objectType\": \"KalturaUploadedFileTokenResource\", \"token\": \"$token\"}}
    END

The session is that of `kaltura call`, with the same options.";

/// Upload a file, in chunks
///
/// Prints the id of the upload token, which makes the file the content of an entry.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct UploadCommand {
    /// The file to upload
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Continue an interrupted upload of this file
    #[arg(long, value_name = "TOKEN_ID")]
    resume: Option<String>,

    /// The name that the server stores [default: the name of the file]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// The size of the chunks in MiB; servers limit the size of a request
    #[arg(long, value_name = "MIB", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1024))]
    chunk_size: u16,

    #[command(flatten)]
    session: CallSessionOptions,

    #[command(flatten)]
    retry: RetryOptions,
}

impl UploadCommand {
    pub(crate) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        self.session.check_secrets(None)?;
        let service_url = self.session.service_url(settings)?;
        let mut upload = FileUpload::open(ui, &self)?;
        let authority = self.session.authority(ui, settings, false)?;
        let session = SessionInUse::new(ui, &self.session, &service_url, authority)?;
        let mut session = session.retry(self.retry.policy_or(RetryPolicy::default()));
        let token = session.run(ui, async |line| Box::pin(upload.send(line)).await)?;
        let (id, bytes) = (token.id.expose(), upload.length);
        if ui.wants_json() {
            return ui
                .print_json(&json!({ "uploadTokenId": id, "fileName": upload.name, "fileSize": bytes }));
        }
        ui.print(&format!("{id}\n"))
    }
}

/// An upload, which may need several sessions.
struct FileUpload<'a> {
    ui: &'a Ui,
    command: &'a UploadCommand,
    file: File,
    name: String,
    length: u64,
    chunk_size: usize,
    /// The upload token, once there is one.
    token: Option<UploadTokenId>,
}

impl<'a> FileUpload<'a> {
    fn open(ui: &'a Ui, command: &'a UploadCommand) -> Result<Self, Failure> {
        let path = &command.file;
        // A FIFO would wait for a writer.
        let metadata = std::fs::metadata(path).map_err(|error| unopened(path, &error))?;
        if !metadata.is_file() {
            return Err(Failure::usage(format!("{} is not a regular file", path.display())).with_hint(
                "An upload needs the length of the file, and must be able to read a part again.",
            ));
        }
        Ok(Self {
            ui,
            command,
            file: File::open(path).map_err(|error| unopened(path, &error))?,
            name: command.name.clone().unwrap_or_else(|| file_name(path)),
            length: metadata.len(),
            chunk_size: usize::from(command.chunk_size) << 20,
            token: command.resume.as_deref().map(UploadTokenId::new),
        })
    }

    /// Uploads the file, or what the server does not have of it.
    async fn send(&mut self, line: &mut Line<'_>) -> Result<UploadToken, Undone> {
        let offset = match self.token.clone() {
            Some(id) => self.uploaded(line, id).await?,
            None => 0,
        };
        let path = &self.command.file;
        self.file.seek(SeekFrom::Start(offset)).map_err(|error| unreadable(path, &error))?;
        let mut progress = Progress::new(self.ui, &self.name, offset);
        let (ui, token, is_announced) = (self.ui, &mut self.token, self.length > self.chunk_size as u64);
        let upload = line
            .client
            .upload(AllowStdIo::new(&self.file), self.length)
            .file_name(&*self.name)
            .chunk_size(self.chunk_size)
            .options(line.options.clone());
        let upload = match token.clone() {
            Some(id) => upload.resume(id, offset),
            None => upload,
        };
        let upload = upload.on_progress(|state| {
            if token.is_none() {
                *token = Some(state.token_id().clone());
                if is_announced {
                    ui.note(&format!(
                        "to continue after an interruption: {}",
                        resume_command(path, state.token_id())
                    ));
                }
            }
            progress.show(state);
        });
        let outcome = line.signals.unless_stopped(upload.send()).await;
        drop(progress);
        match outcome {
            Ok(Ok(token)) => Ok(token),
            Ok(Err(error)) => Err(self.failed(&error, offset, line)),
            Err(interrupted) => Err(self.with_resume_hint(interrupted).into()),
        }
    }

    /// How many bytes the server has of a file whose upload is continued.
    async fn uploaded(&self, line: &mut Line<'_>, id: UploadTokenId) -> Result<u64, Undone> {
        let get = GetUploadToken::new(id);
        let response = line.signals.unless_stopped(line.client.call_with(&get, &line.options)).await?;
        let token = response.map_err(|error| line.undone(error, false))?;
        match token.file_size {
            Some(size) if size != self.length => Err(Failure::usage(format!(
                "the file has {} bytes, and the interrupted upload is one of {size} bytes",
                self.length
            ))
            .with_hint("Use the file of that upload, or omit --resume to begin a new one.")
            .into()),
            _ => Ok(token.uploaded_file_size.unwrap_or(0).min(self.length)),
        }
    }

    fn failed(&self, error: &UploadError, begun_at: u64, line: &Line<'_>) -> Undone {
        let failure = match error.failure() {
            UploadFailure::Call(cause) => match line.undone(cause.clone(), error.offset() > begun_at) {
                Undone::Failed(failure) => failure,
                refused @ Undone::Refused { .. } => return refused,
            },
            UploadFailure::Read(cause) => unreadable(&self.command.file, cause),
            other => Failure::new(ExitCode::Server, other.to_string()).at(line.service_url),
        };
        let failure = failure.within(&error.to_string()).with_hint(error.hint());
        self.with_resume_hint(failure).into()
    }

    fn with_resume_hint(&self, failure: Failure) -> Failure {
        let Some(id) = &self.token else { return failure };
        let hint = failure.hint().map(|hint| format!("{hint} ")).unwrap_or_default();
        failure.with_hint(format!("{hint}To continue: {}", resume_command(&self.command.file, id)))
    }
}

fn resume_command(path: &std::path::Path, id: &UploadTokenId) -> String {
    format!("kaltura upload {} --resume {}", path.display(), id.expose())
}

/// The progress bar, where a person looks at standard error.
struct Progress<'a> {
    ui: &'a Ui,
    name: &'a str,
    begun_at: (Instant, u64),
    shown: Option<Waiting>,
}

impl<'a> Progress<'a> {
    fn new(ui: &'a Ui, name: &'a str, offset: u64) -> Self {
        Self { ui, name, begun_at: (Instant::now(), offset), shown: None }
    }

    fn show(&mut self, progress: &UploadProgress) {
        let (begin, offset) = self.begun_at;
        let speed = Speed {
            bytes: progress.uploaded().saturating_sub(offset),
            seconds: begin.elapsed().as_secs_f64(),
        };
        let bar = bar(self.name, progress.uploaded(), progress.length(), &speed);
        // The one before ends first.
        self.shown = None;
        self.shown = Some(self.ui.waiting_for(&bar));
    }
}

struct Speed {
    bytes: u64,
    seconds: f64,
}

/// A line such as `uploading a.mp4 [#####     ] 50 %, 60.0 of 120.0 MB, 3.2 MB/s`.
#[expect(clippy::cast_precision_loss, reason = "the numbers are rounded to one digit")]
fn bar(name: &str, uploaded: u64, length: u64, speed: &Speed) -> String {
    const WIDTH: usize = 20;
    let share = if length == 0 { 1.0 } else { uploaded as f64 / length as f64 };
    let filled = (0..WIDTH).take_while(|step| (*step as f64 + 1.0) / WIDTH as f64 <= share).count();
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let mut line = format!(
        "uploading {name} [{}{}] {:.0} %, {:.1} of {:.1} MB",
        "#".repeat(filled),
        " ".repeat(WIDTH - filled),
        (share * 100.0).floor(),
        megabytes(uploaded),
        megabytes(length)
    );
    if speed.bytes > 0 && speed.seconds > 0.0 {
        line += &format!(", {:.1} MB/s", megabytes(speed.bytes) / speed.seconds);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_shows_how_far_it_is() {
        let stopped = Speed { bytes: 0, seconds: 0.0 };
        for (uploaded, length, expected) in [
            (0, 120_000_000, "uploading a [                    ] 0 %, 0.0 of 120.0 MB"),
            (60_000_000, 120_000_000, "uploading a [##########          ] 50 %, 60.0 of 120.0 MB"),
            (119_999_999, 120_000_000, "uploading a [################### ] 99 %, 120.0 of 120.0 MB"),
            (120_000_000, 120_000_000, "uploading a [####################] 100 %, 120.0 of 120.0 MB"),
            (0, 0, "uploading a [####################] 100 %, 0.0 of 0.0 MB"),
        ] {
            assert_eq!(bar("a", uploaded, length, &stopped), expected);
        }
        let speed = Speed { bytes: 6_400_000, seconds: 2.0 };
        assert!(bar("a", 1, 2, &speed).ends_with(", 3.2 MB/s"));
    }
}
