//! Chapter 5, first half (art. 21-25): give and take, told defects, use as agreed, and the two modes of sharing.

use govshare_model::Role;
use govshare_proto::agreement::v1 as pb;
use govshare_proto::catalog::v1 as catalog;
use govshare_proto::exchange::v1 as exchange_pb;
use tempfile::TempDir;

use super::catalogue::Listed;
use super::steps::{self, in_days};
use super::walk::{Walk, call, state};
use super::{answering, applications};
use crate::agreements::{self, Terms};
use crate::connect::request_id;
use crate::demo::agreement::Agreed;
use crate::demo::application::Case;
use crate::demo::catalogue::Target;
use crate::demo::narration::ensure;
use crate::exchange;
use crate::failure::Failure;
use crate::requests;
use crate::transfer;

/// What the chapter leaves for the later ones.
pub struct Shared {
    /// The resource on application of article 24.
    pub target: Target,
    /// The case of article 26, and what came of it.
    pub case: Case,
    pub agreed: Agreed,
}

pub async fn play(walk: &mut Walk<'_>, listed: &Listed) -> Result<Shared, Failure> {
    walk.article(21)?;
    let agreement = give_and_take(walk, listed).await?;
    walk.article(22)?;
    defects(walk, &agreement).await?;
    walk.article(23)?;
    third_parties(walk, &agreement.agreement_id).await?;
    duties_after_the_end(walk, listed, &agreement.agreement_id).await?;
    walk.article(24)?;
    let target = on_application(walk).await?;
    let active = actively(walk).await?;
    walk.article(25)?;
    published_data(walk, &active).await?;
    walk.article(26)?;
    let shared = applications::play(walk, target).await?;
    walk.article(27)?;
    answering::superior_body(walk, &shared.target).await?;
    walk.article(28)?;
    answering::feedback(walk, &shared).await?;
    Ok(shared)
}

/// An agreement that says what the taker gives in turn.
async fn give_and_take(walk: &mut Walk<'_>, listed: &Listed) -> Result<pb::Agreement, Failure> {
    let target = Target {
        entry: listed.entry.clone(),
        title: listed.title.clone(),
        provider: walk.parties.provider.clone(),
        items: Vec::new(),
        sensitive: false,
    };
    let case = applications::consented(walk, &target, "编制学位预测").await?;
    walk.narrator.note("the provider consented to an application; article 26 shows how");
    let drafter = walk.provider(Role::Drafter)?;
    let give = |time: &str| pb::GiveBack {
        what: "人口预测结果".to_owned(),
        scope: "全区各街道".to_owned(),
        time: time.to_owned(),
    };
    let timeless = Terms { give_back: vec![give("")], ..steps::terms() };
    let tried = agreements::create(&drafter.caller, &case, timeless).await;
    let wrong = ("FIELD_INVALID", &["terms.give_back.time"][..]);
    walk.refused_fields(&drafter, "agrees to be given something, but not when", wrong, tried)?;
    let terms = Terms { give_back: vec![give("每年6月30日前")], ..steps::terms() };
    let agreement = agreements::create(&drafter.caller, &case, terms).await?;
    let what = "agrees that the taker gives 人口预测结果 of 全区各街道 每年6月30日前";
    walk.reached(&drafter, what, state!(agreement), "AWAITING_SIGNATURES")?;
    let text = document(walk, &agreement).await?;
    for words in ["人口预测结果", "全区各街道", "每年6月30日前"] {
        ensure(text.contains(words), || format!("the document to be signed does not say {words}"))?;
    }
    let signed = steps::signed_by_three(walk.stage, &walk.parties, &agreement.agreement_id).await?;
    walk.reached(&walk.office()?, "signs after both parties", state!(signed), "ACTIVE")?;
    Ok(signed)
}

async fn document(walk: &Walk<'_>, agreement: &pb::Agreement) -> Result<String, Failure> {
    let reader = walk.applicant(Role::Drafter)?;
    let kind = pb::DocumentKind::Agreement;
    let (_, bytes) = agreements::document(&reader.caller, &agreement.agreement_id, kind).await?;
    String::from_utf8(bytes).map_err(Failure::local)
}

async fn defects(walk: &mut Walk<'_>, agreement: &pb::Agreement) -> Result<(), Failure> {
    let text = document(walk, agreement).await?;
    let words = "由甲方承担相应的使用风险";
    ensure(text.contains(words), || format!("the signed document does not say {words}"))?;
    let (user, file) = (walk.applicant(Role::Drafter)?, walk.folder.join("agreement.html"));
    std::fs::write(&file, &text).map_err(|error| Failure::file("write", &file, error))?;
    walk.done(&user, format!("reads in the signed document: {words}"));
    walk.narrator.note(format!("its bytes, which three keys signed, are in {}", file.display()));
    Ok(())
}

