//! Proposes which column holds which field, by the headers' words and by the columns' values.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::date;
use super::field::{self, Field, Reading, Target};
use super::list;
use super::mapping::{Mapping, toml_string};
use super::row;
use super::source::{Layout, Source};
use super::text::{clean_line, says_nothing};
use super::vocabulary::{OpenToPublic, SharingType, UpdateCycle};

/// A proposed mapping with its reasons. Prints as a mapping file that can be edited and read back.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// In the file's order.
    pub columns: Vec<ProposedColumn>,
    about: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ProposedColumn {
    pub header: String,
    pub target: Target,
    /// 0 to 1; 1 for a header that the table knows.
    pub confidence: f32,
    pub why: Why,
}

/// Why a column gets its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The header is one that the table of headers knows.
    Known,
    /// The header contains a known one.
    Resembles,
    /// The column's values show it, whatever the header says.
    Values,
    /// The field is taken from a column that fits better.
    Beaten {
        field: Field,
        by: String,
    },
    Unknown,
}

/// One column's claim to a field.
struct Claim {
    column: usize,
    field: Field,
    confidence: f32,
    rank: usize,
    why: Why,
}

/// The share of a column's values that makes them evidence.
const EVIDENT: f32 = 0.8;

/// Proposes a mapping for a file by its header and first rows.
pub fn propose(source: &Source) -> Proposal {
    let names = source.headers();
    let mut claims: Vec<Claim> = (0..names.len()).flat_map(|column| claims(source, column)).collect();
    claims.sort_by(|a, b| {
        b.confidence.total_cmp(&a.confidence).then(a.rank.cmp(&b.rank)).then(a.column.cmp(&b.column))
    });
    let mut columns: Vec<ProposedColumn> = names.iter().map(|name| unclaimed(name)).collect();
    let mut holders: HashMap<Field, usize> = HashMap::new();
    for claim in claims {
        let column = &columns[claim.column];
        if matches!(column.target, Target::Field(_)) {
            continue;
        }
        columns[claim.column] = match holders.get(&claim.field) {
            Some(_) if matches!(column.why, Why::Beaten { .. }) => continue,
            Some(&by) if !claim.field.takes_several_columns() || claim.confidence < 1.0 => ProposedColumn {
                why: Why::Beaten { field: claim.field, by: names[by].clone() },
                ..unclaimed(&names[claim.column])
            },
            Some(_) | None => {
                holders.entry(claim.field).or_insert(claim.column);
                ProposedColumn {
                    header: names[claim.column].clone(),
                    target: Target::Field(claim.field),
                    confidence: claim.confidence,
                    why: claim.why,
                }
            }
        };
    }
    if !holders.contains_key(&Field::Items) {
        let of_items = [Target::Field(Field::ItemTypes), Target::Field(Field::ItemLengths)];
        for column in columns.iter_mut().filter(|column| of_items.contains(&column.target)) {
            *column = ProposedColumn { target: Target::Extra, why: Why::Unknown, ..column.clone() };
        }
    }
    Proposal { columns, about: about(source) }
}

fn unclaimed(name: &str) -> ProposedColumn {
    let reading = field::read_header(name);
    let target = match reading.map(|reading| reading.target) {
        Some(Target::Drop) => Target::Drop,
        _ => Target::Extra,
    };
    let known = reading.is_some_and(|reading| reading.target == target);
    let confidence = reading.filter(|_| known).map_or(0.0, |reading| reading.confidence);
    let why = match (known, confidence) {
        (false, _) => Why::Unknown,
        (true, 1.0) => Why::Known,
        (true, _) => Why::Resembles,
    };
    ProposedColumn { header: name.to_owned(), target, confidence, why }
}

fn claims(source: &Source, column: usize) -> Vec<Claim> {
    let cells = source.sample.iter().filter_map(|row| row.cells.get(column)).map(|cell| clean_line(cell));
    let values: Vec<String> = cells.filter(|cell| !says_nothing(cell)).collect();
    let reading = field::read_header(&source.headers()[column]);
    if reading.is_some_and(|reading| reading.target == Target::Drop) {
        return Vec::new();
    }
    let claim = |field, confidence, rank, why| Claim { column, field, confidence, rank, why };
    let read = reading.and_then(|reading| match reading.target {
        Target::Field(field) => Some((field, reading)),
        Target::Extra | Target::Drop => None,
    });
    match (read, evidence(&values)) {
        (Some((field, reading)), shown)
            if shown.is_none_or(|shown| agrees(field, shown)) && fits(field, &reading, &values) =>
        {
            let why = if reading.confidence == 1.0 { Why::Known } else { Why::Resembles };
            vec![claim(field, reading.confidence, reading.rank, why)]
        }
        (None, Some(_)) if reading.is_some_and(|reading| reading.confidence == 1.0) => Vec::new(),
        // A day may be that of issue or of the last change: whichever has no column of its own.
        (_, Some(Field::Issued)) => {
            vec![claim(Field::Issued, 0.4, 0, Why::Values), claim(Field::Modified, 0.35, 0, Why::Values)]
        }
        (_, Some(shown)) => vec![claim(shown, 0.5, 0, Why::Values)],
        (_, None) => Vec::new(),
    }
}

