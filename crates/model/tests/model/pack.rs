//! The pack that ships, a second one that must fit, and what a pack or a list of packs refuses.

use govshare_model::calendar::Calendar;
use govshare_model::pack::{
    ApplicationField, ClockEnd, DueAt, Duplicates, Ground, InForce, Overdue, Pack, PackError, Packs,
    PacksContradiction, PacksError, Party, Problem, Receipt, SharingClass,
};
use time::Date;
use time::macros::date;

const XICHENG: &str = include_str!("../../data/packs/xicheng-2014.toml");
const NATIONAL: &str = include_str!("../../data/packs/national-2025.toml");

fn xicheng() -> Pack {
    Pack::from_toml(XICHENG).expect("xicheng-2014")
}

fn national() -> Pack {
    Pack::from_toml(NATIONAL).expect("national-2025")
}

/// `(key, problem)` of every contradiction, after the replacements were made in the pack's text.
fn contradictions(text: &str, changes: &[(&str, &str)]) -> Vec<(String, Problem)> {
    match Pack::from_toml(&changed(text, changes)) {
        Err(PackError::Contradictions(found)) => {
            found.into_iter().map(|one| (one.key, one.problem)).collect()
        }
        other => panic!("contradictions expected, got {other:?}"),
    }
}

fn changed(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old} is not in the pack");
        text.replacen(old, new, 1)
    })
}

fn answer_days(pack: &Pack, class: SharingClass) -> Option<u16> {
    pack.class(class)?.answer_working_days.as_ref().map(|days| days.value)
}

#[test]
fn xicheng_says_what_the_text_of_2014_says() {
    let pack = Packs::builtin().in_force(date!(2014 - 08 - 01)).expect("in force");
    assert_eq!((pack.id.as_str(), pack.version), ("xicheng-2014", 1));
    let class = pack.class(SharingClass::OnApplication).expect("a class");
    let answer = class.answer_working_days.as_ref().expect("a clock");
    assert_eq!((answer.value, answer.article.within_its_text(), &answer.interpretation), (15, "26", &None));
    assert_eq!(class.title.zh, "依申请共享");
    assert_eq!(pack.class(SharingClass::Active).expect("a class").title.zh, "主动共享");
    assert_eq!(answer_days(pack, SharingClass::Active), None);
    assert_eq!(pack.class(SharingClass::NotShared), None);
    assert_eq!((pack.clock.supplements.value, pack.clock.extension_working_days.value), (0, 0));
    assert!(pack.refusal.reasons_required.value);
    assert_eq!(pack.refusal.copies_to.value, [Party::Applicant, Party::InfoOffice]);
    assert!(pack.four_eyes.secrecy_review.value && pack.four_eyes.answer.value);
    let grounds = [Ground::StateSecret, Ground::TradeSecret, Ground::Privacy, Ground::Sensitive];
    assert_eq!(pack.confidentiality.grounds.value, grounds);
    assert_eq!(pack.confidentiality.grounds.article.within_its_text(), "31");
    assert_eq!(pack.evaluation.district_per_year.value, 1);
}

#[test]
fn xicheng_shows_each_choice_made_where_the_text_is_silent() {
    let pack = xicheng();
    assert_eq!(pack.clock.receipt.value, Receipt::CommitIntoInbox);
    assert_eq!(pack.clock.due.value, DueAt::EndOfLastWorkingDay);
    assert_eq!(pack.clock.ends_at.value, ClockEnd::WrittenAnswer);
    assert_eq!(pack.clock.overdue.value, Overdue::Shown);
    let provisions = pack.provisions();
    let chosen: Vec<&str> = provisions
        .iter()
        .filter(|provision| provision.interpretation.is_some())
        .map(|provision| provision.key.as_str())
        .collect();
    let expected = [
        "entry.required",
        "entry.not_shared_basis_required",
        "entry.authority_review",
        "restriction.filed_first",
        "collection.duplicates",
        "application.required",
        "clock.receipt",
        "clock.due",
        "clock.ends_at",
        "clock.overdue",
        "clock.supplements",
        "clock.extension_working_days",
        "clock.outright_refusal_when_incomplete",
        "answer.extra_conditions_allowed",
        "four_eyes.secrecy_review",
        "four_eyes.application",
        "four_eyes.answer",
        "confidentiality.kept_off",
        "confidentiality.excludes_active",
        "agreement.suspension_term_required",
        "agreement.termination_filed",
        "agreement.duties_after_end",
        "agreement.disposal_days",
        "delivery.modes",
        "usage.record_required",
        "retention.years",
    ];
    assert_eq!(chosen, expected);
}

