use std::collections::HashSet;

use exchange::agreement::State as AgreementState;
use exchange::basis::{self, Basis, Entry, NotPublished};
use exchange::ticket::{self, Digest, LONGEST_LIFETIME, Lifetime, Rejection, State, Ticket};
use govshare_model::Role;
use govshare_model::id::EntryId;
use proptest::prelude::*;
use time::Duration;
use uuid::Uuid;

use super::samples::{NOW, actor, agreement, unit, version};

fn issue(seconds: u64) -> Ticket {
    let lifetime = Lifetime::of_seconds(seconds).expect("within bounds");
    let agreement = agreement(AgreementState::Active);
    let holder = actor("minzheng", Role::Drafter);
    Ticket::issue(&agreement, &version(), &holder, lifetime, NOW).expect("same entry").ticket().clone()
}

#[test]
fn a_ticket_lives_one_second_to_five_minutes() {
    assert_eq!(LONGEST_LIFETIME, Duration::seconds(300));
    for (seconds, possible) in [(0, false), (1, true), (300, true), (301, false), (u64::MAX, false)] {
        assert_eq!(Lifetime::of_seconds(seconds).is_some(), possible, "{seconds}");
    }
}

#[test]
fn a_ticket_is_bound_to_unit_agreement_and_version() {
    let ticket = issue(300);
    let agreement = agreement(AgreementState::Active);
    assert_eq!(ticket.basis, Basis::Agreement { id: agreement.id, case: agreement.case });
    assert_eq!(ticket.data_version, version().id);
    assert_eq!(ticket.holder.unit, unit("minzheng"));
    assert_eq!(ticket.provider, unit("jiaowei"));
}

#[test]
fn a_version_of_another_entry_gets_no_ticket() {
    let mut other = agreement(AgreementState::Active);
    other.entry = EntryId(Uuid::from_u128(99));
    let lifetime = Lifetime::of_seconds(300).expect("within bounds");
    let issued = Ticket::issue(&other, &version(), &actor("minzheng", Role::Drafter), lifetime, NOW);
    assert_eq!(issued, Err(Rejection::OtherEntry { data_version: version().id }));
}

#[test]
fn what_is_shared_actively_is_taken_on_that_alone() {
    let lifetime = Lifetime::of_seconds(300).expect("within bounds");
    let issue = Ticket::issue_actively(&version(), &actor("minzheng", Role::Drafter), lifetime, NOW);
    let ticket = issue.ticket();
    assert_eq!(ticket.basis, Basis::ActiveSharing);
    assert_eq!((ticket.basis.agreement(), ticket.basis.case()), (None, None));
    assert_eq!((&ticket.provider, ticket.data_version), (&unit("jiaowei"), version().id));
    assert_eq!(ticket.expire - ticket.issued, Duration::seconds(300));
}

#[test]
fn data_flows_without_agreement_only_while_its_entry_is_published_as_actively_shared() {
    for (state, is_active, expected) in [
        ("PUBLISHED", true, Ok(())),
        ("PUBLISHED", false, Err(basis::Rejection::NotActive)),
        ("SUSPENDED", true, Err(basis::Rejection::NotPublished(NotPublished { state: "SUSPENDED" }))),
        ("RETIRED", true, Err(basis::Rejection::NotPublished(NotPublished { state: "RETIRED" }))),
        ("DRAFT", false, Err(basis::Rejection::NotPublished(NotPublished { state: "DRAFT" }))),
    ] {
        let entry = Entry { provider: unit("jiaowei"), state, is_active };
        assert_eq!(entry.lets_flow(), expected, "{state} {is_active}");
    }
}

#[test]
fn a_redeemed_ticket_is_spent_even_within_its_time() {
    let mut ticket = issue(300);
    ticket.state = State::Redeemed { at: NOW };
    assert_eq!(ticket.redeemable(NOW), Err(Rejection::Spent { state: "REDEEMED" }));
}

#[test]
fn tickets_have_256_bits_in_url_safe_characters_and_a_digest_that_is_not_them() {
    let ticket = ticket::text([0xfb; 32]);
    assert_eq!(ticket.len(), 43);
    assert!(ticket::has_form(&ticket));
    for other in ["", "garbage", &ticket[1..], &format!("{ticket}A"), &ticket.replace('-', "=")] {
        assert!(!ticket::has_form(other), "{other}");
    }
    assert!(ticket.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'), "{ticket}");
    let digests: HashSet<_> = (0..=255).map(|byte| Digest::of(&ticket::text([byte; 32])).0).collect();
    assert_eq!(digests.len(), 256);
}

proptest! {
    #[test]
    fn an_open_ticket_is_good_until_its_time_is_over(seconds in 1_u64..=300, after in 0_i64..400_000) {
        let ticket = issue(seconds);
        let good = after < i64::try_from(seconds).expect("small") * 1000;
        prop_assert_eq!(ticket.redeemable(NOW + Duration::milliseconds(after)).is_ok(), good);
        prop_assert!(ticket.expire - ticket.issued <= LONGEST_LIFETIME);
    }
}
