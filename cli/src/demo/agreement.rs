//! The agreement: drafted once, signed by three over the same bytes, active with the last signature only.

use std::io::Write;

use govshare_model::Role;
use govshare_model::id::UnitId;
use govshare_proto::access_request::v1::AccessRequestState;
use govshare_proto::agreement::v1::{Agreement, AgreementState, DocumentKind};
use govshare_proto::exchange::v1::DataVersion;
use tempfile::TempDir;
use time::Duration;

use super::application::Case;
use super::catalogue::Target;
use super::narration::{Narrator, ensure, until};
use super::parties::Parties;
use super::stage::Stage;
use super::{WITHIN, today};
use crate::agreements::{self, Terms};
use crate::exchange;
use crate::failure::Failure;
use crate::output::short;
use crate::requests;
use crate::transfer;

/// Rows of the file that the provider publishes: enough for several pieces of a stream.
const ROWS: u32 = 20_000;

/// An active agreement and the data that waits for its user.
pub struct Agreed {
    pub agreement: String,
    pub data: DataVersion,
    /// Signatures that it took.
    pub signatures: usize,
}

pub async fn play(
    stage: &Stage,
    narrator: &mut Narrator,
    parties: &Parties,
    target: &Target,
    case: &Case,
) -> Result<Agreed, Failure> {
    let agreement = draft(stage, narrator, parties, target, case).await?;
    let id = agreement.agreement_id.as_str();
    sign(stage, narrator, &parties.applicant, id, DocumentKind::Agreement).await?;
    sign(stage, narrator, &parties.provider, id, DocumentKind::Agreement).await?;
    if target.sensitive {
        sign(stage, narrator, &parties.applicant, id, DocumentKind::Confidentiality).await?;
        sign(stage, narrator, &parties.provider, id, DocumentKind::Confidentiality).await?;
    }
    let data = publish(stage, narrator, target, parties).await?;

    let taker = stage.person(&parties.applicant, Role::Drafter)?;
    let tried = exchange::ticket(&taker.caller, id, &data.data_version_id).await;
    let what = "asks for a ticket with two of three signatures";
    narrator.refused(&taker.name, what, ("AGREEMENT_NOT_ACTIVE", "26"), tried)?;
    let office = stage.person(&parties.info_office, Role::Signatory)?;
    let other_key = stage.unit_key(&parties.applicant)?;
    let tried = agreements::sign(&office.caller, id, DocumentKind::Agreement, &other_key).await;
    narrator.refused(&office.name, "signs with the applicant's key", ("KEY_NOT_ACTIVE", "26"), tried)?;

    let signed = sign(stage, narrator, &parties.info_office, id, DocumentKind::Agreement).await?;
    expect_state(&signed, AgreementState::Active)?;
    let reader = &taker.caller;
    let ((), _) = until(WITHIN, "the case's state AGREED", async || {
        let agreed = requests::get(reader, &case.id).await?.state() == AccessRequestState::Agreed;
        Ok(agreed.then_some(()))
    })
    .await?;
    narrator.done("agreement", "tells the case that its agreement is active", "26(一)", "AGREED");
    Ok(Agreed { agreement: agreement.agreement_id, data, signatures: signed.signatures.len() })
}

async fn draft(
    stage: &Stage,
    narrator: &mut Narrator,
    parties: &Parties,
    target: &Target,
    case: &Case,
) -> Result<Agreement, Failure> {
    let drafter = stage.person(&parties.provider, Role::Drafter)?;
    let terms = Terms {
        purpose: "统筹全区公共服务设施规划，不得用于其他目的".to_owned(),
        items: case.items.clone(),
        delivery: "经交换平台提供数据文件，一次".to_owned(),
        from: today(),
        until: today() + Duration::days(365),
        retention: "期满后三十日内销毁所留副本，并书面告知提供方".to_owned(),
        mode: None,
        frequency: String::new(),
        give_back: Vec::new(),
    };
    let agreement = agreements::create(&drafter.caller, &case.id, terms).await?;
    expect_state(&agreement, AgreementState::AwaitingSignatures)?;
    let article = if target.sensitive { "26(一), 31" } else { "26(一)" };
    narrator.done(&drafter.name, "drafts the agreement", article, "AWAITING_SIGNATURES");
    for document in &agreement.documents {
        narrator.note(format!(
            "{}: {} bytes, SHA-256 {}, to be signed by {}",
            short(document.kind().as_str_name(), "DOCUMENT_KIND_"),
            document.size_bytes,
            document.sha256,
            document.signatory_unit_ids.join(", ")
        ));
    }
    let expected = if target.sensitive { 2 } else { 1 };
    ensure(agreement.documents.len() == expected, || {
        format!("the agreement has {} documents, not {expected} (art. 31)", agreement.documents.len())
    })?;
    Ok(agreement)
}

async fn sign(
    stage: &Stage,
    narrator: &mut Narrator,
    unit: &UnitId,
    agreement: &str,
    kind: DocumentKind,
) -> Result<Agreement, Failure> {
    let signatory = stage.person(unit, Role::Signatory)?;
    let key = stage.unit_key(unit)?;
    let signed = agreements::sign(&signatory.caller, agreement, kind, &key).await?;
    let state = short(signed.state().as_str_name(), "AGREEMENT_STATE_");
    let (what, article) = match kind {
        DocumentKind::Confidentiality => ("signs the confidentiality agreement", "31"),
        DocumentKind::Agreement | DocumentKind::Unspecified => ("signs the agreement", "26(一)"),
    };
    narrator.done(&signatory.name, what, article, &state);
    Ok(signed)
}

/// The provider publishes an invented file with the columns that the entry lists.
async fn publish(
    stage: &Stage,
    narrator: &mut Narrator,
    target: &Target,
    parties: &Parties,
) -> Result<DataVersion, Failure> {
    let folder = TempDir::new().map_err(Failure::local)?;
    let path = folder.path().join("data.csv");
    let mut text = String::from("\u{feff}序号");
    let columns = if target.items.is_empty() { vec!["数值".to_owned()] } else { target.items.clone() };
    for column in &columns {
        text.push_str(&format!(",\"{}\"", column.replace('"', "\"\"")));
    }
    text.push('\n');
    for row in 1..=ROWS {
        text.push_str(&row.to_string());
        for column in 1..=columns.len() {
            text.push_str(&format!(",示例{row}-{column}"));
        }
        text.push('\n');
    }
    std::fs::File::create(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Failure::file("write", &path, error))?;
    let drafter = stage.person(&parties.provider, Role::Drafter)?;
    let published = transfer::publish(
        &drafter.caller,
        &target.entry,
        &path,
        transfer::media_type(&path),
        narrator.output(),
    )
    .await?;
    let what = format!("publishes data version {} of {} bytes", published.version, published.size_bytes);
    narrator.done(&drafter.name, what, "25", "");
    Ok(published)
}

fn expect_state(agreement: &Agreement, expected: AgreementState) -> Result<(), Failure> {
    let name = |state: AgreementState| short(state.as_str_name(), "AGREEMENT_STATE_");
    ensure(agreement.state() == expected, || {
        format!("the agreement is {}, not {}", name(agreement.state()), name(expected))
    })
}
