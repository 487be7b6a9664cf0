use catalog::shared_databases::shared_database::{Kind, Lead, Record, Rejection, SharedDatabase};
use govshare_model::id::UnitId;
use time::Date;
use time::macros::date;

use crate::minute;

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
        let created = SharedDatabase::create(id, record(leads.clone()), minute(0));
        assert_eq!(created.err(), rejection, "{leads:?}");
    }
}

#[test]
fn the_same_record_is_no_change() {
    let record = record(vec![lead("aa", date!(2014 - 08 - 01), None)]);
    let id = "renkou".parse().expect("a slug");
    let created = SharedDatabase::create(id, record.clone(), minute(0)).expect("a good record");
    assert_eq!(created.database().clone().update(record, minute(1)), Ok(None));
}
