//! One catalogue entry as a file describes it, and how it is made of a row's cells.

use std::collections::BTreeMap;

use time::Date;

use super::date;
use super::field::{Field, Target};
use super::list::{self, Format, Item};
use super::mapping::Mapping;
use super::refusal::{Reason, Refused};
use super::source::RawRow;
use super::text::{clean, clean_line, says_nothing, shortened};
use super::vocabulary::{self, OpenToPublic, SharingType, UpdateCycle};

/// A row in the guideline's fields. Text is cleaned of markup and control characters; what a cell does not say, or
/// says with a word such as `无` or `-`, is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueRow {
    /// The row's first line in a text file, its number in a sheet; 1-based.
    pub row: u64,
    /// What makes the row the same one in a later version of the file, at most 512 bytes: its source address, else
    /// a digest of provider and title with the occurrence among the rows that share both. Independent of the
    /// other rows' order.
    pub identity: String,
    /// SHA-256 (hex) of all fields below up to `resource_code`; extras do not count.
    pub content_digest: String,
    /// One line, at most 500 characters.
    pub title: String,
    /// At most 10,000 characters; lines stay lines.
    pub abstract_: String,
    /// The provider's name as written, at most 200 characters.
    pub provider: String,
    /// 18 characters with a right check character (GB 32100).
    pub credit_code: Option<String>,
    pub themes: Vec<String>,
    pub industries: Vec<String>,
    pub formats: Vec<Format>,
    /// Unset unless a column of sharing types or a default says it; openness to the public never does.
    pub sharing_type: Option<SharingType>,
    pub sharing_conditions: String,
    pub sharing_mode: String,
    pub open_to_public: Option<OpenToPublic>,
    pub open_conditions: String,
    pub update_cycle: Option<UpdateCycle>,
    pub issued: Option<Date>,
    pub modified: Option<Date>,
    pub keywords: Vec<String>,
    pub items: Vec<Item>,
    pub related_codes: Vec<String>,
    /// An http or https address.
    pub source_uri: Option<String>,
    pub resource_code: Option<String>,
    /// Columns that are no field, and values that their field could not take, by header.
    pub extras: BTreeMap<String, String>,
    /// What was set aside; the row is good without it.
    pub warnings: Vec<Warning>,
}

/// A value that its field could not take and that stands in [`CatalogueRow::extras`] instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    pub column: String,
    pub field: Field,
    /// At most 100 characters.
    pub value: String,
}

const LONGEST_TITLE: usize = 500;
const LONGEST_PROVIDER: usize = 200;
const LONGEST_TEXT: usize = 10_000;
const LONGEST_URI: usize = 2_000;

/// A mapping laid out over a file's columns.
#[derive(Debug)]
pub(super) struct Plan {
    names: Vec<String>,
    targets: Vec<Target>,
    defaults: BTreeMap<Field, String>,
}

impl Plan {
    pub(super) fn new(names: &[String], mapping: &Mapping) -> Self {
        Self {
            targets: names.iter().map(|name| mapping.target(name)).collect(),
            names: names.to_vec(),
            defaults: mapping.defaults.clone(),
        }
    }

    fn column(&self, field: Field) -> Option<usize> {
        self.targets.iter().position(|target| *target == Target::Field(field))
    }

    pub(super) fn has(&self, field: Field) -> bool {
        self.column(field).is_some() || self.defaults.contains_key(&field)
    }

    pub(super) fn name(&self, field: Field) -> Option<&str> {
        self.column(field).map(|at| self.names[at].as_str())
    }

    /// A row of a resource's next item (信息项): it names an item, and of the other fields none.
    pub(super) fn continues_items(&self, raw: &RawRow) -> bool {
        const OF_ITEMS: [Field; 3] = [Field::Items, Field::ItemTypes, Field::ItemLengths];
        let says = |field| !says_nothing(&self.cell(raw, field));
        says(Field::Items)
            && Field::ALL.iter().all(|field| OF_ITEMS.contains(field) || !says(*field))
            && raw.cells.iter().skip(self.names.len()).all(|cell| cell.trim().is_empty())
    }

