//! From indicators to the contract.

use govshare_proto::evaluation::v1 as pb;

use crate::indicators::Indicator;
use crate::measures::{Figures, Measure};
use crate::store::Line;

pub fn to_proto(line: &Line) -> pb::UnitIndicators {
    pb::UnitIndicators {
        unit_id: line.unit.clone(),
        published_entries: line.value(Indicator::PublishedEntries),
        requests_received: line.value(Indicator::RequestsReceived),
        answered_in_time: line.value(Indicator::AnsweredInTime),
        answered_late: line.value(Indicator::AnsweredLate),
        overdue: line.value(Indicator::Overdue),
        consents: line.value(Indicator::Consents),
        refusals: line.value(Indicator::Refusals),
        requests_made: line.value(Indicator::RequestsMade),
        agreements: line.value(Indicator::Agreements),
        deliveries_given: line.value(Indicator::DeliveriesGiven),
        deliveries_taken: line.value(Indicator::DeliveriesTaken),
    }
}

/// Every indicator of a period.
pub fn counted(figures: &Figures) -> Vec<pb::CountedValue> {
    let value = |indicator: &Indicator| pb::CountedValue {
        indicator: indicator.as_str().to_owned(),
        value: figures.get(indicator).copied().unwrap_or_default(),
    };
    Indicator::ALL.iter().map(value).collect()
}

/// Every measure of a period.
pub fn measures(figures: &Figures, full_use: u32) -> Vec<pb::MeasuredValue> {
    let value = |measure: &Measure| {
        let rate = measure.rate(figures, full_use);
        pb::MeasuredValue {
            measure: measure.as_str().to_owned(),
            title: measure.chinese().to_owned(),
            applies: rate.is_some(),
            rate: rate.unwrap_or_default().into(),
            score: rate.map(|rate| measure.score(rate)).unwrap_or_default().into(),
        }
    };
    Measure::ALL.iter().map(value).collect()
}
