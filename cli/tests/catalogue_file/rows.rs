//! Rows of text files: what their cells become, and which are refused with which reason.

use std::collections::HashSet;
use std::io::{BufWriter, Write};

use govshare_cli::catalogue_file::{
    CatalogueRow, Encoding, Field, FormatClass, Layout, Mapping, OpenToPublic, Reason, RefusalReport,
    Refused, SharingType, Source, UpdateCycle,
};
use time::macros::date;

use crate::files::{read, read_with, written};

#[test]
fn a_full_row_is_read_into_its_fields() {
    let file = written(
        "信息资源名称,信息资源摘要,信息资源提供方,提供方代码,主题,所属行业,信息资源格式,共享类型,共享条件,共享方式,开放属性,更新周期,\
         发布日期,更新时间,关键字,信息项,关联资源代码,详情页网址,信息资源代码\n\
         人口基础信息,<p>常住人口&amp;户籍</p>,区卫生局,91350100M000100Y43,默认主题,\"农、林、牧、渔业\",\"['xls', 'api']\",有条件共享,\
         凭函,接口,无条件开放,每两年,2023年1月5日,44931.5,\"人口，户籍\",姓名、性别,A1;A2,http://a.cn/1,B7\n",
    );
    let outcome = read(file.path());
    let row = &outcome.accepted[0];
    assert_eq!((row.row, row.title.as_str(), row.abstract_.as_str()), (2, "人口基础信息", "常住人口&户籍"));
    assert_eq!((row.provider.as_str(), row.credit_code.as_deref()), ("区卫生局", Some("91350100M000100Y43")));
    assert_eq!(
        (row.themes.len(), row.industries.as_slice()),
        (0, ["农、林、牧、渔业".to_owned()].as_slice())
    );
    let classes: Vec<_> = row.formats.iter().map(|format| (format.name.as_str(), format.class)).collect();
    assert_eq!(classes, [("xls", Some(FormatClass::Spreadsheet)), ("api", Some(FormatClass::Service))]);
    assert_eq!(row.sharing_type, Some(SharingType::Conditional));
    assert_eq!((row.sharing_conditions.as_str(), row.sharing_mode.as_str()), ("凭函", "接口"));
    assert_eq!(row.open_to_public, Some(OpenToPublic::Unconditional));
    assert_eq!(row.update_cycle, Some(UpdateCycle::Words("每两年".into())));
    assert_eq!((row.issued, row.modified), (Some(date!(2023 - 01 - 05)), Some(date!(2023 - 01 - 05))));
    assert_eq!(row.keywords, ["人口", "户籍"]);
    assert_eq!(row.items.iter().map(|item| item.name.as_str()).collect::<Vec<_>>(), ["姓名", "性别"]);
    assert_eq!(row.related_codes, ["A1", "A2"]);
    assert_eq!(row.source_uri.as_deref(), Some("http://a.cn/1"));
    assert_eq!((row.resource_code.as_deref(), row.identity.as_str()), (Some("B7"), "address:http://a.cn/1"));
    assert_eq!((row.extras.len(), row.warnings.len()), (0, 0));
}

#[test]
fn openness_to_the_public_never_sets_a_sharing_type() {
    let text =
        "标题,提供单位,开放属性,开放条件\n甲,区教委,无条件开放,\n乙,区教委,是,凭身份证\n丙,区教委,否,\n";
    let rows = read(written(text).path()).accepted;
    assert!(rows.iter().all(|row| row.sharing_type.is_none()));
    let openness: Vec<_> = rows.iter().filter_map(|row| row.open_to_public).collect();
    assert_eq!(openness, [OpenToPublic::Unconditional, OpenToPublic::Conditional, OpenToPublic::No]);
    let mapping = Mapping::parse(
        "[columns]\n\"标题\" = \"title\"\n\"提供单位\" = \"provider\"\n\"开放属性\" = \"sharing_type\"",
    );
    let forced = read_with(written(text).path(), &mapping.expect("valid")).accepted;
    assert_eq!((forced[0].sharing_type, forced[0].warnings.len()), (None, 1), "not even by a wrong mapping");
}

#[test]
fn encodings_and_delimiters_are_told() {
    let text = "标题,提供单位,摘要\n人口信息,区卫生局,常住人口\n";
    let gb = |text: &str| encoding_rs::GB18030.encode(text).0.into_owned();
    let files = [
        (text.as_bytes().to_vec(), Encoding::Utf8, ','),
        ([b"\xef\xbb\xbf", text.as_bytes()].concat(), Encoding::Utf8, ','),
        (gb(text), Encoding::Gb18030, ','),
        (gb(&text.replace(',', "\t")), Encoding::Gb18030, '\t'),
        (text.replace(',', ";").replace('\n', "\r\n").into_bytes(), Encoding::Utf8, ';'),
        (text.replace('\n', "\r").into_bytes(), Encoding::Utf8, ','),
    ];
    for (bytes, encoding, delimiter) in files {
        let file = written(&bytes);
        let source = Source::open(file.path()).expect("readable");
        assert_eq!(source.layout(), Layout::Delimited { encoding, delimiter });
        assert_eq!(source.headers(), ["标题", "提供单位", "摘要"]);
        let rows = read(file.path()).accepted;
        assert_eq!((rows.len(), rows[0].title.as_str(), rows[0].row), (1, "人口信息", 2));
    }
}

