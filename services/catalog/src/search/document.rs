//! What the index keeps of a published entry, and the order in which entries are found.

use govshare_model::id::{EntryId, UnitId};
use time::Date;
use uuid::Uuid;

use super::query::Term;
use super::text::Text;

/// A published entry as it is searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub entry_id: EntryId,
    /// Date of issue (发布日期); later ones come first.
    pub issued: Date,
    pub title: Text,
    /// Name of the providing unit.
    pub provider: Text,
    /// Names of the information items, see [`Text::of_items`].
    pub items: Text,
    /// The abstract (摘要).
    pub summary: Text,
    /// Every property by which a query may narrow the search.
    pub filters: Vec<Filter>,
}

impl Document {
    pub(super) fn texts(&self) -> [(Field, &Text); Field::ALL.len()] {
        [
            (Field::Title, &self.title),
            (Field::Provider, &self.provider),
            (Field::Items, &self.items),
            (Field::Summary, &self.summary),
        ]
    }

    pub(super) fn rank(&self) -> Rank {
        Rank::new(self.issued, self.entry_id)
    }
}

/// A property that an entry has or has not, whatever its text says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Filter {
    /// Provided by this unit.
    Unit(UnitId),
    /// Shared in this way (art. 24).
    Sharing(Sharing),
}

/// The two ways of sharing (art. 24).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sharing {
    /// 主动共享
    Active,
    /// 依申请共享
    OnApplication,
}

impl Filter {
    /// The word under which the index lists the entries with this property.
    pub(super) fn word(&self) -> String {
        match self {
            Self::Unit(unit) => format!("unit:{unit}"),
            Self::Sharing(Sharing::Active) => "sharing:active".to_owned(),
            Self::Sharing(Sharing::OnApplication) => "sharing:on-application".to_owned(),
        }
    }
}

/// The searched fields, the weightiest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    Title,
    Provider,
    Items,
    Summary,
}

impl Field {
    pub const ALL: [Self; 4] = [Self::Title, Self::Provider, Self::Items, Self::Summary];
}

/// Where an entry stands among the results of a query; the smallest comes first. The key of the last hit of a
/// page is where the next page starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// For each term the weightiest field that contains it; of these the least weighty.
    pub class: Field,
    pub issued: Date,
    pub entry_id: EntryId,
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.class, other.issued, self.entry_id).cmp(&(other.class, self.issued, other.entry_id))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Date of issue and id of an entry in bytes whose order is the order of results within a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank([u8; Rank::LEN]);

impl Rank {
    const LEN: usize = 4 + 16;

    pub(super) fn new(issued: Date, entry_id: EntryId) -> Self {
        let days_left = (i32::MAX - issued.to_julian_day()) as u32;
        let mut bytes = [0; Self::LEN];
        bytes[..4].copy_from_slice(&days_left.to_be_bytes());
        bytes[4..].copy_from_slice(entry_id.0.as_bytes());
        Self(bytes)
    }

    /// None if there are too few or too many bytes.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The key of an entry of this rank; none if the bytes are not those of a date.
    pub(super) fn key(self, class: Field) -> Option<Key> {
        let (days_left, id) = self.0.split_first_chunk::<4>()?;
        let day = i32::MAX.checked_sub_unsigned(u32::from_be_bytes(*days_left))?;
        Some(Key {
            class,
            issued: Date::from_julian_day(day).ok()?,
            entry_id: EntryId(Uuid::from_slice(id).ok()?),
        })
    }
}

/// The four texts of an entry in one: what is needed to verify a hit and to tell its class.
pub(super) struct Texts(String);

impl Texts {
    /// Occurs in no normalised text, so that no term can match across two fields.
    const FIELD_SEPARATOR: char = '\0';

    pub(super) fn new(document: &Document) -> Self {
        let texts = document.texts().map(|(_, text)| text.as_str());
        let mut joined = String::with_capacity(texts.iter().map(|text| text.len() + 1).sum());
        for text in texts {
            joined.push_str(text);
            joined.push(Self::FIELD_SEPARATOR);
        }
        Self(joined)
    }

    pub(super) fn stored(joined: String) -> Self {
        Self(joined)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The text of one field.
    pub(super) fn field(&self, field: Field) -> &str {
        let place = Field::ALL.iter().position(|known| *known == field).unwrap_or_default();
        self.0.split(Self::FIELD_SEPARATOR).nth(place).unwrap_or_default()
    }

    /// The class of the entry for these terms; none if one of them occurs in no field.
    pub(super) fn class(&self, terms: &[Term]) -> Option<Field> {
        terms.iter().try_fold(Field::Title, |class, term| {
            let before = &self.0.as_bytes()[..term.find_in(&self.0)?];
            let fields_before = before.iter().filter(|&&byte| byte == Self::FIELD_SEPARATOR as u8).count();
            Some(class.max(*Field::ALL.get(fields_before)?))
        })
    }
}
