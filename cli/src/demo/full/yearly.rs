//! Article 32: units evaluate themselves; the info office evaluates the year, freezes it, and reports.

use govshare_model::Role;
use govshare_proto::evaluation::v1 as pb;

use super::steps::in_days;
use super::walk::{Walk, call, state};
use crate::connect::request_id;
use crate::demo::narration::ensure;
use crate::demo::today;
use crate::evaluation::yearly::{Format, RESULTS, report, results};
use crate::failure::Failure;
use crate::output::listed;

/// The six aspects of article 32.
const ASPECTS: [pb::Aspect; 6] = [
    pb::Aspect::Truth,
    pb::Aspect::Completeness,
    pb::Aspect::Accuracy,
    pb::Aspect::Timeliness,
    pb::Aspect::Degree,
    pb::Aspect::Results,
];

pub async fn play(walk: &mut Walk<'_>) -> Result<(), Failure> {
    self_evaluation(walk).await?;
    weights(walk).await?;
    let id = evaluation(walk).await?;
    reports(walk, &id).await
}

async fn self_evaluation(walk: &mut Walk<'_>) -> Result<(), Failure> {
    let (drafter, approver) = (walk.provider(Role::Drafter)?, walk.provider(Role::Approver)?);
    let office = walk.office()?;
    let assessed = |aspects: &[pb::Aspect]| {
        let assessed = aspects.iter().map(|aspect| pb::Assessment {
            aspect: (*aspect).into(),
            score: 95,
            remarks: "年度抽查".to_owned(),
        });
        assessed.collect::<Vec<_>>()
    };
    let wanted = pb::CreateSelfEvaluationRequest {
        period_start: in_days(-365),
        period_end: in_days(-1),
        assessments: assessed(&ASPECTS[..4]),
        request_id: request_id(),
    };
    let drafted = call!(drafter, self_evaluations.create_self_evaluation, wanted)?;
    let id = drafted.self_evaluation.unwrap_or_default().self_evaluation_id;
    let submit =
        || pb::SubmitSelfEvaluationRequest { self_evaluation_id: id.clone(), request_id: request_id() };
    let tried = call!(approver, self_evaluations.submit_self_evaluation, submit());
    let missing = &["assessments.ASPECT_DEGREE", "assessments.ASPECT_RESULTS"][..];
    walk.refused_fields(&approver, "submits four of six aspects", ("FORM_INCOMPLETE", missing), tried)?;
    let wanted = pb::UpdateSelfEvaluationRequest {
        self_evaluation_id: id.clone(),
        assessments: assessed(&ASPECTS),
        etag: String::new(),
        request_id: request_id(),
    };
    call!(drafter, self_evaluations.update_self_evaluation, wanted)?;
    let submitted = call!(approver, self_evaluations.submit_self_evaluation, submit())?;
    let submitted = submitted.self_evaluation.unwrap_or_default();
    walk.reached(&approver, "submits the year's self-evaluation", state!(submitted), "SUBMITTED")?;
    let give_back = |reasons: &str| pb::ReturnSelfEvaluationRequest {
        self_evaluation_id: id.clone(),
        reasons: reasons.to_owned(),
        request_id: request_id(),
    };
    let tried = call!(office, self_evaluations.return_self_evaluation, give_back(""));
    walk.refused_fields(&office, "returns it without reasons", ("REASONS_MISSING", &["reasons"]), tried)?;
    call!(office, self_evaluations.return_self_evaluation, give_back("请补充抽查记录"))?;
    call!(approver, self_evaluations.submit_self_evaluation, submit())?;
    let wanted = pb::AcceptSelfEvaluationRequest { self_evaluation_id: id, request_id: request_id() };
    let accepted = call!(office, self_evaluations.accept_self_evaluation, wanted)?;
    let accepted = accepted.self_evaluation.unwrap_or_default();
    walk.reached(&office, "returns it once with reasons, then accepts it", state!(accepted), "ACCEPTED")
}

/// Weights are data, and have to add up.
async fn weights(walk: &mut Walk<'_>) -> Result<(), Failure> {
    let office = walk.office()?;
    let weight = |measure: &str, weight| pb::MeasureWeight { measure: measure.to_owned(), weight };
    let create = |weights| pb::CreateYearlyEvaluationRequest {
        year: today().year(),
        scheme: Some(pb::EvaluationScheme { weights, full_use: 12, outstanding_from: 9000 }),
        request_id: request_id(),
    };
    let short = create(vec![weight("degree", 60), weight("use", 30)]);
    let tried = call!(office, yearly_evaluations.create_yearly_evaluation, short);
    let wrong = ("WEIGHTS_INVALID", &["scheme.weights"][..]);
    walk.refused_fields(&office, "evaluates with weights of 90 together", wrong, tried)?;
    let unknown = create(vec![weight("kindness", 100)]);
    let tried = call!(office, yearly_evaluations.create_yearly_evaluation, unknown);
    let wrong = ("WEIGHTS_INVALID", &["scheme.weights[0].measure"][..]);
    walk.refused_fields(&office, "weighs what is no measure", wrong, tried)
}

