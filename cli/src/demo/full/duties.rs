//! Chapter 2 (art. 7-13): plans, schemes, secrecy rules, surveys, archiving, lead units, responsible sections.

use govshare_model::Role;
use govshare_proto::catalog::v1 as catalog;
use govshare_proto::evaluation::v1 as pb;
use govshare_proto::security_review::v1 as review;

use super::collection::{archive_record, item, survey_plan};
use super::steps::in_days;
use super::walk::{Walk, call, state};
use super::{plans, regulations};
use crate::connect::request_id;
use crate::demo::narration::ensure;
use crate::failure::Failure;
use crate::units::{self, Fields};

/// The database of article 12（八）that the provider leads.
const DATABASE: &str = "jiaoyu";

pub async fn play(walk: &mut Walk<'_>, plan: pb::Plan) -> Result<(), Failure> {
    walk.article(7)?;
    let plan = next_edition(walk, plan).await?;
    walk.article(8)?;
    consultation(walk, plan).await?;
    scheme(walk).await?;
    walk.article(9)?;
    secrecy_rules(walk).await?;
    walk.article(10)?;
    survey(walk).await?;
    walk.article(11)?;
    archives_bureau(walk).await?;
    walk.article(12)?;
    measures(walk).await?;
    walk.article(13)?;
    section(walk).await
}

/// The working group returns a plan, issues it, and its later edition replaces the earlier one.
async fn next_edition(walk: &mut Walk<'_>, first: pb::Plan) -> Result<pb::Plan, Failure> {
    let (office, group) = (walk.office()?, walk.working_group()?);
    let lead = walk.provider(Role::Drafter)?;
    let items = vec![plans::item(1, lead.unit.as_str(), false)];
    let id = plans::drafted(walk, &office, items, &first.plan_id).await?.plan_id;
    let tried = plans::issue(&group, &id).await;
    walk.refused(&group, "issues a plan that is a draft yet", "WRONG_STATE", tried)?;
    plans::submitted(&office, &id).await?;
    walk.waits_for(&group, "issue", |task| task.resource.ends_with(&id)).await?;
    let give_back = |reasons: &str| pb::ReturnPlanRequest {
        plan_id: id.clone(),
        reasons: reasons.to_owned(),
        request_id: request_id(),
    };
    let tried = call!(group, plans.return_plan, give_back(""));
    walk.refused(&group, "returns it without reasons", "REASONS_MISSING", tried)?;
    let returned = call!(group, plans.return_plan, give_back("请细化进度"))?.plan.unwrap_or_default();
    walk.reached(&group, "returns it with reasons", state!(returned), "DRAFT")?;
    let issued = plans::issued(walk, &office, &id).await?;
    walk.reached(&group, format!("issues edition {}", issued.edition), state!(issued), "ISSUED")?;
    let progress = |percent| pb::RecordProgressRequest {
        plan_id: id.clone(),
        number: 1,
        percent,
        remark: "已立项".to_owned(),
        request_id: request_id(),
    };
    let other = walk.applicant(Role::Drafter)?;
    let tried = call!(other, plans.record_progress, progress(10));
    let leads = ("ROLE_NOT_ALLOWED", "12");
    walk.refused_under(&other, "tells the progress of another's project", leads, tried)?;
    call!(lead, plans.record_progress, progress(40))?;
    walk.done(&lead, "tells the progress of its project: 40%");
    let wanted = pb::GetPlanRequest { plan_id: first.plan_id };
    let earlier = call!(lead, plans.get_plan, wanted)?.plan.unwrap_or_default();
    walk.reached(&lead, "reads the edition before", state!(earlier), "REPLACED")?;
    Ok(issued)
}

