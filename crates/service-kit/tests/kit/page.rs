//! Page tokens belong to their filters and carry the key.

use govshare_proto::access_request::v1::ListAccessRequestsRequest;
use service_kit::page::{Moment, Page};
use service_kit::{Reason, Refusal, Violations};

fn filters(applicant: &str) -> ListAccessRequestsRequest {
    ListAccessRequestsRequest { applicant_unit_id: applicant.to_owned(), ..Default::default() }
}

fn parse(size: i32, token: &str, filters: &ListAccessRequestsRequest) -> Result<Page<u64>, Refusal> {
    let mut violations = Violations::new();
    let page = Page::parse(size, token, 50, 1000, filters, &mut violations);
    violations.finish()?;
    Ok(page)
}

#[test]
fn a_page_is_cut_and_its_token_continues_after_its_last_row() {
    let page = parse(2, "", &filters("a")).expect("a first page");
    let (rows, token) = page.cut(vec![5, 6, 7], |row| *row, |row| row);
    assert_eq!(rows, [5, 6]);
    let next = parse(2, &token, &filters("a")).expect("a next page");
    assert_eq!(next.after, Some(6));
    assert_eq!(next.cut(vec![7], |row| *row, |row| row), (vec![7], String::new()));
}

#[test]
fn rows_that_would_not_fit_into_one_reply_come_on_the_next_page() {
    let page = parse(4, "", &filters("a")).expect("a first page");
    let long = |row: u64| "x".repeat(if row == 9 { 5 << 20 } else { 1 << 20 });
    let (rows, token) = page.cut(vec![5, 6, 7, 8, 9], |row| *row, long);
    assert_eq!(rows.len(), 2, "the third would make more than 3 MiB");
    let next = parse(4, &token, &filters("a")).expect("a next page");
    assert_eq!(next.after, Some(6));
    let (rows, token) = next.cut(vec![9], |row| *row, long);
    assert_eq!((rows.len(), token.as_str()), (1, ""), "one is always given");
}

#[test]
fn a_token_for_other_filters_or_of_another_make_is_refused() {
    let page = parse(1, "", &filters("a")).expect("a first page");
    let (_, token) = page.cut(vec![5, 6], |row| *row, |row| row);
    for (token, filters) in
        [(token.as_str(), filters("b")), ("not a token", filters("a")), ("AAAA", filters("a"))]
    {
        let refused = parse(1, token, &filters).expect_err(token);
        assert_eq!(refused.reason(), Reason::PageTokenInvalid);
    }
}

#[test]
fn a_bad_token_hides_no_other_fault() {
    let mut violations = Violations::new();
    let page: Page<u64> = Page::parse(-1, "not a token", 50, 1000, &filters("a"), &mut violations);
    assert_eq!(page.after, None);
    let fields: Vec<_> = violations.into_found().into_iter().map(|violation| violation.field).collect();
    assert_eq!(fields, ["page_size", "page_token"]);
}

#[test]
fn a_moment_that_the_database_could_not_hold_is_no_key() {
    let mut violations = Violations::new();
    let none = filters("a");
    let page: Page<i64> = Page::parse(1, "", 50, 1000, &none, &mut violations);
    let read = |token: String| -> Option<Moment> {
        Page::parse(1, &token, 50, 1000, &none, &mut Violations::new()).after
    };
    assert_eq!(read(page.token(&-377_705_116_800_000_000)), None);
    assert!(read(page.token(&1_700_000_000_000_000)).is_some());
}

#[test]
fn sizes_are_defaulted_cut_and_checked() {
    let size = |wanted| parse(wanted, "", &filters("a")).map(|page| page.size);
    assert_eq!(size(0).expect("default"), 50);
    assert_eq!(size(5000).expect("cut"), 1000);
    assert_eq!(size(-1).expect_err("negative").reason(), Reason::FieldInvalid);
}
