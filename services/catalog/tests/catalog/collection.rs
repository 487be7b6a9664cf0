use catalog::collection::plan::{Content, Finding, Item, Plan, Rejection, State, Transition};
use govshare_model::id::EntryId;
use govshare_model::pack::Pack;
use govshare_model::{Actor, Role};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{minute, person};

fn drafter() -> Actor {
    person("jiaowei", "drafter", &[Role::Drafter])
}

fn approver() -> Actor {
    person("jiaowei", "approver", &[Role::Approver])
}

fn examiner() -> Actor {
    person("tongjiju", "examiner", &[Role::Approver])
}

fn warns() -> &'static Pack {
    Pack::builtin("xicheng-2014").expect("it ships")
}

fn refuses() -> &'static Pack {
    Pack::builtin("national-2025").expect("it ships")
}

fn item(name: &str) -> Item {
    Item { name: name.to_owned(), ..Item::default() }
}

fn content(items: Vec<Item>) -> Content {
    Content { title: "2026年采集计划".to_owned(), items }
}

fn draft(items: Vec<Item>) -> Plan {
    Plan::draft(Uuid::from_u128(1), content(items), &drafter(), minute(0)).plan().clone()
}

fn finding(duplicate: bool) -> Finding {
    Finding {
        entry: EntryId(Uuid::from_u128(7)),
        title: "小学在校生人数".to_owned(),
        provider: "tongjiju".parse().expect("a slug"),
        provider_name: "区统计局".to_owned(),
        sharing: "CONDITIONAL".to_owned(),
        score: 90,
        name_score: 90,
        items_score: 90,
        duplicate,
    }
}

fn after(step: Result<Transition, Rejection>) -> Plan {
    step.expect("allowed").plan().clone()
}

fn survey() -> Item {
    Item { statistical_survey: true, ..item("住户抽样调查") }
}

/// Every state.
fn all() -> Vec<Plan> {
    let awaiting = after(draft(vec![survey()]).submit(vec![vec![]], warns(), &approver(), minute(1)));
    let returned = after(awaiting.clone().return_survey("指标重复".to_owned(), minute(2)));
    let filed = after(awaiting.clone().approve_survey(&examiner(), minute(2)));
    let withdrawn = after(filed.clone().withdraw("不再采集".to_owned(), minute(3)));
    vec![draft(vec![survey()]), awaiting, returned, filed, withdrawn]
}

#[test]
fn what_each_step_does_from_each_state() {
    let expected = [
        // revise, submit, approve survey, return survey, withdraw; what waits for whom
        "DRAFT done done no no done submit:jiaowei",
        "AWAITING_SURVEY_APPROVAL no no done done done survey:tongjiju",
        "RETURNED done no no no done revise:jiaowei",
        "FILED no no no no done ",
        "WITHDRAWN no no no no no ",
    ];
    let bureau = "tongjiju".parse().expect("a slug");
    let outcome = |step: Result<(), Rejection>| if step.is_ok() { "done" } else { "no" }.to_owned();
    for (plan, expected) in all().into_iter().zip(expected) {
        let tasks = plan.tasks(&bureau).into_iter().map(|task| match task.waits_for {
            govshare_model::WaitsFor::Unit(unit) => format!("{}:{unit}", task.kind),
            govshare_model::WaitsFor::District => format!("{}:district", task.kind),
        });
        let found = [
            plan.state.name().to_owned(),
            outcome(plan.clone().revise(content(vec![item("另一")]), &drafter(), minute(9)).map(drop)),
            outcome(plan.clone().submit(vec![vec![]], warns(), &approver(), minute(9)).map(drop)),
            outcome(plan.clone().approve_survey(&examiner(), minute(9)).map(drop)),
            outcome(plan.clone().return_survey("x".to_owned(), minute(9)).map(drop)),
            outcome(plan.clone().withdraw("x".to_owned(), minute(9)).map(drop)),
            tasks.collect::<Vec<_>>().join(","),
        ];
        assert_eq!(found.join(" "), expected);
    }
}

#[test]
fn a_duplicate_needs_its_need_under_a_pack_that_warns_and_is_never_refused_then() {
    let items = vec![item("在校生"), item("教职工"), item("校舍")];
    let findings = vec![vec![finding(true)], vec![finding(false)], vec![finding(false), finding(true)]];
    let plan = draft(items.clone());
    let rejected = plan.submit(findings.clone(), warns(), &approver(), minute(1));
    assert_eq!(rejected, Err(Rejection::NeedMissing { items: vec![0, 2] }));

    let needed = items.into_iter().map(|item| Item { need: "现场核验".to_owned(), ..item }).collect();
    let filed = after(draft(needed).submit(findings.clone(), warns(), &approver(), minute(1)));
    let State::Filed { submission, approved: None } = filed.state else { panic!("{:?}", filed.state) };
    assert_eq!(submission.findings, findings, "what was found stays with the plan");
}