#[test]
fn a_provision_shows_its_value_as_the_file_has_it() {
    let pack = xicheng();
    let provisions = pack.provisions();
    let value = |key: &str| {
        provisions.iter().find(|one| one.key == key).map(|one| one.value.as_str()).expect("the provision")
    };
    assert_eq!(value("classes.on_application.answer_working_days"), "15");
    assert_eq!(value("refusal.reasons_required"), "true");
    assert_eq!(value("collection.duplicates"), "\"warn\"");
    assert_eq!(value("refusal.copies_to"), "[\"applicant\", \"info-office\"]");
}

#[test]
fn a_second_text_fits_the_same_pack() {
    let pack = national();
    assert_eq!(answer_days(&pack, SharingClass::Active), Some(1));
    assert_eq!(answer_days(&pack, SharingClass::OnApplication), Some(10));
    assert_eq!(pack.class(SharingClass::NotShared).expect("a class").title.zh, "不予共享");
    assert_eq!((pack.clock.supplements.value, pack.clock.extension_working_days.value), (1, 10));
    assert!(pack.four_eyes.application.value);
    assert_eq!(pack.confidentiality.kept_off.value, [Ground::StateSecret, Ground::WorkSecret]);
    assert!(pack.application.required.value.contains(&ApplicationField::Mode));
}

#[test]
fn the_pack_and_the_calendar_give_the_day_of_the_answer() {
    let received = date!(2026 - 02 - 10);
    let pack = Packs::builtin().in_force(received).expect("in force");
    let days = answer_days(pack, SharingClass::OnApplication).expect("a clock");
    let due = Calendar::builtin().add_working_days(received, days);
    assert_eq!(due.date, date!(2026 - 03 - 09));
}

#[test]
fn every_contradiction_in_a_pack_is_reported_at_once_under_its_key() {
    let changes = [
        ("id = \"xicheng-2014\"", "id = \"Xicheng 2014\""),
        ("version = 1", "version = 0"),
        ("number = \"西政办发〔2014〕14号\"", "number = ' '"),
        ("en = \"active sharing\"", "en = ''"),
        ("article = \"24(2)\"", "article = \"art. 24\""),
        ("value = 15", "value = 0"),
        ("\"purpose\", \"basis\"", "\"purpose\", \"purpose\""),
        ("zh = \"答复期限于最后一个工作日的二十四时届满。\"", "zh = ''"),
        (
            "reasons_required = { value = true, article = \"26(2)\" }",
            "reasons_required = { value = false, article = \"26(0)\" }",
        ),
        ("[\"provider\", \"applicant\"]", "[]"),
        ("district_per_year = { value = 1", "district_per_year = { value = 0"),
        ("[feedback]", "[feedback]\nanswer_working_days = { value = 0, article = \"28\" }"),
        ("value = [\"interface\", \"batch\", \"file\", \"as-agreed\"]", "value = []"),
        ("code = \"inaction\"", "code = \"breach\""),
        ("value = 10\narticle = \"11\"", "value = 0\narticle = \"11\""),
    ];
    let expected = [
        ("id", Problem::NotASlug),
        ("version", Problem::Zero),
        ("number", Problem::Empty),
        ("classes.active.title.en", Problem::Empty),
        ("classes.on_application.article", Problem::NotAnArticle),
        ("classes.on_application.answer_working_days", Problem::Zero),
        ("application.required", Problem::NamedTwice),
        ("clock.due.interpretation.zh", Problem::Empty),
        ("refusal.reasons_required.article", Problem::NotAnArticle),
        ("refusal.copies_to", Problem::CopiesWithoutReasons),
        ("confidentiality.signed_by", Problem::Empty),
        ("evaluation.district_per_year", Problem::Zero),
        ("feedback.answer_working_days", Problem::Zero),
        ("delivery.modes", Problem::Empty),
        ("violations.kinds[1].code", Problem::NamedTwice),
        ("retention.years", Problem::Zero),
    ];
    let found = contradictions(XICHENG, &changes);
    for (key, problem) in expected {
        assert!(found.contains(&(key.to_owned(), problem)), "{key} {problem} missing in {found:?}");
    }
    assert_eq!(found.len(), expected.len(), "{found:?}");
}

