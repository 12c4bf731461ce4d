//! Objects and actions of the service `uploadToken`: files are uploaded to an upload token, in chunks.
//!
//! The client of `kaltura-client` does all of it (`Client::upload`); these are its calls.

use std::fmt;

use serde::{Deserialize, Deserializer};

use crate::action::{Action, FilePart, Parameters, SetParameter as _};
use crate::open::{ApiEnum, Open, Scalar};
use crate::secret::secret;
use crate::{PartnerId, UnixTime, UserId};

secret! {
    /// The id of an upload token. It gives access to the uploaded file, so it is treated as a secret.
    ///
    /// ```
    /// # use kaltura_types::UploadTokenId;
    /// let id = UploadTokenId::new("0_328ce8ca844f100d67092f5f99ad51f4");
    /// assert_eq!(format!("{id:?}"), "UploadTokenId(redacted)");
    /// ```
    UploadTokenId
}

impl<'de> Deserialize<'de> for UploadTokenId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// The status of an upload token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the status in a response is an Open<UploadTokenStatus>")]
pub enum UploadTokenStatus {
    /// `0` on the wire. Nothing was uploaded yet.
    Pending,
    /// `1` on the wire. Some chunks were uploaded.
    Partial,
    /// `2` on the wire. The file is complete.
    Full,
    /// `3` on the wire. The file is complete and is the content of an entry.
    Closed,
    /// `4` on the wire. The upload took too long.
    TimedOut,
    /// `5` on the wire. The token was deleted.
    Deleted,
    /// `6` on the wire. The upload failed.
    Failed,
}

impl UploadTokenStatus {
    const ALL: [Self; 7] =
        [Self::Pending, Self::Partial, Self::Full, Self::Closed, Self::TimedOut, Self::Deleted, Self::Failed];

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Pending => 0,
            Self::Partial => 1,
            Self::Full => 2,
            Self::Closed => 3,
            Self::TimedOut => 4,
            Self::Deleted => 5,
            Self::Failed => 6,
        }
    }
}

impl fmt::Display for UploadTokenStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "PENDING",
            Self::Partial => "PARTIAL_UPLOAD",
            Self::Full => "FULL_UPLOAD",
            Self::Closed => "CLOSED",
            Self::TimedOut => "TIMED_OUT",
            Self::Deleted => "DELETED",
            Self::Failed => "ERROR",
        })
    }
}

impl ApiEnum for UploadTokenStatus {
    fn from_wire(code: &Scalar) -> Option<Self> {
        let number = code.integer::<serde::de::value::Error>().ok()?;
        Self::ALL.into_iter().find(|status| status.number() == number)
    }

    fn to_wire(&self) -> Scalar {
        Scalar::Number(self.number())
    }
}

/// An upload token, as the server returns it (wire contract, section 10.1). A property that is not known yet is `None`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UploadToken {
    /// The id, a secret.
    pub id: UploadTokenId,
    /// The partner that owns the token.
    pub partner_id: PartnerId,
    /// The user that owns the token: only sessions of this user may upload, and ADMIN sessions (wire contract, section
    /// 10.4).
    pub user_id: Option<UserId>,
    /// How far the upload is.
    pub status: Open<UploadTokenStatus>,
    /// The name of the file.
    pub file_name: Option<String>,
    /// The size in bytes that was announced. The server does not compare it with what is uploaded.
    #[serde(default, deserialize_with = "size")]
    pub file_size: Option<u64>,
    /// How many bytes were uploaded, from the beginning of the file without a gap.
    #[serde(default, deserialize_with = "size")]
    pub uploaded_file_size: Option<u64>,
    /// When it was created.
    pub created_at: Option<UnixTime>,
    /// When it was last updated.
    pub updated_at: Option<UnixTime>,
}

impl UploadToken {
    /// Whether the whole file was uploaded: the status is full or closed.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        matches!(self.status.known(), Some(UploadTokenStatus::Full | UploadTokenStatus::Closed))
    }
}

/// A size, which the server sends as a decimal text. A negative one, which it stores too, is unknown.
fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let scalar = Option::<Scalar>::deserialize(deserializer)?;
    Ok(scalar
        .map(|scalar| scalar.integer::<D::Error>())
        .transpose()?
        .and_then(|size| u64::try_from(size).ok()))
}

/// `uploadToken.add`: creates an upload token (wire contract, section 10.2). Each call creates another one.
#[derive(Clone, Debug, Default)]
#[must_use = "an action does nothing until it is sent"]
pub struct AddUploadToken {
    file_name: Option<String>,
    file_size: Option<u64>,
}

impl AddUploadToken {
    /// Creates an upload token for any file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name of the file, which takes precedence over the name that is sent with a chunk.
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = Some(name.into());
        self
    }

    /// Announces the size of the file in bytes.
    pub const fn file_size(mut self, bytes: u64) -> Self {
        self.file_size = Some(bytes);
        self
    }
}

impl Action for AddUploadToken {
    type Output = UploadToken;