#[test]
fn a_duplicate_is_refused_under_a_pack_that_refuses_whatever_the_need() {
    let needed = Item { need: "现场核验".to_owned(), ..item("在校生") };
    let rejected = draft(vec![needed]).submit(vec![vec![finding(true)]], refuses(), &approver(), minute(1));
    let names = vec!["在校生".to_owned()];
    assert_eq!(rejected, Err(Rejection::Duplicates { names, article: "国务院令第809号 art. 19".to_owned() }));
    let similar =
        draft(vec![item("在校生")]).submit(vec![vec![finding(false)]], refuses(), &approver(), minute(1));
    assert!(similar.is_ok(), "what only resembles is no duplicate");
}

#[test]
fn a_survey_that_a_law_excepts_needs_no_approval() {
    let excepted = Item { survey_exception: "《统计法》第十二条".to_owned(), ..survey() };
    let filed = after(draft(vec![excepted]).submit(vec![vec![]], warns(), &approver(), minute(1)));
    assert_eq!(filed.state.name(), "FILED");
}

#[test]
fn a_returned_survey_goes_to_the_bureau_again_whatever_its_items_say_by_then() {
    let awaiting = after(draft(vec![survey()]).submit(vec![vec![]], warns(), &approver(), minute(1)));
    let returned = after(awaiting.return_survey("指标重复".to_owned(), minute(2)));
    let revised = returned.revise(content(vec![item("住户抽样调查")]), &drafter(), minute(3));
    let revised = revised.expect("allowed").expect("changed").plan().clone();
    let again = after(revised.submit(vec![vec![]], warns(), &approver(), minute(4)));
    assert_eq!(again.state.name(), "AWAITING_SURVEY_APPROVAL");
    let filed = after(again.approve_survey(&examiner(), minute(5)));
    assert_eq!(filed.state.survey_approved(), Some(minute(5)));
}

#[test]
fn whoever_wrote_on_a_plan_does_not_submit_it() {
    let own = draft(vec![item("校舍")]).submit(vec![vec![]], warns(), &drafter(), minute(1));
    assert_eq!(own, Err(Rejection::SelfApproval));
}

#[test]
fn whoever_wrote_or_submitted_a_plan_does_not_approve_its_survey() {
    let awaiting = after(draft(vec![survey()]).submit(vec![vec![]], warns(), &approver(), minute(1)));
    for involved in [drafter(), approver()] {
        let own = awaiting.clone().approve_survey(&involved, minute(2));
        assert_eq!(own, Err(Rejection::SelfApproval), "{involved:?}");
    }
    assert!(awaiting.approve_survey(&examiner(), minute(2)).is_ok());
}

proptest! {
    /// Whatever is tried: a plan with a survey is filed only after approval, and what was submitted is kept until it
    /// is rewritten.
    #[test]
    fn no_survey_is_filed_unapproved(steps in prop::collection::vec((0..5_u8, any::<bool>()), 0..30)) {
        let mut plan = draft(vec![survey()]);
        let mut returned = false;
        for (count, (step, second)) in (1..).zip(steps) {
            let (now, from) = (minute(count), plan.clone());
            let by = if second { drafter() } else { approver() };
            let tried = match step {
                // Once returned, calling it no survey does not help.
                0 if returned => from.clone().revise(content(vec![item(&count.to_string())]), &drafter(), now),
                0 => from.clone().revise(content(vec![survey(), item(&count.to_string())]), &drafter(), now),
                1 => from.clone().submit(vec![vec![]; from.content.items.len()], warns(), &by, now).map(Some),
                2 => from.clone().approve_survey(&examiner(), now).map(Some),
                3 => from.clone().return_survey("x".to_owned(), now).map(Some),
                _ => from.clone().withdraw("x".to_owned(), now).map(Some),
            };
            let Ok(Some(done)) = tried else { continue };
            plan = done.plan().clone();
            returned |= step == 3;
            prop_assert_eq!(plan.version, from.version + 1);
            if let State::Filed { approved, .. } = &plan.state {
                prop_assert_eq!(from.state.name(), "AWAITING_SURVEY_APPROVAL");
                prop_assert_eq!(*approved, Some(now));
            }
            if step != 0 && from.state.submission().is_some() {
                prop_assert_eq!(plan.state.submission(), from.state.submission());
            }
        }
    }
}
