//! Checks an upload while it runs: order of the parts, bounds, and in the end size and SHA-256 as announced.

use aws_lc_rs::digest;
use bytes::Bytes;

/// Largest chunk of an upload.
pub const MAX_CHUNK_BYTES: usize = 1 << 20;

/// What the first message announces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub file_name: String,
    pub media_type: String,
    pub size: u64,
    pub sha256: [u8; 32],
}

/// What a message after the first carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Header,
    Chunk(Bytes),
    Nothing,
}

/// Bytes that arrived as announced. Only a finished [`Upload`] makes one, or the store from what is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content(Header);

/// Why an upload is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The stream ended, or began with a chunk, before a header came.
    HeaderMissing,
    /// A second header came.
    HeaderRepeated,
    /// A message carries neither header nor chunk.
    PartMissing,
    ChunkTooLarge {
        bytes: usize,
    },
    /// More or fewer bytes than announced.
    OtherSize {
        announced: u64,
        received: u64,
    },
    OtherDigest {
        announced: [u8; 32],
        received: [u8; 32],
    },
}

/// An upload that runs.
pub struct Upload {
    header: Header,
    received: u64,
    digest: digest::Context,
}

impl Upload {
    /// Begins with what the header announced.
    pub fn begin(header: Header) -> Self {
        Self { header, received: 0, digest: digest::Context::new(&digest::SHA256) }
    }

    /// Takes the next part and gives the bytes to store; what is too much is refused at once.
    pub fn accept(&mut self, part: Part) -> Result<Bytes, Rejection> {
        let chunk = match part {
            Part::Header => return Err(Rejection::HeaderRepeated),
            Part::Nothing => return Err(Rejection::PartMissing),
            Part::Chunk(chunk) if chunk.len() > MAX_CHUNK_BYTES => {
                return Err(Rejection::ChunkTooLarge { bytes: chunk.len() });
            }
            Part::Chunk(chunk) => chunk,
        };
        self.received += chunk.len() as u64;
        if self.received > self.header.size {
            return Err(self.other_size());
        }
        self.digest.update(&chunk);
        Ok(chunk)
    }

    /// Ends the upload: size and digest must be those announced.
    pub fn finish(self) -> Result<Content, Rejection> {
        if self.received != self.header.size {
            return Err(self.other_size());
        }
        let mut received = [0; 32];
        received.copy_from_slice(self.digest.finish().as_ref());
        if received != self.header.sha256 {
            return Err(Rejection::OtherDigest { announced: self.header.sha256, received });
        }
        Ok(Content(self.header))
    }

    fn other_size(&self) -> Rejection {
        Rejection::OtherSize { announced: self.header.size, received: self.received }
    }
}

impl Content {
    /// Content that was checked before it was recorded.
    pub(super) fn recorded(header: Header) -> Self {
        Self(header)
    }

    pub fn file_name(&self) -> &str {
        &self.0.file_name
    }

    pub fn media_type(&self) -> &str {
        &self.0.media_type
    }

    pub fn size(&self) -> u64 {
        self.0.size
    }

    pub fn sha256(&self) -> [u8; 32] {
        self.0.sha256
    }
}
