//! What is signed, by whom: parties, documents with their bytes, signatures.

use govshare_model::id::UnitId;
use time::OffsetDateTime;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parties {
    pub applicant: UnitId,
    pub provider: UnitId,
    pub info_office: UnitId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DocumentKind {
    /// 政务信息资源共享交换协议 (art. 26(一)).
    Agreement,
    /// 政务信息资源共享安全保密协议 (art. 31).
    Confidentiality,
}

/// A document whose stored bytes are signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub kind: DocumentKind,
    pub media_type: String,
    /// Of the bytes, lower-case hexadecimal.
    pub sha256: String,
    /// Number of bytes.
    pub size: i64,
    /// Units that must sign, each once.
    pub signatories: Vec<UnitId>,
}

/// A document with its bytes, as they were rendered once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    pub document: Document,
    pub content: Vec<u8>,
}

/// A signature that was verified when it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub kind: DocumentKind,
    pub unit: UnitId,
    pub key: String,
    pub bytes: Vec<u8>,
    pub at: OffsetDateTime,
}

impl DocumentKind {
    /// As it stands in the signed bytes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agreement => "agreement",
            Self::Confidentiality => "confidentiality",
        }
    }

    /// Units that must sign. The info office may be applicant or provider itself and then signs once.
    pub fn signatories(self, parties: &Parties) -> Vec<UnitId> {
        let mut units = match self {
            Self::Agreement => vec![&parties.applicant, &parties.provider, &parties.info_office],
            Self::Confidentiality => vec![&parties.provider, &parties.applicant],
        };
        if parties.info_office == parties.applicant || parties.info_office == parties.provider {
            units.truncate(2);
        }
        units.into_iter().cloned().collect()
    }
}
