//! The indicators of provider and applicant: they count exactly what the demo did.

use govshare_model::Role;
use govshare_proto::evaluation::v1::{ListUnitIndicatorsResponse, UnitIndicators};

use super::WITHIN;
use super::narration::{Narrator, until};
use super::parties::{Parties, info_office};
use super::stage::Stage;
use crate::evaluation::{COLUMNS, of_unit};
use crate::failure::Failure;
use crate::output::listed;

/// Indicators of provider and applicant at one time.
pub struct Indicators {
    provider: UnitIndicators,
    applicant: UnitIndicators,
}

pub async fn indicators(stage: &Stage, parties: &Parties) -> Result<Indicators, Failure> {
    let office = stage.person(&info_office(), Role::InfoOffice)?;
    let read = async |unit: &str| {
        let reply = of_unit(&office.caller, unit).await?;
        Ok::<_, Failure>(reply.unit_indicators.unwrap_or_default())
    };
    let provider = read(parties.provider.as_str()).await?;
    Ok(Indicators { provider, applicant: read(parties.applicant.as_str()).await? })
}

pub async fn play(
    stage: &Stage,
    narrator: &mut Narrator,
    parties: &Parties,
    before: &Indicators,
) -> Result<(), Failure> {
    let (now, waited) = until(WITHIN, "the demo's own steps in the indicators", async || {
        let now = indicators(stage, parties).await?;
        Ok(counts_the_demo(before, &now).then_some(now))
    })
    .await?;
    let office = stage.person(&info_office(), Role::InfoOffice)?;
    let what = format!("reads the indicators (every step counted after {} ms)", waited.as_millis());
    narrator.done(&office.name, what, "32", "");
    let lines = ListUnitIndicatorsResponse {
        unit_indicators: vec![now.provider, now.applicant],
        ..ListUnitIndicatorsResponse::default()
    };
    narrator.note(listed(&lines, "unit_indicators", COLUMNS));
    Ok(())
}

/// One consent and one refusal, both in time; one agreement, one delivery. Others may use the sandbox meanwhile.
fn counts_the_demo(before: &Indicators, now: &Indicators) -> bool {
    let (given, taken) = ((&before.provider, &now.provider), (&before.applicant, &now.applicant));
    let rose = |(before, now): (&UnitIndicators, &UnitIndicators),
                by: i64,
                of: fn(&UnitIndicators) -> i64| { of(now) >= of(before) + by };
    rose(given, 2, |unit| unit.requests_received)
        && rose(given, 2, |unit| unit.answered_in_time)
        && rose(given, 1, |unit| unit.consents)
        && rose(given, 1, |unit| unit.refusals)
        && rose(given, 1, |unit| unit.agreements)
        && rose(given, 1, |unit| unit.deliveries_given)
        && rose(taken, 2, |unit| unit.requests_made)
        && rose(taken, 1, |unit| unit.agreements)
        && rose(taken, 1, |unit| unit.deliveries_taken)
}
