//! What attachments may be, and whether bytes are what they are said to be: by their signature, packages by their
//! members, text by its characters.

use encoding_rs::GB18030;

use super::package;

/// A media type that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    Pdf,
    /// 版式文件, GB/T 33190.
    Ofd,
    Png,
    Jpeg,
    Docx,
    Xlsx,
    Text,
    Csv,
}

impl MediaType {
    pub const ALL: [MediaType; 8] =
        [Self::Pdf, Self::Ofd, Self::Png, Self::Jpeg, Self::Docx, Self::Xlsx, Self::Text, Self::Csv];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Ofd => "application/ofd",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Text => "text/plain",
            Self::Csv => "text/csv",
        }
    }

    /// `None` for what is not taken.
    pub fn from_text(text: &str) -> Option<MediaType> {
        Self::ALL.into_iter().find(|taken| taken.as_str().eq_ignore_ascii_case(text))
    }

    /// Endings of file names, without the dot.
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Ofd => &["ofd"],
            Self::Png => &["png"],
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Docx => &["docx"],
            Self::Xlsx => &["xlsx"],
            Self::Text => &["txt"],
            Self::Csv => &["csv"],
        }
    }

    /// Whether a file of this type may have this name: whoever opens it goes by the ending.
    pub fn goes_with(self, file_name: &str) -> bool {
        let ending = file_name.rsplit_once('.').map(|(_, ending)| ending).unwrap_or_default();
        self.endings().iter().any(|known| known.eq_ignore_ascii_case(ending))
    }

    /// Whether the bytes are of this type, as far as they tell.
    pub fn fits(self, bytes: &[u8]) -> bool {
        match self {
            Self::Pdf => bytes.starts_with(b"%PDF-"),
            Self::Png => bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.get(12..16) == Some(b"IHDR"),
            Self::Jpeg => bytes.starts_with(b"\xff\xd8\xff"),
            Self::Ofd => package::members(bytes).is_some_and(|members| members.contains(&&b"OFD.xml"[..])),
            Self::Docx => is_office(bytes, b"word/document"),
            Self::Xlsx => is_office(bytes, b"xl/workbook"),
            Self::Text | Self::Csv => is_text(bytes),
        }
    }
}

/// Office Open XML whose main part's name begins so, without macros.
fn is_office(bytes: &[u8], main: &[u8]) -> bool {
    package::members(bytes).is_some_and(|members| {
        members.iter().any(|name| name.eq_ignore_ascii_case(b"[Content_Types].xml"))
            && members.iter().any(|name| name.starts_with(main) && name.ends_with(b".xml"))
            && !members.iter().any(|name| name.to_ascii_lowercase().ends_with(b"vbaproject.bin"))
    })
}

/// Characters in UTF-8 or GB 18030, of the controls only tab, line feed, form feed and carriage return.
fn is_text(bytes: &[u8]) -> bool {
    let control = |byte: &u8| matches!(byte, 0..=8 | 11 | 14..=31 | 127);
    !bytes.iter().any(control)
        && (std::str::from_utf8(bytes).is_ok()
            || GB18030.decode_without_bom_handling_and_without_replacement(bytes).is_some())
}
