use exchange::agreement::{Rejection, State};
use time::macros::date;

use super::samples::agreement;

#[test]
fn data_flows_only_while_the_agreement_is_active() {
    let today = date!(2026 - 03 - 02);
    for (state, wanted) in [
        (State::Active, Ok(())),
        (State::AwaitingSignatures, Err(Rejection::NotActive { state: "AWAITING_SIGNATURES" })),
        (State::Cancelled, Err(Rejection::NotActive { state: "CANCELLED" })),
        (State::Expired, Err(Rejection::NotActive { state: "EXPIRED" })),
        (State::Suspended, Err(Rejection::NotActive { state: "SUSPENDED" })),
        (State::Terminated, Err(Rejection::NotActive { state: "TERMINATED" })),
        (State::Replaced, Err(Rejection::NotActive { state: "REPLACED" })),
    ] {
        assert_eq!(agreement(state).lets_flow(today), wanted, "{state:?}");
    }
}

#[test]
fn data_flows_from_the_first_day_of_validity_on() {
    let active = agreement(State::Active);
    let from = active.valid_from;
    assert_eq!(active.lets_flow(date!(2026 - 03 - 01)), Err(Rejection::NotYetValid { from }));
    assert_eq!(active.lets_flow(from), Ok(()));
    let expired = agreement(State::Expired);
    assert_eq!(expired.lets_flow(date!(2026 - 03 - 01)), Err(Rejection::NotActive { state: "EXPIRED" }));
}
