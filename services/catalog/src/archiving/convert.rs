//! Archive records between contract and domain.

use govshare_proto::catalog::v1 as pb;
use service_kit::validate::{date_to_proto, time_to_proto};
use service_kit::{Failure, Violations};
use time::Date;

use super::record::{Information, Record, State};

/// Parses what was collected, naming every bad field.
pub fn information(
    given: Option<&pb::CollectedInformation>,
    mut violations: Violations,
) -> Result<Information, Failure> {
    let given = given.cloned().unwrap_or_default();
    let title = violations.text("information.title", &given.title, 1, 200);
    let system = violations.text("information.system", &given.system, 1, 200);
    let entry = violations.parse_optional("information.entry_id", &given.entry_id);
    let mut day = |field: &str, day: Option<&govshare_proto::google::r#type::Date>| -> Option<Date> {
        violations.check(day.is_some(), field, "is required / 必填");
        violations.date(field, day)
    };
    let start = day("information.period_start", given.period_start.as_ref());
    let end = day("information.period_end", given.period_end.as_ref());
    let due = day("information.archive_due", given.archive_due.as_ref());
    let days = start.zip(end).zip(due);
    let ((start, end), archive_due) = crate::convert::given(days, violations)?;
    Ok(Information { title, start, end, system, entry, archive_due })
}

/// The stored name of a state; `None` for any.
pub fn state_name(state: pb::ArchiveRecordState) -> Option<&'static str> {
    match state {
        pb::ArchiveRecordState::Unspecified => None,
        pb::ArchiveRecordState::ToArchive => Some("TO_ARCHIVE"),
        pb::ArchiveRecordState::Archived => Some("ARCHIVED"),
        pb::ArchiveRecordState::Objected => Some("OBJECTED"),
        pb::ArchiveRecordState::Confirmed => Some("CONFIRMED"),
    }
}

pub fn to_proto(record: &Record) -> pb::ArchiveRecord {
    let state = match record.state {
        State::ToArchive => pb::ArchiveRecordState::ToArchive,
        State::Archived { .. } => pb::ArchiveRecordState::Archived,
        State::Objected { .. } => pb::ArchiveRecordState::Objected,
        State::Confirmed { .. } => pb::ArchiveRecordState::Confirmed,
    };
    let information = &record.information;
    pb::ArchiveRecord {
        archive_record_id: record.id.to_string(),
        unit_id: record.unit.to_string(),
        information: Some(pb::CollectedInformation {
            title: information.title.clone(),
            period_start: Some(date_to_proto(information.start)),
            period_end: Some(date_to_proto(information.end)),
            system: information.system.clone(),
            entry_id: information.entry.map(|entry| entry.to_string()).unwrap_or_default(),
            archive_due: Some(date_to_proto(information.archive_due)),
        }),
        state: state.into(),
        archive_number: record.state.mark().map(|mark| mark.number.clone()).unwrap_or_default(),
        archive_day: record.state.mark().map(|mark| date_to_proto(mark.day)),
        objection: record.state.objection().unwrap_or_default().to_owned(),
        create_time: Some(time_to_proto(record.created)),
        update_time: Some(time_to_proto(record.updated)),
    }
}
