//! An upload from its header to checked content: order of the parts, bounds, and in the end size, SHA-256 and type
//! as announced.

use aws_lc_rs::digest;
use govshare_proto::attachment::v1::AttachmentHeader;
use govshare_proto::error::v1::Reason;

use super::media_type::MediaType;
use super::resource::Resource;
use crate::failure::Refusal;
use crate::validate::Violations;

/// Largest attachment.
pub const MAX_BYTES: usize = 20 << 20;
/// Largest chunk of an upload.
const MAX_CHUNK_BYTES: usize = 1 << 20;
/// Files are recorded digitally and kept as they were recorded.
const ARTICLE: &str = "20";

/// What is announced, every field of it as it should be.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) resource: Resource,
    pub(super) file_name: String,
    pub(super) media_type: MediaType,
    pub(super) size: usize,
    pub(super) sha256: [u8; 32],
}

/// What a message carries.
pub(super) enum Part {
    Header(AttachmentHeader),
    Chunk(Vec<u8>),
    Nothing,
}

/// Why an upload is refused.
#[derive(Debug)]
pub(super) enum Rejection {
    HeaderMissing,
    HeaderRepeated,
    PartMissing,
    ChunkTooLarge { bytes: usize },
    TypeNotTaken { announced: String },
    OtherEnding { media_type: MediaType },
    TooLarge { announced: i64 },
    OtherSize { announced: usize, received: usize },
    OtherDigest { announced: [u8; 32], received: [u8; 32] },
    OtherType { media_type: MediaType },
}

/// An upload that runs.
pub(super) struct Upload {
    header: Header,
    bytes: Vec<u8>,
    digest: digest::Context,
}

/// Bytes that came as announced; only a finished [`Upload`] makes one.
pub(super) struct Content {
    header: Header,
    bytes: Vec<u8>,
}

impl Header {
    /// Names every bad field at once together with `violations`; then what is well-formed but not taken.
    pub(super) fn parse(header: &AttachmentHeader, mut violations: Violations) -> Result<Self, Refusal> {
        let resource = violations.parse("resource", &header.resource);
        let file_name = violations.text("file_name", &header.file_name, 1, 255);
        let one_name = !file_name.contains(['/', '\\', '\n', '\t']) && !file_name.contains(turns_direction);
        violations.check(one_name, "file_name", "must be one file name without path / 须为不含路径的文件名");
        let sha256 = sha256(&header.sha256);
        violations.check(
            sha256.is_some(),
            "sha256",
            "must be 64 lower-case hexadecimal digits / 须为64位小写十六进制数",
        );
        violations.check(header.size_bytes > 0, "size_bytes", "must be at least 1 / 须不小于1");
        let media_type = MediaType::from_text(&header.media_type);
        let size = usize::try_from(header.size_bytes).ok().filter(|size| *size <= MAX_BYTES);
        let wrong = [media_type.is_none(), header.size_bytes > 0 && size.is_none()];
        // Each of these has a reason of its own where it is the only fault.
        if !violations.is_empty() || wrong == [true, true] {
            violations.check(!wrong[0], "media_type", "is no type that is taken / 不接受此类文件");
            violations.check(!wrong[1], "size_bytes", format!("must be at most {MAX_BYTES} / 超过大小上限"));
        }
        violations.finish()?;

        let media_type =
            media_type.ok_or_else(|| Rejection::TypeNotTaken { announced: header.media_type.clone() })?;
        if !media_type.goes_with(&file_name) {
            return Err(Rejection::OtherEnding { media_type }.into());
        }
        let size = size.ok_or(Rejection::TooLarge { announced: header.size_bytes })?;
        match (resource, sha256) {
            (Some(resource), Some(sha256)) => Ok(Self { resource, file_name, media_type, size, sha256 }),
            // Unreachable: a field that is `None` was named above.
            _ => Err(Rejection::HeaderMissing.into()),
        }
    }
}

