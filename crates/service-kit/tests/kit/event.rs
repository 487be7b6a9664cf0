//! The leaf: canonical, versioned, without personal data in the clear.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use govshare_model::{Actor, Role, Subject};
use service_kit::Event;
use service_kit::event::{Disclosure, LEAF_VERSION, Leaf};
use time::macros::datetime;

fn event() -> Event {
    Event {
        aggregate: "access-request/1".to_owned(),
        version: 2,
        kind: "access-request.submitted",
        case: "1".to_owned(),
        state: "SUBMITTED",
        article: "26",
        concerns: vec!["fagaiwei".parse().expect("a unit"), "jiaowei".parse().expect("a unit")],
        attributes: BTreeMap::from([("entry_id", "e".to_owned()), ("answer_due", "2026-03-09".to_owned())]),
    }
}

fn actor() -> Actor {
    Actor {
        subject: Subject("张三".to_owned()),
        unit: "fagaiwei".parse().expect("a unit"),
        roles: [Role::Drafter].into_iter().collect(),
    }
}

#[test]
fn the_leaf_is_rfc_8785_json_with_its_keys_in_order() {
    let sealed = event().seal("access-request", None, datetime!(2026-02-10 2:00 UTC)).expect("sealed");
    let expected = concat!(
        r#"{"aggregate":"access-request/1","article":"26","attributes":{"answer_due":"2026-03-09","entry_id":"e"},"#,
        r#""case":"1","concerns":["fagaiwei","jiaowei"],"service":"access-request","state":"SUBMITTED","#,
        r#""subject":"","time":"2026-02-10T02:00:00Z","type":"access-request.submitted","unit":"","v":1,"version":2}"#
    );
    assert_eq!(String::from_utf8(sealed.leaf).expect("UTF-8"), expected);
    assert!(sealed.disclosure.is_empty(), "nobody acted");
}

#[test]
fn a_person_stands_in_the_leaf_as_a_salted_digest_that_the_disclosure_opens() {
    let seal =
        || event().seal("access-request", Some(&actor()), datetime!(2026-02-10 2:00 UTC)).expect("sealed");
    let sealed = seal();
    let text = String::from_utf8(sealed.leaf.clone()).expect("UTF-8");
    assert!(!text.contains("张三"));
    let leaf: Leaf = serde_json::from_slice(&sealed.leaf).expect("a leaf");
    assert_eq!((leaf.v, leaf.unit.as_str()), (LEAF_VERSION, "fagaiwei"));
    let opening: Disclosure = serde_json::from_slice(&sealed.disclosure).expect("a disclosure");
    let mut salted = hex::decode(&opening.salt).expect("hexadecimal");
    salted.extend(opening.subject.as_bytes());
    assert_eq!(leaf.subject, hex::encode(digest(&SHA256, &salted)));
    assert_ne!(seal().leaf, sealed.leaf, "every event has a salt of its own");
}

#[test]
fn a_leaf_that_no_log_entry_holds_is_refused() {
    let mut event = event();
    event.attributes.insert("long", "x".repeat(70_000));
    event.seal("access-request", None, datetime!(2026-02-10 2:00 UTC)).expect_err("more than 65,535 bytes");
}
