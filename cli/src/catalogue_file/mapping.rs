//! Which column holds which field: read from and printed as a small TOML file.
//!
//! ```toml
//! sheet = "目录"                  # only for a workbook, and only where it is not the first
//! [columns]
//! "标题" = "title"
//! "备注" = "extra"                # kept under its own header, as a column not listed here
//! "联系电话" = "drop"
//! [defaults]                      # for cells that say nothing
//! sharing_type = "conditional"
//! [values.sharing_type]           # what the office's own words stand for
//! "1" = "unconditional"
//! ```

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::date;
use super::error::Error;
use super::field::{self, Field, Target};
use super::list;
use super::vocabulary::{OpenToPublic, SharingType};

/// What becomes of each column, and what fills cells that say nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    /// The sheet of a workbook; without it the first whose header is recognised.
    pub sheet: Option<String>,
    pub columns: BTreeMap<String, Target>,
    pub defaults: BTreeMap<Field, String>,
    /// Words of a field's column and the value that each stands for.
    pub values: BTreeMap<Field, BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MappingFile {
    sheet: Option<String>,
    #[serde(default)]
    columns: BTreeMap<String, String>,
    #[serde(default)]
    defaults: BTreeMap<String, String>,
    #[serde(default)]
    values: BTreeMap<String, BTreeMap<String, String>>,
}

impl Mapping {
    /// Reads a mapping file. Refused: other keys, a name that is no field, two columns for one field (but for
    /// sharing_conditions, where offices give conditions and grounds a column each), and a default or value that its field
    /// cannot hold.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let file: MappingFile =
            toml::from_str(text).map_err(|error| Error::MappingSyntax(error.to_string()))?;
        let mut mapping = Self { sheet: file.sheet, ..Self::default() };
        let mut holders: BTreeMap<Field, String> = BTreeMap::new();
        for (column, name) in file.columns {
            let target =
                name.parse().map_err(|_| Error::UnknownField { at: format!("column {column:?}"), name })?;
            if let Target::Field(field) = target
                && !field.takes_several_columns()
                && let Some(first) = holders.insert(field, column.clone())
            {
                return Err(Error::FieldTwice { field, first, second: column });
            }
            mapping.columns.insert(column, target);
        }
        for (name, value) in file.defaults {
            let field = name.parse().map_err(|_| Error::UnknownField { at: "defaults".to_owned(), name })?;
            check_default(field, &value)?;
            mapping.defaults.insert(field, value);
        }
        for (name, words) in file.values {
            let field: Field =
                name.parse().map_err(|_| Error::UnknownField { at: "values".to_owned(), name })?;
            for value in words.values() {
                check_default(field, value)?;
            }
            mapping.values.insert(field, words);
        }
        Ok(mapping)
    }

    /// What becomes of a column: one that the mapping does not name is dropped if it is known to hold a person's
    /// contact, else kept as an extra.
    pub fn target(&self, column: &str) -> Target {
        self.columns.get(column).copied().unwrap_or_else(|| match field::read_header(column) {
            Some(field::Reading { target: Target::Drop, .. }) => Target::Drop,
            _ => Target::Extra,
        })
    }

    /// The column that holds a field.
    pub fn column(&self, field: Field) -> Option<&str> {
        let mut columns = self.columns.iter();
        columns.find(|(_, target)| **target == Target::Field(field)).map(|(column, _)| column.as_str())
    }

    /// [`Error::NoSuchColumn`] with all names that are no column of the file.
    pub(super) fn fits(&self, columns: &[String]) -> Result<(), Error> {
        let missing: Vec<String> =
            self.columns.keys().filter(|name| !columns.contains(name)).cloned().collect();
        if missing.is_empty() { Ok(()) } else { Err(Error::NoSuchColumn { missing, has: columns.to_vec() }) }
    }
}

fn check_default(field: Field, value: &str) -> Result<(), Error> {
    let expected = match field {
        Field::Title | Field::SourceUri | Field::ResourceCode => Some("each row has its own"),
        Field::SharingType if SharingType::from_words(value).is_none() => {
            Some("unconditional, conditional or withheld")
        }
        Field::OpenToPublic if OpenToPublic::from_words(value).is_none() => {
            Some("unconditional, conditional or no")
        }
        Field::Issued | Field::Modified if date::parse(value).is_none() => Some("a date such as 2014-08-01"),
        Field::CreditCode if list::credit_code(value).is_none() => Some("18 characters as in GB 32100"),
        _ => None,
    };
    match expected {
        Some(expected) => Err(Error::InvalidDefault { field, value: value.to_owned(), expected }),
        None => Ok(()),
    }
}

impl fmt::Display for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(sheet) = &self.sheet {
            writeln!(f, "sheet = {}\n", toml_string(sheet))?;
        }
        writeln!(f, "[columns]")?;
        for (column, target) in &self.columns {
            writeln!(f, "{} = \"{target}\"", toml_string(column))?;
        }
        writeln!(f, "\n[defaults]")?;
        for (field, value) in &self.defaults {
            writeln!(f, "{field} = {}", toml_string(value))?;
        }
        for (field, words) in &self.values {
            writeln!(f, "\n[values.{field}]")?;
            for (word, value) in words {
                writeln!(f, "{} = {}", toml_string(word), toml_string(value))?;
            }
        }
        Ok(())
    }
}

pub(super) fn toml_string(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_mapping_file_is_read() {
        let text = "sheet = \"目录\"\n[columns]\n\"标题\" = \"title\"\n\"电话\" = \"drop\"\n[defaults]\nsharing_type = \"conditional\"\n";
        let mapping = Mapping::parse(text).expect("valid");
        assert_eq!(mapping.column(Field::Title), Some("标题"));
        assert_eq!(mapping.target("电话"), Target::Drop);
        assert_eq!(mapping.target("联系人"), Target::Drop, "a contact needs no mention");
        assert_eq!(mapping.target("浏览量"), Target::Extra);
        assert_eq!(mapping.defaults[&Field::SharingType], "conditional");
    }

    #[test]
    fn what_a_mapping_may_not_say() {
        let refused = [
            ("[columns]\n\"标题\" = \"titel\"", "\"titel\" is no field; valid are title, abstract, "),
            ("[columns]\n\"甲\" = \"title\"\n\"乙\" = \"title\"", "gives title to the columns"),
            ("[defaults]\ntitle = \"某\"", "each row has its own"),
            ("[defaults]\nsharing_type = \"sometimes\"", "unconditional, conditional or withheld"),
            ("[defaults]\nissued = \"去年\"", "a date such as"),
            ("[default]\nprovider = \"某局\"", "unknown field `default`"),
            ("[columns", "no valid TOML"),
        ];
        for (text, words) in refused {
            let error = Mapping::parse(text).expect_err(text).to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    proptest! {
        #[test]
        fn a_printed_mapping_is_read_back(sheet: Option<String>, column: String, extra: String, default: String) {
            prop_assume!(column != extra);
            let mapping = Mapping {
                sheet,
                columns: [(column, Target::Field(Field::Title)), (extra, Target::Extra)].into(),
                values: [(Field::UpdateCycle, [(default.clone(), "每月".to_owned())].into())].into(),
                defaults: [(Field::Provider, default)].into(),
            };
            prop_assert_eq!(Mapping::parse(&mapping.to_string()).expect("printed"), mapping);
        }
    }
}