async fn third_parties(walk: &mut Walk<'_>, agreement: &str) -> Result<(), Failure> {
    let (user, approver) = (walk.applicant(Role::Drafter)?, walk.provider(Role::Approver)?);
    let ask = async || {
        let wanted = pb::RequestDisclosureRequest {
            agreement_id: agreement.to_owned(),
            third_party: "某规划设计院".to_owned(),
            scope: "各学校在校生人数".to_owned(),
            purpose: "编制学位预测报告".to_owned(),
            request_id: request_id(),
        };
        let asked = call!(user, disclosures.request_disclosure, wanted)?;
        Ok::<_, Failure>(asked.disclosure.unwrap_or_default())
    };
    let record = |id: &str| pb::RecordDisclosureRequest {
        disclosure_id: id.to_owned(),
        disclosed_on: in_days(0),
        request_id: request_id(),
    };
    let first = ask().await?;
    walk.reached(&user, "asks to give it to a third party", state!(first), "REQUESTED")?;
    let tried = call!(user, disclosures.record_disclosure, record(&first.disclosure_id));
    walk.refused(&user, "gives it without the consent", "DISCLOSURE_NOT_CONSENTED", tried)?;
    walk.waits_for(&approver, "answer", |task| task.resource.ends_with(&first.disclosure_id)).await?;
    let wanted = pb::RefuseDisclosureRequest {
        disclosure_id: first.disclosure_id.clone(),
        reasons: "涉及未成年人信息".to_owned(),
        request_id: request_id(),
    };
    let refused = call!(approver, disclosures.refuse_disclosure, wanted)?.disclosure.unwrap_or_default();
    walk.reached(&approver, "refuses with reasons", state!(refused), "REFUSED")?;
    let again = ask().await?.disclosure_id;
    let wanted = pb::ConsentDisclosureRequest { disclosure_id: again.clone(), request_id: request_id() };
    call!(approver, disclosures.consent_disclosure, wanted)?;
    let made = call!(user, disclosures.record_disclosure, record(&again))?.disclosure.unwrap_or_default();
    walk.reached(&user, "gives it after the consent to a second request", state!(made), "MADE")
}

async fn duties_after_the_end(walk: &mut Walk<'_>, listed: &Listed, id: &str) -> Result<(), Failure> {
    let (user, approver) = (walk.applicant(Role::Drafter)?, walk.applicant(Role::Approver)?);
    let data = publish(walk, &listed.entry).await?;
    let outsider = walk.stage.person(&walk.parties.outsider, Role::Drafter)?;
    let tried = exchange::ticket(&outsider.caller, id, &data).await;
    walk.refused(&outsider, "takes data under others' agreement", "NOT_FOUND", tried)?;
    exchange::ticket(&user.caller, id, &data).await?;
    walk.done(&user, "may take the data under the agreement");
    let attest = || pb::AttestDisposalRequest {
        agreement_id: id.to_owned(),
        disposal: pb::Disposal::Destroyed.into(),
        statement: "已于终止当日删除全部副本".to_owned(),
        request_id: request_id(),
    };
    let wanted = pb::TerminateAgreementRequest {
        agreement_id: id.to_owned(),
        grounds: "业务调整，不再需要".to_owned(),
        negotiation: "已与提供方协商一致".to_owned(),
        request_id: request_id(),
    };
    let ended = call!(approver, agreements.terminate_agreement, wanted)?.agreement.unwrap_or_default();
    walk.reached(&approver, "ends the agreement after negotiation", state!(ended), "TERMINATED")?;
    let tried = exchange::ticket(&user.caller, id, &data).await;
    let over = ("AGREEMENT_NOT_ACTIVE", "26");
    walk.refused_under(&user, "takes data after the end", over, tried)?;
    let office = walk.office()?;
    let wanted = pb::FileTerminationRequest { agreement_id: id.to_owned(), request_id: request_id() };
    let filed = call!(office, agreements.file_termination, wanted)?.agreement.unwrap_or_default();
    walk.reached(&office, "puts the end on file", state!(filed), "TERMINATED")?;
    walk.waits_for(&approver, "attest-disposal", |task| task.resource.ends_with(id)).await?;
    let attested = call!(approver, agreements.attest_disposal, attest())?.agreement.unwrap_or_default();
    let duty = attested.disposal_duty.unwrap_or_default();
    ensure(duty.attest_time.is_some(), || "the disposal is not attested".to_owned())?;
    walk.done(&approver, "attests that every copy was destroyed");
    let tried = call!(approver, agreements.attest_disposal, attest());
    walk.refused(&approver, "attests it once more", "DUTY_DISCHARGED", tried)?;
    let journey = "art23_after_the_last_day_the_user_owes_an_attestation_which_shows_when_it_is_overdue";
    walk.needs_time("an agreement that expires, and an attestation that is overdue", journey);
    Ok(())
}