#[test]
fn bytes_that_are_no_text_cost_their_row_only() {
    let good = |from: u32| (from..from + 20).map(|n| format!("人口信息{n},区卫生局\n")).collect::<String>();
    let bytes =
        ["标题,提供单位\n".as_bytes(), good(0).as_bytes(), b"\xff\xfe,x\n", good(20).as_bytes()].concat();
    let outcome = read(written(&bytes).path());
    assert_eq!((outcome.accepted.len(), outcome.refused.len()), (40, 1));
    let refused = &outcome.refused[0];
    assert_eq!(
        (refused.row, refused.column.as_deref(), &refused.reason),
        (22, Some("标题"), &Reason::Undecodable)
    );
}

#[test]
fn ragged_rows_are_refused_by_number_unless_nothing_is_lost() {
    let outcome = read(
        written("标题,提供单位,摘要\n甲,区教委,一,,\n乙,区教委\n丙\n丁,区教委,二,三\n戊,区教委,四\n").path(),
    );
    assert_eq!(outcome.titles(), ["甲", "乙", "戊"]);
    assert_eq!(
        outcome.reasons(),
        [
            (4, Reason::TooFewColumns { found: 1, expected: 3 }),
            (5, Reason::TooManyColumns { found: 4, expected: 3 }),
        ]
    );
}

#[test]
fn row_numbers_count_lines_through_breaks_and_blanks() {
    let outcome = read(
        written("标题,提供单位,摘要\n甲,区教委,\"一\n\n二\"\n\n,,\n乙,,三\n标题,提供单位,摘要\n").path(),
    );
    assert_eq!((outcome.accepted[0].row, outcome.accepted[0].abstract_.as_str()), (2, "一\n二"));
    assert_eq!(outcome.tally.blank, 2);
    assert_eq!(outcome.reasons(), [(7, Reason::Missing(Field::Provider)), (8, Reason::HeaderRepeated)]);
}

#[test]
fn missing_and_overlong_fields_are_refused() {
    let long = |characters| "字".repeat(characters);
    let text = format!(
        "标题,提供单位,摘要\n无,区教委,\n甲,-,\n{},区教委,\n{},区教委,{}\n乙,区教委,{}\n",
        long(501),
        long(500),
        long(10_000),
        long(10_001),
    );
    let outcome = read(written(&text).path());
    assert_eq!(outcome.accepted.len(), 1);
    assert_eq!(
        outcome.reasons(),
        [
            (2, Reason::Missing(Field::Title)),
            (3, Reason::Missing(Field::Provider)),
            (4, Reason::TooLong { field: Field::Title, characters: 501, limit: 500 }),
            (6, Reason::TooLong { field: Field::Abstract, characters: 10_001, limit: 10_000 }),
        ]
    );
    assert!(outcome.refused.iter().all(|refused| refused.value.chars().count() <= 101));
}

#[test]
fn a_value_that_its_field_cannot_take_is_kept_beside_the_row() {
    let text = "标题,提供单位,发布日期,更新周期\n甲,区教委,2023-02-30,每半年\n乙,区教委,2023/1/5,/\n";
    let rows = read(written(text).path()).accepted;
    assert_eq!((rows[0].issued, rows[0].extras["发布日期"].as_str()), (None, "2023-02-30"));
    assert_eq!(
        (rows[0].warnings[0].field, rows[0].warnings[0].column.as_str()),
        (Some(Field::Issued), "发布日期")
    );
    assert_eq!((&rows[0].update_cycle, &rows[1].update_cycle), (&Some(UpdateCycle::HalfYearly), &None));
    assert_eq!((rows[1].issued, rows[1].warnings.len()), (Some(date!(2023 - 01 - 05)), 0));
}

#[test]
fn identity_survives_other_orders_and_digests_follow_the_content() {
    let first =
        read(written("标题,提供单位,摘要,浏览量\n甲,区教委,一,1\n甲,区教委,二,1\n乙,区教委,三,1\n").path())
            .accepted;
    let later = read(
        written(
            "标题,提供单位,摘要,浏览量\n乙,区教委,三,9\n丙,区教委,四,1\n甲,区教委,一,1\n甲,区教委,改,1\n",
        )
        .path(),
    )
    .accepted;
    let ids = |rows: &[usize], of: &[CatalogueRow]| -> Vec<(String, String)> {
        rows.iter().map(|&at| (of[at].identity.clone(), of[at].content_digest.clone())).collect()
    };
    let (before, after) = (ids(&[0, 1, 2], &first), ids(&[2, 3, 0], &later));
    assert!(before.iter().zip(&after).all(|(before, after)| before.0 == after.0), "the same rows");
    let changed: Vec<bool> = before.iter().zip(&after).map(|(before, after)| before.1 != after.1).collect();
    assert_eq!(changed, [false, true, false], "an extra's change is no change of the entry");
    assert_eq!(first.iter().map(|row| &row.identity).collect::<HashSet<_>>().len(), 3);
}

