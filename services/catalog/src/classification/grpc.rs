//! The contract's methods: parse, load, authorize, transition, save, respond.

use govshare_model::Actor;
use govshare_model::id::EntryId;
use govshare_proto::catalog::v1 as pb;
use govshare_proto::catalog::v1::classification_service_server::ClassificationService;
use service_kit::page::Page;
use service_kit::{Begin, Call, Database, Failure, Violations, call};
use tonic::{Request, Response, Status};

use super::code::{ClassificationCode, ResourceCode};
use super::node::{self, Happened};
use super::store::ClassificationStore;
use super::{convert, error};
use crate::convert::given;
use crate::entries::EntryStore;

pub struct Classification {
    pub database: Database,
    pub store: ClassificationStore,
    pub entries: EntryStore,
}

type Reply<T> = Result<Response<T>, Status>;

impl Classification {
    /// The entry that has a code, if the caller may know of it.
    async fn entry_with(&self, code: &ResourceCode, actor: &Actor) -> Result<Option<EntryId>, Failure> {
        let Some(id) = self.entries.with_code(code).await? else { return Ok(None) };
        let view = self.entries.view(id).await?;
        Ok(view.authorize(crate::entries::policy::READ, actor).is_ok().then_some(id))
    }
}

#[tonic::async_trait]
impl ClassificationService for Classification {
    async fn register_classification_nodes(
        &self,
        request: Request<pb::RegisterClassificationNodesRequest>,
    ) -> Reply<pb::RegisterClassificationNodesResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let wanted = convert::wanted(&request.get_ref().nodes, &mut violations);
        violations.finish()?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let known = self.store.load_with_parents(&mut tx, &wanted).await?;
        let changes = node::register(wanted, &known, self.database.clock().now()).map_err(error::all)?;
        self.store.save(&mut tx, &changes, &call.actor).await?;
        let count = |happened| {
            let matching = changes.iter().filter(|change| change.happened() == happened);
            i32::try_from(matching.count()).unwrap_or(i32::MAX)
        };
        let reply = pb::RegisterClassificationNodesResponse {
            created: count(Happened::Registered),
            renamed: count(Happened::Renamed),
        };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn get_classification_node(
        &self,
        request: Request<pb::GetClassificationNodeRequest>,
    ) -> Reply<pb::GetClassificationNodeResponse> {
        let mut violations = Violations::new();
        let code = violations.parse("code", &request.get_ref().code);
        let node = self.store.load(&given(code, violations)?).await?;
        Ok(Response::new(pb::GetClassificationNodeResponse { node: Some(convert::to_proto(&node)) }))
    }

    async fn list_classification_nodes(
        &self,
        request: Request<pb::ListClassificationNodesRequest>,
    ) -> Reply<pb::ListClassificationNodesResponse> {
        let body = request.into_inner();
        let prefix = body.code_prefix;
        let filters =
            pb::ListClassificationNodesRequest { code_prefix: prefix.clone(), ..Default::default() };
        let mut violations = Violations::new();
        let page: Page<String> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        let is_prefix = prefix.len() <= 18 && prefix.bytes().all(|byte| byte.is_ascii_digit());
        violations.check(is_prefix, "code_prefix", "must have at most 18 digits / 须为不超过18位的数字");
        violations.finish()?;
        let found = self.store.list(&prefix, page.after.as_deref(), page.size + 1).await?;
        let (nodes, next_page_token) =
            page.cut(found, |node| node.code.to_string(), |node| convert::to_proto(&node));
        Ok(Response::new(pb::ListClassificationNodesResponse { nodes, next_page_token }))
    }

    async fn retire_classification_node(
        &self,
        request: Request<pb::RetireClassificationNodeRequest>,
    ) -> Reply<pb::RetireClassificationNodeResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let code = violations.parse("code", &request.get_ref().code);
        let code: ClassificationCode = given(code, violations)?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let node = self.store.load_for_update(&mut tx, &code).await?;
        let has_children = self.store.has_children(&mut tx, &code).await?;
        let retired = node.retire(has_children, self.database.clock().now()).map_err(Failure::from)?;
        self.store.save(&mut tx, std::slice::from_ref(&retired), &call.actor).await?;
        let node = Some(convert::to_proto(retired.node()));
        let reply = pb::RetireClassificationNodeResponse { node };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn check_resource_code(
        &self,
        request: Request<pb::CheckResourceCodeRequest>,
    ) -> Reply<pb::CheckResourceCodeResponse> {
        let actor = call::actor(&request)?;
        let mut violations = Violations::new();
        let text = violations.text("resource_code", &request.get_ref().resource_code, 1, 100);
        violations.finish()?;
        let code = match text.parse::<ResourceCode>() {
            Ok(code) => code,
            Err(problem) => {
                let problem = problem.to_string();
                return Ok(Response::new(pb::CheckResourceCodeResponse { problem, ..Default::default() }));
            }
        };
        let path = self.store.find(&code.node().path()).await?;
        let entry = self.entry_with(&code, &actor).await?;
        Ok(Response::new(pb::CheckResourceCodeResponse {
            well_formed: true,
            problem: String::new(),
            classified: path.iter().any(|node| node.code == *code.node()),
            path: path.iter().map(convert::to_proto).collect(),
            entry_id: entry.map(|id| id.to_string()).unwrap_or_default(),
        }))
    }
}
