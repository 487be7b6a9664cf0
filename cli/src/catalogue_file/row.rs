//! One catalogue entry as a file describes it, and how it is made of a row's cells.

use std::collections::BTreeMap;

use time::Date;

use super::date;
use super::field::{Field, Target};
use super::list::{self, Format, Item};
use super::mapping::Mapping;
use super::refusal::{Reason, Refused};
use super::source::RawRow;
use super::text::{clean, clean_line, fold, says_nothing, shortened, without_gaps};
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

/// A value that its field could not take and that stands in [`CatalogueRow::extras`] instead, or an extra that was cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    pub column: String,
    /// `None`: the column is kept as an extra, and only the beginning of the value was.
    pub field: Option<Field>,
    /// At most 100 characters.
    pub value: String,
}

const OF_ITEMS: [Field; 3] = [Field::Items, Field::ItemTypes, Field::ItemLengths];

const LONGEST_TITLE: usize = 500;
const LONGEST_PROVIDER: usize = 200;
const LONGEST_TEXT: usize = 10_000;
const LONGEST_URI: usize = 2_000;
/// The platform holds 100 and 2,000 characters.
const LONGEST_EXTRA_NAME: usize = 99;
const LONGEST_EXTRA: usize = 2_000;

/// A mapping laid out over a file's columns.
#[derive(Debug)]
pub(super) struct Plan {
    names: Vec<String>,
    targets: Vec<Target>,
    /// By the folded word.
    values: BTreeMap<Field, BTreeMap<String, String>>,
    defaults: BTreeMap<Field, String>,
}

impl Plan {
    pub(super) fn new(names: &[String], mapping: &Mapping) -> Self {
        Self {
            targets: names.iter().map(|name| mapping.target(name)).collect(),
            names: names.to_vec(),
            values: mapping
                .values
                .iter()
                .map(|(field, words)| {
                    (*field, words.iter().map(|(word, value)| (fold(word), value.clone())).collect())
                })
                .collect(),
            defaults: mapping.defaults.clone(),
        }
    }

    fn column(&self, field: Field) -> Option<usize> {
        self.columns(field).next()
    }

    /// In the file's order.
    fn columns(&self, field: Field) -> impl Iterator<Item = usize> {
        let holding =
            self.targets.iter().enumerate().filter(move |(_, target)| **target == Target::Field(field));
        holding.map(|(at, _)| at)
    }

    /// What the mapping says that a word of this field stands for.
    fn value(&self, field: Field, word: &str) -> Option<&str> {
        let words = self.values.get(&field)?;
        words.get(&fold(word)).map(String::as_str)
    }

    pub(super) fn has(&self, field: Field) -> bool {
        self.column(field).is_some() || self.defaults.contains_key(&field)
    }

    pub(super) fn name(&self, field: Field) -> Option<&str> {
        self.column(field).map(|at| self.names[at].as_str())
    }

    /// A row of a resource's next item (信息项): it names an item, and of the other fields none.
    pub(super) fn continues_items(&self, raw: &RawRow) -> bool {
        let says = |field| !says_nothing(&self.cell(raw, field));
        says(Field::Items)
            && Field::ALL.iter().all(|field| OF_ITEMS.contains(field) || !says(*field))
            && raw.cells.iter().skip(self.names.len()).all(|cell| cell.trim().is_empty())
    }

    /// A row that says a resource once more for its next item (信息项): each has one item, and of the other fields both say
    /// the same, or the later one nothing.
    pub(super) fn repeats_resource(&self, first: &RawRow, more: &RawRow) -> bool {
        let says_again = |field: &Field| {
            let cell = self.cell(more, *field);
            says_nothing(&cell) && *field != Field::Title || cell == self.cell(first, *field)
        };
        let item = |raw| <[String; 1]>::try_from(list::names(&self.cell(raw, Field::Items)));
        let next = matches!((item(first), item(more)), (Ok(item), Ok(next)) if item != next);
        next && Field::ALL.iter().filter(|field| !OF_ITEMS.contains(field)).all(says_again)
            && !says_nothing(&self.cell(more, Field::Title))
            && more.cells.iter().skip(self.names.len()).all(|cell| cell.trim().is_empty())
    }

    /// Adds the items of a row that continues this one, and what its extras say anew below those of the same header.
    pub(super) fn continue_row(&self, row: &mut CatalogueRow, first: &RawRow, more: &RawRow) {
        let cell = |field| self.cell(more, field);
        row.items.extend(list::items(
            &cell(Field::Items),
            &cell(Field::ItemTypes),
            &cell(Field::ItemLengths),
        ));
        let (said, says_again) = (self.extras(first), !says_nothing(&cell(Field::Title)));
        for (name, value) in self.extras(more) {
            if says_again && said.get(&name) == Some(&value) {
                continue;
            }
            let lines = row.extras.entry(name).or_default();
            if !lines.is_empty() {
                lines.push('\n');
            }
            lines.push_str(&value);
        }
    }

