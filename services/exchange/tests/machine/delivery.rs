use exchange::agreement::State as AgreementState;
use exchange::delivery::{Delivery, Rejection, State};
use exchange::ticket::{Lifetime, Ticket};
use govshare_model::Role;
use govshare_model::id::DeliveryId;
use proptest::prelude::*;
use time::Duration;
use uuid::Uuid;

use super::samples::{NOW, actor, agreement, unit, version};

fn started() -> Delivery {
    let lifetime = Lifetime::of_seconds(300).expect("within bounds");
    let agreement = agreement(AgreementState::Active);
    let holder = actor("minzheng", Role::Drafter);
    let issue = Ticket::issue(&agreement, &version(), &holder, lifetime, NOW).expect("same entry");
    let id = DeliveryId(Uuid::from_u128(5));
    Delivery::start(id, issue.ticket(), &version(), NOW).delivery().clone()
}

#[test]
fn a_delivery_starts_with_the_parties_and_the_case_of_its_ticket() {
    let delivery = started();
    assert_eq!(delivery.basis.case(), Some(agreement(AgreementState::Active).case));
    assert_eq!((delivery.applicant, delivery.provider), (unit("minzheng"), unit("jiaowei")));
    assert_eq!((delivery.size, delivery.version), (10, 1));
    assert_eq!(delivery.state, State::Started { sent: 0 });
}

#[test]
fn an_ended_delivery_does_not_end_again() {
    for sent in [3, 10] {
        let ended = started().end(sent, NOW).expect("runs").delivery().clone();
        let state = ended.state.name();
        for again in [0, sent, 10] {
            assert_eq!(ended.clone().end(again, NOW), Err(Rejection::Ended { state }));
        }
    }
}

#[test]
fn more_than_the_version_has_cannot_have_been_sent() {
    assert_eq!(started().end(11, NOW), Err(Rejection::SentTooMuch { sent: 11, size: 10 }));
}

proptest! {
    #[test]
    fn a_delivery_is_completed_by_its_last_byte_and_broken_before(sent in 0_u64..=10, seconds in 0_i64..100_000) {
        let at = NOW + Duration::seconds(seconds);
        let ended = started().end(sent, at).expect("runs").delivery().clone();
        let wanted = if sent == 10 { State::Completed { at } } else { State::Broken { sent, at } };
        prop_assert_eq!(&ended.state, &wanted);
        prop_assert_eq!(ended.sent(), sent);
        prop_assert_eq!(ended.state.ended(), Some(at));
        prop_assert_eq!(ended.version, 2);
    }
}
