//! `govshare register`: registers (台账) of what the caller may read, as a workbook for the office.

mod columns;

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MethodDescriptor, Value};
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use serde_json::{Map, json};

use crate::any_method;
use crate::args::Global;
use crate::connect::{Caller, pages, retrying};
use crate::failure::Failure;
use crate::output::{CONTRACTS, cells_of};

pub use columns::REGISTERS;

/// Writes a register (台账) of what you may read as an XLSX file.
#[derive(Debug, Args)]
pub struct WriteRegister {
    #[arg(value_parser = PossibleValuesParser::new(
        REGISTERS.iter().map(|register| PossibleValue::new(register.name).help(register.title))
    ))]
    of: String,
    /// Only records of which a filter of the list has this value, e.g. case_id=…; may be repeated.
    #[arg(long = "where", value_name = "FIELD=VALUE", value_parser = filter)]
    filters: Vec<(String, String)>,
    /// The file to write.
    #[arg(long, short)]
    output: PathBuf,
}

/// A heading and the field under it, nested ones with dots.
type Column = (&'static str, &'static str);

/// What a register shows of the records that a method lists.
#[derive(Debug)]
pub struct Register {
    /// As the command line knows it.
    pub name: &'static str,
    /// As the office knows it.
    pub title: &'static str,
    /// The listing method, `package.Service/Method`.
    list: &'static str,
    pub columns: &'static [Column],
}

fn filter(text: &str) -> Result<(String, String), String> {
    let (field, value) = text.split_once('=').ok_or("FIELD=VALUE is wanted")?;
    Ok((field.to_owned(), value.to_owned()))
}

pub async fn run(wanted: WriteRegister, global: &Global) -> Result<(), Failure> {
    let caller = global.caller().await?;
    let count = named(&wanted.of)?.write(&caller, &wanted.filters, &wanted.output).await?;
    let file = wanted.output.display().to_string();
    global.output().say(&json!({ "file": file, "rows": count }), || format!("{file}: {count} rows"));
    Ok(())
}

/// The register of a name.
pub fn named(name: &str) -> Result<&'static Register, Failure> {
    let found = REGISTERS.iter().find(|register| register.name == name);
    found.ok_or_else(|| Failure::usage(format!("there is no register {name:?}")))
}

impl Register {
    /// Writes the register to a file; gives the number of its rows.
    pub async fn write(
        &self,
        caller: &Caller,
        filters: &[(String, String)],
        file: &Path,
    ) -> Result<usize, Failure> {
        let rows = self.rows(caller, filters).await?;
        let workbook = workbook(self.title, self.columns, &rows).map_err(Failure::local)?;
        std::fs::write(file, workbook).map_err(|error| Failure::file("write", file, error))?;
        Ok(rows.len())
    }

    async fn rows(&self, caller: &Caller, filters: &[(String, String)]) -> Result<Vec<Vec<String>>, Failure> {
        let method = self.method();
        let fields: Map<_, _> = filters
            .iter()
            .map(|(field, value)| (field.clone(), filter_value(&method, field, value)))
            .collect();
        let request = DynamicMessage::deserialize(method.input(), serde_json::Value::Object(fields));
        let request = request.map_err(|error| Failure::usage(format!("--where: {error}")))?;
        let listed = records(&method);
        let fields: Vec<&str> = self.columns.iter().map(|(_, field)| *field).collect();
        let (rows, _) = pages(0, |size, token| {
            let mut request = request.clone();
            request.set_field_by_name("page_size", Value::I32(size));
            request.set_field_by_name("page_token", Value::String(token));
            let (method, listed, fields) = (&method, &listed, &fields);
            async move {
                let page = retrying(|| any_method::call(caller, method, request.clone())).await?;
                let next = page.get_field_by_name("next_page_token");
                let next = next.as_ref().and_then(|token| token.as_str()).unwrap_or_default().to_owned();
                Ok((cells_of(&page, listed.name(), fields), next))
            }
        })
        .await?;
        Ok(rows)
    }

    fn method(&self) -> MethodDescriptor {
        let (service, method) = self.list.split_once('/').expect("a test finds every method");
        let service = CONTRACTS.get_service_by_name(service).expect("a test finds every method");
        service.methods().find(|known| known.name() == method).expect("a test finds every method")
    }
}

