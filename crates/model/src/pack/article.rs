//! An article of a pack's text. Outside of its text a number says nothing: article 17 of one is not article 17 of
//! another.

use serde::Deserialize;

use super::{Pack, Packs};

/// Article of the text of the pack that it stands in, with its item in brackets where there is one: `26`, `26(2)`.
/// Beside another text than its own it is written as [`Pack::cite`] writes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Article(String);

impl Article {
    /// The bare number, for where the text is named beside it.
    pub fn within_its_text(&self) -> &str {
        &self.0
    }

    /// `26` or `26(2)`.
    pub(super) fn is_well_formed(&self) -> bool {
        let number = |text: &str| text.parse::<u16>().is_ok_and(|n| n > 0 && n.to_string() == text);
        match self.0.split_once('(') {
            Some((article, item)) => number(article) && item.strip_suffix(')').is_some_and(number),
            None => number(&self.0),
        }
    }
}

impl Pack {
    /// An article of this pack as refusals cite it: bare where the text is 西政办发〔2014〕14号, whose articles the platform
    /// cites throughout, `国务院令第809号 art. 17` where it is another.
    pub fn cite(&self, article: &Article) -> String {
        let defaults = Packs::builtin().iter().any(|default| default.pack.number == self.number);
        if defaults { article.0.clone() } else { format!("{} art. {}", self.number, article.0) }
    }
}
