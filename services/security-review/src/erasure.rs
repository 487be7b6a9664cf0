//! What this service forgets of an entry that was found to be a state secret (art. 31): the titles of its reviews, the
//! words of its restrictions, the papers of both, and the replies that said them. Digests stay in the audit.

use govshare_model::id::EntryId;
use service_kit::{Failure, Tx};

use crate::review::ERASED;

/// Erases all of it; gives how many attachments went.
pub async fn erase(tx: &mut Tx, entry: EntryId) -> Result<usize, Failure> {
    let titles = sqlx::query_scalar!(
        "SELECT title AS \"title!\" FROM security_review.reviews WHERE entry_id = $1 \
         UNION SELECT title FROM security_review.restrictions WHERE entry_id = $1",
        entry.0
    )
    .fetch_all(&mut **tx)
    .await?;
    for title in titles {
        tx.empty_replies(&entry.to_string(), &title).await?;
    }
    let reviews = sqlx::query_scalar!(
        "UPDATE security_review.reviews SET title = $2 WHERE entry_id = $1 RETURNING id",
        entry.0,
        ERASED
    )
    .fetch_all(&mut **tx)
    .await?;
    let restrictions = sqlx::query_scalar!(
        "UPDATE security_review.restrictions SET title = $2, words = $2 WHERE entry_id = $1 RETURNING id",
        entry.0,
        ERASED
    )
    .fetch_all(&mut **tx)
    .await?;
    let reviews = reviews.iter().map(|id| format!("review/{id}"));
    let restrictions: Vec<_> = restrictions.iter().map(|id| format!("restriction/{id}")).collect();
    // Reviews that are decided wait for nobody.
    sqlx::query("UPDATE tasks SET subject = $2 WHERE aggregate = ANY($1)")
        .bind(&restrictions)
        .bind(ERASED)
        .execute(&mut **tx)
        .await?;
    let papers: Vec<(String, String)> =
        sqlx::query_as("DELETE FROM attachments WHERE resource = ANY($1) RETURNING id::text, file_name")
            .bind(reviews.chain(restrictions).collect::<Vec<_>>())
            .fetch_all(&mut **tx)
            .await?;
    for (id, file_name) in &papers {
        tx.empty_replies(id, file_name).await?;
    }
    Ok(papers.len())
}
