//! The audit event of each step.

use std::collections::BTreeMap;

use govshare_model::id::UnitId;
use service_kit::Event;

use super::sha256;
use crate::access_request::{AnswerKind, Happened, Transition};

pub(super) fn event(transition: &Transition, info_office: &UnitId) -> Event {
    let request = transition.request();
    let (kind, article) = kind_and_article(transition.happened());
    let mut attributes = BTreeMap::from([
        ("case_number", request.number.clone()),
        ("applicant", request.applicant.to_string()),
    ]);
    if let Some(provider) = &request.provider {
        attributes.insert("provider", provider.to_string());
    }
    if let Some(entry) = &request.entry {
        attributes.insert("entry_id", entry.id.to_string());
        if let Some(version) = entry.version {
            attributes.insert("entry_version", version.to_string());
        }
    }
    if let Some(receipt) = request.state.receipt() {
        attributes.insert("answer_due", receipt.clock.due.to_string());
        attributes.insert("policy_pack", format!("{}/{}", receipt.pack, receipt.pack_version));
    }
    if let Some(answer) = request.state.answer() {
        attributes.insert("in_time", request.overdue.is_none().to_string());
        if answer.proposal.wording.kind == AnswerKind::Refusal {
            attributes.insert("copies_to", format!("{},{info_office}", request.applicant));
            attributes.insert("reasons_sha256", sha256(answer.reasons.as_bytes()));
        }
    }
    if let Some(number) = transition.document_number() {
        attributes.insert("document_number", number.to_owned());
    }
    if !request.file.contested.is_empty() {
        attributes.insert("answers_before", request.file.contested.len().to_string());
    }
    if let Some(renewal) = &request.renewal {
        attributes.insert("renews", renewal.case.to_string());
    }
    if let Some(matter) = &request.file.superior {
        attributes.insert("superior", matter.stage.name().to_owned());
    }
    if let Some(paper) = &request.file.paper {
        attributes.insert("received_on_paper", paper.received.to_string());
        attributes.insert("paper_reason_sha256", sha256(paper.reason.text.as_bytes()));
    }
    let mut concerns = vec![request.applicant.clone()];
    // What the provider prepares, and what the applicant has not handed in, is not the other side's business.
    match (transition.happened(), &request.provider) {
        (Happened::Drafted | Happened::Revised, _) | (_, None) => {}
        (Happened::AnswerProposed, Some(provider)) => concerns = vec![provider.clone()],
        (_, Some(provider)) => concerns.push(provider.clone()),
    }
    Event {
        aggregate: format!("access-request/{}", request.id),
        version: request.version,
        kind,
        case: request.id.to_string(),
        // Whom it concerns hears of a proposal from the proposal's own event only.
        state: if transition.happened() == Happened::AnswerProposed {
            request.state.name()
        } else {
            request.told()
        },
        article,
        concerns,
        attributes,
    }
}

fn kind_and_article(happened: Happened) -> (&'static str, &'static str) {
    match happened {
        Happened::Drafted => ("access-request.drafted", "26"),
        Happened::Revised => ("access-request.revised", "26"),
        // What came on paper was received as well; attributes tell it apart.
        Happened::Submitted | Happened::EnteredFromPaper => ("access-request.submitted", "26"),
        Happened::SubmittedToInfoOffice => ("access-request.submitted-to-info-office", "26"),
        Happened::Forwarded => ("access-request.forwarded", "26"),
        Happened::Settled => ("access-request.settled", "26"),
        Happened::EntryNamed => ("access-request.entry-named", "14"),
        Happened::AnswerProposed => ("access-request.answer-proposed", "26"),
        Happened::Consented => ("access-request.consented", "26(一)"),
        Happened::Refused => ("access-request.refused", "26(二)"),
        Happened::Objected => ("access-request.objected", "26(二)"),
        Happened::Coordinated => ("access-request.coordinated", "26(二)"),
        Happened::RefusalStood => ("access-request.refusal-stood", "26(二)"),
        Happened::LiaisonStarted => ("access-request.liaison-started", "27"),
        Happened::SuperiorConsented => ("access-request.superior-consented", "27"),
        Happened::SuperiorRefused => ("access-request.superior-refused", "27"),
        Happened::CityAsked => ("access-request.city-asked", "27"),
        Happened::CityObtained => ("access-request.city-obtained", "27"),
        Happened::CityRefused => ("access-request.city-refused", "27"),
        Happened::SupplementRequested => ("access-request.supplement-requested", "26"),
        Happened::Supplemented => ("access-request.supplemented", "26"),
        Happened::ExtensionRequested => ("access-request.extension-requested", "26"),
        Happened::ExtensionGranted => ("access-request.extension-granted", "26"),
        Happened::ExtensionRefused => ("access-request.extension-refused", "26"),
        Happened::Withdrawn => ("access-request.withdrawn", "26"),
        Happened::Agreed => ("access-request.agreed", "26(一)"),
        Happened::Overdue => ("access-request.overdue", "26"),
        Happened::Reminded => ("access-request.reminded", "26"),
        Happened::Reported => ("access-request.reported-to-working-group", "26"),
    }
}