    /// Adds the items of a row that continues this one, and its extras below those of the same header.
    pub(super) fn continue_row(&self, row: &mut CatalogueRow, more: &RawRow) {
        let cell = |field| self.cell(more, field);
        row.items.extend(list::items(
            &cell(Field::Items),
            &cell(Field::ItemTypes),
            &cell(Field::ItemLengths),
        ));
        for (name, value) in self.extras(more) {
            let lines = row.extras.entry(name).or_default();
            if !lines.is_empty() {
                lines.push('\n');
            }
            lines.push_str(&value);
        }
    }

    fn cell(&self, raw: &RawRow, field: Field) -> String {
        clean(self.column(field).and_then(|at| raw.cells.get(at)).map_or("", |cell| cell))
    }

    fn extras(&self, raw: &RawRow) -> BTreeMap<String, String> {
        let columns = self.names.iter().zip(&self.targets).zip(&raw.cells);
        columns
            .filter(|((_, target), _)| **target == Target::Extra)
            .map(|((name, _), cell)| (name.clone(), clean(cell)))
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }

    /// The row without identity and digest, which depend on the rows before it.
    pub(super) fn build(&self, raw: &RawRow) -> Result<CatalogueRow, Refused> {
        self.check_width(raw)?;
        let mut cells = Cells::of(self, raw);
        let title = cells.required(Field::Title, LONGEST_TITLE)?;
        let provider = cells.required(Field::Provider, LONGEST_PROVIDER)?;
        let open_conditions = cells.text(Field::OpenConditions)?;
        let open_to_public = match cells.parsed(Field::OpenToPublic, OpenToPublic::from_words) {
            // 是否向社会开放 is a yes or no; with a condition beside it, a yes is a conditional one.
            Some(OpenToPublic::Unconditional) if !open_conditions.is_empty() => {
                Some(OpenToPublic::Conditional)
            }
            openness => openness,
        };
        let themes = |cell: String| {
            list::themes(&cell).into_iter().filter(|theme| !vocabulary::is_unsaid_theme(theme)).collect()
        };
        Ok(CatalogueRow {
            row: raw.line,
            identity: String::new(),
            content_digest: String::new(),
            title,
            provider,
            abstract_: cells.text(Field::Abstract)?,
            credit_code: cells.parsed(Field::CreditCode, list::credit_code),
            themes: themes(cells.text(Field::Theme)?),
            industries: themes(cells.text(Field::Industry)?),
            formats: list::formats(&cells.text(Field::Format)?),
            sharing_type: cells.parsed(Field::SharingType, SharingType::from_words),
            sharing_conditions: cells.text(Field::SharingConditions)?,
            sharing_mode: cells.text(Field::SharingMode)?,
            open_to_public,
            open_conditions,
            update_cycle: cells.parsed(Field::UpdateCycle, |words| Some(UpdateCycle::from_words(words))),
            issued: cells.parsed(Field::Issued, date::parse),
            modified: cells.parsed(Field::Modified, date::parse),
            keywords: list::keywords(&cells.text(Field::Keywords)?),
            items: list::items(
                &cells.text(Field::Items)?,
                &cells.text(Field::ItemTypes)?,
                &cells.text(Field::ItemLengths)?,
            ),
            related_codes: list::codes(&cells.text(Field::RelatedCodes)?),
            source_uri: cells.parsed(Field::SourceUri, source_uri),
            resource_code: Some(cells.text(Field::ResourceCode)?).filter(|code| !code.is_empty()),
            extras: cells.extras,
            warnings: cells.warnings,
        })
    }

