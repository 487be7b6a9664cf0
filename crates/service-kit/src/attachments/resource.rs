//! The name of a record, `kind/id`, as events and work lists write it.

use std::fmt;
use std::str::FromStr;

use govshare_proto::error::v1::Reason;
use uuid::Uuid;

use crate::failure::{Failure, Refusal};

/// A record of some kind; whether it exists is another question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    kind: String,
    id: String,
}

impl Resource {
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The id, if the record is of this kind; otherwise there is no such record.
    pub fn id<T: FromStr>(&self, kind: &str) -> Result<T, Refusal> {
        let id = (self.kind == kind).then(|| self.id.parse().ok()).flatten();
        id.ok_or_else(|| self.not_found())
    }

    pub fn not_found(&self) -> Refusal {
        Refusal::not_found("record", self)
    }

    /// A record that is not there is refused in the same words as one that is hidden.
    pub(super) fn unless_missing(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Refused(refusal) if refusal.reason() == Reason::NotFound => self.not_found().into(),
            other => other,
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.id)
    }
}

impl FromStr for Resource {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_kind = |kind: &str| kind.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        let is_id = |id: &str| id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        match text.split_once('/') {
            Some((kind, id))
                if (1..=40).contains(&kind.len())
                    && (1..=63).contains(&id.len())
                    && is_kind(kind)
                    && is_id(id) =>
            {
                // A UUID may be spelt in other ways; a record has one name.
                let id = Uuid::parse_str(id).map_or_else(|_| id.to_owned(), |uuid| uuid.to_string());
                Ok(Self { kind: kind.to_owned(), id })
            }
            _ => Err("must be kind/id, such as review/0b7a3c52-54a1-5b0e-9d0c-0f3b8a0c5d11 / 须为 类型/标识"),
        }
    }
}
