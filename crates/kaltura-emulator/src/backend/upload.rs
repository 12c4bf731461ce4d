//! Upload tokens and the files behind them: chunks, their order, and the memory for all of them (wire contract,
//! sections 10.1 and 10.3).

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use kaltura_types::{PartnerId, UnixTime};

use super::owner::Owner;
use super::state::key;

/// All upload tokens, by id.
pub(crate) struct Uploads {
    tokens: BTreeMap<String, UploadToken>,
    /// In bytes.
    pub(crate) memory_limit: u64,
    /// The bytes of all files, also of those that an entry has.
    memory_used: u64,
}

/// 256 MiB.
const DEFAULT_MEMORY_LIMIT: u64 = 256 << 20;

impl Default for Uploads {
    fn default() -> Self {
        Self { tokens: BTreeMap::new(), memory_limit: DEFAULT_MEMORY_LIMIT, memory_used: 0 }
    }
}

impl Uploads {
    pub(crate) fn add(&mut self, token: UploadToken) {
        self.tokens.insert(token.id.clone(), token);
    }

    /// A token of a partner that is not deleted. The id is compared as in the database.
    pub(crate) fn get(&self, partner: PartnerId, id: &str) -> Option<&UploadToken> {
        self.tokens.get(&key(id)).filter(|token| token.partner == partner)
    }

    pub(crate) fn get_mut(&mut self, partner: PartnerId, id: &str) -> Option<&mut UploadToken> {
        self.tokens.get_mut(&key(id)).filter(|token| token.partner == partner)
    }

    /// In the order of their ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &UploadToken> {
        self.tokens.values()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut UploadToken> {
        self.tokens.values_mut()
    }

    /// Removes a token and its file.
    pub(crate) fn remove(&mut self, token: &UploadToken) {
        if let Some(removed) = self.tokens.remove(&token.id) {
            self.release(removed.held());
        }
    }

    /// Whether the memory is enough for a chunk.
    pub(crate) fn has_room(&self, token: &UploadToken, chunk: &Chunk) -> bool {
        let replaced = if chunk.resume { 0 } else { token.held() };
        let used = self.memory_used.saturating_sub(replaced);
        used.saturating_add(length(&chunk.content)) <= self.memory_limit
    }

    /// Adds a chunk to the file of a token.
    pub(crate) fn receive(
        &mut self,
        partner: PartnerId,
        id: &str,
        chunk: Chunk,
        now: UnixTime,
    ) -> Result<(), ChunkRefusal> {
        let Some(token) = self.tokens.get_mut(&key(id)).filter(|token| token.partner == partner) else {
            return Ok(());
        };
        let before = token.held();
        let received = token.receive(chunk, now);
        let after = token.held();
        self.memory_used = self.memory_used.saturating_sub(before).saturating_add(after);
        received
    }

    /// Completes a file whose final chunk waits for others, if they are there now. Returns whether it is complete.
    pub(crate) fn finish(&mut self, chunks: &AwaitedChunks, now: UnixTime) -> bool {
        let Some(token) = self.get_mut(chunks.partner, &chunks.token) else { return false };
        let file = token.file.as_mut().filter(|_| token.status == UploadStatus::Partial);
        let Some(file) = file.filter(|file| !file.waiting.is_empty()) else { return false };
        let before = file.held();
        let is_complete = file.finish(chunks.end);
        token.uploaded_size = Some(file.size());
        if is_complete {
            file.waiting.clear();
            token.status = UploadStatus::Full;
            token.updated_at = now;
        }
        let after = token.held();
        self.memory_used = self.memory_used.saturating_sub(before).saturating_add(after);
        is_complete
    }

    /// The memory of a file that is gone.
    pub(crate) const fn release(&mut self, bytes: u64) {
        self.memory_used = self.memory_used.saturating_sub(bytes);
    }
}

/// The settings of uploads and of what follows them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UploadSettings {
    /// How long the server waits for missing chunks before it refuses a final one.
    pub(crate) final_chunk_wait: Duration,
    /// How long the conversion of an entry takes; `None` if it never ends.
    pub(crate) conversion_time: Option<Duration>,
}

impl UploadSettings {
    /// When a conversion that begins at a time in milliseconds ends; `None` if it never ends.
    pub(crate) fn converted_at(&self, began_at: i64) -> Option<i64> {
        let time = i64::try_from(self.conversion_time?.as_millis()).unwrap_or(i64::MAX);
        Some(began_at.saturating_add(time))
    }
}

