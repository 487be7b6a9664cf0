//! What depends on the pack that a case was received under.

use access_request::access_request::{
    AccessRequest, AnswerKind, Asked, Form, Outcome, Rejection, Resource, Wording, Wrong,
};
use govshare_model::Actor;
use govshare_model::calendar::{Calendar, HolidayYear};
use govshare_model::pack::{DeliveryMode, Pack, SharingClass};
use time::Duration;
use time::macros::{date, datetime};

use crate::support::*;

const ARTICLE: &str = "国务院令第809号 art. 21";

fn names() -> (String, String) {
    ("national-2025".to_owned(), ARTICLE.to_owned())
}

#[test]
fn xicheng_2014_knows_neither_supplement_nor_extension_and_says_so_with_its_article() {
    let supplement = submitted().request_supplement(vec![words()], pack(), &wang(), NOW);
    let (pack_id, article) = ("xicheng-2014".to_owned(), "26".to_owned());
    let refused =
        Rejection::SupplementNotAllowed { pack: pack_id.clone(), article: article.clone(), times: 0 };
    assert_eq!(supplement, Err(refused));
    let extension = submitted().request_extension(5, words(), pack(), &wang(), NOW);
    assert_eq!(extension, Err(Rejection::ExtensionNotAllowed { pack: pack_id, article, days: 0 }));
}

#[test]
fn a_supplement_is_asked_for_once_and_the_complete_application_is_received_anew() {
    let incomplete = supplement_requested();
    let late = NOW + Duration::days(60);
    assert_eq!(incomplete.clone().mark_overdue(late), Err(Rejection::NotOverdue), "the clock rests");
    let later = datetime!(2026-03-03 2:00 UTC);
    let supplement = |form: Form| {
        let (resource, by) = (resource(), asking());
        incomplete.clone().supplement(form, words(), Some(&resource), national(), calendar(), &by, later)
    };
    assert!(matches!(supplement(Form::default()), Err(Rejection::FormFaulty { .. })));
    let complete = done(supplement(form()));
    let receipt = complete.state.receipt().expect("received");
    assert_eq!((complete.state.name(), receipt.clock.due), ("SUBMITTED", date!(2026 - 03 - 17)));
    assert_eq!(receipt.at, NOW, "the receipt stays");
    let [met] = complete.file.supplements.as_slice() else { panic!("one supplement") };
    assert_eq!(met.notice.earlier_due, date!(2026 - 03 - 02));
    let again = complete.request_supplement(vec![words()], national(), &wang(), later);
    let (pack, article) = names();
    assert_eq!(again, Err(Rejection::SupplementNotAllowed { pack, article, times: 1 }));
    let overdue = submitted_under(national()).request_supplement(vec![words()], national(), &wang(), late);
    assert_eq!(overdue, Err(Rejection::LastDayPassed));
}

#[test]
fn an_extension_moves_the_last_day_once_with_the_info_offices_consent() {
    let ask =
        |days, now| submitted_under(national()).request_extension(days, words(), national(), &wang(), now);
    let article = ARTICLE.to_owned();
    assert_eq!(ask(11, NOW), Err(Rejection::ExtensionTooLong { days: 10, article }));
    assert_eq!(ask(10, NOW + Duration::days(60)), Err(Rejection::LastDayPassed));
    let asked = done(ask(10, NOW));
    assert_eq!(asked.state.receipt().expect("received").clock.due, date!(2026 - 03 - 02));
    let decide = |request: AccessRequest, granted| {
        request.decide_extension(granted, words(), calendar(), &office(), NOW)
    };
    assert_eq!(decide(submitted(), true), Err(Rejection::ExtensionNotAsked));
    let granted = done(decide(asked.clone(), true));
    assert_eq!(granted.state.receipt().expect("received").clock.due, date!(2026 - 03 - 16));
    assert_eq!(decide(granted.clone(), true), Err(Rejection::ExtensionNotAsked));
    let again = granted.request_extension(1, words(), national(), &wang(), NOW);
    let (pack, article) = names();
    assert_eq!(again, Err(Rejection::ExtensionNotAllowed { pack, article, days: 10 }));
    let refused = done(decide(asked, false));
    assert_eq!(refused.state.receipt().expect("received").clock.due, date!(2026 - 03 - 02));
}