    /// Provider and title of a row that is known by them alone, whatever else is wrong with it.
    pub(super) fn name_without_address(&self, raw: &RawRow) -> Option<(String, String)> {
        let cells = Cells::of(self, raw);
        let (provider, title) = (cells.said(Field::Provider), cells.said(Field::Title));
        let has_address = source_uri(&cells.said(Field::SourceUri)).is_some();
        (!has_address && !provider.is_empty() && !title.is_empty()).then_some((provider, title))
    }

    fn check_width(&self, raw: &RawRow) -> Result<(), Refused> {
        let (found, expected) = (raw.cells.len(), self.names.len());
        if let Some(excess) = raw.cells.iter().skip(expected).find(|cell| !cell.trim().is_empty()) {
            return Err(Refused::new(raw.line, None, Reason::TooManyColumns { found, expected }, excess));
        }
        let absent =
            |field| !self.defaults.contains_key(&field) && self.column(field).is_some_and(|at| at >= found);
        if absent(Field::Title) || absent(Field::Provider) {
            let value = raw.cells.join(" ");
            return Err(Refused::new(
                raw.line,
                None,
                Reason::TooFewColumns { found, expected },
                value.trim(),
            ));
        }
        Ok(())
    }
}

/// The cells of one row, while its fields are taken out of them.
struct Cells<'a> {
    plan: &'a Plan,
    raw: &'a RawRow,
    extras: BTreeMap<String, String>,
    warnings: Vec<Warning>,
}

impl<'a> Cells<'a> {
    fn of(plan: &'a Plan, raw: &'a RawRow) -> Self {
        Self { plan, raw, extras: plan.extras(raw), warnings: Vec::new() }
    }

    /// The cell's text, empty where it says nothing; else the default.
    fn said(&self, field: Field) -> String {
        let cell = self.plan.column(field).and_then(|at| self.raw.cells.get(at));
        let of_lines = matches!(
            field,
            Field::Abstract | Field::Keywords | Field::Items | Field::ItemTypes | Field::ItemLengths
        );
        let read = |text: &str| if of_lines { clean(text) } else { clean_line(text) };
        let text = cell.map(|cell| read(cell)).unwrap_or_default();
        if !says_nothing(&text) {
            return text;
        }
        self.plan.defaults.get(&field).map(|default| read(default)).unwrap_or_default()
    }

    fn limited(&self, field: Field, limit: usize) -> Result<String, Refused> {
        let text = self.said(field);
        // A character has at most four bytes, so short texts need no counting.
        let characters = if text.len() <= limit { 0 } else { text.chars().count() };
        if characters > limit {
            Err(self.refuse(field, Reason::TooLong { field, characters, limit }, &text))
        } else {
            Ok(text)
        }
    }

    fn text(&self, field: Field) -> Result<String, Refused> {
        self.limited(field, LONGEST_TEXT)
    }

    fn required(&self, field: Field, limit: usize) -> Result<String, Refused> {
        let text = self.limited(field, limit)?;
        if text.is_empty() { Err(self.refuse(field, Reason::Missing(field), "")) } else { Ok(text) }
    }

    /// The value that the text stands for; a text that stands for none is set aside with a warning.
    fn parsed<T>(&mut self, field: Field, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.said(field);
        if text.is_empty() {
            return None;
        }
        let value = parse(&text);
        if let (None, Some(at)) = (&value, self.plan.column(field)) {
            let column = self.plan.names[at].clone();
            self.warnings.push(Warning { column: column.clone(), field, value: shortened(&text, 100) });
            self.extras.insert(column, text);
        }
        value
    }

    fn refuse(&self, field: Field, reason: Reason, value: &str) -> Refused {
        let column = self.plan.name(field);
        Refused::new(self.raw.line, column, reason, value)
    }
}

pub(super) fn source_uri(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let fits = !rest.is_empty() && text.len() <= LONGEST_URI && !text.contains(char::is_whitespace);
    (web && fits).then(|| text.to_owned())
}