impl Default for UploadSettings {
    fn default() -> Self {
        Self { final_chunk_wait: Duration::from_secs(45), conversion_time: Some(Duration::from_secs(5)) }
    }
}

fn length(content: &Bytes) -> u64 {
    u64::try_from(content.len()).unwrap_or(u64::MAX)
}

/// An upload token.
#[derive(Clone)]
pub(crate) struct UploadToken {
    pub(crate) id: String,
    pub(crate) partner: PartnerId,
    pub(crate) owner: Owner,
    pub(crate) status: UploadStatus,
    pub(crate) file_name: Option<String>,
    /// The size that was announced. It decides nothing but the end of a file with `auto_finalize`.
    pub(crate) file_size: Option<i64>,
    pub(crate) auto_finalize: bool,
    /// The size of what was joined so far.
    pub(crate) uploaded_size: Option<u64>,
    pub(crate) created_at: UnixTime,
    pub(crate) updated_at: UnixTime,
    /// The entry that gets the file when it is complete.
    pub(crate) attachment: Option<Attachment>,
    file: Option<ChunkedFile>,
}

/// The entry of a token, and the id of its flavor asset.
#[derive(Clone)]
pub(crate) struct Attachment {
    pub(crate) entry: String,
    pub(crate) asset: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UploadStatus {
    Pending,
    Partial,
    Full,
    /// An entry has the file.
    Closed,
    Error,
}

impl UploadStatus {
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::Pending => 0,
            Self::Partial => 1,
            Self::Full => 2,
            Self::Closed => 3,
            Self::Error => 6,
        }
    }
}

/// A chunk of a file, which may be the whole file.
pub(crate) struct Chunk {
    pub(crate) content: Bytes,
    /// Whether the chunk continues a file. Otherwise it begins the file anew.
    pub(crate) resume: bool,
    pub(crate) is_final: bool,
    /// Where it belongs; `None` for the end.
    pub(crate) offset: Option<u64>,
}

/// The chunks for which a final chunk waits.
#[derive(Clone, Debug)]
pub(crate) struct AwaitedChunks {
    pub(crate) partner: PartnerId,
    pub(crate) token: String,
    /// The size of the complete file.
    pub(crate) end: u64,
}

/// A chunk cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChunkRefusal {
    /// There is no first chunk.
    NothingToResume,
    /// The file does not end with the final chunk, where it should end.
    UnexpectedSize {
        end: u64,
    },
    TooManyWaiting,
}

impl UploadToken {
    pub(crate) const fn new(id: String, partner: PartnerId, owner: Owner, now: UnixTime) -> Self {
        Self {
            id,
            partner,
            owner,
            status: UploadStatus::Pending,
            file_name: None,
            file_size: None,
            auto_finalize: false,
            uploaded_size: None,
            created_at: now,
            updated_at: now,
            attachment: None,
            file: None,
        }
    }

    fn receive(&mut self, chunk: Chunk, now: UnixTime) -> Result<(), ChunkRefusal> {
        self.updated_at = now;
        let is_final = chunk.is_final;
        let file = match &mut self.file {
            Some(file) if chunk.resume => {
                if let Err(refusal) = file.resume(chunk) {
                    if refusal == ChunkRefusal::TooManyWaiting {
                        self.status = UploadStatus::Error;
                    }
                    self.uploaded_size = Some(file.size());
                    return Err(refusal);
                }
                file
            }
            None if chunk.resume => return Err(ChunkRefusal::NothingToResume),
            file => file.insert(ChunkedFile::new(&chunk.content)),
        };
        let size = file.size();
        let is_announced =
            i64::try_from(size).is_ok_and(|size| self.file_size.is_some_and(|end| size >= end));
        let is_full = is_final || (self.auto_finalize && is_announced);
        self.uploaded_size = Some(size);
        self.status = if is_full { UploadStatus::Full } else { UploadStatus::Partial };
        Ok(())
    }

    /// Takes the file for an entry. Later uses of the token find none.
    pub(crate) fn close(&mut self) -> Bytes {
        self.status = UploadStatus::Closed;
        self.file.take().map(|file| Bytes::from(file.joined)).unwrap_or_default()
    }

    /// A copy of what was joined so far.
    pub(crate) fn content(&self) -> Option<Bytes> {
        self.file.as_ref().map(|file| Bytes::copy_from_slice(&file.joined))
    }

