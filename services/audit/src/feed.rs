//! The log as a feed for read models.

use govshare_proto::audit::internal::v1 as pb;
use govshare_proto::audit::internal::v1::audit_feed_service_server::AuditFeedService;
use service_kit::{Failure, Violations};
use tonic::{Request, Response, Status};

use crate::convert;
use crate::store::{Scope, Store};

pub struct Feed {
    pub store: Store,
}

#[tonic::async_trait]
impl AuditFeedService for Feed {
    async fn read_feed(
        &self,
        request: Request<pb::ReadFeedRequest>,
    ) -> Result<Response<pb::ReadFeedResponse>, Status> {
        let pb::ReadFeedRequest { from_position, limit } = request.into_inner();
        let mut violations = Violations::new();
        violations.check(from_position >= 0, "from_position", "must not be negative / 不得为负");
        violations.check((1..=1000).contains(&limit), "limit", "must lie between 1 and 1000 / 须为1至1000");
        violations.finish()?;
        let found = self.store.find(Scope::All, None, from_position - 1, limit.into()).await?;
        let (found, _) = convert::cut(found, limit.into());
        let positions: Vec<_> = found.iter().map(|event| event.position).collect();
        let stored = self.store.read(&positions).await?;
        let events = stored
            .into_iter()
            .map(|stored| {
                let leaf = convert::read(&stored)?;
                convert::to_proto(stored, leaf)
            })
            .collect::<Result<_, Failure>>()?;
        Ok(Response::new(pb::ReadFeedResponse { events }))
    }
}
