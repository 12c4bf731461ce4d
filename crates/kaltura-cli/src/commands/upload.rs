//! `kaltura upload`: uploads a file of any size, in chunks.

use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::path::PathBuf;

use clap::Args;
use futures_util::io::AllowStdIo;
use kaltura_client::{RetryPolicy, UploadFailure};
use kaltura_types::{GetUploadToken, UploadToken, UploadTokenId};
use serde_json::json;

use super::call::{RetryOptions, file_name, unreadable};
use crate::args::{CallSessionOptions, Connection, SessionUse};
use crate::config::Settings;
use crate::error::{ExitCode, Failure};
use crate::output::Ui;
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
    kaltura call media.addContent entryId=$entry resource.token=$token \\
        resource.objectType=KalturaUploadedFileTokenResource

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
        let mut upload = FileUpload::open(ui, &self)?;
        let retry = self.retry.policy_or(RetryPolicy::default());
        let connection = self.session.connect(ui, settings, SessionUse::Usual, retry)?;
        let outcome = connection.run(ui, upload.send(&connection));
        let token = outcome.map_err(|failure| upload.with_resume_hint(failure))?;
        let (id, bytes) = (token.id.expose(), upload.length);
        if ui.wants_json() {
            return ui
                .print_json(&json!({ "uploadTokenId": id, "fileName": upload.name, "fileSize": bytes }));
        }
        ui.print(&format!("{id}\n"))
    }
}

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
    async fn send(&mut self, connection: &Connection) -> Result<UploadToken, Failure> {
        let offset = match self.token.clone() {
            Some(id) => self.uploaded(connection, id).await?,
            None => 0,
        };
        let path = &self.command.file;
        self.file.seek(SeekFrom::Start(offset)).map_err(|error| unreadable(path, &error))?;
        let waiting = self.ui.waiting_for(&format!("uploading {}", self.name));
        let (ui, token, is_announced) = (self.ui, &mut self.token, self.length > self.chunk_size as u64);
        let upload = connection
            .client
            .upload(AllowStdIo::new(&self.file), self.length)
            .file_name(&*self.name)
            .chunk_size(self.chunk_size)
            .options(connection.options.clone());
        let upload = match token.clone() {
            Some(id) => upload.resume(id, offset),
            None => upload,
        };
        let upload = upload.on_progress(|state| {
            if token.is_none() {
                *token = Some(state.token_id().clone());
                if is_announced {
                    let command = resume_command(path, state.token_id());
                    ui.note(&format!("to continue after an interruption: {command}"));
                }
            }
            waiting.show_progress(state.uploaded(), state.length());
        });
        upload.send().await.map_err(|error| {
            let failure = match error.failure() {
                UploadFailure::Call(cause) => connection.failure(cause.clone()),
                UploadFailure::Read(cause) => unreadable(path, cause),
                other => Failure::new(ExitCode::Server, other.to_string()).at(&connection.service_url),
            };
            failure.within(&error.to_string()).with_hint(error.hint())
        })
    }

    /// How many bytes the server has of a file whose upload is continued.
    async fn uploaded(&self, connection: &Connection, id: UploadTokenId) -> Result<u64, Failure> {
        let get = GetUploadToken::new(id);
        let token = connection.client.call_with(&get, &connection.options).await;
        let token = token.map_err(|error| connection.failure(error))?;
        match token.file_size {
            Some(size) if size != self.length => Err(Failure::usage(format!(
                "the file has {} bytes, and the interrupted upload is one of {size} bytes",
                self.length
            ))
            .with_hint("Use the file of that upload, or omit --resume to begin a new one.")),
            _ => Ok(token.uploaded_file_size.unwrap_or(0).min(self.length)),
        }
    }

    fn with_resume_hint(&self, failure: Failure) -> Failure {
        let is_hopeless = matches!(failure.exit_code(), ExitCode::Usage | ExitCode::NotFound);
        let Some(id) = self.token.as_ref().filter(|_| !is_hopeless) else { return failure };
        let hint = failure.hint().map(|hint| format!("{hint} ")).unwrap_or_default();
        failure.with_hint(format!("{hint}To continue: {}", resume_command(&self.command.file, id)))
    }
}

fn resume_command(path: &std::path::Path, id: &UploadTokenId) -> String {
    format!("kaltura upload {} --resume {}", path.display(), id.expose())
}
