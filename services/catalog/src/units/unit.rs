//! A unit's record in the register, and how it may change (art. 2, 13). A unit is provisional until its credit
//! code is recorded.

use aws_lc_rs::digest;
use govshare_model::id::UnitId;
use time::OffsetDateTime;

use super::credit_code::CreditCode;
use super::short_name::ShortName;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Chosen at creation, never changed.
    pub id: UnitId,
    pub record: Record,
    pub created: OffsetDateTime,
    pub updated: OffsetDateTime,
    /// 1 at creation, one more with each change: also the version of its audit events.
    pub version: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    pub name: String,
    /// What kind of body it is; may be open while the unit is provisional.
    pub kind: Option<Kind>,
    /// Other and former names.
    pub aliases: Vec<String>,
    /// Responsible section (责任科室).
    pub section: String,
    pub contacts: Vec<Contact>,
    pub credit_code: Option<CreditCode>,
    /// 机关代字.
    pub short_name: Option<ShortName>,
}

/// The bodies to which the policy applies (art. 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    AdministrativeOrgan,
    VerticalOrgan,
    DispatchedOrgan,
    AuthorizedOrganization,
    EntrustedOrganization,
}

/// A member of staff who handles sharing (工作人员). Personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub name: String,
    pub duty: String,
}

/// The fields of a record that an update can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    DisplayName,
    Kind,
    Aliases,
    Section,
    Contacts,
    CreditCode,
    ShortName,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    Created,
    /// With the fields that are different now.
    Updated(Vec<Field>),
}

/// A change with its event; only this module makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    unit: Unit,
    happened: Happened,
}

impl Transition {
    pub fn unit(&self) -> &Unit {
        &self.unit
    }

    pub fn happened(&self) -> &Happened {
        &self.happened
    }
}

/// Why a record cannot be as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// A unit with a credit code has a kind.
    KindMissing,
    /// A unit with a credit code names its responsible section (art. 13).
    SectionMissing,
    /// Two of the unit's own names are the same.
    NameTwice(String),
}

impl Unit {
    /// `section_required` is what the pack in force says.
    pub fn create(
        id: UnitId,
        record: Record,
        section_required: bool,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        record.check()?;
        record.check_section(section_required)?;
        let unit = Self { id, record, created: now, updated: now, version: 1 };
        Ok(Transition { unit, happened: Happened::Created })
    }

    /// A unit of which only its trimmed name is known, from a catalogue that names it as a provider.
    pub fn create_provisional(name: String, now: OffsetDateTime) -> Transition {
        let unit = Self {
            id: provisional_id(&name),
            record: Record { name, ..Record::default() },
            created: now,
            updated: now,
            version: 1,
        };
        Transition { unit, happened: Happened::Created }
    }

    /// `None`: the record is as it should be already. What the pack requires is asked of a unit when it gets its credit
    /// code or loses its section, not of every change of one that was registered before.
    pub fn update(
        mut self,
        record: Record,
        section_required: bool,
        now: OffsetDateTime,
    ) -> Result<Option<Transition>, Rejection> {
        record.check()?;
        let changed = self.record.differences(&record);
        if changed.is_empty() {
            return Ok(None);
        }
        if changed.iter().any(|field| [Field::CreditCode, Field::Section].contains(field)) {
            record.check_section(section_required)?;
        }
        self.record = record;
        self.updated = now;
        self.version += 1;
        Ok(Some(Transition { unit: self, happened: Happened::Updated(changed) }))
    }

    pub fn standing(&self) -> &'static str {
        self.record.standing()
    }

    /// What stands before the series in numbers of this unit's documents.
    pub fn document_prefix(&self) -> ShortName {
        let given = self.record.short_name.clone();
        given.unwrap_or_else(|| ShortName::derived(&self.record.name, &self.id))
    }
}

impl Record {
    /// `PROVISIONAL` until a credit code is recorded, then `REGISTERED`.
    pub fn standing(&self) -> &'static str {
        if self.credit_code.is_some() { "REGISTERED" } else { "PROVISIONAL" }
    }

    /// The name and the aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.name).chain(&self.aliases).map(String::as_str)
    }

    /// This record with these fields of `new`.
    pub fn with(mut self, fields: &[Field], new: Self) -> Self {
        let Self { name, kind, aliases, section, contacts, credit_code, short_name } = new;
        if fields.contains(&Field::DisplayName) {
            self.name = name;
        }
        if fields.contains(&Field::Kind) {
            self.kind = kind;
        }
        if fields.contains(&Field::Aliases) {
            self.aliases = aliases;
        }
        if fields.contains(&Field::Section) {
            self.section = section;
        }
        if fields.contains(&Field::Contacts) {
            self.contacts = contacts;
        }
        if fields.contains(&Field::CreditCode) {
            self.credit_code = credit_code;
        }
        if fields.contains(&Field::ShortName) {
            self.short_name = short_name;
        }
        self
    }

    fn check(&self) -> Result<(), Rejection> {
        if self.credit_code.is_some() && self.kind.is_none() {
            return Err(Rejection::KindMissing);
        }
        let mut names: Vec<_> = self.names().collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(Rejection::NameTwice(pair[0].to_owned())),
            None => Ok(()),
        }
    }

    fn check_section(&self, required: bool) -> Result<(), Rejection> {
        let is_missing = required && self.credit_code.is_some() && self.section.is_empty();
        if is_missing { Err(Rejection::SectionMissing) } else { Ok(()) }
    }

    fn differences(&self, other: &Self) -> Vec<Field> {
        let fields = [
            (Field::DisplayName, self.name != other.name),
            (Field::Kind, self.kind != other.kind),
            (Field::Aliases, self.aliases != other.aliases),
            (Field::Section, self.section != other.section),
            (Field::Contacts, self.contacts != other.contacts),
            (Field::CreditCode, self.credit_code != other.credit_code),
            (Field::ShortName, self.short_name != other.short_name),
        ];
        fields.into_iter().filter_map(|(field, differs)| differs.then_some(field)).collect()
    }
}

impl Field {
    pub const ALL: [Self; 7] = [
        Self::DisplayName,
        Self::Kind,
        Self::Aliases,
        Self::Section,
        Self::Contacts,
        Self::CreditCode,
        Self::ShortName,
    ];

    /// As an update mask names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::DisplayName => "display_name",
            Self::Kind => "kind",
            Self::Aliases => "aliases",
            Self::Section => "section",
            Self::Contacts => "contacts",
            Self::CreditCode => "credit_code",
            Self::ShortName => "short_name",
        }
    }
}

/// The same on every replica and in every run: `u-` and the first 16 hexadecimal digits of the name's SHA-256.
fn provisional_id(name: &str) -> UnitId {
    let hash = hex::encode(digest::digest(&digest::SHA256, name.as_bytes()));
    format!("u-{}", &hash[..16]).parse().expect("a letter, a hyphen and digits make a slug")
}