    /// The bytes in memory.
    fn held(&self) -> u64 {
        self.file.as_ref().map_or(0, ChunkedFile::held)
    }
}

/// A file that grows by chunks. A chunk from behind its end waits until the file reaches it.
#[derive(Clone)]
struct ChunkedFile {
    joined: Vec<u8>,
    /// By offset.
    waiting: BTreeMap<u64, Bytes>,
}

/// The maximum of waiting chunks. The server has one too; its number was not measured.
const MAX_WAITING: usize = 1000;

impl ChunkedFile {
    fn new(content: &Bytes) -> Self {
        Self { joined: content.to_vec(), waiting: BTreeMap::new() }
    }

    fn size(&self) -> u64 {
        u64::try_from(self.joined.len()).unwrap_or(u64::MAX)
    }

    fn held(&self) -> u64 {
        self.waiting.values().map(length).fold(self.size(), u64::saturating_add)
    }

    fn resume(&mut self, chunk: Chunk) -> Result<(), ChunkRefusal> {
        let Some(offset) = chunk.offset else {
            self.joined.extend_from_slice(&chunk.content);
            return Ok(());
        };
        let end = offset.saturating_add(length(&chunk.content));
        if self.waiting.len() >= MAX_WAITING && !self.waiting.contains_key(&offset) {
            return Err(ChunkRefusal::TooManyWaiting);
        }
        self.waiting.insert(offset, chunk.content);
        if !chunk.is_final {
            self.join();
            return Ok(());
        }
        if offset == 0 {
            self.join();
        } else if !self.finish(end) {
            return Err(ChunkRefusal::UnexpectedSize { end });
        }
        self.waiting.clear();
        Ok(())
    }

    /// Joins all waiting chunks. A chunk for the beginning is written over it. Returns whether the file ends there.
    fn finish(&mut self, end: u64) -> bool {
        if let Some(beginning) = self.waiting.remove(&0) {
            self.write(0, &beginning);
        }
        while self.join() {}
        self.size() == end
    }

    /// Joins the waiting chunks that begin in the file or at its end and extend it. A chunk that only now can be
    /// joined waits for the next call. Returns whether there was one.
    fn join(&mut self) -> bool {
        let size = self.size();
        let fitting = self.waiting.range(..=size).filter(|(offset, chunk)| *offset + length(chunk) > size);
        let fitting: Vec<u64> = fitting.map(|(offset, _)| *offset).collect();
        for offset in &fitting {
            if let Some(chunk) = self.waiting.remove(offset) {
                self.write(*offset, &chunk);
            }
        }
        !fitting.is_empty()
    }

