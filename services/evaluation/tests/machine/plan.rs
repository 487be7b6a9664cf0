//! Plans (art. 6, 7, 8): their states as a table, who was heard, priority and progress.

use evaluation::procedure::Rejection;
use evaluation::procedure::plan::{Body, Consultation, Ground, Item, Kind, Plan, Priority};
use govshare_model::{Actor, Role};
use time::Duration;
use time::macros::date;
use uuid::Uuid;

use crate::people::*;

pub fn item(number: u32, lead: &str, furthers_sharing: bool) -> Item {
    Item {
        number,
        title: format!("任务{number}"),
        lead: unit(lead),
        due: date!(2026 - 06 - 30),
        furthers_sharing,
        priority: Vec::new(),
        progress: None,
    }
}

pub fn draft() -> Plan {
    let items = vec![item(1, "weishengju", false), item(2, "jiaowei", false), item(3, "fagaiwei", true)];
    Plan::draft(Uuid::from_u128(1), Kind::Yearly, (2026, 2026), "年度计划".to_owned(), items, NOW)
        .into_record()
}

fn submitted() -> Plan {
    done(draft().submit(&actor("info-office", "sun"), NOW))
}

fn priority() -> Priority {
    Priority { given: true, evaluation: Some(Uuid::from_u128(7)), outstanding: [unit("jiaowei")].into() }
}

pub fn issued() -> Plan {
    done(submitted().issue(&priority(), None, &actor("working-group", "qian"), NOW))
}

#[test]
fn each_step_is_possible_in_exactly_the_states_of_the_table() {
    let (sun, qian, li) =
        (actor("info-office", "sun"), actor("working-group", "qian"), actor("jiaowei", "li"));
    let opinion =
        || Consultation { body: Body::Secrecy, opinion: "同意".to_owned(), date: date!(2026 - 03 - 01) };
    let states = vec![
        draft(),
        submitted(),
        done(submitted().give_back("请补充".to_owned(), NOW)),
        issued(),
        done(issued().replace(NOW)),
    ];
    let waits: Vec<_> = states.iter().map(task_kinds).collect();
    assert_eq!(waits, [vec!["submit"], vec!["issue"], vec!["submit"], vec!["progress"], vec![]]);
    states.iter().for_each(survives_storage);
    each_step_is_possible_in_exactly(
        states,
        vec![
            (
                "revise",
                Box::new(|plan: Plan| plan.revise("新题".to_owned(), vec![item(1, "jiaowei", false)], NOW)),
                &["DRAFT"],
            ),
            ("consult", Box::new(|plan| plan.consult(opinion(), NOW)), &["DRAFT"]),
            ("submit", Box::new(|plan| plan.submit(&sun, NOW)), &["DRAFT"]),
            ("give back", Box::new(|plan| plan.give_back("请补充".to_owned(), NOW)), &["SUBMITTED"]),
            ("issue", Box::new(|plan| plan.issue(&priority(), None, &qian, NOW)), &["SUBMITTED"]),
            ("progress", Box::new(|plan| plan.progress(2, 50, String::new(), &li, NOW)), &["ISSUED"]),
            ("replace", Box::new(|plan| plan.replace(NOW)), &["ISSUED"]),
        ],
    );
}

#[test]
fn items_of_outstanding_units_and_those_that_further_sharing_come_first() {
    let order: Vec<_> = issued().items.iter().map(|item| (item.number, item.priority.clone())).collect();
    let expected = [(2, vec![Ground::OutstandingUnit]), (3, vec![Ground::FurthersSharing]), (1, Vec::new())];
    assert_eq!(order, expected);
    let none = Priority { given: false, ..priority() };
    let plan = done(submitted().issue(&none, None, &actor("working-group", "qian"), NOW));
    assert!(plan.items.iter().all(|item| item.priority.is_empty()), "a pack may give no priority");
}

#[test]
fn who_submitted_a_plan_does_not_issue_it_and_an_empty_one_is_not_submitted() {
    let both = actor("info-office", "sun");
    let own = submitted().issue(&priority(), None, &both, NOW);
    assert_eq!(own, Err(Rejection::SelfApproval { article: "7" }));
    let empty = Plan::draft(Uuid::nil(), Kind::Plan, (2026, 2030), "规划".to_owned(), Vec::new(), NOW);
    let refused = empty.into_record().submit(&both, NOW);
    assert_eq!(
        refused,
        Err(Rejection::FormIncomplete { missing: vec!["items".to_owned()], article: "8(二)" })
    );
}

#[test]
fn a_later_opinion_replaces_the_earlier_and_who_was_not_heard_is_shown() {
    let consult = |plan: Plan, body, opinion: &str| {
        let date = date!(2026 - 03 - 01);
        done(plan.consult(Consultation { body, opinion: opinion.to_owned(), date }, NOW))
    };
    let plan = consult(consult(draft(), Body::Finance, "暂缓"), Body::Finance, "同意");
    let opinions: Vec<_> = plan.consultations.iter().map(|known| known.opinion.as_str()).collect();
    assert_eq!(opinions, ["同意"]);
    assert_eq!(plan.not_consulted().collect::<Vec<_>>(), [Body::Legal, Body::Secrecy]);
}

#[test]
fn progress_is_told_by_the_lead_unit_or_the_info_office_and_survives_a_new_edition() {
    let by = |unit| actor(unit, "li");
    let told = |by: &Actor, number| issued().progress(number, 40, "已立项".to_owned(), by, NOW);
    assert_eq!(told(&by("weishengju"), 2), Err(Rejection::NotLead));
    assert_eq!(told(&by("jiaowei"), 9), Err(Rejection::UnknownItem));
    let office = Actor { roles: [Role::InfoOffice].into_iter().collect(), ..by("info-office") };
    assert!(told(&office, 2).is_ok());
    let plan = done(told(&by("jiaowei"), 2));
    let kept = plan.items.iter().find(|item| item.number == 2).expect("item 2");
    assert_eq!(
        (kept.percent(), kept.is_overdue(NOW), kept.is_overdue(NOW + Duration::days(200))),
        (40, false, true)
    );
    let next = plan
        .new_edition(Uuid::from_u128(2), "年度计划（修订）".to_owned(), vec![item(2, "jiaowei", false)], NOW)
        .map(|transition| transition.into_record())
        .expect("an issued plan has editions");
    assert_eq!((next.edition, next.replaces, next.items[0].percent()), (2, Some(plan.head.id), 40));
    // The edition in force goes on while the next is drafted.
    let further = done(plan.progress(2, 80, "已建成".to_owned(), &by("jiaowei"), NOW));
    let submitted = done(next.submit(&actor("info-office", "sun"), NOW));
    let issued = done(submitted.issue(&priority(), Some(&further), &actor("working-group", "qian"), NOW));
    assert_eq!(issued.items[0].percent(), 80);
    assert!(draft().new_edition(Uuid::nil(), String::new(), Vec::new(), NOW).is_err());
}