async fn evaluation(walk: &mut Walk<'_>) -> Result<String, Failure> {
    let office = walk.office()?;
    let year = today().year();
    let wanted = pb::CreateYearlyEvaluationRequest { year, scheme: None, request_id: request_id() };
    let computed = call!(office, yearly_evaluations.create_yearly_evaluation, wanted)?;
    let computed = computed.yearly_evaluation.unwrap_or_default();
    let id = computed.yearly_evaluation_id.clone();
    let what = format!(
        "evaluates {year} so far from {} audit events: {} units ranked",
        computed.feed_position, computed.ranked_count
    );
    walk.reached(&office, what, state!(computed), "COMPUTED")?;
    let mut ranked = results(&office.caller, &id, 1000).await?;
    ensure(ranked.results.iter().any(|unit| unit.unit_id == walk.parties.provider.as_str()), || {
        format!("{} has no result", walk.parties.provider)
    })?;
    ranked.results.truncate(5);
    ranked.next_page_token.clear();
    walk.narrator.note(listed(&ranked, "results", RESULTS));
    let unit = walk.provider(Role::Drafter)?;
    let tried = results(&unit.caller, &id, 1).await;
    walk.refused(&unit, "reads its result before it is fixed", "NOT_FOUND", tried)?;
    let wanted =
        pb::FreezeYearlyEvaluationRequest { yearly_evaluation_id: id.clone(), request_id: request_id() };
    let frozen = call!(office, yearly_evaluations.freeze_yearly_evaluation, wanted)?;
    let frozen = frozen.yearly_evaluation.unwrap_or_default();
    walk.reached(&office, "freezes it", state!(frozen), "FROZEN")?;
    let own = results(&unit.caller, &id, 0).await?.results;
    ensure(own.len() == 1, || format!("{} reads {} results", unit.name, own.len()))?;
    walk.done(&unit, "reads its own result, and no other");
    let wanted = pb::RecomputeYearlyEvaluationRequest {
        yearly_evaluation_id: id.clone(),
        scheme: None,
        request_id: request_id(),
    };
    let tried = call!(office, yearly_evaluations.recompute_yearly_evaluation, wanted);
    walk.refused(&office, "computes the frozen one anew", "WRONG_STATE", tried)?;
    let wanted = pb::VerifyYearlyEvaluationRequest { yearly_evaluation_id: id.clone() };
    let verified = call!(office, yearly_evaluations.verify_yearly_evaluation, wanted)?;
    ensure(verified.reproduced, || "the audit gives other results than are stored".to_owned())?;
    let what = format!("reproduces it from the {} events it rests on", verified.event_count);
    walk.done(&office, what);
    let wanted = pb::CheckYearlyEvaluationsRequest { year };
    let check = call!(office, yearly_evaluations.check_yearly_evaluations, wanted)?;
    ensure(check.missing == 0, || format!("{} evaluations of {year} are missing", check.missing))?;
    walk.done(&office, format!("finds that {year} needs {} and misses none", check.required));
    Ok(id)
}

async fn reports(walk: &mut Walk<'_>, id: &str) -> Result<(), Failure> {
    let office = walk.office()?;
    let unit = walk.provider(Role::Drafter)?;
    let tried = report(&unit.caller, id, Format::Html).await;
    walk.refused(&unit, "reads the report to the district government", "ROLE_NOT_ALLOWED", tried)?;
    for format in [Format::Html, Format::Xlsx, Format::Json] {
        let rendered = report(&office.caller, id, format).await?;
        let file = walk.folder.join(&rendered.file_name);
        std::fs::write(&file, &rendered.content).map_err(|error| Failure::file("write", &file, error))?;
        let what = format!("writes the report: {} bytes into {}", rendered.content.len(), file.display());
        walk.done(&office, what);
    }
    let wanted = pb::ReportYearlyEvaluationRequest {
        yearly_evaluation_id: id.to_owned(),
        summary: "总体情况良好".to_owned(),
        request_id: request_id(),
    };
    let reported = call!(office, yearly_evaluations.report_yearly_evaluation, wanted)?;
    let reported = reported.yearly_evaluation.unwrap_or_default();
    walk.reached(&office, "reports it to the district government", state!(reported), "REPORTED")
}
