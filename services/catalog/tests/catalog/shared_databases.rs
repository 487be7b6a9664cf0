use catalog::shared_databases::shared_database::{Field, Kind, Lead, Record, Rejection, SharedDatabase};
use govshare_model::id::UnitId;
use govshare_model::{Actor, Role};
use time::Date;
use time::macros::date;

use crate::{minute, person};

fn unit(id: &str) -> UnitId {
    id.parse().expect("a slug")
}

fn lead(id: &str, start: Date, end: Option<Date>) -> Lead {
    Lead { unit: unit(id), start, end }
}

fn record(leads: Vec<Lead>) -> Record {
    Record { name: "人口基础数据库".to_owned(), kind: Kind::Base, leads, basis: "12(一)".to_owned() }
}

#[test]
fn leads_are_at_least_one_with_spans_that_do_not_overlap_for_the_same_unit() {
    let (y14, y15, y16) = (date!(2014 - 08 - 01), date!(2015 - 01 - 01), date!(2016 - 01 - 01));
    let cases = [
        (vec![lead("aa", y14, None)], None),
        (vec![lead("aa", y14, None), lead("bb", y14, None)], None),
        (vec![lead("aa", y14, y15.previous_day()), lead("aa", y15, None)], None),
        (vec![lead("aa", y14, Some(y14))], None),
        (vec![], Some(Rejection::NoLead)),
        (vec![lead("aa", y15, Some(y14))], Some(Rejection::EndsBeforeStart(unit("aa")))),
        (vec![lead("aa", y14, Some(y15)), lead("aa", y15, None)], Some(Rejection::Overlap(unit("aa")))),
        (vec![lead("aa", y16, None), lead("aa", y14, None)], Some(Rejection::Overlap(unit("aa")))),
    ];
    for (leads, rejection) in cases {
        let id = "renkou".parse().expect("a slug");
        let created = SharedDatabase::create(id, record(leads.clone()), &officer(), minute(0));
        assert_eq!(created.err(), rejection, "{leads:?}");
    }
}

fn officer() -> Actor {
    person("info-office", "officer", &[Role::InfoOffice])
}

fn group() -> Actor {
    person("working-group", "member", &[Role::WorkingGroup])
}

fn create(record: Record) -> SharedDatabase {
    let id = "renkou".parse().expect("a slug");
    let created = SharedDatabase::create(id, record, &officer(), minute(0));
    created.expect("a good record").database().clone()
}

fn update(database: &SharedDatabase, fields: &[Field], record: Record) -> Option<SharedDatabase> {
    let updated = database.clone().update(fields, record, &officer(), minute(1)).expect("a good record");
    updated.map(|updated| updated.database().clone())
}

#[test]
fn the_same_record_is_no_change() {
    let record = record(vec![lead("aa", date!(2014 - 08 - 01), None)]);
    let created = create(record.clone());
    assert_eq!(update(&created, &Field::ALL, record), None);
}

#[test]
fn art12_only_clauses_that_name_the_lead_do_without_the_working_group() {
    let leads = vec![lead("aa", date!(2014 - 08 - 01), None)];
    for basis in ["12(一)", "第十二条（八）", "第十二条第（十八）项", "12（十一）"] {
        let named = create(Record { basis: basis.to_owned(), ..record(leads.clone()) });
        assert_eq!((named.state(), &named.record.leads), ("REGISTERED", &leads), "{basis}");
        assert!(named.tasks().is_empty());
    }
    for basis in ["", "12(十九)", "第十二条", "12(二十)", "第十三条（一）", "信息办〔2026〕3号"]
    {
        let settled = create(Record { basis: basis.to_owned(), ..record(leads.clone()) });
        assert_eq!((settled.state(), settled.record.leads.len()), ("PROPOSED", 0), "{basis}");
        assert!(!settled.is_led_by(&unit("aa"), date!(2026 - 01 - 01)));
        let approved = settled.approve_leads(&group(), minute(2)).expect("proposed").database().clone();
        assert_eq!((approved.state(), &approved.record.leads), ("REGISTERED", &leads));
        assert_eq!(approved.record.basis, basis);
    }
}

#[test]
fn art12_other_leads_wait_for_the_working_group_and_those_in_force_stay_until_then() {
    let old = vec![lead("aa", date!(2014 - 08 - 01), None)];
    let new = vec![lead("bb", date!(2026 - 07 - 01), None)];
    let led = create(record(old.clone()));
    let wanted = Record { leads: new.clone(), ..record(Vec::new()) };
    let proposed = update(&led, &[Field::Leads], wanted.clone()).expect("a change");
    assert_eq!((proposed.state(), &proposed.record.leads), ("PROPOSED", &old));
    assert_eq!(update(&proposed, &[Field::Leads], wanted.clone()), None, "it is proposed already");
    let own = proposed.clone().approve_leads(&officer(), minute(2));
    assert_eq!(own.err(), Some(Rejection::SelfApproval));

    let other = person("info-office", "another", &[Role::InfoOffice]);
    let corrected = Record { basis: "信息办〔2026〕8号".to_owned(), ..record(Vec::new()) };
    let corrected = proposed.clone().update(&[Field::Basis], corrected, &other, minute(2));
    let corrected = corrected.expect("allowed").expect("a change").database().clone();
    let still = corrected.clone().approve_leads(&officer(), minute(3));
    assert_eq!(still.err(), Some(Rejection::SelfApproval), "who proposed the leads, whoever wrote last");
    assert_eq!(corrected.tasks()[0].not.len(), 2);
    assert!(corrected.approve_leads(&group(), minute(3)).is_ok());

    let renamed = Record { name: "人口库".to_owned(), ..record(Vec::new()) };
    let renamed = update(&proposed, &[Field::DisplayName], renamed).expect("a change");
    assert_eq!((renamed.state(), renamed.record.name.as_str()), ("PROPOSED", "人口库"));
    let returned = renamed.return_leads("未征求意见".to_owned(), minute(2)).expect("proposed");
    let returned = returned.database().clone();
    assert_eq!((returned.state(), &returned.record.leads), ("RETURNED", &old));
    assert_eq!(returned.tasks()[0].kind, "propose-leads");
    let late = returned.clone().approve_leads(&group(), minute(3));
    assert_eq!(late.err(), Some(Rejection::WrongState { state: "RETURNED" }));

    let withdrawn = update(&returned, &[Field::Leads], Record { leads: old.clone(), ..record(Vec::new()) });
    assert_eq!(withdrawn.expect("a change").state(), "REGISTERED");
    let again = update(&returned, &[Field::Leads], wanted).expect("proposed anew");
    let approved = again.approve_leads(&group(), minute(4)).expect("proposed").database().clone();
    assert_eq!((approved.state(), &approved.record.leads), ("REGISTERED", &new));
    let twice = approved.approve_leads(&group(), minute(5));
    assert_eq!(twice.err(), Some(Rejection::WrongState { state: "REGISTERED" }));
}
