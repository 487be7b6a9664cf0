//! Short names of units in document numbers (机关代字), and what stands for one that a unit does not have.

use std::fmt;
use std::str::FromStr;

use govshare_model::id::UnitId;

const LONGEST: usize = 8;

/// One to eight Chinese characters or letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShortName(String);

/// Why a text is no short name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidShortName {
    #[error("must have 1 to 8 characters, has {0} / 机关代字须为1至8个字")]
    Length(usize),
    #[error("must consist of Chinese characters or letters, not {0:?} / 机关代字只能由汉字或字母组成")]
    Character(char),
}

impl ShortName {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For a unit without one: the last eight characters and letters of its name, in which what tells it from others
    /// of the same place stands; of its id where the name has none.
    pub fn derived(name: &str, unit: &UnitId) -> Self {
        let last_letters = |text: &str| {
            let letters: Vec<char> = text.chars().filter(|c| c.is_alphabetic()).collect();
            letters[letters.len().saturating_sub(LONGEST)..].iter().collect::<String>()
        };
        let of_name = last_letters(name);
        Self(if of_name.is_empty() { last_letters(unit.as_str()) } else { of_name })
    }
}

impl FromStr for ShortName {
    type Err = InvalidShortName;

    fn from_str(text: &str) -> Result<Self, InvalidShortName> {
        let length = text.chars().count();
        if !(1..=LONGEST).contains(&length) {
            return Err(InvalidShortName::Length(length));
        }
        match text.chars().find(|c| !c.is_alphabetic()) {
            Some(other) => Err(InvalidShortName::Character(other)),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for ShortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