    /// Cuts extras to what the platform holds, and says so.
    pub(super) fn shorten_extras(row: &mut CatalogueRow) {
        for (name, value) in &mut row.extras {
            if value.chars().count() > LONGEST_EXTRA {
                row.warnings.push(Warning {
                    column: name.clone(),
                    field: None,
                    value: shortened(value, 100),
                });
                *value = shortened(value, LONGEST_EXTRA - 1);
            }
        }
    }

    fn cell(&self, raw: &RawRow, field: Field) -> String {
        clean(self.column(field).and_then(|at| raw.cells.get(at)).map_or("", |cell| cell))
    }

    fn extras(&self, raw: &RawRow) -> BTreeMap<String, String> {
        let columns = self.names.iter().zip(&self.targets).zip(&raw.cells);
        columns
            .filter(|((_, target), _)| **target == Target::Extra)
            .map(|((name, _), cell)| (shortened(name, LONGEST_EXTRA_NAME), clean(cell)))
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }

    /// The row without identity and digest, which depend on the rows before it.
    pub(super) fn build(&self, raw: &RawRow) -> Result<CatalogueRow, Refused> {
        self.check_width(raw)?;
        if is_a_note(raw) {
            return Err(Refused::new(raw.line, None, Reason::Note, &raw.cells.join(" ")));
        }
        let mut cells = Cells::of(self, raw);
        let title = cells.required(Field::Title, LONGEST_TITLE)?;
        let provider = cells.required(Field::Provider, LONGEST_PROVIDER)?;
        let open_conditions = cells.text(Field::OpenConditions)?;
        let open_to_public = match cells.parsed(Field::OpenToPublic, OpenToPublic::from_words) {
            // 是否向社会开放 is a yes or no; with a condition beside it that is one, a yes is a conditional one.
            Some(OpenToPublic::Unconditional)
                if !open_conditions.is_empty()
                    && OpenToPublic::from_words(&open_conditions) != Some(OpenToPublic::Unconditional) =>
            {
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
            sharing_conditions: match cells.text(Field::SharingConditions)? {
                // 有条件共享（经提供方同意）: the remark says the condition.
                unsaid if unsaid.is_empty() => vocabulary::remark(&cells.said(Field::SharingType)),
                conditions => conditions,
            },
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
        let of_lines = matches!(
            field,
            Field::Abstract | Field::Keywords | Field::Items | Field::ItemTypes | Field::ItemLengths
        );
        let read = |text: &str| match field {
            _ if of_lines => clean(text),
            Field::Title | Field::Provider => without_gaps(&clean_line(text)),
            _ => clean_line(text),
        };
        let cells = self.plan.columns(field).filter_map(|at| self.raw.cells.get(at)).map(|cell| read(cell));
        let said: Vec<String> = cells.filter(|text| !says_nothing(text)).collect();
        if !said.is_empty() {
            let text = said.join("\n");
            return self.plan.value(field, &text).map_or(text, str::to_owned);
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
            self.warnings.push(Warning {
                column: column.clone(),
                field: Some(field),
                value: shortened(&text, 100),
            });
            self.extras.insert(column, text);
        }
        value
    }

    fn refuse(&self, field: Field, reason: Reason, value: &str) -> Refused {
        let column = self.plan.name(field);
        Refused::new(self.raw.line, column, reason, value)
    }
}

/// A note, a total or who filled the table in, as offices write them below one: `注：…`, `合计`, `填表人：…`.
fn is_a_note(raw: &RawRow) -> bool {
    const LABELS: [&str; 16] = [
        "注",
        "备注",
        "说明",
        "填表说明",
        "填表人",
        "制表人",
        "填报人",
        "审核人",
        "审批人",
        "负责人",
        "经办人",
        "联系人",
        "联系电话",
        "填报单位",
        "填报日期",
        "制表日期",
    ];
    let Some(first) = raw.cells.iter().map(|cell| fold(cell)).find(|cell| !cell.is_empty()) else {
        return false;
    };
    matches!(first.as_str(), "合计" | "总计" | "小计")
        || LABELS.iter().any(|label| first.strip_prefix(label).is_some_and(|rest| rest.starts_with(':')))
}

pub(super) fn source_uri(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let fits = !rest.is_empty() && text.len() <= LONGEST_URI && !text.contains(char::is_whitespace);
    (web && fits).then(|| text.to_owned())
}
