//! Whatever the bytes: no panic, and every row comes out once.

use govshare_cli::catalogue_file::{Source, propose};
use proptest::prelude::*;

use crate::files::{rows, written};
use crate::spreadsheets::guideline_workbook;

/// Opens and reads; the sum of the tally is checked on the way.
fn read_anything(bytes: &[u8]) {
    let file = written(bytes);
    let Ok(source) = Source::open(file.path()) else { return };
    let mapping = propose(&source).mapping();
    if source.rows(&mapping).is_ok() {
        rows(&source, &mapping);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read_anything(&bytes);
    }

    #[test]
    fn any_text_below_a_header_is_read_or_refused(text in "(\\PC|[,;\"\n\r\t<>&#无-]){0,120}") {
        read_anything(format!("标题,提供单位,摘要,发布日期,数据格式,信息项,网址\n{text}").as_bytes());
    }

    #[test]
    fn a_damaged_workbook_is_read_or_refused(at in 0_usize..20_000, byte: u8, cut in 0_usize..40_000) {
        let mut bytes = guideline_workbook();
        let length = bytes.len();
        bytes[at % length] = byte;
        bytes.truncate(cut.max(1));
        read_anything(&bytes);
    }

    #[test]
    fn each_written_row_is_accepted_refused_or_blank(
        cells in prop::collection::vec(("[甲乙丁 无\n\",]{0,3}", "[甲乙丁-]{0,2}", "[甲乙丁<>\"\n]{0,4}"), 0..20)
    ) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["标题", "提供单位", "摘要"]).expect("memory");
        for (title, provider, summary) in &cells {
            writer.write_record([title, provider, summary]).expect("memory");
        }
        let file = written(writer.into_inner().expect("memory"));
        let source = Source::open(file.path()).expect("a header");
        let outcome = rows(&source, &propose(&source).mapping());
        prop_assert_eq!(outcome.tally.rows, cells.len() as u64);
        let blank = cells.iter().filter(|(a, b, c)| [a, b, c].iter().all(|cell| cell.trim().is_empty())).count() as u64;
        prop_assert_eq!(outcome.tally.blank, blank);
        let says = |cell: &str| !matches!(cell.trim(), "" | "无" | "-" | "--");
        let whole = cells.iter().filter(|(title, provider, _)| says(title) && says(provider)).count() as u64;
        prop_assert_eq!(outcome.tally.accepted + outcome.tally.duplicates, whole);
    }
}
