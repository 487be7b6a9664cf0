//! How services write the log.

use govshare_proto::audit::internal::v1 as pb;
use govshare_proto::audit::internal::v1::audit_ingest_service_server::AuditIngestService;
use service_kit::{Violations, call};
use tonic::{Request, Response, Status};

use crate::leaf::{self, Flaw};
use crate::sequencer::Sequencer;

/// Events in one call.
const MAX_EVENTS: usize = 1000;

pub struct Ingest {
    pub sequencer: Sequencer,
}

#[tonic::async_trait]
impl AuditIngestService for Ingest {
    async fn append_events(
        &self,
        request: Request<pb::AppendEventsRequest>,
    ) -> Result<Response<pb::AppendEventsResponse>, Status> {
        let calling = call::calling_service(&request)?;
        let events = request.into_inner().events;
        let mut violations = Violations::new();
        let bounded = (1..=MAX_EVENTS).contains(&events.len());
        violations.check(bounded, "events", "must be 1 to 1000 / 须为1至1000个");
        let mut entries = Vec::with_capacity(events.len().min(MAX_EVENTS));
        for (index, event) in events.into_iter().enumerate().take(MAX_EVENTS) {
            match leaf::check(event.leaf, event.disclosure, &calling) {
                Ok(entry) => entries.push(entry),
                Err(flaw @ Flaw::Disclosure(_)) => {
                    violations.add(format!("events[{index}].disclosure"), flaw.to_string());
                }
                Err(flaw) => violations.add(format!("events[{index}].leaf"), flaw.to_string()),
            }
        }
        violations.finish()?;
        let positions = self.sequencer.append(entries).await?;
        Ok(Response::new(pb::AppendEventsResponse { positions }))
    }
}
