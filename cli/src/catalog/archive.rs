//! `govshare catalog archive`: collected information and its archiving, with the archives bureau's view (art. 11, 20).

use clap::{Args, Subcommand, ValueEnum};
use govshare_proto::catalog::v1 as pb;
use time::Date;

use crate::args::{Global, day, day_to_proto};
use crate::connect::{pages, request_id};
use crate::failure::Failure;

/// Archiving of collected information.
#[derive(Debug, Subcommand)]
pub enum Archive {
    /// Records collected information that is to be archived.
    Create(New),
    /// Records that it was archived.
    Done {
        record: String,
        /// Archive number (档号).
        #[arg(long)]
        number: String,
        /// Day of the archiving; without it today.
        #[arg(long, value_parser = day)]
        day: Option<Date>,
    },
    /// Confirms the archiving (archives bureau).
    Confirm { record: String },
    /// Objects to it, or to its being overdue (archives bureau).
    Object {
        record: String,
        /// What is to be mended.
        #[arg(long)]
        objection: String,
    },
    /// Shows one record.
    Show { record: String },
    /// Lists the records that one may read.
    List {
        /// Only records of this unit.
        #[arg(long, default_value = "")]
        unit: String,
        #[arg(long, value_enum)]
        state: Option<State>,
        /// Only what is to be archived on this day or before.
        #[arg(long, value_parser = day)]
        until: Option<Date>,
        /// How many to list; 0: all.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
}

#[derive(Debug, Args)]
pub struct New {
    /// What it is.
    pub title: String,
    /// First day of the period it was collected in.
    #[arg(long, value_parser = day)]
    pub from: Date,
    /// Last day of that period.
    #[arg(long, value_parser = day)]
    pub until: Date,
    /// System in which it is kept.
    #[arg(long)]
    pub system: String,
    /// The unit's entry that lists it.
    #[arg(long, default_value = "")]
    pub entry: String,
    /// Last day for its archiving.
    #[arg(long, value_parser = day)]
    pub due: Date,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum State {
    ToArchive,
    Archived,
    Objected,
    Confirmed,
}

impl From<State> for pb::ArchiveRecordState {
    fn from(state: State) -> Self {
        match state {
            State::ToArchive => Self::ToArchive,
            State::Archived => Self::Archived,
            State::Objected => Self::Objected,
            State::Confirmed => Self::Confirmed,
        }
    }
}

impl Archive {
    pub async fn run(self, global: &Global) -> Result<(), Failure> {
        let caller = global.caller().await?;
        let (mut client, request_id) = (caller.archiving(), request_id());
        let record = match self {
            Self::Create(New { title, from, until, system, entry, due }) => {
                let information = Some(pb::CollectedInformation {
                    title,
                    period_start: Some(day_to_proto(from)),
                    period_end: Some(day_to_proto(until)),
                    system,
                    entry_id: entry,
                    archive_due: Some(day_to_proto(due)),
                });
                let wanted = pb::CreateArchiveRecordRequest { information, request_id };
                client.create_archive_record(wanted).await?.into_inner().archive_record
            }
            Self::Done { record: archive_record_id, number: archive_number, day } => {
                let day = day.map(day_to_proto);
                let wanted =
                    pb::RecordArchivingRequest { archive_record_id, archive_number, day, request_id };
                client.record_archiving(wanted).await?.into_inner().archive_record
            }
            Self::Confirm { record: archive_record_id } => {
                let wanted = pb::ConfirmArchivingRequest { archive_record_id, request_id };
                client.confirm_archiving(wanted).await?.into_inner().archive_record
            }
            Self::Object { record: archive_record_id, objection } => {
                let wanted = pb::ObjectToArchivingRequest { archive_record_id, objection, request_id };
                client.object_to_archiving(wanted).await?.into_inner().archive_record
            }
            Self::Show { record: archive_record_id } => {
                let wanted = pb::GetArchiveRecordRequest { archive_record_id };
                client.get_archive_record(wanted).await?.into_inner().archive_record
            }
            Self::List { unit, state, until, limit } => {
                let state = state.map(pb::ArchiveRecordState::from).unwrap_or_default();
                let (archive_records, next_page_token) = pages(limit, |page_size, page_token| {
                    let mut client = caller.archiving();
                    let wanted = pb::ListArchiveRecordsRequest {
                        unit_id: unit.clone(),
                        state: state.into(),
                        due_until: until.map(day_to_proto),
                        page_size,
                        page_token,
                    };
                    async move {
                        let page = client.list_archive_records(wanted).await?.into_inner();
                        Ok((page.archive_records, page.next_page_token))
                    }
                })
                .await?;
                let columns = &[
                    "archive_record_id",
                    "unit_id",
                    "information.title",
                    "state",
                    "information.archive_due",
                    "archive_number",
                ];
                let reply = pb::ListArchiveRecordsResponse { archive_records, next_page_token };
                global.output().list(&reply, "archive_records", columns);
                return Ok(());
            }
        };
        global.output().record(&record.unwrap_or_default());
        Ok(())
    }
}
