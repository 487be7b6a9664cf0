//! Codes of the national guideline 发改高技〔2017〕1272号: of nodes of the classification, and of resources below them.
//! The guideline leaves the lengths of 细目 and sequence open; a `/` between the two makes a code readable back.

use std::fmt;
use std::str::FromStr;

/// Most digits of a 细目 after its 目.
const LONGEST_SUBHEADING: usize = 12;
/// A sequence number has at least so many digits, with zeros before it.
const SEQUENCE_DIGITS: usize = 6;

/// Code of a node: the parent's and the node's own digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassificationCode(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// 类
    Class,
    /// 项
    Section,
    /// 目
    Heading,
    /// 细目
    Subheading,
}

/// Code of a resource: that of a 目 or 细目, and the number of the resource below it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceCode {
    node: ClassificationCode,
    sequence: i64,
}

/// Why a text is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCode {
    #[error("a classification code has digits only / 分类代码只能由数字组成")]
    NotDigits,
    #[error("must have 1, 3, 6 or 7 to 18 digits, has {0} / 分类代码须为1位、3位、6位或7至18位")]
    Length(usize),
    #[error("must have / between classification and sequence number / 分类代码与顺序号之间须有“/”")]
    NoSlash,
    #[error("must name a 目 or 细目 before / (6 or more digits) / “/”前须为目或细目代码")]
    NotCodable,
    #[error("must have a sequence number from 000001 with at least six digits / 顺序号须为不少于六位的数字")]
    Sequence,
}

impl ClassificationCode {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn level(&self) -> Level {
        match self.0.len() {
            1 => Level::Class,
            3 => Level::Section,
            6 => Level::Heading,
            _ => Level::Subheading,
        }
    }

    /// The node above; none above a 类. A 细目, whatever its length, stands below its 目.
    pub fn parent(&self) -> Option<Self> {
        let length = match self.level() {
            Level::Class => return None,
            Level::Section => 1,
            Level::Heading => 3,
            Level::Subheading => 6,
        };
        Some(Self(self.0[..length].to_owned()))
    }

    /// From the 类 to this node.
    pub fn path(&self) -> Vec<Self> {
        let mut path: Vec<_> = std::iter::successors(Some(self.clone()), Self::parent).collect();
        path.reverse();
        path
    }

    /// Whether resources are numbered below it.
    pub fn is_codable(&self) -> bool {
        self.level() >= Level::Heading
    }
}

impl FromStr for ClassificationCode {
    type Err = InvalidCode;

    fn from_str(text: &str) -> Result<Self, InvalidCode> {
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidCode::NotDigits);
        }
        match text.len() {
            1 | 3 | 6 => {}
            length if (7..=6 + LONGEST_SUBHEADING).contains(&length) => {}
            length => return Err(InvalidCode::Length(length)),
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ClassificationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ResourceCode {
    /// The code of the resource with this number, from 1.
    pub fn new(node: ClassificationCode, sequence: i64) -> Result<Self, InvalidCode> {
        if !node.is_codable() {
            return Err(InvalidCode::NotCodable);
        }
        if sequence < 1 {
            return Err(InvalidCode::Sequence);
        }
        Ok(Self { node, sequence })
    }

    pub fn node(&self) -> &ClassificationCode {
        &self.node
    }
}

impl FromStr for ResourceCode {
    type Err = InvalidCode;

    fn from_str(text: &str) -> Result<Self, InvalidCode> {
        let (node, sequence) = text.split_once('/').ok_or(InvalidCode::NoSlash)?;
        let node: ClassificationCode = node.parse()?;
        let digits = sequence.bytes().all(|byte| byte.is_ascii_digit());
        let longer_than_needed = sequence.len() > SEQUENCE_DIGITS && sequence.starts_with('0');
        if !digits || sequence.len() < SEQUENCE_DIGITS || longer_than_needed {
            return Err(InvalidCode::Sequence);
        }
        Self::new(node, sequence.parse().map_err(|_| InvalidCode::Sequence)?)
    }
}

impl fmt::Display for ResourceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{:0width$}", self.node, self.sequence, width = SEQUENCE_DIGITS)
    }
}
