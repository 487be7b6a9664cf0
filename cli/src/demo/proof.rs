//! The audit of the case: every step is there, each record's history has no gap, and the order is that of the steps.

use std::collections::BTreeMap;

use govshare_model::Role;
use govshare_proto::audit::v1::Event;

use super::WITHIN;
use super::agreement::Agreed;
use super::application::Case;
use super::narration::{Narrator, ensure, until};
use super::stage::Stage;
use crate::audit::events;
use crate::failure::Failure;
use crate::output::{shanghai, table};

pub async fn play(
    stage: &Stage,
    narrator: &mut Narrator,
    case: &Case,
    agreed: &Agreed,
) -> Result<(), Failure> {
    let auditor = stage.person(&"zhengfuban".parse().map_err(Failure::local)?, Role::Auditor)?;
    let expected = steps(agreed.signatures);
    let (found, waited) = until(WITHIN, "the whole case in the audit", async || {
        let found = match events(&auditor.caller, &case.id, "", 0).await {
            Ok((found, _)) => found,
            // Nothing of the case has reached the audit yet.
            Err(failure) if failure.reason() == "NOT_FOUND" => Vec::new(),
            Err(failure) => return Err(failure),
        };
        Ok(lacks(&found, &expected).is_empty().then_some(found))
    })
    .await?;
    check(&found, &expected)?;
    let what = format!("reads the case's {} events (all there after {} ms)", found.len(), waited.as_millis());
    narrator.done(&auditor.name, what, "33", "");
    narrator.note(trail(&found));
    Ok(())
}

/// What must have happened in the case, in this order; the signatures count as often as there are.
fn steps(signatures: usize) -> Vec<&'static str> {
    let mut steps = vec![
        "access-request.drafted",
        "access-request.submitted",
        "access-request.answer-proposed",
        "access-request.consented",
        "agreement.drafted",
    ];
    steps.extend(std::iter::repeat_n("agreement.signed", signatures));
    steps.extend(["agreement.activated", "delivery.started", "delivery.completed"]);
    steps
}

/// The steps that are not there, `access-request.agreed` among them, whose place is not fixed to the millisecond.
fn lacks(found: &[Event], expected: &[&'static str]) -> Vec<&'static str> {
    let mut there: BTreeMap<&str, usize> = BTreeMap::new();
    for event in found {
        *there.entry(event.r#type.as_str()).or_default() += 1;
    }
    let all = expected.iter().copied().chain(["access-request.agreed"]);
    all.filter(|step| match there.get_mut(*step) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    })
    .collect()
}

fn check(found: &[Event], expected: &[&'static str]) -> Result<(), Failure> {
    let mut in_time: Vec<&Event> = found.iter().collect();
    in_time.sort_by_key(|event| {
        let time = event.occur_time.unwrap_or_default();
        (time.seconds, time.nanos, event.position)
    });
    let mut wanted = expected.iter().peekable();
    for event in in_time {
        if wanted.peek().is_some_and(|step| **step == event.r#type) {
            wanted.next();
        }
    }
    ensure(wanted.peek().is_none(), || {
        format!("the audit has the steps in another order; {} comes too early", wanted.next().unwrap_or(&""))
    })?;
    let mut last: BTreeMap<&str, i64> = BTreeMap::new();
    let mut position = -1;
    for event in found {
        ensure(event.position > position, || format!("position {} comes twice", event.position))?;
        position = event.position;
        let version = last.entry(event.aggregate.as_str()).or_default();
        ensure(event.aggregate_version == *version + 1, || {
            format!("{} has version {} after {version}", event.aggregate, event.aggregate_version)
        })?;
        *version = event.aggregate_version;
    }
    Ok(())
}

fn trail(found: &[Event]) -> comfy_table::Table {
    let headers = ["position", "time", "event", "state", "unit", "art.", "record", "version"];
    let row = |event: &Event| {
        let (kind, id) = event.aggregate.split_once('/').unwrap_or((&event.aggregate, ""));
        let tail: String = id.chars().skip(id.chars().count().saturating_sub(8)).collect();
        vec![
            event.position.to_string(),
            shanghai(event.occur_time.unwrap_or_default().seconds),
            event.r#type.clone(),
            event.state.clone(),
            event.actor_unit_id.clone(),
            event.article.clone(),
            format!("{kind} …{tail}"),
            event.aggregate_version.to_string(),
        ]
    };
    table(headers.map(str::to_owned).to_vec(), found.iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Events of a case that went as expected, one a second.
    fn log() -> Vec<Event> {
        let mut kinds = steps(3);
        kinds.push("access-request.agreed");
        let mut versions: BTreeMap<String, i64> = BTreeMap::new();
        let event = |(position, kind): (usize, &str)| {
            let aggregate = kind.split('.').next().unwrap_or_default().to_owned();
            let version = versions.entry(aggregate.clone()).or_default();
            *version += 1;
            Event {
                position: position as i64,
                occur_time: Some(prost_types::Timestamp { seconds: position as i64, nanos: 0 }),
                aggregate,
                aggregate_version: *version,
                r#type: kind.to_owned(),
                ..Event::default()
            }
        };
        kinds.into_iter().enumerate().map(event).collect()
    }

    #[test]
    fn a_whole_case_passes() {
        let log = log();
        assert_eq!(lacks(&log, &steps(3)), Vec::<&str>::new());
        check(&log, &steps(3)).expect("whole and in order");
    }

    #[test]
    fn a_missing_step_is_named() {
        let mut log = log();
        log.retain(|event| event.r#type != "agreement.activated");
        assert_eq!(lacks(&log, &steps(3)), ["agreement.activated"]);
        assert_eq!(lacks(&log, &steps(5)).len(), 3, "two signatures are missing as well");
    }

    #[test]
    fn gaps_and_other_orders_are_found() {
        let mut gap = log();
        gap.retain(|event| event.r#type != "access-request.answer-proposed");
        let expected: Vec<&str> =
            steps(3).into_iter().filter(|step| *step != "access-request.answer-proposed").collect();
        assert!(check(&gap, &expected).expect_err("version 3 is missing").to_string().contains("version 4"));
        let mut swapped = log();
        let last = swapped.len() - 1;
        swapped[0].occur_time = swapped[last].occur_time;
        assert!(check(&swapped, &steps(3)).is_err());
    }
}