    /// Writes at an offset that is at most the size.
    fn write(&mut self, offset: u64, chunk: &Bytes) {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.joined.len());
        let overlap = chunk.len().min(self.joined.len() - start);
        self.joined[start..start + overlap].copy_from_slice(&chunk[..overlap]);
        self.joined.extend_from_slice(&chunk[overlap..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTNER: PartnerId = PartnerId::new(1);
    const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);

    fn uploads() -> Uploads {
        let mut uploads = Uploads { memory_limit: 100, ..Uploads::default() };
        uploads.add(UploadToken::new("0_a".to_owned(), PARTNER, Owner::new(None), NOW));
        uploads
    }

    /// A chunk at an offset, a chunk for the end (-1), or the first chunk (-2).
    fn chunk(offset: i64, content: &'static str, is_final: bool) -> Chunk {
        let content = Bytes::from_static(content.as_bytes());
        Chunk { content, resume: offset != -2, is_final, offset: u64::try_from(offset).ok() }
    }

    /// The content and the status after these chunks, and the last refusal.
    fn after(chunks: &[(i64, &'static str, bool)]) -> (String, UploadStatus, Option<ChunkRefusal>) {
        let mut uploads = uploads();
        let mut refusal = None;
        for (offset, content, is_final) in chunks {
            refusal = uploads.receive(PARTNER, "0_a", chunk(*offset, content, *is_final), NOW).err();
        }
        let token = uploads.get(PARTNER, "0_A ").unwrap();
        let content = token.content().map(|content| String::from_utf8(content.to_vec()).unwrap());
        (content.unwrap_or_default(), token.status, refusal)
    }

    #[test]
    fn chunks_are_joined_in_the_order_of_their_offsets() {
        use UploadStatus::{Full, Partial, Pending};
        let unexpected = |end| Some(ChunkRefusal::UnexpectedSize { end });
        for (chunks, content, status, refusal) in [
            (&[(-2, "hello", true)][..], "hello", Full, None),
            (&[(-2, "", true)], "", Full, None),
            (&[(-2, "abc", false), (-2, "xy", false)], "xy", Partial, None),
            (&[(-2, "abc", false), (-1, "de", false), (-1, "de", true)], "abcdede", Full, None),
            (&[(-2, "abc", false), (1, "XYZ", false)], "aXYZ", Partial, None),
            (&[(-2, "abc", false), (1, "X", false), (3, "", true)], "abc", Full, None),
            // The third chunk waits for the second one, and is joined by the call after it.
            (&[(-2, "ab", false), (4, "ef", false), (2, "cd", false)], "abcd", Partial, None),
            (
                &[(-2, "ab", false), (4, "ef", false), (2, "cd", false), (2, "cd", false)],
                "abcdef",
                Partial,
                None,
            ),
            (
                &[(-2, "ab", false), (6, "gh", false), (4, "ef", false), (2, "cd", false), (8, "", true)],
                "abcdefgh",
                Full,
                None,
            ),
            // At the end, a chunk for the beginning is written over it.
            (&[(-2, "abc", false), (0, "AB", false)], "abc", Partial, None),
            (&[(-2, "abc", false), (0, "AB", false), (3, "d", true)], "ABcd", Full, None),
            (&[(-2, "abc", false), (0, "X", true)], "abc", Full, None),
            (&[(-2, "abc", false), (0, "ABCD", true)], "ABCD", Full, None),
            (&[(-2, "abc", false), (5, "f", true)], "abc", Partial, unexpected(6)),
            (&[(-2, "abc", false), (1, "b", true)], "abc", Partial, unexpected(2)),
            (&[(-2, "abc", false), (5, "f", true), (3, "de", false), (5, "f", true)], "abcdef", Full, None),
            (&[(3, "d", true)], "", Pending, Some(ChunkRefusal::NothingToResume)),
        ] {
            assert_eq!(after(chunks), (content.to_owned(), status, refusal), "{chunks:?}");
        }
    }

    #[test]
    fn a_file_can_end_at_its_announced_size() {
        let mut uploads = uploads();
        let token = uploads.get_mut(PARTNER, "0_a").unwrap();
        (token.auto_finalize, token.file_size) = (true, Some(4));
        let mut status = |offset, content| {
            uploads.receive(PARTNER, "0_a", chunk(offset, content, false), NOW).unwrap();
            uploads.get(PARTNER, "0_a").unwrap().status
        };
        assert_eq!([status(-2, "abc"), status(3, "d")], [UploadStatus::Partial, UploadStatus::Full]);
    }

    #[test]
    fn the_number_of_waiting_chunks_is_limited() {
        let mut uploads = uploads();
        let mut receive = |offset| uploads.receive(PARTNER, "0_a", chunk(offset, "", false), NOW);
        receive(-2).unwrap();
        for offset in 1..=1000 {
            receive(offset).unwrap();
        }
        receive(1000).unwrap();
        assert_eq!(receive(1001), Err(ChunkRefusal::TooManyWaiting));
        assert_eq!(uploads.get(PARTNER, "0_a").unwrap().status, UploadStatus::Error);
    }

    #[test]
    fn memory_is_counted_until_the_file_is_gone() {
        let mut uploads = uploads();
        let has_room = |uploads: &Uploads, offset, size: usize| {
            let content = Bytes::from(vec![0; size]);
            let chunk = Chunk { content, ..chunk(offset, "", false) };
            uploads.has_room(uploads.get(PARTNER, "0_a").unwrap(), &chunk)
        };
        assert!(has_room(&uploads, -2, 100) && !has_room(&uploads, -2, 101));
        uploads.receive(PARTNER, "0_a", chunk(-2, "0123456789", false), NOW).unwrap();
        uploads.receive(PARTNER, "0_a", chunk(50, "0123456789", false), NOW).unwrap();
        assert!(has_room(&uploads, -1, 80) && !has_room(&uploads, -1, 81));
        // A first chunk replaces the file.
        assert!(has_room(&uploads, -2, 100));
        let token = uploads.get(PARTNER, "0_a").unwrap().clone();
        uploads.remove(&token);
        assert_eq!(uploads.memory_used, 0);
    }
}