#[test]
fn a_class_has_a_clock_exactly_if_it_is_applied_for() {
    let no_clock = [("answer_working_days = { value = 15, article = \"26\" }", "")];
    let key = "classes.on_application.answer_working_days".to_owned();
    assert_eq!(contradictions(XICHENG, &no_clock), [(key, Problem::ApplicationWithoutClock)]);

    let not_shared = "title = { zh = \"不予共享\", en = \"not shared\" }";
    let clocked = format!("{not_shared}\nanswer_working_days = {{ value = 1, article = \"21\" }}");
    let key = "classes.not_shared.answer_working_days".to_owned();
    let found = contradictions(NATIONAL, &[(not_shared, &clocked)]);
    assert_eq!(found, [(key, Problem::ClockWithoutApplication)]);
}

#[test]
fn terms_and_flags_that_need_each_other_stand_together() {
    let review = "authority_review = { value = true, article = \"16\" }";
    let no_review = review.replace("true", "false");
    let found = contradictions(NATIONAL, &[(review, &no_review)]);
    let key = "entry.authority_review_working_days".to_owned();
    assert_eq!(found, [(key, Problem::TermWithoutStep)]);

    let found = contradictions(NATIONAL, &[("change_working_days = { value = 10, article = \"17\" }", "")]);
    let key = "entry.change_extension_working_days".to_owned();
    assert_eq!(found, [(key, Problem::ExtendsNothing)]);

    let found = contradictions(NATIONAL, &[("supplements = { value = 1", "supplements = { value = 0")]);
    let key = "clock.outright_refusal_when_incomplete".to_owned();
    assert_eq!(found, [(key, Problem::NoSupplement)]);
}

#[test]
fn what_the_platform_does_in_one_way_only_a_pack_cannot_ask_for_in_another() {
    let changes = [
        ("[\"provider\", \"applicant\"]", "[\"provider\", \"info-office\"]"),
        ("[confidentiality.kept_off]\nvalue = [\"state-secret\"]", "[confidentiality.kept_off]\nvalue = []"),
        ("[\"applicant\", \"info-office\"]", "[\"info-office\", \"provider\"]"),
        ("[four_eyes.secrecy_review]\nvalue = true", "[four_eyes.secrecy_review]\nvalue = false"),
        ("[agreement.disposal_days]\nvalue = 30", "[agreement.disposal_days]\nvalue = 366"),
    ];
    let expected = [
        ("agreement.disposal_days", Problem::NotWithinAYear),
        ("confidentiality.signed_by", Problem::NotSupported),
        ("confidentiality.kept_off", Problem::NotSupported),
        ("refusal.copies_to", Problem::NotSupported),
        ("four_eyes.secrecy_review", Problem::NotSupported),
    ];
    assert_eq!(contradictions(XICHENG, &changes), expected.map(|(key, problem)| (key.to_owned(), problem)));
    let basis = "not_shared_basis_required = { value = true";
    let found = contradictions(NATIONAL, &[(basis, "not_shared_basis_required = { value = false")]);
    assert_eq!(found, [("entry.not_shared_basis_required".to_owned(), Problem::NotSupported)]);
}

#[test]
fn an_article_of_another_text_than_that_of_2014_names_its_text() {
    let (district, decree) = (xicheng(), national());
    assert_eq!(district.cite(&district.evaluation.aspects.article), "32");
    assert_eq!(decree.cite(&decree.usage.record_required.article), "国务院令第809号 art. 29");
    let own = Pack { id: "own".to_owned(), version: 7, ..district.clone() };
    assert_eq!(own.cite(&own.unit.section_required.article), "13", "it is the same text");
}

#[test]
fn the_decree_says_what_its_table_says() {
    let pack = national();
    let days = |days: &Option<govshare_model::pack::Provision<u16>>| days.as_ref().map(|days| days.value);
    assert_eq!(days(&pack.entry.change_working_days), Some(10));
    assert_eq!(days(&pack.entry.change_extension_working_days), Some(5));
    assert_eq!(days(&pack.entry.authority_review_working_days), Some(2));
    assert_eq!(days(&pack.delivery.working_days), Some(20));
    assert_eq!(days(&pack.feedback.answer_working_days), Some(10));
    assert_eq!(pack.retention.years.value, 3);
    assert!(pack.entry.authority_review.value && pack.usage.record_required.value);
    assert_eq!(pack.collection.duplicates.value, Duplicates::Refuse);
    assert!(!pack.answer.extra_conditions_allowed.value);
    assert_eq!(xicheng().collection.duplicates.value, Duplicates::Warn);
    assert_eq!(days(&xicheng().feedback.answer_working_days), None);
}

