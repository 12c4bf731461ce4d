//! The content of a KS: bytes that are zeroised on drop.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::secret_bytes::SecretBytes;

/// The text of the partner id, the random part, and at the end the text of the fields.
#[derive(Clone)]
pub(crate) struct Content {
    bytes: SecretBytes,
    partner_length: usize,
    random: Option<Range<usize>>,
    text_start: usize,
}

impl Content {
    /// Copies the parts.
    pub(crate) fn copy_of(partner: &str, random: Option<&[u8]>, text: &[u8]) -> Self {
        let bytes = [partner.as_bytes(), random.unwrap_or_default(), text].concat();
        let text_start = bytes.len() - text.len();
        let random = random.map(|_| partner.len()..text_start);
        Self { bytes: SecretBytes(bytes), partner_length: partner.len(), random, text_start }
    }

    /// Bytes that begin with the text of the partner id, and end with the random part and the text of the fields.
    pub(crate) const fn new(bytes: SecretBytes, partner_length: usize, random: Range<usize>) -> Self {
        let text_start = random.end;
        Self { bytes, partner_length, random: Some(random), text_start }
    }

    /// The partner id as it is written.
    pub(crate) fn partner(&self) -> &str {
        str::from_utf8(&self.bytes.0[..self.partner_length]).unwrap_or_default()
    }

    pub(crate) fn random(&self) -> Option<&[u8]> {
        self.random.clone().map(|random| &self.bytes.0[random])
    }

    /// The text of the fields.
    pub(crate) fn text(&self) -> &[u8] {
        &self.bytes.0[self.text_start..]
    }

    /// Replaces bytes of the text.
    pub(crate) fn replace_text(&mut self, text: &Zeroizing<String>) {
        self.bytes = SecretBytes([&self.bytes.0[..self.text_start], text.as_bytes()].concat());
    }
}
