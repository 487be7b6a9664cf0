//! Delivery: one ticket, one redemption, and a file whose SHA-256 is the published one.

use govshare_model::Role;
use tempfile::TempDir;

use super::agreement::Agreed;
use super::narration::{Narrator, ensure};
use super::parties::Parties;
use super::stage::Stage;
use crate::exchange;
use crate::failure::Failure;
use crate::transfer::{Destination, Downloaded, download};

pub async fn play(
    stage: &Stage,
    narrator: &mut Narrator,
    parties: &Parties,
    agreed: &Agreed,
) -> Result<Downloaded, Failure> {
    let curious = stage.person(&parties.outsider, Role::Drafter)?;
    let tried = exchange::ticket(&curious.caller, &agreed.agreement, &agreed.data.data_version_id).await;
    narrator.refused(
        &curious.name,
        "asks for a ticket under others' agreement",
        ("NOT_FOUND", "23"),
        tried,
    )?;

    let taker = stage.person(&parties.applicant, Role::Drafter)?;
    let given = exchange::ticket(&taker.caller, &agreed.agreement, &agreed.data.data_version_id).await?;
    narrator.done(&taker.name, "gets a ticket for one delivery", "25", "");

    let folder = TempDir::new().map_err(Failure::local)?;
    let into = Destination { path: folder.path().to_owned(), force: false };
    let (ca, output) = (stage.ca.as_deref(), narrator.output());
    let taken = download(&given.download_uri, ca, given.ticket.clone(), &into, output).await?;
    ensure(taken.sha256 == agreed.data.sha256, || {
        format!("the delivered file has SHA-256 {}, the published one {}", taken.sha256, agreed.data.sha256)
    })?;
    narrator.done(
        &taker.name,
        format!("takes {} bytes from {}", taken.size, given.download_uri),
        "25",
        "COMPLETED",
    );
    narrator.note(format!("SHA-256 {} checked", taken.sha256));

    let again = Destination { path: folder.path().join("again"), force: false };
    let tried = download(&given.download_uri, ca, given.ticket, &again, output).await;
    narrator.refused(&taker.name, "redeems the ticket once more", ("TICKET_SPENT", "25"), tried)?;
    Ok(taken)
}