#[test]
fn what_is_not_a_pack_is_refused_with_the_key_or_value() {
    let cases = [
        ("version = 1", "version = 1\ncolour = 1", "colour"),
        ("value = 15,", "value = 15, days = 15,", "days"),
        ("[evaluation]\n", "[evaluation]\nunit_per_year = 1\n", "unit_per_year"),
        ("value = \"shown\"", "value = \"consent\"", "consent"),
        ("\"info-office\"", "\"archives\"", "archives"),
        ("value = 15", "value = -15", "-15"),
        ("district_per_year = { value = 1, article = \"32\" }", "", "district_per_year"),
        ("en = \"sharing on application\"", "", "en"),
    ];
    for (old, new, named) in cases {
        match Pack::from_toml(&changed(XICHENG, &[(old, new)])) {
            Err(PackError::Malformed(error)) => assert!(error.to_string().contains(named), "{error}"),
            other => panic!("{new}: {other:?}"),
        }
    }
}

fn in_force(pack: Pack, from: Date, until: Option<Date>) -> InForce {
    InForce { pack, from, until }
}

fn id_on(packs: &Packs, date: Date) -> Option<&str> {
    packs.in_force(date).map(|pack| pack.id.as_str())
}

#[test]
fn the_default_is_xicheng_from_its_first_day_on() {
    let packs = Packs::builtin();
    assert_eq!(id_on(packs, date!(2014 - 07 - 31)), None);
    assert_eq!(id_on(packs, date!(2014 - 08 - 01)), Some("xicheng-2014"));
    assert_eq!(id_on(packs, date!(2099 - 12 - 31)), Some("xicheng-2014"));
    assert_eq!(packs.get("xicheng-2014", 1), packs.in_force(date!(2020 - 01 - 01)));
    assert_eq!(packs.get("xicheng-2014", 2), None);
}

#[test]
fn each_pack_is_in_force_on_its_own_days_and_kept_for_its_cases() {
    let packs = Packs::new(vec![
        in_force(national(), date!(2025 - 08 - 01), None),
        in_force(xicheng(), date!(2014 - 08 - 01), Some(date!(2025 - 06 - 30))),
    ])
    .expect("no overlap");
    assert_eq!(id_on(&packs, date!(2025 - 06 - 30)), Some("xicheng-2014"));
    assert_eq!(id_on(&packs, date!(2025 - 07 - 01)), None);
    assert_eq!(id_on(&packs, date!(2025 - 08 - 01)), Some("national-2025"));
    assert_eq!(packs.get("xicheng-2014", 1).map(|pack| pack.version), Some(1));
}

#[test]
fn packs_that_overlap_or_end_before_they_start_are_refused_together() {
    let Err(PacksError(found)) = Packs::new(vec![
        in_force(xicheng(), date!(2014 - 08 - 01), Some(date!(2025 - 08 - 01))),
        in_force(national(), date!(2025 - 08 - 01), None),
        in_force(xicheng(), date!(2027 - 01 - 01), Some(date!(2026 - 01 - 01))),
    ]) else {
        panic!("contradictions expected");
    };
    let (xicheng, national) = ("xicheng-2014 version 1".to_owned(), "national-2025 version 1".to_owned());
    let overlap = |earlier: &str, later: &str, on| PacksContradiction::Overlap {
        earlier: earlier.to_owned(),
        later: later.to_owned(),
        on,
    };
    let expected = [
        overlap(&xicheng, &national, date!(2025 - 08 - 01)),
        overlap(&national, &xicheng, date!(2027 - 01 - 01)),
        PacksContradiction::EndBeforeStart {
            pack: xicheng.clone(),
            from: date!(2027 - 01 - 01),
            until: date!(2026 - 01 - 01),
        },
        PacksContradiction::ListedTwice { pack: xicheng.clone() },
    ];
    for one in &expected {
        assert!(found.contains(one), "{one} missing in {found:?}");
    }
    assert_eq!(found.len(), expected.len(), "{found:?}");
}