#[test]
fn a_row_keeps_its_identity_when_a_refused_one_before_it_is_mended() {
    let read = |first: &str| {
        let file = written(format!("资源名称,资源提供方,资源摘要\n{first}\n名单,区教委,小学\n"));
        read(file.path())
    };
    let (refused, mended) = (read("名单,区教委,中学,多出一格"), read("名单,区教委,中学"));
    assert_eq!((refused.accepted.len(), mended.accepted.len()), (1, 2));
    assert_eq!(refused.accepted[0].identity, mended.accepted[1].identity);
    assert_ne!(refused.accepted[0].identity, mended.accepted[0].identity);
}

#[test]
fn rows_without_address_that_repeat_another_in_every_field_are_told() {
    let text = "标题,提供单位,摘要\n甲,区教委,一\n甲,区教委,二\n甲,区教委,一\n";
    let outcome = read(written(text).path());
    assert_eq!(outcome.reasons(), [(4, Reason::Duplicate { first: 2 })]);
    assert_eq!((outcome.tally.accepted, outcome.tally.duplicates), (2, 1));
}

#[test]
fn a_source_address_stands_for_one_row() {
    let text =
        "标题,提供单位,网址\n甲,区教委,http://a.cn/1\n乙,区教委,http://a.cn/1\n甲,区教委,http://a.cn/1\n";
    let outcome = read(written(text).path());
    assert_eq!(
        outcome.reasons(),
        [(3, Reason::SameSource { first: 2 }), (4, Reason::Duplicate { first: 2 })]
    );
    assert_eq!((outcome.tally.accepted, outcome.tally.refused, outcome.tally.duplicates), (1, 1, 1));
}

#[test]
fn what_is_no_catalogue_is_refused_with_advice() {
    let files: [(&[u8], &str); 7] = [
        (b"", "no row with text"),
        (b"\xef\xbb\xbf \n,,\n", "no row with text"),
        (b"<html><table><tr><td>x</td></tr></table>", "HTML"),
        (b"\xff\xfeh\0i\0", "UTF-16"),
        (b"%PDF-1.7\n1 0 obj", "PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary data"),
        (b"PK\x03\x04 no archive", "cannot be read"),
    ];
    for (bytes, words) in files {
        let error = Source::open(written(bytes).path()).expect_err(words).to_string();
        assert!(error.contains(words), "{error}");
    }
    let wide = format!("标题,提供单位{}\n甲,区教委\n", ",列".repeat(1_100));
    let error = Source::open(written(wide).path()).expect_err("too wide").to_string();
    assert!(error.contains("row 1") && error.contains("1024 columns"), "{error}");
    let file = written(b"PK\x03\x04");
    file.as_file().set_len((32 << 20) + 1).expect("a sparse file");
    let error = Source::open(file.path()).expect_err("too large").to_string();
    assert!(error.contains("32 MiB") && error.contains("CSV"), "{error}");
}

#[test]
fn a_large_file_is_read_row_by_row_and_a_ragged_row_near_its_end_is_refused_with_its_line() {
    ragged_near_its_end(2 << 20);
}

#[test]
#[ignore = "long; see `make test-long`"]
fn so_is_one_of_100_mb() {
    ragged_near_its_end(100 << 20);
}

fn ragged_near_its_end(bytes: usize) {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    let mut text = BufWriter::new(&mut file);
    text.write_all("标题,提供单位,摘要\n".as_bytes()).expect("disk");
    let summary = "一".repeat(3_000);
    let rows = bytes / summary.len() + 1;
    for row in 0..rows {
        let end = if row + 2 == rows { ",多出的一格,又一格" } else { "" };
        writeln!(text, "第{row}号名录,区教委,{summary}{end}").expect("disk");
    }
    text.flush().expect("disk");
    drop(text);
    assert!(file.as_file().metadata().expect("a file").len() > bytes as u64);
    let outcome = read(file.path());
    let refused: Vec<_> = outcome.refused.iter().map(|refused| refused.row).collect();
    assert_eq!((outcome.tally.accepted, refused), (rows as u64 - 1, vec![rows as u64]));
}

#[test]
fn the_report_names_row_column_reason_and_value() {
    let outcome = read(written("标题,提供单位\n=1+1,\n-,区教委\n").path());
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("refused.csv");
    let mut report = RefusalReport::create(&path).expect("a new file");
    let formula = Refused { value: "=1+1".into(), ..outcome.refused[0].clone() };
    for refused in outcome.refused.iter().chain([&formula]) {
        report.add(refused).expect("disk");
    }
    report.finish().expect("disk");
    let text = std::fs::read_to_string(path).expect("written");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "\u{feff}行 row,列 column,原因,reason,值 value",
            "2,提供单位,缺少信息资源提供方,the provider is missing,",
            "3,标题,缺少信息资源名称,the title is missing,",
            "2,提供单位,缺少信息资源提供方,the provider is missing,'=1+1",
        ]
    );
}
