//! When an agreement can be drafted, and which terms stand.

use agreement::agreement::Rejection;
use agreement::case::{Case, Matter, NamedParties, Party, Standing};
use agreement::terms::{Terms, TermsProblem};
use govshare_model::pack::{DeliveryMode, Packs};
use time::macros::date;

use crate::support::{NUMBER, case, draft, pack, parties, resource, terms, unit};

fn items(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn art26_only_a_consented_case_leads_to_an_agreement() {
    let of = |standing| draft(&Case { standing, ..case() }, &resource(&[]), &parties(), terms()).err();
    assert_eq!(of(Standing::Consented), None);
    assert_eq!(of(Standing::Agreed), Some(Rejection::AgreementExists));
    for state in ["SUBMITTED", "REFUSED", "WITHDRAWN"] {
        assert_eq!(of(Standing::WithoutConsent { state }), Some(Rejection::CaseNotConsented { state }));
    }
}

#[test]
fn a_provisional_party_is_named() {
    let provisional = |party: Party| Party { provisional: true, ..party };
    let named = parties();
    let cases = [
        (NamedParties { applicant: provisional(named.applicant.clone()), ..named.clone() }, "jiaowei"),
        (NamedParties { provider: provisional(named.provider.clone()), ..named.clone() }, "weishengju"),
        (NamedParties { info_office: provisional(named.info_office.clone()), ..named }, "info-office"),
    ];
    for (parties, name) in cases {
        let refused = draft(&case(), &resource(&[]), &parties, terms()).err();
        assert_eq!(refused, Some(Rejection::Provisional { units: vec![unit(name)] }));
    }
}

#[test]
fn all_that_is_wrong_with_the_terms_is_told_at_once() {
    let asked = Case { items: items(&["机构名称"]), ..case() };
    let bad = Terms {
        valid_from: date!(2026 - 03 - 01),
        valid_until: date!(2026 - 02 - 28),
        items: items(&["机构名称", "评价等级"]),
        ..terms()
    };
    assert_eq!(
        draft(&asked, &resource(&[]), &parties(), bad).err(),
        Some(Rejection::TermsInvalid {
            problems: vec![
                TermsProblem::EndsBeforeStart,
                TermsProblem::Over,
                TermsProblem::NotAskedFor { item: "评价等级".to_owned() },
            ]
        })
    );
}

#[test]
fn the_scope_is_never_wider_than_what_was_asked_for() {
    let today = date!(2026 - 03 - 02);
    let scope = |asked: &[&str], listed: &[&str], agreed: &[&str]| {
        let asked = Case { items: items(asked), ..case() };
        let listed = agreement::case::Resource { items: items(listed), ..resource(&[]) };
        let parties = parties();
        let matter = Matter {
            number: NUMBER,
            case: &asked,
            resource: &listed,
            parties: &parties,
            pack: pack("xicheng-2014"),
        };
        Terms { items: items(agreed), ..terms() }.problems(&matter, today)
    };
    let unknown = |item: &str| vec![TermsProblem::Unknown { item: item.to_owned() }];
    assert_eq!(scope(&[], &["甲", "乙"], &[]), vec![], "all asked for, all agreed");
    assert_eq!(scope(&[], &["甲", "乙"], &["乙"]), vec![], "less than asked for");
    assert_eq!(scope(&["甲"], &["甲", "乙"], &["甲"]), vec![]);
    assert_eq!(scope(&["甲"], &["甲", "乙"], &[]), vec![TermsProblem::WholeNotAskedFor]);
    assert_eq!(
        scope(&["甲"], &["甲", "乙"], &["乙"]),
        vec![TermsProblem::NotAskedFor { item: "乙".to_owned() }]
    );
    assert_eq!(scope(&[], &["甲", "乙"], &["丙"]), unknown("丙"));
    assert_eq!(scope(&["丙"], &["甲", "乙"], &["丙"]), unknown("丙"), "the entry never had it");
    assert_eq!(scope(&[], &[], &["丙"]), vec![], "an entry without a list of items");
}

#[test]
fn the_last_day_may_be_today_in_shanghai() {
    let until = |valid_until| {
        let terms = Terms { valid_from: date!(2026 - 01 - 01), valid_until, ..terms() };
        draft(&case(), &resource(&[]), &parties(), terms).err()
    };
    assert_eq!(until(date!(2026 - 03 - 02)), None);
    let over = Rejection::TermsInvalid { problems: vec![TermsProblem::Over] };
    assert_eq!(until(date!(2026 - 03 - 01)), Some(over));
}

#[test]
fn the_way_of_delivery_is_one_that_the_pack_knows() {
    let (case, resource, parties) = (case(), resource(&[]), parties());
    let problems = |id: &str, mode| {
        let matter =
            Matter { number: NUMBER, case: &case, resource: &resource, parties: &parties, pack: pack(id) };
        Terms { delivery_mode: Some(mode), ..terms() }.problems(&matter, date!(2026 - 03 - 02))
    };
    assert_eq!(problems("xicheng-2014", DeliveryMode::AsAgreed), vec![]);
    assert_eq!(problems("national-2025", DeliveryMode::File), vec![]);
    assert_eq!(problems("national-2025", DeliveryMode::AsAgreed), vec![TermsProblem::ModeNotAllowed]);
}

#[test]
fn what_was_asked_for_in_words_is_agreed_on_by_the_items_of_the_entry() {
    let case = Case { in_words: true, items: items(&["各园的等级"]), ..case() };
    let draft = |names: &[&str]| {
        let terms = Terms { items: items(names), ..terms() };
        draft(&case, &resource(&[]), &parties(), terms).map(drop)
    };
    assert_eq!(draft(&["评价等级"]), Ok(()));
    assert_eq!(draft(&[]), Ok(()), "the whole resource");
    assert!(matches!(draft(&["各园的等级"]), Err(Rejection::TermsInvalid { .. })));
}

#[test]
fn a_case_keeps_the_very_version_of_its_pack() {
    let packs = Packs::builtin();
    assert_eq!(case().pack(packs).map(|pack| pack.version), Ok(1));
    for unknown in ["xicheng-2014/2", "elsewhere-2030/1", "xicheng-2014", ""] {
        let case = Case { pack: unknown.to_owned(), ..case() };
        assert_eq!(case.pack(packs), Err(Rejection::PackUnknown { pack: unknown.to_owned() }), "{unknown}");
    }
    let national = Case { pack: "national-2025/1".to_owned(), ..case() };
    assert_eq!(national.pack(packs).map(|pack| pack.id.as_str()), Ok("national-2025"), "it ships");
}
