//! Workbooks: title rows, headers of two lines, merged cells, dates and numbers, several sheets.

use govshare_cli::catalogue_file::{Error, Field, Layout, Mapping, Reason, SharingType, Source, propose};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use time::macros::date;

use crate::files::{Outcome, read, rows, written};

#[test]
fn a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_unpacked() {
    let mut bytes = guideline_workbook();
    let directory = bytes.windows(4).position(|part| part == b"PK\x01\x02").expect("a directory");
    // The size that the directory declares for its first part.
    bytes[directory + 24..directory + 28].copy_from_slice(&(600_u32 << 20).to_le_bytes());
    let error = Source::open(written(&bytes).path()).expect_err("too much").to_string();
    assert!(error.contains("512 MiB") && error.contains("CSV"), "{error}");
}

/// The guideline's form: a title, a header of two lines with merged cells, and one row for each item of a resource.
pub fn guideline_workbook() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let plain = Format::new();
    let day = Format::new().set_num_format("yyyy/m/d");
    let note = workbook.add_worksheet().set_name("填表说明").expect("a name");
    note.write(0, 0, "请按要求填写").expect("a cell");
    let hidden = workbook.add_worksheet().set_name("字典").expect("a name").set_hidden(true);
    hidden.write_row(0, 0, ["标题", "提供单位"]).expect("cells");

    let sheet = workbook.add_worksheet().set_name("目录").expect("a name");
    sheet.merge_range(0, 0, 0, 9, "某区政务信息资源目录", &plain).expect("cells");
    let tall = ["序号", "信息资源名称", "信息资源提供方", "信息资源代码"];
    for (column, name) in (0..).zip(tall) {
        sheet.merge_range(2, column, 3, column, name, &plain).expect("cells");
    }
    sheet.merge_range(2, 4, 2, 6, "信息项信息", &plain).expect("cells");
    sheet.write_row(3, 4, ["信息项名称", "数据类型", "数据长度"]).expect("cells");
    sheet.merge_range(2, 7, 2, 8, "共享属性", &plain).expect("cells");
    sheet.write_row(3, 7, ["共享类型", "共享条件"]).expect("cells");
    sheet.merge_range(2, 9, 3, 9, "发布日期", &plain).expect("cells");

    sheet.write_row(4, 1, ["人口信息", "区卫生局"]).expect("cells");
    sheet.write(4, 0, 1).expect("a cell");
    sheet.write(4, 3, 307_010_001).expect("a cell");
    sheet.write_row(4, 4, ["姓名", "字符型"]).expect("cells");
    sheet.write(4, 6, 50).expect("a cell");
    sheet.write_row(4, 7, ["有条件共享", "凭函"]).expect("cells");
    let issued = ExcelDateTime::from_ymd(2014, 8, 1).expect("a day");
    sheet.write_with_format(4, 9, &issued, &day).expect("a cell");
    sheet.write_row(5, 4, ["年龄", "数值型"]).expect("cells");
    sheet.write(5, 6, 3).expect("a cell");
    sheet.write_row(7, 1, ["学校名录", "区教委"]).expect("cells");
    sheet.write_row(7, 4, ["校名", "字符型"]).expect("cells");
    sheet.write_row(8, 1, ["无主信息"]).expect("cells");
    workbook.save_to_buffer().expect("memory")
}

fn sheet_of(cells: &[&[&str]]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (row, cells) in (0..).zip(cells) {
        sheet.write_row(row, 0, cells.iter().copied()).expect("cells");
    }
    workbook.save_to_buffer().expect("memory")
}

#[test]
fn the_guidelines_form_is_read_with_its_items() {
    let file = written(guideline_workbook());
    let source = Source::open(file.path()).expect("readable");
    assert_eq!(source.layout(), Layout::Sheet { name: "目录".into(), others: vec!["填表说明".into()] });
    assert_eq!(source.header_row(), 3);
    let Outcome { accepted, refused, tally } = rows(&source, &propose(&source).mapping());
    let population = &accepted[0];
    assert_eq!(
        (population.row, population.title.as_str(), population.provider.as_str()),
        (5, "人口信息", "区卫生局")
    );
    assert_eq!(
        population.resource_code.as_deref(),
        Some("307010001"),
        "a number is written without a fraction"
    );
    assert_eq!(
        (population.issued, population.sharing_type),
        (Some(date!(2014 - 08 - 01)), Some(SharingType::Conditional))
    );
    let items: Vec<_> = population
        .items
        .iter()
        .map(|item| (item.name.as_str(), item.data_type.as_deref(), item.length.as_deref()))
        .collect();
    assert_eq!(items, [("姓名", Some("字符型"), Some("50")), ("年龄", Some("数值型"), Some("3"))]);
    assert_eq!((accepted[1].row, accepted[1].title.as_str()), (8, "学校名录"));
    assert_eq!((refused[0].row, &refused[0].reason), (9, &Reason::Missing(Field::Provider)));
    assert_eq!((tally.rows, tally.continued), (4, 1), "a sheet does not hold its empty rows");
}

#[test]
fn a_mapping_may_name_the_sheet() {
    let mut workbook = Workbook::new();
    for (name, title) in [("甲", "一"), ("乙", "二")] {
        let sheet = workbook.add_worksheet().set_name(name).expect("a name");
        sheet.write_row(0, 0, ["标题", "提供单位"]).expect("cells");
        sheet.write_row(1, 0, [title, "区教委"]).expect("cells");
    }
    let file = written(workbook.save_to_buffer().expect("memory"));
    assert_eq!(read(file.path()).titles(), ["一"]);
    let columns = "[columns]\n\"标题\" = \"title\"\n\"提供单位\" = \"provider\"";
    let mapping = Mapping::parse(&format!("sheet = \"乙\"\n{columns}")).expect("valid");
    assert_eq!(crate::files::read_with(file.path(), &mapping).titles(), ["二"]);
    let missing = Mapping::parse(&format!("sheet = \"丙\"\n{columns}")).expect("valid");
    let error = Source::open_with(file.path(), &missing).expect_err("no such sheet");
    assert!(matches!(error, Error::NoSuchSheet { .. }), "{error}");
}

#[test]
fn cells_beyond_the_header_are_refused_and_a_far_off_one_ends_the_reading() {
    let outcome = read(
        written(sheet_of(&[&["标题", "提供单位"], &["甲", "区教委", "", "旁注"], &["乙", "区教委"]])).path(),
    );
    assert_eq!(outcome.titles(), ["乙"]);
    assert_eq!(outcome.reasons(), [(2, Reason::TooManyColumns { found: 4, expected: 2 })]);

    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_row(0, 0, ["标题", "提供单位"]).expect("cells");
    sheet.write(1_048_575, 16_383, "x").expect("a cell");
    let file = written(workbook.save_to_buffer().expect("memory"));
    let error = Source::open(file.path()).expect_err("too wide").to_string();
    assert!(error.contains("1024 columns"), "{error}");
}

#[test]
fn the_same_rows_as_csv_and_as_workbook_are_the_same_entries() {
    let cells: [&[&str]; 3] =
        [&["标题", "提供单位", "更新周期"], &["甲", "区教委", "每年"], &["乙", "区教委", "每天"]];
    let csv: Vec<String> = cells.iter().map(|row| row.join(",")).collect();
    let from_csv = read(written(csv.join("\n")).path()).accepted;
    let from_sheet = read(written(sheet_of(&cells)).path()).accepted;
    assert_eq!(from_csv, from_sheet);
}