/// What a filter says, as its field has it in JSON: several values of a repeated field stand with commas between.
fn filter_value(method: &MethodDescriptor, field: &str, value: &str) -> serde_json::Value {
    let Some(known) = method.input().get_field_by_name(field) else { return json!(value) };
    match (known.kind(), known.is_list()) {
        (_, true) => value.split(',').map(str::trim).collect(),
        (Kind::Bool, false) => value.parse().map_or(json!(value), |flag: bool| json!(flag)),
        (_, false) => json!(value),
    }
}

/// The field of a listing method's reply that has the records.
fn records(method: &MethodDescriptor) -> FieldDescriptor {
    let reply = method.output();
    let found = reply.fields().find(|field| field.is_list() && matches!(field.kind(), Kind::Message(_)));
    found.expect("a test finds the records of each list")
}

/// A sheet with a bold, frozen heading, a filter over it, and every cell as text: a number such as `2026-000001` or a
/// leading `=` stays what it is.
fn workbook(title: &str, columns: &[Column], rows: &[Vec<String>]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name(title)?;
    let heading = Format::new().set_bold();
    for (column, (name, _)) in (0..).zip(columns) {
        sheet.write_string_with_format(0, column, *name, &heading)?;
        sheet.set_column_width(column, 18)?;
    }
    for (number, row) in (1..).zip(rows) {
        for (column, cell) in (0..).zip(row) {
            // The format holds 32,767 characters in a cell.
            let cell: String = cell.chars().take(32_767).collect();
            sheet.write_string(number, column, cell)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    if let (Some(last_row), Some(last_column)) = (
        u32::try_from(rows.len()).ok(),
        u16::try_from(columns.len()).ok().and_then(|count| count.checked_sub(1)),
    ) {
        sheet.autofilter(0, 0, last_row, last_column)?;
    }
    workbook.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Cursor;

    use calamine::{Data, Reader, Xlsx};

    use super::*;

    #[test]
    fn every_register_is_a_list_of_the_contract_and_every_column_a_field_of_its_records() {
        for register in REGISTERS {
            let method = register.method();
            for paged in ["page_size", "page_token"] {
                assert!(method.input().get_field_by_name(paged).is_some(), "{}: {paged}", register.name);
            }
            for (heading, path) in register.columns {
                let mut kind = records(&method).kind().as_message().cloned();
                for name in path.split('.') {
                    let field = kind.as_ref().and_then(|kind| kind.get_field_by_name(name));
                    let field =
                        field.unwrap_or_else(|| panic!("{}: {heading}: no field {path}", register.name));
                    kind = field.kind().as_message().cloned();
                }
            }
        }
    }

    #[test]
    fn names_titles_and_headings_are_distinct() {
        let names: BTreeSet<_> = REGISTERS.iter().map(|register| register.name).collect();
        let titles: BTreeSet<_> = REGISTERS.iter().map(|register| register.title).collect();
        assert_eq!((names.len(), titles.len()), (REGISTERS.len(), REGISTERS.len()));
        for register in REGISTERS {
            let headings: BTreeSet<_> = register.columns.iter().map(|(heading, _)| heading).collect();
            assert_eq!(headings.len(), register.columns.len(), "{}", register.name);
        }
    }

    #[test]
    fn a_spreadsheet_program_reads_the_register_as_it_was_written() {
        let requests = named("requests").expect("a register");
        let method = requests.method();
        let reply = json!({ "access_requests": [{
            "case_number": "2026-000001", "entry_title": "=1+1", "state": "ACCESS_REQUEST_STATE_SUBMITTED",
        }] });
        let reply = DynamicMessage::deserialize(method.output(), reply).expect("a reply");
        let fields: Vec<&str> = requests.columns.iter().map(|(_, field)| *field).collect();
        let rows = cells_of(&reply, records(&method).name(), &fields);
        let bytes = workbook(requests.title, requests.columns, &rows).expect("a workbook");
        let mut read: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("readable");
        let sheet = read.worksheet_range("共享申请台账").expect("the sheet");
        let cell = |row, column| sheet.get_value((row, column)).cloned().unwrap_or(Data::Empty);
        assert_eq!(cell(0, 0), Data::String("编号".to_owned()));
        assert_eq!(cell(1, 0), Data::String("2026-000001".to_owned()));
        assert_eq!(cell(1, 4), Data::String("=1+1".to_owned()));
        assert_eq!(cell(1, 8), Data::String("SUBMITTED".to_owned()));
    }
}