/// True where values that look like `shown` are what a column of `read` may hold.
fn agrees(read: Field, shown: Field) -> bool {
    match shown {
        Field::Issued => !matches!(read, Field::UpdateCycle | Field::Provider),
        Field::Format => true,
        _ => read == shown,
    }
}

/// False where hardly any value is one that the field can hold, whatever the header says (地址 may be a street's, 数据来源
/// a system, and an address that most rows share is the portal's).
fn fits(field: Field, reading: &Reading, values: &[String]) -> bool {
    let least = |holds: fn(&str) -> bool| values.is_empty() || share(values, holds) >= 0.5;
    match field {
        Field::SourceUri => least(|value| row::source_uri(value).is_some()) && differ(values),
        Field::Provider if reading.confidence < 1.0 || reading.is_vague => least(is_like_a_unit),
        Field::CreditCode => least(|value| list::credit_code(value).is_some()),
        Field::Issued | Field::Modified => least(|value| date::parse(value).is_some()),
        _ => true,
    }
}

/// The field that a column's values alone point to. [`Field::Issued`] stands for any date.
fn evidence(values: &[String]) -> Option<Field> {
    if values.len() < 2 {
        return None;
    }
    let shown = |holds: fn(&str) -> bool| share(values, holds) >= EVIDENT;
    let is_sharing = |value: &str| SharingType::from_words(value).is_some() && value.contains("共享");
    let is_openness = |value: &str| {
        OpenToPublic::from_words(value).is_some() && (value.contains("开放") || value.contains("公开"))
    };
    if shown(|value| row::source_uri(value).is_some()) {
        differ(values).then_some(Field::SourceUri)
    } else if shown(|value| list::credit_code(value).is_some()) {
        Some(Field::CreditCode)
    } else if shown(|value| UpdateCycle::enumerated(value).is_some()) {
        Some(Field::UpdateCycle)
    } else if shown(is_sharing) {
        Some(Field::SharingType)
    } else if shown(is_openness) {
        Some(Field::OpenToPublic)
    } else if shown(|value| date::parse(value).is_some() && value.contains(['-', '/', '.', '年'])) {
        Some(Field::Issued)
    } else if shown(|value| {
        let formats = list::formats(value);
        !formats.is_empty() && formats.iter().all(|format| format.class.is_some())
    }) {
        Some(Field::Format)
    } else {
        None
    }
}

/// At least half of the values are others than those before them; a handful tells nothing.
fn differ(values: &[String]) -> bool {
    let distinct: HashSet<&String> = values.iter().collect();
    values.len() < 5 || 2 * distinct.len() >= values.len()
}

/// Ends as names of government units and of what belongs to them do.
fn is_like_a_unit(value: &str) -> bool {
    const ENDS: &str = "局委办厅部院处府会站所队馆社室台园校司团行科股署关心区县市镇乡村道组庭宫";
    let name = value.trim_end_matches(|c: char| !c.is_alphabetic());
    name.is_ascii()
        || name.chars().count() >= 2 && name.chars().last().is_some_and(|last| ENDS.contains(last))
}

fn share(values: &[String], holds: fn(&str) -> bool) -> f32 {
    values.iter().filter(|value| holds(value)).count() as f32 / values.len().max(1) as f32
}

fn about(source: &Source) -> String {
    let layout = match source.layout() {
        Layout::Delimited { encoding, delimiter } => format!("{encoding}, delimiter {delimiter:?}"),
        Layout::Sheet { name, others } if others.is_empty() => format!("sheet {name:?}"),
        Layout::Sheet { name, others } => format!("sheet {name:?}; not read: {}", others.join(", ")),
    };
    format!("{layout}, header in row {}, about {} rows", source.header_row(), source.estimated_rows())
}

impl Proposal {
    pub fn mapping(&self) -> Mapping {
        let columns = self.columns.iter().map(|column| (column.header.clone(), column.target));
        Mapping { columns: columns.collect(), ..Mapping::default() }
    }

    /// The column proposed for a field.
    pub fn column(&self, field: Field) -> Option<&str> {
        let mut columns = self.columns.iter();
        columns.find(|column| column.target == Target::Field(field)).map(|column| column.header.as_str())
    }
}

impl fmt::Display for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# {}\n[columns]", clean_line(&self.about))?;
        for column in &self.columns {
            write!(f, "{} = \"{}\"", toml_string(&column.header), column.target)?;
            match (&column.why, column.target) {
                (_, Target::Drop) => write!(f, "  # a person's contact is not imported")?,
                (Why::Known, _) => {}
                (Why::Resembles, _) => {
                    write!(f, "  # {:.0} %: resembles a known header", 100.0 * column.confidence)?;
                }
                (Why::Values, _) => {
                    write!(f, "  # {:.0} %: by the column's values", 100.0 * column.confidence)?;
                }
                (Why::Beaten { field, by }, _) => write!(f, "  # {field} is taken from {}", toml_string(by))?,
                (Why::Unknown, _) => write!(f, "  # no field known for it")?,
            }
            writeln!(f)?;
        }
        writeln!(f, "\n[defaults]")
    }
}
