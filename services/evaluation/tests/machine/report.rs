//! The report (art. 32): the same evaluation gives the same bytes, and everything of it can be found in each form.

use evaluation::indicators::Indicator::*;
use evaluation::yearly_evaluation::report::{Format, render};

use crate::yearly::{computed, ledger};

#[test]
fn every_form_names_the_units_and_what_they_were_computed_from_and_is_reproducible() {
    let account = ledger(&[
        (
            "jiaowei",
            &[(1, RequestsReceived, 3), (1, AnsweredInTime, 2), (2, Overdue, 1), (2, DeliveriesGiven, 4)],
        ),
        ("weishengju", &[(5, AnsweredInTime, 1)]),
        ("quiet", &[]),
    ]);
    let found = computed(&account);
    for format in [Format::Html, Format::Xlsx, Format::Json] {
        let rendered = render(&found, format).expect("rendered");
        let again = render(&found, format).expect("rendered");
        assert_eq!(rendered.content, again.content, "{format:?}");
        assert!(rendered.file_name.starts_with("evaluation-2026."));
    }
    for format in [Format::Html, Format::Json] {
        let text = String::from_utf8(render(&found, format).expect("rendered").content).expect("UTF-8");
        for expected in ["区jiaowei", "区weishengju", &found.computation.digest] {
            assert!(text.contains(expected), "{format:?} has no {expected}");
        }
    }
}

#[test]
fn the_page_needs_nothing_from_outside_and_takes_names_as_text() {
    let mut account = ledger(&[("jiaowei", &[(1, AnsweredInTime, 2)])]);
    account.names.insert("jiaowei".parse().expect("a unit"), "<script>教委 & 局".to_owned());
    let page = render(&computed(&account), Format::Html).expect("rendered").content;
    let page = String::from_utf8(page).expect("UTF-8");
    assert!(page.contains("&lt;script&gt;教委 &amp; 局") && !page.contains("<script"));
    for outside in ["http://", "https://", "<link", "<img", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
}