/// The draft of the edition after `plan`, with the opinions of the bodies that are heard.
async fn consultation(walk: &mut Walk<'_>, plan: pb::Plan) -> Result<(), Failure> {
    let office = walk.office()?;
    let drafted = plans::drafted(walk, &office, Vec::new(), &plan.plan_id).await?;
    let id = drafted.plan_id;
    let tried = plans::submitted(&office, &id).await;
    let wrong = ("FORM_INCOMPLETE", &["items"][..]);
    walk.refused_fields(&office, "submits a plan without projects", wrong, tried)?;
    let wanted = pb::UpdatePlanRequest {
        plan_id: id.clone(),
        title: drafted.title,
        items: vec![plans::item(1, walk.parties.provider.as_str(), true)],
        etag: drafted.etag,
        request_id: request_id(),
    };
    call!(office, plans.update_plan, wanted)?;
    let opinion = |body: pb::ConsultedBody, days| pb::RecordConsultationRequest {
        plan_id: id.clone(),
        body: body.into(),
        opinion: "同意".to_owned(),
        opinion_date: in_days(days),
        request_id: request_id(),
    };
    let tried = call!(office, plans.record_consultation, opinion(pb::ConsultedBody::Finance, 1));
    let wrong = ("FIELD_INVALID", &["opinion_date"][..]);
    walk.refused_fields(&office, "records an opinion of tomorrow", wrong, tried)?;
    for body in [pb::ConsultedBody::Legal, pb::ConsultedBody::Secrecy, pb::ConsultedBody::Finance] {
        call!(office, plans.record_consultation, opinion(body, 0))?;
    }
    let heard = plans::submitted(&office, &id).await?;
    ensure(heard.not_consulted.is_empty(), || "a body was not heard".to_owned())?;
    let what =
        "records the opinions of legal office, secrecy bureau and finance bureau, and submits the draft";
    walk.reached(&office, what, state!(heard), "SUBMITTED")?;
    let issued = plans::issue(&walk.working_group()?, &id).await?;
    walk.reached(&walk.working_group()?, "issues it", state!(issued), "ISSUED")
}

async fn scheme(walk: &mut Walk<'_>) -> Result<(), Failure> {
    let (office, group) = (walk.office()?, walk.working_group()?);
    let (drafter, approver) = (walk.provider(Role::Drafter)?, walk.provider(Role::Approver)?);
    let kind = catalog::RegulationKind::TechnicalScheme;
    let title = walk.title("教育共享专题数据库技术方案");
    let id = regulations::create(&drafter, kind, DATABASE, &title).await?.regulation_id;
    regulations::submit(&approver, &id).await?;
    walk.done(&approver, format!("submits 《{title}》 for review"));
    let tried = regulations::approve(&group, &id).await;
    walk.refused(&group, "approves what is the info office's to review", "ROLE_NOT_ALLOWED", tried)?;
    let wanted = catalog::ReturnRegulationRequest {
        regulation_id: id.clone(),
        reasons: "补充安全设计".to_owned(),
        request_id: request_id(),
    };
    let returned = call!(office, regulations.return_regulation, wanted)?.regulation.unwrap_or_default();
    walk.reached(&office, "returns it with reasons", state!(returned), "RETURNED")?;
    let wanted = catalog::UpdateRegulationRequest {
        regulation_id: id.clone(),
        title,
        text: "第一条 …… 安全设计".to_owned(),
        etag: String::new(),
        request_id: request_id(),
    };
    call!(drafter, regulations.update_regulation, wanted)?;
    regulations::submit(&approver, &id).await?;
    let approved = regulations::approve(&office, &id).await?;
    walk.reached(&office, "approves the mended scheme", state!(approved), "IN_FORCE")
}