/// A resource whose restriction from general sharing the secrecy bureau approved and the info office has on file.
async fn on_application(walk: &mut Walk<'_>) -> Result<Target, Failure> {
    let drafter = walk.provider(Role::Drafter)?;
    let (bureau, office) = (walk.secrecy_bureau()?, walk.office()?);
    let title = walk.title("学籍信息");
    let content = steps::content(title.clone(), catalog::SharingType::Conditional);
    let items = content.items.iter().map(|item| item.name.clone()).collect();
    let entry = steps::drafted(&drafter, content).await?.entry_id;
    let stated = steps::restriction(&drafter, &entry).await?;
    walk.reached(&drafter, format!("states why 《{title}》 is on application"), state!(stated), "STATED")?;
    let id = stated.restriction_id;
    let tried = steps::filed(&office, &id).await;
    walk.refused(&office, "files it before the secrecy bureau approved", "WRONG_STATE", tried)?;
    let approver = walk.provider(Role::Approver)?;
    let tried = steps::approved(&approver, &id).await;
    walk.refused(&approver, "approves the own restriction", "ROLE_NOT_ALLOWED", tried)?;
    walk.waits_for(&bureau, "approve", |task| task.resource.ends_with(&id)).await?;
    let approved = steps::approved(&bureau, &id).await?;
    walk.reached(&bureau, "approves it", state!(approved), "APPROVED")?;
    let filed = steps::filed(&office, &id).await?;
    walk.reached(&office, "puts it on file", state!(filed), "FILED")?;
    let review = steps::asked_for_review(&drafter, &entry, 1).await?;
    steps::passed(&walk.provider(Role::Reviewer)?, &review).await?;
    let published = steps::published(&approver, &entry, 1).await?;
    walk.reached(&approver, "publishes it, reviewed", state!(published), "PUBLISHED")?;
    let provider = walk.parties.provider.clone();
    Ok(Target { entry, title, provider, items, sensitive: false })
}

/// An entry that is shared actively: it needs no restriction, and no application is taken for it.
async fn actively(walk: &mut Walk<'_>) -> Result<String, Failure> {
    let (drafter, user) = (walk.provider(Role::Drafter)?, walk.applicant(Role::Drafter)?);
    let title = walk.title("学校名录");
    let entry =
        steps::listed(walk, steps::content(title.clone(), catalog::SharingType::Unconditional)).await?;
    walk.done(&drafter, format!("lists 《{title}》 as shared actively"));
    let tried = steps::restriction(&drafter, &entry).await;
    walk.refused(&drafter, "states a restriction of it", "ENTRY_SHARED_ACTIVELY", tried)?;
    let case = requests::create(&user.caller, &entry, applications::form("掌握学校分布")).await;
    let tried = match case {
        Ok(draft) => requests::submit(&user.caller, &draft.access_request_id).await,
        Err(failure) => Err(failure),
    };
    walk.refused(&user, "applies for what needs no application", "ENTRY_SHARED_ACTIVELY", tried)?;
    Ok(entry)
}

async fn published_data(walk: &mut Walk<'_>, active: &str) -> Result<(), Failure> {
    let provider = walk.provider(Role::Drafter)?;
    let version = publish(walk, active).await?;
    walk.done(&provider, "publishes the data of the actively shared entry on the exchange platform");
    let outsider = walk.applicant(Role::Drafter)?;
    let folder = TempDir::new().map_err(Failure::local)?;
    let file = folder.path().join("forged.csv");
    std::fs::write(&file, "学校,人数\n").map_err(Failure::local)?;
    let tried = transfer::publish(&outsider.caller, active, &file, "text/csv", walk.narrator.output()).await;
    walk.refused(&outsider, "publishes data of another's entry", "ROLE_NOT_ALLOWED", tried)?;
    let tried = exchange::ticket(&provider.caller, "", &version).await;
    walk.refused(&provider, "takes the own data", "ROLE_NOT_ALLOWED", tried)?;
    let given = exchange::ticket(&outsider.caller, "", &version).await?;
    let (ca, output) = (walk.stage.ca.as_deref(), walk.narrator.output());
    let into = transfer::Destination { path: folder.path().join("taken.csv"), force: false };
    let taken = transfer::download(&given.download_uri, ca, given.ticket, &into, output).await?;
    let published = given.data_version.unwrap_or_default().sha256;
    ensure(taken.sha256 == published, || format!("SHA-256 {} instead of {published}", taken.sha256))?;
    walk.done(&outsider, format!("takes its {} bytes without application", taken.size));
    let delivery = exchange_pb::GetDeliveryRequest { delivery_id: taken.delivery_id };
    let known = call!(provider, exchange.get_delivery, delivery)?.delivery.unwrap_or_default();
    ensure(known.case_id.is_empty(), || "a delivery without application has a case".to_owned())?;
    walk.done(&provider, format!("sees that {} took it", known.applicant_unit_id));
    Ok(())
}

/// Publishes an invented file as the entry's next data version; gives its id.
async fn publish(walk: &Walk<'_>, entry: &str) -> Result<String, Failure> {
    let folder = TempDir::new().map_err(Failure::local)?;
    let file = folder.path().join("pupils.csv");
    std::fs::write(&file, "学校,年级,人数\n第一小学,一年级,132\n").map_err(Failure::local)?;
    let drafter = walk.provider(Role::Drafter)?;
    let output = walk.narrator.output();
    let published = transfer::publish(&drafter.caller, entry, &file, "text/csv", output).await?;
    Ok(published.data_version_id)
}
