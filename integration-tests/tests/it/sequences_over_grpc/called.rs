//! A step of the machine as a call through the gateway.

use access_request::access_request::Form;
use govshare_proto::access_request::v1 as pb;
use integration_tests::Person;
use integration_tests::steps::request_id;
use tonic::Status;

use super::command::Command;
use super::{PROVIDER, Play, form, words};

pub(super) fn form_to_proto(form: &Form) -> pb::ApplicationForm {
    pb::ApplicationForm {
        purpose: form.purpose.clone(),
        scenario: form.scenario.clone(),
        basis: form.basis.clone(),
        mode: form.mode.map_or(pb::DeliveryMode::Unspecified, |_| pb::DeliveryMode::File).into(),
        use_until: form.use_until.map(service_kit::validate::date_to_proto),
        ..Default::default()
    }
}

impl Play {
    /// The same step through the gateway.
    pub(super) async fn called(
        &self,
        id: &str,
        command: &Command,
        person: &Person,
    ) -> Result<Option<pb::AccessRequest>, Status> {
        use Command::*;
        let (access_request_id, request_id, mut client) = (id.to_owned(), request_id(), person.requests());
        macro_rules! call {
            ($method:ident, $request:ident $(, $field:ident: $value:expr)*) => {{
                let request = pb::$request { access_request_id, request_id, $($field: $value,)* };
                client.$method(request).await?.into_inner().access_request
            }};
        }
        let (provider_unit_id, entry_id) = (PROVIDER.to_owned(), self.resource.entry.to_string());
        Ok(match *command {
            Begin { .. } | Wait { .. } | Sweep | Agree => unreachable!("no step of a person on a request"),
            Revise { .. } => {
                let paths = ["purpose", "basis", "mode", "use_until"].map(str::to_owned).to_vec();
                call!(update_access_request, UpdateAccessRequestRequest, form: Some(form_to_proto(&form())),
                    update_mask: Some(prost_types::FieldMask { paths }), etag: String::new())
            }
            Submit { .. } => call!(submit_access_request, SubmitAccessRequestRequest),
            Forward { listed } => {
                let entry_id = if listed { entry_id } else { String::new() };
                call!(forward_access_request, ForwardAccessRequestRequest, provider_unit_id: provider_unit_id,
                    entry_id: entry_id, note: words())
            }
            Settle => call!(settle_access_request, SettleAccessRequestRequest, outcome: words()),
            NameEntry => call!(name_entry, NameEntryRequest, entry_id: entry_id),
            Propose { consent, conditions, incomplete, .. } => {
                let kind = if consent { pb::AnswerKind::Consent } else { pb::AnswerKind::Refusal };
                call!(propose_answer, ProposeAnswerRequest, kind: kind.into(), reasons: words(),
                    conditions: if conditions { words() } else { String::new() },
                    material_incomplete: incomplete)
            }
            Consent { .. } => {
                call!(consent_access_request, ConsentAccessRequestRequest, etag: String::new())
            }
            Refuse { silent, .. } => {
                call!(refuse_access_request, RefuseAccessRequestRequest,
                    reasons: if silent { String::new() } else { words() }, etag: String::new())
            }
            Withdraw => call!(withdraw_access_request, WithdrawAccessRequestRequest),
            Object => call!(object_to_refusal, ObjectToRefusalRequest, grounds: words()),
            Coordinate { anew } => {
                let outcome = if anew {
                    pb::CoordinationOutcome::AnswerAnew
                } else {
                    pb::CoordinationOutcome::RefusalStands
                };
                call!(coordinate_objection, CoordinateObjectionRequest, outcome: outcome.into(),
                    opinion: words())
            }
            Liaise { .. } => {
                call!(start_superior_liaison, StartSuperiorLiaisonRequest, body: words(), statement: words())
            }
            SuperiorConsents => {
                call!(record_superior_consent, RecordSuperiorConsentRequest, outcome: words())
            }
            SuperiorRefuses { .. } => {
                call!(state_superior_refusal, StateSuperiorRefusalRequest, statement: words())
            }
            AskCity => {
                call!(request_city_coordination, RequestCityCoordinationRequest, statement: words())
            }
            City { provided } => {
                call!(record_city_coordination, RecordCityCoordinationRequest, provided: provided,
                    outcome: words())
            }
            RequestSupplement => {
                call!(request_supplement, RequestSupplementRequest, missing: vec![words()])
            }
            Supplement { complete, .. } => {
                let form = if complete { form() } else { Form::default() };
                call!(supplement_access_request, SupplementAccessRequestRequest,
                    form: Some(form_to_proto(&form)), statement: words())
            }
            RequestExtension { days } => {
                call!(request_extension, RequestExtensionRequest, working_days: i32::from(days.max(1)),
                    reason: words())
            }
            DecideExtension { granted } => {
                call!(decide_extension, DecideExtensionRequest, granted: granted, decision: words())
            }
            Escalate => call!(remind_provider, RemindProviderRequest, statement: words()),
        })
    }
}
