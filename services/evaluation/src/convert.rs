//! From indicators to the contract.

use govshare_proto::evaluation::v1 as pb;

use crate::indicators::Indicator;
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
