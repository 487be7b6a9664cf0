//! The methods of notes, and what the caller hears when one is not taken.

use govshare_model::Actor;
use govshare_model::id::{CaseId, NoteId};
use govshare_proto::access_request::v1 as pb;
use govshare_proto::access_request::v1::case_note_service_server::CaseNoteService;
use service_kit::page::Page;
use service_kit::validate::time_to_proto;
use service_kit::{Begin, Call, Database, Failure, Reason, Refusal, Violations, call};
use tonic::Request;
use uuid::Uuid;

use super::store::Store;
use super::{MOST_NOTES, Note, Part, Rejection};
use crate::access_request::AccessRequest;
use crate::changing::{Reply, given};
use crate::{policy, store};

pub struct Notes {
    pub database: Database,
    pub requests: store::Store,
    pub store: Store,
}

#[tonic::async_trait]
impl CaseNoteService for Notes {
    async fn add_note(&self, request: Request<pb::AddNoteRequest>) -> Reply<pb::AddNoteResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let id = violations.parse("access_request_id", &body.access_request_id);
        let text = violations.text("body", &body.body, 1, 2000);
        violations.finish()?;
        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(tonic::Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let case = self.requests.load_for_update(&mut tx, given(id)).await?;
        authorize(&call.actor, "AddNote", &case)?;
        let before = self.store.count(&mut tx, case.id).await?;
        let (id, now) = (NoteId(Uuid::now_v7()), self.database.clock().now());
        let added = Note::write(id, &case, before, text, &call.actor, now).map_err(Failure::from)?;
        self.store.save(&mut tx, &added, &call.actor).await?;
        let reply = pb::AddNoteResponse { note: Some(to_proto(added.note())) };
        Ok(tonic::Response::new(tx.commit(&call, reply).await?))
    }

    async fn list_notes(&self, request: Request<pb::ListNotesRequest>) -> Reply<pb::ListNotesResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let mut violations = Violations::new();
        let id: Option<CaseId> = violations.parse("access_request_id", &body.access_request_id);
        let filters = pb::ListNotesRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let page: Page<i32> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        violations.finish()?;
        let case = self.requests.load(given(id)).await?;
        authorize(&actor, policy::READ_NOTES, &case)?;
        let found = self.store.list(case.id, page.after.unwrap_or(0), page.size + 1).await?;
        let (notes, next_page_token) = page.cut(found, |note| note.number, |note| to_proto(&note));
        Ok(tonic::Response::new(pb::ListNotesResponse { notes, next_page_token }))
    }
}

/// The case named in a refusal and hidden from whoever may not read it.
fn authorize(actor: &Actor, method: &str, case: &AccessRequest) -> Result<(), Refusal> {
    service_kit::auth::access::authorize(
        policy::NOTE_RULES,
        method,
        policy::READ_NOTES,
        actor,
        &policy::relations(actor, case),
        case.state.name(),
        ("access-request", &case.id),
    )
}

fn to_proto(note: &Note) -> pb::Note {
    let part = match note.part {
        Part::Applicant => pb::NotePart::Applicant,
        Part::Provider => pb::NotePart::Provider,
        Part::InfoOffice => pb::NotePart::InfoOffice,
        Part::WorkingGroup => pb::NotePart::WorkingGroup,
    };
    pb::Note {
        note_id: note.id.to_string(),
        access_request_id: note.case.to_string(),
        number: note.number,
        unit_id: note.unit.to_string(),
        part: part.into(),
        body: note.body.clone(),
        create_time: Some(time_to_proto(note.at)),
    }
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        let refusal = match rejection {
            Rejection::Draft => Refusal::new(
                Reason::WrongState,
                "the application is a draft; notes are written once it is handed in",
                "申请尚未提交，提交后方可留言",
            )
            .state("DRAFT"),
            Rejection::NotBeforeTheGroup { state } => Refusal::new(
                Reason::WrongState,
                "neither an objection nor a report has put the case before the working group",
                "该申请未经异议或者报告提交专项工作组，工作组暂不能留言",
            )
            .state(state),
            Rejection::Full => Refusal::new(
                Reason::NotesFull,
                format!("the case has {MOST_NOTES} notes and takes no more"),
                format!("该申请的留言已达{MOST_NOTES}条，不能再添加"),
            )
            .with("max", MOST_NOTES.to_string()),
        };
        refusal.article("26").into()
    }
}