#[test]
fn national_2025_takes_applications_for_unconditional_resources_within_one_working_day() {
    let active = Resource { class: SharingClass::Active, ..resource() };
    let submit = |pack| draft().submit(&active, pack, calendar(), &asking(), NOW);
    assert_eq!(submit(pack()), Err(Rejection::SharedActively));
    let received = done(submit(national()));
    assert_eq!(received.state.receipt().expect("received").clock.due, date!(2026 - 02 - 11));
}

/// The one fault of a form.
fn fault(rejection: Rejection) -> (&'static str, Wrong) {
    let Rejection::FormFaulty { faults, .. } = rejection else { panic!("{rejection:?}") };
    let [fault] = faults.try_into().expect("one fault");
    (fault.field, fault.wrong)
}

#[test]
fn national_2025_wants_the_mode_an_approver_and_no_further_conditions() {
    let submit = |form: Form, by: &Actor| {
        AccessRequest { form, ..draft() }.submit(&resource(), national(), calendar(), by, NOW).map(drop)
    };
    let words_only = Form { mode: None, delivery: "文件".to_owned(), ..form() };
    let incomplete = submit(words_only, &asking()).expect_err("no mode");
    assert_eq!(fault(incomplete), ("form.mode", Wrong::Missing));
    let unlisted = Form { mode: Some(DeliveryMode::AsAgreed), ..form() };
    let refused = submit(unlisted, &asking()).expect_err("mode not listed");
    assert_eq!(fault(refused), ("form.mode", Wrong::ModeNotListed));
    let scenario = Form { purpose: String::new(), scenario: words(), ..form() };
    assert_eq!(submit(scenario, &asking()), Ok(()));
    let purpose_only = Form { scenario: String::new(), ..form() };
    let incomplete = submit(purpose_only, &asking()).expect_err("no scenario");
    assert_eq!(fault(incomplete), ("form.scenario", Wrong::Missing));
    assert_eq!(submit(form(), &actor("fagaiwei", "li")), Err(Rejection::OwnDraft));
    let other_drafter = actor("fagaiwei", "wu");
    assert!(matches!(submit(form(), &other_drafter), Err(Rejection::ApproverSubmits { .. })));

    let conditioned = |kind| Wording { conditions: words(), ..wording(kind) };
    let propose = |wording, pack| submitted_under(pack).propose(wording, pack, &wang(), NOW).map(drop);
    let refused = propose(conditioned(AnswerKind::Consent), national());
    let (pack_id, article) = ("national-2025".to_owned(), "国务院令第809号 art. 15".to_owned());
    assert_eq!(refused, Err(Rejection::ExtraConditions { pack: pack_id, article }));
    assert_eq!(propose(conditioned(AnswerKind::Consent), pack()), Ok(()));
    let outright = Wording { material_incomplete: true, ..wording(AnswerKind::Refusal) };
    let refused = propose(outright.clone(), national());
    let (pack_id, article) = names();
    assert_eq!(refused, Err(Rejection::SupplementFirst { pack: pack_id, article }));
    assert_eq!(propose(outright, pack()), Ok(()));
}

