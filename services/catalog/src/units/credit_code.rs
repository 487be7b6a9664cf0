//! Unified social credit codes (统一社会信用代码) and their check character, GB 32100-2015.

use std::fmt;
use std::str::FromStr;

/// The standard's 31 characters; the position is the value. I, O, S, V and Z are left out.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// A code of 18 characters whose last one checks the others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreditCode(String);

/// Why a text is no credit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCreditCode {
    #[error("must have 18 characters, has {0} / 统一社会信用代码须为18位")]
    Length(usize),
    #[error("must consist of 0-9 and A-Z without I, O, S, V, Z, not {0:?} / 统一社会信用代码含有无效字符")]
    Character(char),
    #[error("its check character is wrong / 统一社会信用代码校验位错误")]
    Check,
}

impl CreditCode {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CreditCode {
    type Err = InvalidCreditCode;

    fn from_str(text: &str) -> Result<Self, InvalidCreditCode> {
        let length = text.chars().count();
        if length != 18 {
            return Err(InvalidCreditCode::Length(length));
        }
        let value = |c: char| ALPHABET.iter().position(|known| char::from(*known) == c);
        // The check value is what the weighted sum of the 17 others lacks to a multiple of 31.
        let mut weight = 1;
        let mut sum = 0;
        for (place, c) in text.chars().enumerate() {
            let value = value(c).ok_or(InvalidCreditCode::Character(c))?;
            sum += if place < 17 { value * weight } else { value };
            weight = weight * 3 % 31;
        }
        if sum % 31 == 0 { Ok(Self(text.to_owned())) } else { Err(InvalidCreditCode::Check) }
    }
}

impl fmt::Display for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
