use catalog::explanations::explanation::{Content, Explanation, Rejection, State, Transition};
use catalog::explanations::form::form;
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

fn says(reasons: &str) -> Content {
    Content { subject: "案件线索".to_owned(), reasons: reasons.to_owned(), basis: String::new() }
}

fn draft() -> Explanation {
    Explanation::draft(Uuid::from_u128(1), says("涉及办案"), &drafter(), minute(0)).explanation().clone()
}

fn number() -> String {
    "教委说〔2026〕1号".to_owned()
}

fn after(step: Result<Transition, Rejection>) -> Explanation {
    step.expect("allowed").explanation().clone()
}

fn all() -> Vec<Explanation> {
    let filed = after(draft().file(number(), &approver(), minute(1)));
    let withdrawn = after(filed.clone().withdraw("已可登记".to_owned(), minute(2)));
    vec![draft(), filed, withdrawn]
}

#[test]
fn what_each_step_does_from_each_state() {
    let outcome = |step: Result<(), Rejection>| if step.is_ok() { "done" } else { "no" };
    let found: Vec<_> = all()
        .into_iter()
        .map(|explanation| {
            let state = explanation.state.name();
            let tasks: Vec<_> = explanation.tasks().iter().map(|task| task.kind).collect();
            [
                state.to_owned(),
                outcome(explanation.clone().revise(says("另一"), &drafter(), minute(9)).map(drop)).to_owned(),
                outcome(explanation.clone().file(number(), &approver(), minute(9)).map(drop)).to_owned(),
                outcome(explanation.withdraw("x".to_owned(), minute(9)).map(drop)).to_owned(),
                tasks.join(","),
            ]
            .join(" ")
        })
        .collect();
    assert_eq!(found, ["DRAFT done done done file", "FILED no no done ", "WITHDRAWN no no no "]);
}

#[test]
fn whoever_wrote_on_it_does_not_file_it() {
    let second = person("jiaowei", "second", &[Role::Drafter, Role::Approver]);
    let revised = draft().revise(says("补充"), &second, minute(1)).expect("allowed").expect("a change");
    let revised = revised.explanation().clone();
    for writer in [drafter(), second] {
        assert_eq!(revised.clone().file(number(), &writer, minute(2)), Err(Rejection::SelfApproval));
    }
    assert!(revised.file(number(), &approver(), minute(2)).is_ok());
}

#[test]
fn the_same_words_are_no_change() {
    assert_eq!(draft().revise(says("涉及办案"), &drafter(), minute(1)), Ok(None));
}

#[test]
fn who_may_file_is_asked_before_a_number_is_taken() {
    assert_eq!(draft().check_filing(&drafter()), Err(Rejection::SelfApproval));
    assert_eq!(draft().check_filing(&approver()), Ok(()));
    let [_, filed, withdrawn] = all().try_into().expect("three");
    for late in [filed, withdrawn] {
        let state = late.state.name();
        assert_eq!(late.check_filing(&approver()), Err(Rejection::WrongState { state }));
    }
}

#[test]
fn the_printed_page_says_what_was_filed_and_under_which_number() {
    let [draft, filed, withdrawn] = all().try_into().expect("three");
    let page = |explanation: &Explanation| {
        let pack = Pack::builtin("xicheng-2014").expect("it ships");
        form(explanation, Some(pack), "区教委", "区政府信息办").html()
    };
    let before = page(&draft);
    assert!(before.contains("案件线索") && before.contains("区教委") && !before.contains("编号"), "{before}");
    let after = page(&filed);
    for part in
        ["教委说〔2026〕1号", "涉及办案", "区政府信息办", "1970年1月1日", "第十六条", "说明单位（盖章）"]
    {
        assert!(after.contains(part), "{part} is not in {after}");
    }
    assert!(!after.contains("撤回"));
    assert!(page(&withdrawn).contains("1970年1月1日：已可登记"));
}

proptest! {
    /// Filed words never change, and a withdrawn explanation tells when it was filed.
    #[test]
    fn what_was_filed_stays_as_it_was(steps in prop::collection::vec(0..3_u8, 0..12)) {
        let mut explanation = draft();
        for (count, step) in (1..).zip(steps) {
            let from = explanation.clone();
            let tried = match step {
                0 => from.clone().revise(says(&count.to_string()), &drafter(), minute(count)),
                1 => from.clone().file(number(), &approver(), minute(count)).map(Some),
                _ => from.clone().withdraw("x".to_owned(), minute(count)).map(Some),
            };
            let Ok(Some(done)) = tried else { continue };
            explanation = done.explanation().clone();
            prop_assert_eq!(explanation.version, from.version + 1);
            if let Some(filed) = from.state.filing() {
                prop_assert_eq!(&explanation.content, &from.content);
                prop_assert_eq!(explanation.state.filing(), Some(filed));
            }
            if let State::Withdrawn { .. } = from.state {
                prop_assert!(false, "nothing follows a withdrawal");
            }
        }
    }
}
