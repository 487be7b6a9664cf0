//! The reference: a tonic service that runs the transition's statements and knows nothing of people, roles or
//! rules. It is this program started again.

use std::error::Error;
use std::process::Stdio;

use govshare_proto::evaluation::v1::evaluation_service_server::{EvaluationService, EvaluationServiceServer};
use govshare_proto::evaluation::v1::{
    GetUnitIndicatorsRequest, GetUnitIndicatorsResponse, GetUnitPeriodRequest, GetUnitPeriodResponse,
    ListUnitIndicatorsRequest, ListUnitIndicatorsResponse,
};
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tonic::transport::{Channel, Server};
use tonic::{Request, Response, Status};
use uuid::Uuid;

/// As many as the service that it stands beside.
const CONNECTIONS: u32 = 8;

/// What the services write at the end of each transaction: work list, outbox and the reply for repeats.
const COMMIT: &str = "WITH said AS (SELECT * FROM json_populate_recordset(NULL::tasks, $2::json)), \
     gone AS (DELETE FROM tasks WHERE aggregate = ANY($1::text[]) AND NOT EXISTS ( \
       SELECT FROM said WHERE said.aggregate = tasks.aggregate AND said.kind = tasks.kind AND said.role = tasks.role)), \
     waiting AS (INSERT INTO tasks (aggregate, kind, role, unit, roles, not_for, case_id, zh, en, subject, article, due, \
         provisional, create_time) \
       SELECT aggregate, kind, role, unit, roles, not_for, case_id, zh, en, subject, article, due, provisional, $3 \
       FROM said WHERE NOT EXISTS ( \
         SELECT FROM tasks WHERE (tasks.aggregate, tasks.kind, tasks.role) = (said.aggregate, said.kind, said.role) \
           AND (tasks.unit, tasks.roles, tasks.not_for, tasks.zh, tasks.en, tasks.subject, tasks.due, tasks.provisional) \
             = (said.unit, said.roles, said.not_for, said.zh, said.en, said.subject, said.due, said.provisional) \
         OFFSET 0) \
       ON CONFLICT (aggregate, kind, role) DO UPDATE SET unit = excluded.unit, roles = excluded.roles, \
         not_for = excluded.not_for, case_id = excluded.case_id, zh = excluded.zh, en = excluded.en, \
         subject = excluded.subject, article = excluded.article, due = excluded.due, \
         provisional = excluded.provisional), \
     sent AS (INSERT INTO outbox (destination, payload, disclosure) \
       SELECT * FROM unnest($4::text[], $5::bytea[], $6::bytea[])) \
     INSERT INTO idempotency (unit, subject, method, request_id, request_hash, reply) VALUES ($7, $8, $9, $10, $11, $12)";

// About as long as those of the service's ProposeAnswer.
const LEAF_BYTES: usize = 600;
const DISCLOSURE_BYTES: usize = 80;
const REPLY_BYTES: usize = 500;

/// The reference as a running process; it ends with this value.
pub struct Process {
    child: Child,
}

impl Process {
    /// Starts the reference and waits until it prints its address.
    pub async fn start(database_url: &str) -> Result<(Self, Channel), Box<dyn Error>> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--transition-bare", database_url])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = child.stdout.take().ok_or("the reference has no output")?;
        let address =
            BufReader::new(output).lines().next_line().await?.ok_or("the reference did not start")?;
        let channel = Channel::from_shared(address)?.connect().await?;
        Ok((Self { child }, channel))
    }

    pub fn pid(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }
}

/// Serves the reference on a free port, whose address it prints.
pub async fn serve(database_url: &str) -> Result<(), Box<dyn Error>> {
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .test_before_acquire(false)
        .after_connect(|connection, _| {
            Box::pin(async move {
                sqlx::query("SET search_path TO access_request").execute(connection).await?;
                Ok(())
            })
        })
        .connect(database_url)
        .await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let incoming = tonic::transport::server::TcpIncoming::from(listener).with_nodelay(Some(true));
    Server::builder()
        .add_service(EvaluationServiceServer::new(Bare { pool }))
        .serve_with_incoming(incoming)
        .await?;
    Ok(())
}

struct Bare {
    pool: PgPool,
}

impl Bare {
    async fn propose(&self, case: Uuid) -> Result<(), sqlx::Error> {
        let request_id = Uuid::now_v7();
        let (lock, _) = request_id.as_u64_pair();
        let begin = format!("BEGIN; SELECT pg_advisory_xact_lock({})", lock.cast_signed());
        let mut tx = self.pool.begin_with(AssertSqlSafe(begin)).await?;
        sqlx::query(
            "SELECT request_hash, reply FROM idempotency \
             WHERE unit = $1 AND subject = $2 AND method = $3 AND request_id = $4",
        )
        .bind("bare")
        .bind("bare")
        .bind("bare")
        .bind(request_id)
        .fetch_optional(&mut *tx)
        .await?;
        sqlx::query("SELECT * FROM access_requests WHERE id = $1 FOR UPDATE")
            .bind(case)
            .fetch_one(&mut *tx)
            .await?;
        sqlx::query(
            "UPDATE access_requests SET state = 'ANSWER_PROPOSED', answer_kind = 'CONSENT', answer_reasons = $2, \
               proposed_by = $3, proposed_at = now(), updated_at = now(), version = version + 1 WHERE id = $1",
        )
        .bind(case)
        .bind("同意")
        .bind("bare")
        .execute(&mut *tx)
        .await?;
        let aggregate = format!("access-request/{case}");
        let waits = format!(
            r#"[{{"aggregate":"{aggregate}","kind":"answer","role":"approver","unit":"bare","roles":["approver"],"#
        ) + &format!(
            r#""not_for":["bare"],"case_id":"{case}","zh":"审批并作出答复","en":"give the proposed answer","#
        ) + r#""subject":"bare","article":"26","due":"infinity","provisional":false}]"#;
        sqlx::query(COMMIT)
            .bind([aggregate])
            .bind(waits)
            .bind(service_kit::clock::real_now())
            .bind(["bare"])
            .bind([vec![b'x'; LEAF_BYTES]])
            .bind([vec![b'x'; DISCLOSURE_BYTES]])
            .bind("bare")
            .bind("bare")
            .bind("bare")
            .bind(request_id)
            .bind(vec![b'x'; 32])
            .bind(vec![b'x'; REPLY_BYTES])
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }
}

#[tonic::async_trait]
impl EvaluationService for Bare {
    async fn get_unit_indicators(
        &self,
        request: Request<GetUnitIndicatorsRequest>,
    ) -> Result<Response<GetUnitIndicatorsResponse>, Status> {
        let case = Uuid::parse_str(&request.get_ref().unit_id)
            .map_err(|e| Status::invalid_argument(e.to_string()))?;
        self.propose(case).await.map_err(|error| Status::internal(error.to_string()))?;
        Ok(Response::new(GetUnitIndicatorsResponse::default()))
    }

    async fn list_unit_indicators(
        &self,
        _: Request<ListUnitIndicatorsRequest>,
    ) -> Result<Response<ListUnitIndicatorsResponse>, Status> {
        Err(Status::unimplemented("the reference does one thing"))
    }

    async fn get_unit_period(
        &self,
        _: Request<GetUnitPeriodRequest>,
    ) -> Result<Response<GetUnitPeriodResponse>, Status> {
        Err(Status::unimplemented("the reference does one thing"))
    }
}
