//! Tokens that were not accepted: counted as they come, and told to the audit in one event per source address
//! and minute. The address is personal data, so the leaf has a salted digest of it, the erasable disclosure opens it.
//!
//! All replicas give the event of a source and minute one name, so that the audit takes only the first: what the others
//! counted, or this one before and after a restart, is in the metrics alone. The name is keyed, since addresses are few
//! enough to try them all.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use govshare_proto::audit::internal::v1::audit_ingest_service_client::AuditIngestServiceClient;
use govshare_proto::audit::internal::v1::{AppendEventsRequest, NewEvent};
use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};
use service_kit::auth::TokenError;
use service_kit::auth::services::ServiceSigner;
use service_kit::client::{DEADLINE, Upstream};
use service_kit::{Clock, Event, Reason};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::routes::Route;

/// Addresses told apart within a minute; what further ones send is told as one source `other`.
const MAX_SOURCES: usize = 256;
const REPORT_INTERVAL: Duration = Duration::from_secs(5);
/// An event that the audit could not be given for this long is dropped, and the log says so.
const KEPT: Duration = Duration::from_secs(600);
/// Largest number of events in a call of the audit.
const BATCH: usize = 1000;
/// Time for the last report when the gateway ends.
const LAST_REPORT: Duration = Duration::from_secs(2);

/// What has been rejected and not been told yet.
pub struct Rejections {
    minutes: Mutex<BTreeMap<i64, Sources>>,
    clock: Clock,
    signer: ServiceSigner,
    rejected: Counter<u64>,
}

type Sources = HashMap<Source, Tally>;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Source {
    Address(IpAddr),
    Other,
}

struct Tally {
    reasons: BTreeMap<&'static str, u64>,
    first_method: String,
}

impl Rejections {
    pub fn new(clock: Clock, signer: ServiceSigner) -> Self {
        let rejected = global::meter("govshare").u64_counter("govshare.auth.rejected").build();
        Self { minutes: Mutex::default(), clock, signer, rejected }
    }

    pub fn count(&self, source: IpAddr, route: &Route, error: TokenError) {
        let reason = error.as_str();
        self.rejected.add(1, &[KeyValue::new("error.type", reason), KeyValue::new("token", "person")]);
        let mut minutes = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        let sources = minutes.entry(self.minute()).or_default();
        let address = Source::Address(source.to_canonical());
        let source = if sources.len() < MAX_SOURCES || sources.contains_key(&address) {
            address
        } else {
            Source::Other
        };
        let tally = sources.entry(source).or_insert_with(|| Tally {
            reasons: BTreeMap::new(),
            first_method: format!("{}/{}", route.service, route.method),
        });
        *tally.reasons.entry(reason).or_default() += 1;
    }

    /// Tells the audit of every minute once it is over, again and again until the audit has it; at `shutdown` also
    /// of the one that runs.
    pub async fn report(&self, audit: Upstream, replica: &str, shutdown: CancellationToken) {
        let mut client = AuditIngestServiceClient::new(audit);
        let mut pending = Vec::new();
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = tokio::time::sleep(REPORT_INTERVAL) => {}
            }
            pending.extend(self.take(self.minute(), replica));
            deliver(&mut client, &mut pending).await;
            let before = pending.len();
            pending.retain(|waiting: &Pending| waiting.since.elapsed() < KEPT);
            if pending.len() < before {
                tracing::error!(dropped = before - pending.len(), "rejected tokens not told to the audit");
            }
        }
        pending.extend(self.take(i64::MAX, replica));
        if tokio::time::timeout(LAST_REPORT, deliver(&mut client, &mut pending)).await.is_err()
            || !pending.is_empty()
        {
            tracing::error!(dropped = pending.len(), "rejected tokens not told to the audit");
        }
    }

    fn minute(&self) -> i64 {
        self.clock.now().unix_timestamp().div_euclid(60)
    }

    /// Seals and takes away the minutes before `end`.
    fn take(&self, end: i64, replica: &str) -> Vec<Pending> {
        let over = {
            let mut minutes = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
            let later = minutes.split_off(&end);
            std::mem::replace(&mut *minutes, later)
        };
        let tallies =
            over.into_iter().flat_map(|(minute, sources)| sources.into_iter().map(move |s| (minute, s)));
        let sealed = tallies.filter_map(|(minute, (source, tally))| {
            let since = Instant::now();
            match self.seal(minute, source, tally, replica) {
                Ok(event) => Some(Pending { since, event }),
                Err(error) => {
                    tracing::error!(%error, "rejected tokens not told to the audit");
                    None
                }
            }
        });
        sealed.collect()
    }

    fn seal(
        &self,
        minute: i64,
        source: Source,
        tally: Tally,
        replica: &str,
    ) -> Result<NewEvent, service_kit::Failure> {
        let reasons: Vec<_> =
            tally.reasons.iter().map(|(reason, count)| format!("{reason}: {count}")).collect();
        let source = match source {
            Source::Address(address) => address.to_string(),
            Source::Other => "other".to_owned(),
        };
        let name = self.signer.keyed_name(&format!("rejected tokens, minute {minute}, source {source}"));
        let event = Event {
            aggregate: format!("auth-failures/{name}"),
            version: 1,
            kind: "gateway.tokens-rejected",
            case: String::new(),
            state: "",
            article: "29",
            concerns: Vec::new(),
            attributes: BTreeMap::from([
                ("first_method", tally.first_method),
                ("minute", minute.to_string()),
                ("reasons", reasons.join(", ")),
                ("replica", replica.to_owned()),
            ]),
        };
        let sealed = event.seal_about(crate::NAME, &source, self.clock.now())?;
        Ok(NewEvent { leaf: sealed.leaf, disclosure: sealed.disclosure })
    }
}

struct Pending {
    since: Instant,
    event: NewEvent,
}

/// Sends what is pending and takes away what need not be sent again.
async fn deliver(client: &mut AuditIngestServiceClient<Upstream>, pending: &mut Vec<Pending>) {
    let mut most = BATCH;
    while !pending.is_empty() {
        let count = pending.len().min(most);
        let events = pending[..count].iter().map(|waiting| waiting.event.clone()).collect();
        let sent = tokio::time::timeout(DEADLINE, client.append_events(AppendEventsRequest { events })).await;
        match sent.unwrap_or_else(|_| Err(Status::deadline_exceeded("no reply in time"))) {
            Ok(_) => {}
            // One event at fault keeps out the others of its call.
            Err(status) if status.code() == Code::InvalidArgument && count > 1 => {
                most = 1;
                continue;
            }
            Err(status) if is_told(&status) => {
                tracing::info!("another replica has told the audit of a source's minute");
            }
            Err(status) if matches!(status.code(), Code::InvalidArgument | Code::PermissionDenied) => {
                tracing::error!(%status, "the audit refuses events of rejected tokens");
            }
            Err(status) => {
                tracing::warn!(%status, "audit not reached yet");
                return;
            }
        }
        pending.drain(..count);
    }
}

/// The event is in the audit with what somebody else counted.
fn is_told(status: &Status) -> bool {
    let reason = Reason::ContentMismatch.as_str_name().trim_start_matches("REASON_");
    status.get_details_error_info().is_some_and(|info| info.reason == reason)
}
