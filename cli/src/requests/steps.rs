//! What follows an application besides its answer: objection, coordination, superior bodies, supplements (art. 26, 27).

use clap::{Subcommand, ValueEnum};
use govshare_proto::access_request::v1 as pb;
use time::Date;

use super::Form;
use crate::args::{day, day_to_proto};
use crate::connect::{Caller, request_id};
use crate::failure::Failure;

#[derive(Debug, Subcommand)]
pub enum Step {
    /// Objects to a refusal; the working group coordinates.
    Object {
        case: String,
        #[arg(long)]
        grounds: String,
    },
    /// Records what the working group coordinated.
    Coordinate {
        case: String,
        #[arg(value_enum)]
        outcome: Outcome,
        #[arg(long)]
        opinion: String,
    },
    /// Forwards an application without a known provider: its clock starts (info office).
    Forward {
        case: String,
        /// The unit that has the resource.
        unit: String,
        /// Its published entry, where there is one.
        #[arg(long, default_value = "")]
        entry: String,
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Closes an application without a known provider with a written outcome (info office).
    Settle {
        case: String,
        #[arg(long)]
        outcome: String,
    },
    /// Names the entry that a forwarded application is about.
    NameEntry { case: String, entry: String },
    /// States that the provider's superior body was asked; the clock runs on (art. 27).
    StartLiaison {
        case: String,
        /// Name of the superior body.
        body: String,
        #[arg(long)]
        statement: String,
    },
    /// Records that the superior body provides the resource.
    SuperiorConsents {
        case: String,
        #[arg(long)]
        outcome: String,
    },
    /// States in writing that it does not.
    SuperiorRefuses {
        case: String,
        #[arg(long)]
        statement: String,
    },
    /// Asks the city's authority to coordinate (info office).
    AskCity {
        case: String,
        #[arg(long)]
        statement: String,
    },
    /// Records what the city's authority coordinated (info office).
    CityCoordinated {
        case: String,
        /// The resource is provided after all.
        #[arg(long)]
        provided: bool,
        #[arg(long)]
        outcome: String,
    },
    /// Tells the applicant of everything that is missing, where the case's pack allows it.
    RequestSupplement {
        case: String,
        /// A thing that is missing; can be repeated.
        #[arg(long = "missing", required = true)]
        missing: Vec<String>,
    },
    /// Hands in what was missing, with the whole form.
    Supplement {
        case: String,
        #[command(flatten)]
        form: Form,
        #[arg(long)]
        statement: String,
    },
    /// Asks the info office for more time, where the case's pack allows it.
    RequestExtension {
        case: String,
        working_days: i32,
        #[arg(long)]
        reason: String,
    },
    /// Consents to more time or not (info office).
    DecideExtension {
        case: String,
        #[arg(long)]
        granted: bool,
        #[arg(long)]
        decision: String,
    },
    /// Reminds the provider of an overdue answer (info office).
    Remind {
        case: String,
        #[arg(long)]
        statement: String,
    },
    /// Reports an overdue answer to the working group (info office).
    Report {
        case: String,
        #[arg(long)]
        statement: String,
    },
    /// Enters an application that was received on paper (info office).
    EnterPaper {
        /// The unit that applied.
        applicant: String,
        entry: String,
        #[command(flatten)]
        form: Form,
        /// Day on which the provider received it, e.g. 2026-02-03.
        #[arg(long, value_parser = day)]
        received: Date,
        /// Why it came on paper.
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Outcome {
    /// 重新答复
    AnswerAnew,
    /// 维持答复
    RefusalStands,
}

/// Calls one method and takes the request out of its reply.
macro_rules! call {
    ($caller:expr, $method:ident, $request:expr) => {
        $caller.access_requests().$method($request).await?.into_inner().access_request
    };
}

/// Takes one step and gives the request after it.
pub async fn take(caller: &Caller, step: Step) -> Result<pb::AccessRequest, Failure> {
    let request_id = request_id();
    let request = match step {
        Step::Object { case: access_request_id, grounds } => {
            let wanted = pb::ObjectToRefusalRequest { access_request_id, grounds, request_id };
            call!(caller, object_to_refusal, wanted)
        }
        Step::Coordinate { case: access_request_id, outcome, opinion } => {
            let outcome = match outcome {
                Outcome::AnswerAnew => pb::CoordinationOutcome::AnswerAnew,
                Outcome::RefusalStands => pb::CoordinationOutcome::RefusalStands,
            };
            let outcome = outcome.into();
            let wanted = pb::CoordinateObjectionRequest { access_request_id, outcome, opinion, request_id };
            call!(caller, coordinate_objection, wanted)
        }
        Step::Forward { case: access_request_id, unit: provider_unit_id, entry: entry_id, note } => {
            let wanted = pb::ForwardAccessRequestRequest {
                access_request_id,
                provider_unit_id,
                entry_id,
                note,
                request_id,
            };
            call!(caller, forward_access_request, wanted)
        }
        Step::Settle { case: access_request_id, outcome } => {
            let wanted = pb::SettleAccessRequestRequest { access_request_id, outcome, request_id };
            call!(caller, settle_access_request, wanted)
        }
        Step::NameEntry { case: access_request_id, entry: entry_id } => {
            let wanted = pb::NameEntryRequest { access_request_id, entry_id, request_id };
            call!(caller, name_entry, wanted)
        }
        Step::StartLiaison { case: access_request_id, body, statement } => {
            let wanted = pb::StartSuperiorLiaisonRequest { access_request_id, body, statement, request_id };
            call!(caller, start_superior_liaison, wanted)
        }
        Step::SuperiorConsents { case: access_request_id, outcome } => {
            let wanted = pb::RecordSuperiorConsentRequest { access_request_id, outcome, request_id };
            call!(caller, record_superior_consent, wanted)
        }
        Step::SuperiorRefuses { case: access_request_id, statement } => {
            let wanted = pb::StateSuperiorRefusalRequest { access_request_id, statement, request_id };
            call!(caller, state_superior_refusal, wanted)
        }
        Step::AskCity { case: access_request_id, statement } => {
            let wanted = pb::RequestCityCoordinationRequest { access_request_id, statement, request_id };
            call!(caller, request_city_coordination, wanted)
        }
        Step::CityCoordinated { case: access_request_id, provided, outcome } => {
            let wanted =
                pb::RecordCityCoordinationRequest { access_request_id, provided, outcome, request_id };
            call!(caller, record_city_coordination, wanted)
        }
        Step::RequestSupplement { case: access_request_id, missing } => {
            let wanted = pb::RequestSupplementRequest { access_request_id, missing, request_id };
            call!(caller, request_supplement, wanted)
        }
        Step::Supplement { case: access_request_id, form, statement } => {
            let form = Some(form.into());
            let wanted =
                pb::SupplementAccessRequestRequest { access_request_id, form, statement, request_id };
            call!(caller, supplement_access_request, wanted)
        }
        Step::RequestExtension { case: access_request_id, working_days, reason } => {
            let wanted = pb::RequestExtensionRequest { access_request_id, working_days, reason, request_id };
            call!(caller, request_extension, wanted)
        }
        Step::DecideExtension { case: access_request_id, granted, decision } => {
            let wanted = pb::DecideExtensionRequest { access_request_id, granted, decision, request_id };
            call!(caller, decide_extension, wanted)
        }
        Step::Remind { case: access_request_id, statement } => {
            let wanted = pb::RemindProviderRequest { access_request_id, statement, request_id };
            call!(caller, remind_provider, wanted)
        }
        Step::Report { case: access_request_id, statement } => {
            let wanted = pb::ReportToWorkingGroupRequest { access_request_id, statement, request_id };
            call!(caller, report_to_working_group, wanted)
        }
        Step::EnterPaper { applicant, entry, form, received, reason } => {
            let wanted = pb::EnterPaperRequestRequest {
                applicant_unit_id: applicant,
                entry_id: entry,
                form: Some(form.into()),
                receive_date: Some(day_to_proto(received)),
                reason,
                request_id,
            };
            call!(caller, enter_paper_request, wanted)
        }
    };
    Ok(request.unwrap_or_default())
}
