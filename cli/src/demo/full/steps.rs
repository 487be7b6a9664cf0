//! Steps that several articles need: an entry through review to publication, a case to its agreement.

use govshare_model::Role;
use govshare_proto::agreement::v1::{Agreement, DocumentKind};
use govshare_proto::catalog::v1 as catalog;
use govshare_proto::google::r#type::Date;
use govshare_proto::security_review::v1 as review;
use time::Duration;

use super::walk::{Walk, call};
use crate::agreements::{self, Terms};
use crate::args::day_to_proto;
use crate::connect::request_id;
use crate::demo::narration::until;
use crate::demo::parties::Parties;
use crate::demo::stage::{Person, Stage};
use crate::demo::{WITHIN, today};
use crate::failure::Failure;

/// A day so many days from today.
pub fn in_days(days: i64) -> Option<Date> {
    Some(day_to_proto(today() + Duration::days(days)))
}

/// What an entry of the education commission says.
pub fn content(title: String, sharing: catalog::SharingType) -> catalog::EntryContent {
    let item = |name: &str| catalog::Item { name: name.to_owned(), ..catalog::Item::default() };
    let active = sharing == catalog::SharingType::Unconditional;
    catalog::EntryContent {
        title,
        r#abstract: "按学校统计的在校生人数，演示用".to_owned(),
        items: ["学校", "年级", "人数"].map(item).into(),
        sharing_type: sharing.into(),
        sharing_conditions: if active {
            String::new()
        } else {
            "按需申请，用于公共服务".to_owned()
        },
        update_cycle: catalog::UpdateCycle::Monthly.into(),
        issue_date: in_days(0),
        ..catalog::EntryContent::default()
    }
}

pub async fn drafted(by: &Person, content: catalog::EntryContent) -> Result<catalog::Entry, Failure> {
    let wanted = catalog::CreateEntryRequest {
        provider_unit_id: String::new(),
        content: Some(content),
        request_id: request_id(),
    };
    Ok(call!(by, entries.create_entry, wanted)?.entry.unwrap_or_default())
}

pub async fn revised(by: &Person, entry: &str, content: catalog::EntryContent) -> Result<(), Failure> {
    let wanted = catalog::UpdateEntryRequest {
        entry_id: entry.to_owned(),
        content: Some(content),
        etag: String::new(),
        request_id: request_id(),
    };
    call!(by, entries.update_entry, wanted).map(drop)
}

pub async fn asked_for_review(by: &Person, entry: &str, version: i32) -> Result<review::Review, Failure> {
    let wanted =
        review::CreateReviewRequest { entry_id: entry.to_owned(), version, request_id: request_id() };
    Ok(call!(by, reviews.create_review, wanted)?.review.unwrap_or_default())
}

/// States why an entry is on application only.
pub async fn restriction(by: &Person, entry: &str) -> Result<review::Restriction, Failure> {
    let wanted = review::StateRestrictionRequest {
        entry_id: entry.to_owned(),
        basis: review::RestrictionBasis::Law.into(),
        words: "《个人信息保护法》第三十一条".to_owned(),
        request_id: request_id(),
    };
    Ok(call!(by, restrictions.state_restriction, wanted)?.restriction.unwrap_or_default())
}

/// The secrecy bureau's approval of a restriction.
pub async fn approved(by: &Person, restriction: &str) -> Result<review::Restriction, Failure> {
    let restriction_id = restriction.to_owned();
    let wanted = review::ApproveRestrictionRequest { restriction_id, request_id: request_id() };
    Ok(call!(by, restrictions.approve_restriction, wanted)?.restriction.unwrap_or_default())
}

/// A restriction put on file by the info office.
pub async fn filed(by: &Person, restriction: &str) -> Result<review::Restriction, Failure> {
    let restriction_id = restriction.to_owned();
    let wanted = review::FileRestrictionRequest { restriction_id, request_id: request_id() };
    Ok(call!(by, restrictions.file_restriction, wanted)?.restriction.unwrap_or_default())
}

pub async fn passed(by: &Person, asked: &review::Review) -> Result<review::Review, Failure> {
    let wanted = review::PassReviewRequest {
        review_id: asked.review_id.clone(),
        content_digest: asked.content_digest.clone(),
        request_id: request_id(),
    };
    Ok(call!(by, reviews.pass_review, wanted)?.review.unwrap_or_default())
}

/// Publishes a version, once the catalogue has heard of its review.
pub async fn published(by: &Person, entry: &str, version: i32) -> Result<catalog::Entry, Failure> {
    let (entry, _) = until(WITHIN, "the review's outcome in the catalogue", async || {
        match publish(by, entry, version).await {
            Ok(entry) => Ok(Some(entry)),
            Err(failure) if failure.reason() == "NOT_REVIEWED" => Ok(None),
            Err(failure) => Err(failure),
        }
    })
    .await?;
    Ok(entry)
}

pub async fn publish(by: &Person, entry: &str, version: i32) -> Result<catalog::Entry, Failure> {
    let wanted =
        catalog::PublishEntryRequest { entry_id: entry.to_owned(), version, request_id: request_id() };
    Ok(call!(by, entries.publish_entry, wanted)?.entry.unwrap_or_default())
}

/// An actively shared entry of the provider, drafted, reviewed and published by three people.
pub async fn listed(walk: &Walk<'_>, content: catalog::EntryContent) -> Result<String, Failure> {
    let drafter = walk.provider(Role::Drafter)?;
    let entry = drafted(&drafter, content).await?.entry_id;
    let review = asked_for_review(&drafter, &entry, 1).await?;
    passed(&walk.provider(Role::Reviewer)?, &review).await?;
    published(&walk.provider(Role::Approver)?, &entry, 1).await?;
    Ok(entry)
}

/// What the parties agree in the walk.
pub fn terms() -> Terms {
    Terms {
        purpose: "编制学位预测".to_owned(),
        items: Vec::new(),
        delivery: "经交换平台提供数据文件，每学期一次".to_owned(),
        from: today(),
        until: today() + Duration::days(365),
        retention: "期满后三十日内销毁所留副本，并书面告知提供方".to_owned(),
        mode: None,
        frequency: "每学期一次".to_owned(),
        give_back: Vec::new(),
    }
}

/// Signs the agreement of three for all of them; gives it as it is after the last signature.
pub async fn signed_by_three(
    stage: &Stage,
    parties: &Parties,
    agreement: &str,
) -> Result<Agreement, Failure> {
    let mut signed = Agreement::default();
    for unit in [&parties.applicant, &parties.provider, &parties.info_office] {
        let signatory = stage.person(unit, Role::Signatory)?;
        let key = stage.unit_key(unit)?;
        signed = agreements::sign(&signatory.caller, agreement, DocumentKind::Agreement, &key).await?;
    }
    Ok(signed)
}