async fn secrecy_rules(walk: &mut Walk<'_>) -> Result<(), Failure> {
    let (approver, bureau) = (walk.provider(Role::Approver)?, walk.secrecy_bureau()?);
    let unit_id = approver.unit.to_string();
    let title = walk.title("区教委政务信息资源共享保密制度");
    let hand_in = async || {
        let (title, text) = (title.clone(), "第一条 ……".to_owned());
        let wanted = review::FileSecrecyRulesRequest { title, text, request_id: request_id() };
        let filed = call!(approver, secrecy_rules.file_secrecy_rules, wanted)?;
        Ok::<_, Failure>(filed.secrecy_rules.unwrap_or_default())
    };
    let filed = hand_in().await?;
    walk.done(&approver, format!("hands in 《{title}》, revision {}", filed.revision));
    let guide = || review::GuideSecrecyRulesRequest {
        unit_id: unit_id.clone(),
        revision: filed.revision,
        guidance: "补充保密审查流程".to_owned(),
        request_id: request_id(),
    };
    let tried = call!(approver, secrecy_rules.guide_secrecy_rules, guide());
    walk.refused(&approver, "guides itself", "ROLE_NOT_ALLOWED", tried)?;
    call!(bureau, secrecy_rules.guide_secrecy_rules, guide())?;
    walk.done(&bureau, "says what to do better");
    let revised = hand_in().await?;
    let accept = |revision| review::AcceptSecrecyRulesRequest {
        unit_id: unit_id.clone(),
        revision,
        request_id: request_id(),
    };
    let tried = call!(bureau, secrecy_rules.accept_secrecy_rules, accept(filed.revision));
    walk.refused(&bureau, "accepts the revision that was replaced meanwhile", "LOST_RACE", tried)?;
    let accepted = call!(bureau, secrecy_rules.accept_secrecy_rules, accept(revised.revision))?;
    let accepted = accepted.secrecy_rules.unwrap_or_default();
    let what = format!("accepts revision {}", revised.revision);
    walk.reached(&bureau, what, state!(accepted), "ACCEPTED")
}

async fn survey(walk: &mut Walk<'_>) -> Result<(), Failure> {
    let (drafter, approver) = (walk.provider(Role::Drafter)?, walk.provider(Role::Approver)?);
    let bureau = walk.person("tongjiju", Role::Approver)?;
    let name = walk.title("住户教育支出抽样调查");
    let survey = || catalog::CollectionItem { statistical_survey: true, ..item(&name, "须抽样入户") };
    let (id, waits) = survey_plan(walk, &drafter, &approver, survey()).await?;
    walk.reached(&approver, format!("plans 《{name}》"), state!(waits), "AWAITING_SURVEY_APPROVAL")?;
    walk.waits_for(&bureau, "survey", |task| task.resource.ends_with(&id)).await?;
    let approve =
        || catalog::ApproveSurveyRequest { collection_plan_id: id.clone(), request_id: request_id() };
    let tried = call!(approver, collection.approve_survey, approve());
    walk.refused(&approver, "approves the own survey", "ROLE_NOT_ALLOWED", tried)?;
    let filed = call!(bureau, collection.approve_survey, approve())?.collection_plan.unwrap_or_default();
    walk.reached(&bureau, "approves the survey", state!(filed), "FILED")?;
    let excepted =
        catalog::CollectionItem { survey_exception: "《统计法》第十二条".to_owned(), ..survey() };
    let (_, filed) = survey_plan(walk, &drafter, &approver, excepted).await?;
    walk.reached(&approver, "plans one that another law excepts", state!(filed), "FILED")
}

