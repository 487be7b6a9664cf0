//! Update schedules between contract and domain.

use govshare_proto::catalog::v1 as pb;
use service_kit::validate::{date_to_proto, time_to_proto};

use super::schedule::{Cycle, Schedule};

/// The cycle that an entry's content states.
pub fn cycle(cycle: pb::UpdateCycle) -> Cycle {
    match cycle {
        pb::UpdateCycle::Daily => Cycle::Daily,
        pb::UpdateCycle::Weekly => Cycle::Weekly,
        pb::UpdateCycle::Monthly => Cycle::Monthly,
        pb::UpdateCycle::Quarterly => Cycle::Quarterly,
        pb::UpdateCycle::HalfYearly => Cycle::HalfYearly,
        pb::UpdateCycle::Yearly => Cycle::Yearly,
        pb::UpdateCycle::Unspecified | pb::UpdateCycle::RealTime | pb::UpdateCycle::Irregular => Cycle::Unset,
    }
}

pub fn to_proto(schedule: &Schedule) -> pb::UpdateSchedule {
    let cycle = match schedule.cycle {
        Cycle::Daily => pb::UpdateCycle::Daily,
        Cycle::Weekly => pb::UpdateCycle::Weekly,
        Cycle::Monthly => pb::UpdateCycle::Monthly,
        Cycle::Quarterly => pb::UpdateCycle::Quarterly,
        Cycle::HalfYearly => pb::UpdateCycle::HalfYearly,
        Cycle::Yearly => pb::UpdateCycle::Yearly,
        Cycle::Unset => pb::UpdateCycle::Unspecified,
    };
    pb::UpdateSchedule {
        entry_id: schedule.entry.to_string(),
        title: schedule.title.clone(),
        provider_unit_id: schedule.provider.to_string(),
        update_cycle: cycle.into(),
        last_update: schedule.last_update.map(date_to_proto),
        next_due: schedule.next_due().map(date_to_proto),
        late_time: schedule.late.map(time_to_proto),
    }
}
