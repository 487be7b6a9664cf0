//! A refusal fits into the headers of a reply, whatever the caller sent.

use service_kit::{Reason, Refusal, Violations};
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// What HTTP/2 peers take of headers, with room for the others.
const FITS: usize = 14 << 10;

fn size(status: &Status) -> usize {
    let response = status.clone().into_http::<tonic::body::Body>();
    response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum()
}

#[test]
fn an_id_of_a_megabyte_is_named_but_not_sent_back() {
    let mut violations = Violations::new();
    let id = "编".repeat(300_000);
    assert_eq!(violations.parse::<govshare_model::id::EntryId>("entry_id", &id), None);
    let status = Status::from(violations.finish().expect_err("refused"));
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(size(&status) < FITS, "{}", size(&status));
    let details = status.get_error_details();
    let violations = &details.bad_request().expect("violations").field_violations;
    assert_eq!(violations[0].field, "entry_id");
    assert!(violations[0].description.starts_with("not a UUID"), "{}", violations[0].description);
}

#[test]
fn everything_at_its_longest_still_fits_and_says_that_there_is_more() {
    let mut violations = Violations::new();
    for number in 0..1000 {
        violations.add(format!("items[{number}]"), "信息项不在目录条目之中".repeat(20));
    }
    let long = "理由".repeat(2000);
    let refusal = Refusal::new(Reason::FormIncomplete, "x".repeat(9000), long.clone())
        .article("26")
        .with("missing", long.clone())
        .with("others", long.clone())
        .resource("entry", long)
        .violations(violations.into_found());
    let status = Status::from(refusal);
    assert!(size(&status) < FITS, "{}", size(&status));
    let details = status.get_error_details();
    assert_eq!(details.error_info().expect("info").metadata["article"], "26");
    let found = &details.bad_request().expect("violations").field_violations;
    let last = found.last().expect("one");
    assert_eq!(last.description, format!("+{}", 1000 - (found.len() - 1)));
}

#[test]
fn a_list_of_many_faults_hides_no_other_field() {
    let mut violations = Violations::new();
    for number in 0..40 {
        violations.add(format!("keywords[{number}]"), "must not be empty");
    }
    violations.add("sharing_type", "is required");
    let refused = Status::from(violations.finish().expect_err("refused"));
    let details = refused.get_error_details();
    let found = &details.bad_request().expect("violations").field_violations;
    let fields: Vec<_> = found.iter().map(|violation| violation.field.as_str()).collect();
    assert!(fields.contains(&"keywords[0]") && fields.contains(&"sharing_type"), "{fields:?}");
    assert!(refused.message().contains("(+11)"), "{}", refused.message());
}

#[test]
fn text_that_nobody_sees_is_empty() {
    for unseen in ["\u{200b}", "\u{2060}\u{feff}", "\u{ad}", "\u{3164}", "\u{2800}", "\u{202e} \u{3000}"] {
        let mut violations = Violations::new();
        assert_eq!(violations.text("reasons", unseen, 1, 100), "");
        assert_eq!(violations.into_found()[0].field, "reasons", "{unseen:?}");
    }
    let mut violations = Violations::new();
    assert_eq!(violations.text("reasons", "\u{feff}理由 一\u{200b}", 1, 100), "理由 一");
    assert!(violations.is_empty());
}

#[test]
fn an_ordinary_refusal_is_sent_whole() {
    let refusal = Refusal::new(Reason::ReasonsMissing, "give reasons", "请写明理由").article("26(二)");
    let status = Status::from(refusal);
    assert_eq!(status.message(), "请写明理由 / give reasons");
    assert_eq!(status.get_error_details().error_info().expect("info").metadata["article"], "26(二)");
}
