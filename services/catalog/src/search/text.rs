//! Text as it is stored and searched. One function normalises titles, names, abstracts, items and query terms.

/// Separates item names within the items of an entry. It occurs in no normalised text, so that no term can
/// match across two items.
const ITEM_SEPARATOR: char = '\n';

/// Normalised text. Two spellings that readers take for the same become the same characters:
///
/// 1. full-width forms U+FF01 to U+FF5E become their ASCII counterparts (`ＧＤＰ（２０２２）` is `GDP(2022)`);
/// 2. zero-width characters (U+200B to U+200D, U+2060, U+FEFF) are dropped;
/// 3. every run of white space (U+3000 too) and control characters becomes one space, none at either end;
/// 4. each character is put into lower case by Unicode's simple and special casing, without locale or context.
///
/// Normalising twice changes nothing. Compatibility characters other than the full-width forms (`㎡`, `①`) are
/// kept as they are. PostgreSQL stores the result, so that `LIKE` and the index see the same characters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Text(String);

impl Text {
    /// Normalises `raw` as described above.
    pub fn new(raw: &str) -> Self {
        let mut text = String::with_capacity(raw.len());
        push_normalised(&mut text, raw);
        Self(text)
    }

    /// The normalised names of items, one a line; empty names are left out.
    pub fn of_items<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut text = String::new();
        for name in names {
            let end = text.len();
            if end > 0 {
                text.push(ITEM_SEPARATOR);
            }
            let start = text.len();
            push_normalised(&mut text, name);
            if text.len() == start {
                text.truncate(end);
            }
        }
        Self(text)
    }

    /// Text that was normalised before it was stored, taken as it is.
    pub fn stored(normalised: String) -> Self {
        Self(normalised)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn push_normalised(text: &mut String, raw: &str) {
    let start = text.len();
    let mut gap = false;
    for c in raw.chars() {
        let c = match c {
            '\u{ff01}'..='\u{ff5e}' => char::from((c as u32 - 0xfee0) as u8),
            '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => continue,
            other => other,
        };
        if c.is_whitespace() || c.is_control() {
            gap = true;
            continue;
        }
        if gap && text.len() > start {
            text.push(' ');
        }
        gap = false;
        match c {
            // Chinese, Japanese and Yi scripts have no case.
            '\u{2e80}'..='\u{a4cf}' => text.push(c),
            _ => text.extend(c.to_lowercase()),
        }
    }
}

/// The lines of a normalised text: the names of items, see [`Text::of_items`].
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(ITEM_SEPARATOR).filter(|line| !line.is_empty())
}

/// What the index knows of a text: each character with its right neighbour, the last one of a line alone. A text
/// contains a character if and only if one of its grams begins with it.
pub(super) fn grams(text: &str) -> Grams<'_> {
    Grams { rest: text }
}

/// The grams of a text; a type of its own, as an index is built of hundreds of them per entry.
pub(super) struct Grams<'t> {
    rest: &'t str,
}

impl<'t> Iterator for Grams<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        loop {
            let mut characters = self.rest.chars();
            let first = characters.next()?;
            let gram = self.rest;
            self.rest = characters.as_str();
            if first != ITEM_SEPARATOR {
                let second = characters.next().filter(|second| *second != ITEM_SEPARATOR);
                return Some(&gram[..first.len_utf8() + second.map_or(0, char::len_utf8)]);
            }
        }
    }
}
