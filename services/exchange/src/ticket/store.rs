//! Tickets in PostgreSQL, by the SHA-256 of their secret.

use govshare_model::id::DataVersionId;
use govshare_model::{Actor, Subject};
use service_kit::{Database, Failure, Refusal, Tx};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::basis::Basis;

use super::{Digest, Issue, Rejection, State, Ticket};

#[derive(Clone)]
pub struct Tickets {
    database: Database,
}

impl Tickets {
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    pub async fn save(&self, issue: &Issue, digest: Digest) -> Result<(), Failure> {
        let ticket = issue.ticket();
        sqlx::query!(
            "INSERT INTO exchange.tickets (digest, agreement_id, case_id, data_version_id, applicant, provider, \
               holder, issued_at, expire_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            &digest.0,
            ticket.basis.agreement().map(|agreement| agreement.0),
            ticket.basis.case().map(|case| case.0),
            ticket.data_version.0,
            ticket.holder.unit.as_str(),
            ticket.provider.as_str(),
            ticket.holder.subject.as_str(),
            ticket.issued,
            ticket.expire
        )
        .execute(self.database.pool())
        .await?;
        Ok(())
    }

    pub async fn load(&self, digest: Digest) -> Result<Ticket, Failure> {
        let row = sqlx::query_as!(
            Row,
            "SELECT agreement_id, case_id, data_version_id, applicant, provider, holder, issued_at, expire_at, \
               redeemed_at FROM exchange.tickets WHERE digest = $1",
            &digest.0
        )
        .fetch_optional(self.database.pool())
        .await?;
        row.ok_or_else(|| Refusal::not_found("ticket", "as given"))?.try_into()
    }

    /// Redeems the ticket `found` for whoever comes first; everybody else hears that it is spent.
    pub async fn redeem(
        &self,
        tx: &mut Tx,
        digest: Digest,
        found: &Ticket,
        now: OffsetDateTime,
    ) -> Result<Ticket, Failure> {
        let row = sqlx::query_as!(
            Row,
            "UPDATE exchange.tickets SET redeemed_at = $2 \
             WHERE digest = $1 AND redeemed_at IS NULL AND expire_at > $2 \
             RETURNING agreement_id, case_id, data_version_id, applicant, provider, holder, issued_at, expire_at, \
               redeemed_at",
            &digest.0,
            now
        )
        .fetch_optional(&mut **tx)
        .await?;
        let spent = || Rejection::Spent { state: if now < found.expire { "REDEEMED" } else { "EXPIRED" } };
        row.ok_or_else(spent)?.try_into()
    }

    /// Deletes tickets that stopped being good before `moment`; gives how many.
    pub async fn forget(&self, moment: OffsetDateTime) -> Result<u64, Failure> {
        let forgotten = sqlx::query!("DELETE FROM exchange.tickets WHERE expire_at < $1", moment)
            .execute(self.database.pool())
            .await?;
        Ok(forgotten.rows_affected())
    }
}

struct Row {
    agreement_id: Option<Uuid>,
    case_id: Option<Uuid>,
    data_version_id: Uuid,
    applicant: String,
    provider: String,
    holder: String,
    issued_at: OffsetDateTime,
    expire_at: OffsetDateTime,
    redeemed_at: Option<OffsetDateTime>,
}

impl TryFrom<Row> for Ticket {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        Ok(Self {
            basis: Basis::from_columns(row.agreement_id, row.case_id)?,
            data_version: DataVersionId(row.data_version_id),
            provider: row.provider.parse().map_err(Failure::internal)?,
            holder: Actor {
                subject: Subject(row.holder),
                unit: row.applicant.parse().map_err(Failure::internal)?,
                roles: Default::default(),
            },
            issued: row.issued_at,
            expire: row.expire_at,
            state: row.redeemed_at.map_or(State::Open, |at| State::Redeemed { at }),
        })
    }
}