async fn archives_bureau(walk: &mut Walk<'_>) -> Result<(), Failure> {
    let (drafter, approver) = (walk.provider(Role::Drafter)?, walk.provider(Role::Approver)?);
    let bureau = walk.person("danganju", Role::Approver)?;
    let object = |id: &str| catalog::ObjectToArchivingRequest {
        archive_record_id: id.to_owned(),
        objection: "逾期未归档".to_owned(),
        request_id: request_id(),
    };
    let title = walk.title("学籍信息");
    let open = archive_record(&drafter, &title, -30, 30).await?.archive_record_id;
    let tried = call!(bureau, archiving.object_to_archiving, object(&open));
    walk.refused(&bureau, "objects before the last day for the archiving", "WRONG_STATE", tried)?;
    let late = archive_record(&drafter, &title, -30, -1).await?.archive_record_id;
    let objected = call!(bureau, archiving.object_to_archiving, object(&late))?;
    let objected = objected.archive_record.unwrap_or_default();
    walk.reached(
        &bureau,
        "finds information that was to be archived yesterday",
        state!(objected),
        "OBJECTED",
    )?;
    walk.waits_for(&drafter, "mend", |task| task.resource.ends_with(&late)).await?;
    for id in [&late, &open] {
        let wanted = catalog::RecordArchivingRequest {
            archive_record_id: id.clone(),
            archive_number: "JW-2026-0012".to_owned(),
            day: None,
            request_id: request_id(),
        };
        call!(drafter, archiving.record_archiving, wanted)?;
    }
    walk.done(&drafter, "archives it under JW-2026-0012");
    let confirm =
        || catalog::ConfirmArchivingRequest { archive_record_id: late.clone(), request_id: request_id() };
    let tried = call!(approver, archiving.confirm_archiving, confirm());
    walk.refused(&approver, "confirms the own archiving", "ROLE_NOT_ALLOWED", tried)?;
    let confirmed = call!(bureau, archiving.confirm_archiving, confirm())?;
    let confirmed = confirmed.archive_record.unwrap_or_default();
    walk.reached(&bureau, "confirms that it is in order", state!(confirmed), "CONFIRMED")
}

async fn measures(walk: &mut Walk<'_>) -> Result<(), Failure> {
    let (drafter, approver) = (walk.provider(Role::Drafter)?, walk.provider(Role::Approver)?);
    let (other, group) = (walk.applicant(Role::Drafter)?, walk.working_group()?);
    let kind = catalog::RegulationKind::ManagementMeasures;
    let title = walk.title("教育共享专题数据库管理办法");
    let tried = regulations::create(&other, kind, DATABASE, &title).await;
    walk.refused(&other, "writes measures for a database it does not lead", "NOT_LEAD_UNIT", tried)?;
    let id = regulations::create(&drafter, kind, DATABASE, &title).await?.regulation_id;
    let submitted = regulations::submit(&approver, &id).await?;
    walk.reached(&approver, format!("submits 《{title}》"), state!(submitted), "SUBMITTED")?;
    let tried = regulations::read(&other, &id).await;
    walk.refused(&other, "reads them before they are in force", "NOT_FOUND", tried)?;
    walk.waits_for(&group, "approve", |task| task.resource.ends_with(&id)).await?;
    regulations::approve(&group, &id).await?;
    let seen = regulations::read(&other, &id).await?;
    walk.reached(&group, "approves them, and every unit reads them", state!(seen), "IN_FORCE")
}

async fn section(walk: &mut Walk<'_>) -> Result<(), Failure> {
    let office = walk.office()?;
    let unit_id = walk.parties.provider.to_string();
    let wanted = catalog::CreateUnitRequest {
        unit: Some(catalog::Unit {
            unit_id: "yanshi".to_owned(),
            display_name: "演示单位".to_owned(),
            kind: catalog::UnitKind::AdministrativeOrgan.into(),
            credit_code: crate::demo::credit_code::invented("yanshi"),
            ..catalog::Unit::default()
        }),
        request_id: request_id(),
    };
    let tried = call!(office, units.create_unit, wanted);
    let wrong = ("FIELD_INVALID", &["unit.section"][..]);
    walk.refused_fields(&office, "registers a unit without its responsible section", wrong, tried)?;
    let fields = Fields { section: Some("信息科".to_owned()), ..Fields::default() };
    let unit = units::update(&office.caller, &unit_id, fields).await?;
    ensure(unit.section == "信息科", || format!("{unit_id} has the section {:?}", unit.section))?;
    walk.done(&office, format!("registers 信息科 as the responsible section of {}", unit.display_name));
    Ok(())
}