    fn service(&self) -> &'static str {
        "uploadToken"
    }

    fn action(&self) -> &'static str {
        "add"
    }

    fn parameters(&self) -> Parameters {
        let mut token = Parameters::new();
        token.set("fileName", self.file_name.as_deref());
        token.set("fileSize", self.file_size);
        token.set("objectType", Some("KalturaUploadToken"));
        let mut parameters = Parameters::new();
        parameters.set("uploadToken", Some(token));
        parameters
    }
}

/// `uploadToken.upload`: uploads a chunk, or a whole file (wire contract, section 10.3).
///
/// A chunk is sent with its offset, so that the server knows its place, and a chunk that arrives twice has the effect
/// of one. One exception: the chunk at offset 0 begins the upload again, and discards what was uploaded before.
#[derive(Clone, Debug)]
#[must_use = "an action does nothing until it is sent"]
pub struct UploadChunk {
    id: UploadTokenId,
    offset: u64,
    is_final: bool,
    file: [FilePart; 1],
}

impl UploadChunk {
    /// The bytes at `offset` of the file. With the final chunk the file is complete: the server waits up to 45 seconds
    /// for missing chunks, and then refuses it with `UPLOAD_TOKEN_CANNOT_MATCH_EXPECTED_SIZE`.
    pub fn new(
        id: UploadTokenId,
        file_name: impl Into<String>,
        offset: u64,
        content: impl Into<Vec<u8>>,
        is_final: bool,
    ) -> Self {
        Self { id, offset, is_final, file: [FilePart::new("fileData", file_name, content)] }
    }

    /// The offset of the chunk in the file, in bytes.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// The length of the chunk in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        self.file[0].content().len()
    }
}

impl Action for UploadChunk {
    type Output = UploadToken;

    fn service(&self) -> &'static str {
        "uploadToken"
    }

    fn action(&self) -> &'static str {
        "upload"
    }

    fn parameters(&self) -> Parameters {
        let mut parameters = Parameters::new();
        parameters.set("uploadTokenId", Some(self.id.expose()));
        parameters.set("resume", Some(self.offset > 0));
        parameters.set("resumeAt", Some(self.offset));
        parameters.set("finalChunk", Some(self.is_final));
        parameters
    }

    fn files(&self) -> &[FilePart] {
        &self.file
    }
}

/// `uploadToken.get`: returns an upload token, and so how much was uploaded.
#[derive(Clone, Debug)]
#[must_use = "an action does nothing until it is sent"]
pub struct GetUploadToken {
    id: UploadTokenId,
}

impl GetUploadToken {
    /// The upload token of this id.
    pub const fn new(id: UploadTokenId) -> Self {
        Self { id }
    }
}

impl Action for GetUploadToken {
    type Output = UploadToken;

    fn service(&self) -> &'static str {
        "uploadToken"
    }

    fn action(&self) -> &'static str {
        "get"
    }

    fn parameters(&self) -> Parameters {
        let mut parameters = Parameters::new();
        parameters.set("uploadTokenId", Some(self.id.expose()));
        parameters
    }
}

/// `uploadToken.delete`: deletes an upload token in any status.
#[derive(Clone, Debug)]
#[must_use = "an action does nothing until it is sent"]
pub struct DeleteUploadToken {
    id: UploadTokenId,
}

impl DeleteUploadToken {
    /// The upload token of this id.
    pub const fn new(id: UploadTokenId) -> Self {
        Self { id }
    }
}

impl Action for DeleteUploadToken {
    type Output = ();

    fn service(&self) -> &'static str {
        "uploadToken"
    }

    fn action(&self) -> &'static str {
        "delete"
    }

    fn parameters(&self) -> Parameters {
        let mut parameters = Parameters::new();
        parameters.set("uploadTokenId", Some(self.id.expose()));
        parameters
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn token(members: &[(&str, Value)]) -> UploadToken {
        let mut token = json!({"id": "0_a", "partnerId": 7, "status": 1, "autoFinalize": false});
        for (name, value) in members {
            token[*name] = value.clone();
        }
        serde_json::from_value(token).unwrap()
    }

    #[test]
    fn sizes_are_decimal_texts() {
        let full =
            token(&[("uploadedFileSize", json!("5")), ("fileSize", json!("-1")), ("status", json!(2))]);
        assert_eq!((full.uploaded_file_size, full.file_size), (Some(5), None));
        assert!(full.is_complete());
        let partial = token(&[]);
        assert_eq!(partial.uploaded_file_size, None);
        assert!(!partial.is_complete());
    }

    #[test]
    fn a_chunk_always_has_its_offset() {
        let chunk = |offset, is_final| {
            Value::Object(UploadChunk::new("0_a".into(), "a.mp4", offset, "ab", is_final).parameters())
        };
        let expected = |offset: u64, resume: bool, is_final: bool| json!({"uploadTokenId": "0_a", "resume": resume, "resumeAt": offset, "finalChunk": is_final});
        assert_eq!(chunk(0, false), expected(0, false, false));
        assert_eq!(chunk(4, true), expected(4, true, true));
    }

    #[test]
    fn the_id_and_the_content_are_not_shown() {
        let chunk = UploadChunk::new("0_hush".into(), "a.mp4", 0, "hush", true);
        let shown = format!("{chunk:?} {:?}", token(&[("id", json!("0_hush"))]));
        assert!(!shown.contains("hush"), "{shown}");
    }
}