/// Characters by which a name shows another ending than it has.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl Upload {
    pub(super) fn begin(header: Header) -> Self {
        let bytes = Vec::with_capacity(header.size);
        Self { header, bytes, digest: digest::Context::new(&digest::SHA256) }
    }

    /// Takes the next part; what is too much is refused at once.
    pub(super) fn accept(&mut self, part: Part) -> Result<(), Rejection> {
        let chunk = match part {
            Part::Header(_) => return Err(Rejection::HeaderRepeated),
            Part::Nothing => return Err(Rejection::PartMissing),
            Part::Chunk(chunk) if chunk.len() > MAX_CHUNK_BYTES => {
                return Err(Rejection::ChunkTooLarge { bytes: chunk.len() });
            }
            Part::Chunk(chunk) => chunk,
        };
        let received = self.bytes.len() + chunk.len();
        if received > self.header.size {
            return Err(Rejection::OtherSize { announced: self.header.size, received });
        }
        self.digest.update(&chunk);
        self.bytes.extend(chunk);
        Ok(())
    }

    /// Ends the upload. Looks at every byte of text: not to be called where nothing may block.
    pub(super) fn finish(self) -> Result<Content, Rejection> {
        let Self { header, bytes, digest } = self;
        if bytes.len() != header.size {
            return Err(Rejection::OtherSize { announced: header.size, received: bytes.len() });
        }
        let mut received = [0; 32];
        received.copy_from_slice(digest.finish().as_ref());
        if received != header.sha256 {
            return Err(Rejection::OtherDigest { announced: header.sha256, received });
        }
        if !header.media_type.fits(&bytes) {
            return Err(Rejection::OtherType { media_type: header.media_type });
        }
        Ok(Content { header, bytes })
    }
}

impl Content {
    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    pub(super) fn into_parts(self) -> (Header, Vec<u8>) {
        (self.header, self.bytes)
    }
}

fn sha256(text: &str) -> Option<[u8; 32]> {
    let lower_case = !text.contains(|c: char| c.is_ascii_uppercase());
    let mut digest = [0; 32];
    hex::decode_to_slice(text, &mut digest).ok().filter(|()| lower_case).map(|()| digest)
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        use Rejection::*;
        let refusal = match rejection {
            HeaderMissing => malformed("header", "must be the first message / 首条消息须为文件说明"),
            HeaderRepeated => malformed("header", "must come once / 文件说明只能出现一次"),
            PartMissing => malformed("part", "each message carries a chunk / 消息须含数据块"),
            ChunkTooLarge { bytes } => malformed(
                "chunk",
                format!("must have at most {MAX_CHUNK_BYTES} bytes, has {bytes} / 数据块过大"),
            ),
            TypeNotTaken { announced } => about(
                Reason::AttachmentTypeNotTaken,
                "media_type",
                format!("{announced:?} is not taken as an attachment"),
                "附件不接受该文件类型",
            )
            .with("taken", MediaType::ALL.map(MediaType::as_str).join(" ")),
            OtherEnding { media_type } => about(
                Reason::AttachmentTypeMismatch,
                "file_name",
                format!(
                    "the name of {} ends in .{}",
                    media_type.as_str(),
                    media_type.endings().join(" or .")
                ),
                "文件名后缀与文件类型不符",
            ),
            TooLarge { announced } => about(
                Reason::AttachmentTooLarge,
                "size_bytes",
                format!("an attachment has at most {MAX_BYTES} bytes, announced are {announced}"),
                "附件不得超过20兆字节",
            )
            .with("max_bytes", MAX_BYTES.to_string()),
            OtherSize { announced, received } => {
                other("size_bytes", announced.to_string(), received.to_string())
            }
            OtherDigest { announced, received } => {
                other("sha256", hex::encode(announced), hex::encode(received))
            }
            OtherType { media_type } => about(
                Reason::AttachmentTypeMismatch,
                "media_type",
                format!("the bytes are no {}", media_type.as_str()),
                "文件内容与所报文件类型不符",
            ),
        };
        refusal.article(ARTICLE)
    }
}

fn malformed(field: &str, problem: impl Into<String>) -> Refusal {
    about(Reason::FieldInvalid, field, problem.into(), "上传内容格式有误")
}

fn other(field: &str, announced: String, received: String) -> Refusal {
    let chinese = format!("收到的数据与文件说明不符：{field} 应为 {announced}，实为 {received}");
    let english = format!("the bytes are not those announced: {field} is {received} instead of {announced}");
    about(Reason::ContentMismatch, field, english, chinese)
}

fn about(reason: Reason, field: &str, english: String, chinese: impl Into<String>) -> Refusal {
    let chinese = chinese.into();
    let mut violations = Violations::new();
    violations.add(field, format!("{english} / {chinese}"));
    Refusal::new(reason, english, chinese).violations(violations.into_found())
}