#[test]
fn under_national_2025_whoever_wrote_the_form_does_not_hand_it_in() {
    let revised = done(draft().revise(form(), &asking(), NOW));
    let submit =
        |pack: &Pack| revised.clone().submit(&resource(), pack, calendar(), &asking(), NOW).map(drop);
    assert_eq!(submit(national()), Err(Rejection::OwnDraft), "an approver's own words");
    assert_eq!(submit(pack()), Ok(()), "the 2014 text knows no four eyes there");

    let asked = submitted_under(national()).request_supplement(vec![words()], national(), &wang(), NOW);
    let asked = done(asked);
    let supplement = |by: &Actor| {
        let listed = Some(&resource());
        asked.clone().supplement(form(), words(), listed, national(), calendar(), by, NOW).map(drop)
    };
    let other_drafter = actor("fagaiwei", "wu");
    assert!(matches!(supplement(&other_drafter), Err(Rejection::ApproverSubmits { .. })));
    assert_eq!(supplement(&actor("fagaiwei", "li")), Err(Rejection::OwnDraft));
    assert_eq!(supplement(&asking()), Ok(()));
}

#[test]
fn a_dry_run_of_the_same_pack_finds_no_difference_after_an_extension_of_an_earlier_clock() {
    let (day, later) = (datetime!(2026-02-11 2:00 UTC), datetime!(2026-02-12 2:00 UTC));
    let asked = done(submitted_under(national()).request_extension(5, words(), national(), &wang(), NOW));
    let granted = done(asked.decide_extension(true, words(), calendar(), &office(), NOW));
    assert_eq!(granted.under(national(), calendar()), None);
    let proposed = done(granted.propose(wording(AnswerKind::Refusal), national(), &wang(), NOW));
    let refused = done(proposed.refuse(words(), national(), &zhao(), NOW));
    let objected = done(refused.object(words(), &asking(), day));
    let anew = objected.coordinate(Outcome::AnswerAnew, words(), national(), calendar(), &group(), later);
    assert_eq!(done(anew).under(national(), calendar()), None, "the new clock was not extended");
}

#[test]
fn a_dry_run_tells_what_another_pack_would_have_made_of_an_open_case() {
    assert_eq!(submitted().under(pack(), calendar()), None);
    let without_mode = Form { mode: None, ..form() };
    let case = AccessRequest { form: without_mode, ..submitted() };
    let difference = case.under(national(), calendar()).expect("differs");
    assert_eq!(difference.due, date!(2026 - 03 - 09));
    assert_eq!(difference.other_due.map(|due| due.date), Some(date!(2026 - 03 - 02)));
    assert_eq!(difference.missing, ["form.mode"]);
    let active = Resource { class: SharingClass::Active, ..resource() };
    let case = done(draft().submit(&active, national(), calendar(), &asking(), NOW));
    let difference = case.under(pack(), calendar()).expect("differs");
    assert_eq!((difference.other_due, difference.not_taken), (None, Some(Rejection::SharedActively)));
    assert_eq!(refused().under(national(), calendar()), None, "not open");
}

#[test]
fn a_year_without_a_notice_is_provisional_until_it_is_loaded_and_then_only_for_new_receipts() {
    let december = datetime!(2026-12-21 2:00 UTC);
    let submit = |calendar: &Calendar| {
        let request = draft().submit(&resource(), pack(), calendar, &asking(), december);
        done(request).state.receipt().expect("received").clock
    };
    let before = submit(calendar());
    assert!(before.provisional);
    let notice = "year = 2027\nnotices = [{ number = '国办发明电〔2026〕1号', source = 'https://www.gov.cn' }]\n\
        off = [{ name = '元旦', from = 2027-01-01, to = 2027-01-03 }]\nworked = []\n";
    let year = HolidayYear::from_toml(notice).expect("a year");
    let loaded = calendar().with_year(year).expect("no contradiction");
    let after = submit(&loaded);
    assert_eq!((before.due, after.due), (date!(2027 - 01 - 11), date!(2027 - 01 - 12)));
    assert!(!after.provisional);
}

#[test]
fn an_application_to_the_info_office_is_complete_as_well() {
    let asked = Asked::Wanted(words());
    let empty = AccessRequest { form: Form::default(), ..draft_of(&asked) };
    let refused = empty.submit_to_info_office(pack(), &asking(), NOW);
    assert!(matches!(refused, Err(Rejection::FormFaulty { .. })));
}
