//! The written procedures of evaluation in every state.

use evaluation::{feedback, inspection, plan, policy, self_evaluation, violation, yearly_evaluation};
use govshare_model::{Relation, Role};
use serde_json::{Value as Json, json};

use super::{APPLICANT, OFFICE, PROVIDER, Product, STRANGER, act};
use crate::city::City;

const INDICATORS: &str = "govshare.evaluation.v1.EvaluationService";
const FEEDBACK: &str = "govshare.evaluation.v1.FeedbackService";
const SELF_EVALUATIONS: &str = "govshare.evaluation.v1.SelfEvaluationService";
const YEARLY_EVALUATIONS: &str = "govshare.evaluation.v1.YearlyEvaluationService";
const INSPECTIONS: &str = "govshare.evaluation.v1.InspectionService";
const VIOLATIONS: &str = "govshare.evaluation.v1.ViolationService";
const PLANS: &str = "govshare.evaluation.v1.PlanService";

const GROUP: &str = "working-group";
const SUPERVISOR: &str = "zhengfuban";
const DEPARTMENT: &str = "renlishebaoju";

const DRAFTER: (&str, Role) = (PROVIDER, Role::Drafter);
const APPROVER: (&str, Role) = (PROVIDER, Role::Approver);
const OFFICER: (&str, Role) = (OFFICE, Role::InfoOffice);
const INVESTIGATOR: (&str, Role) = (GROUP, Role::WorkingGroup);

pub async fn products(city: &City, entry: &str) -> Vec<Product> {
    vec![
        indicators(),
        feedback(city, entry).await,
        self_evaluations(city).await,
        yearly_evaluations(city).await,
        inspections(city).await,
        violations(city).await,
        violations_of_the_info_office(city).await,
        plans(city).await,
    ]
}

/// A way to a state: the steps, each by somebody.
type Step = ((&'static str, Role), &'static str);

/// A record in each state: opened by `first`, and taken to the state by as many of the steps as it is from the start.
async fn along(
    city: &City,
    service: &str,
    id: (&str, &str),
    (first, given): (Step, Json),
    ways: &[(&'static str, &[Step])],
) -> Vec<(&'static str, Json)> {
    let mut records = Vec::new();
    for (state, steps) in ways {
        let opened = act(city, first.0, service, first.1, given.clone()).await;
        let mut record = given.clone();
        record[id.1] = opened[id.0][id.1].clone();
        for (by, method) in *steps {
            act(city, *by, service, method, record.clone()).await;
        }
        records.push((*state, record));
    }
    records
}

fn indicators() -> Product {
    Product {
        service: INDICATORS,
        rules: policy::RULES,
        read: policy::READ,
        further_reads: &["GetUnitPeriod"],
        apart: &["ListUnitIndicators"],
        units: &[(PROVIDER, &[Relation::Owner]), (OFFICE, &[]), (STRANGER, &[])],
        records: vec![("", json!({ "unit_id": PROVIDER, "period": "2026-03" }))],
    }
}

async fn feedback(city: &City, entry: &str) -> Product {
    const VERIFY: Step = (DRAFTER, "VerifyFeedback");
    const PROPOSE: Step = (DRAFTER, "ProposeFeedbackAnswer");
    const ANSWER: Step = (APPROVER, "AnswerFeedback");
    const USER: (&str, Role) = (APPLICANT, Role::Drafter);
    let ways: [(_, &[Step]); 6] = [
        ("SUBMITTED", &[]),
        ("VERIFYING", &[VERIFY]),
        ("ANSWER_PROPOSED", &[VERIFY, PROPOSE]),
        ("ANSWERED", &[VERIFY, PROPOSE, ANSWER]),
        ("FILED", &[VERIFY, PROPOSE, ANSWER, (OFFICER, "FileFeedback")]),
        ("WITHDRAWN", &[(USER, "WithdrawFeedback")]),
    ];
    let first = ((USER, "SubmitFeedback"), json!({ "entry_id": entry }));
    Product {
        service: FEEDBACK,
        rules: feedback::policy::RULES,
        read: feedback::policy::READ,
        further_reads: &[feedback::policy::DOCUMENT],
        apart: &["SubmitFeedback", "ListFeedback"],
        units: &[
            (APPLICANT, &[Relation::Applicant]),
            (PROVIDER, &[Relation::Provider]),
            (OFFICE, &[]),
            (STRANGER, &[]),
        ],
        records: along(city, FEEDBACK, ("feedback", "feedback_id"), first, &ways).await,
    }
}

async fn self_evaluations(city: &City) -> Product {
    const SUBMIT: Step = (APPROVER, "SubmitSelfEvaluation");
    let ways: [(_, &[Step]); 3] = [
        ("DRAFT", &[]),
        ("SUBMITTED", &[SUBMIT]),
        ("ACCEPTED", &[SUBMIT, (OFFICER, "AcceptSelfEvaluation")]),
    ];
    let assessments: Vec<_> = ["TRUTH", "COMPLETENESS", "ACCURACY", "TIMELINESS", "DEGREE", "RESULTS"]
        .map(|aspect| json!({ "aspect": format!("ASPECT_{aspect}"), "score": 90, "remarks": "年度抽查" }))
        .to_vec();
    let given = json!({
        "assessments": assessments, "period_start": { "year": 2025, "month": 3, "day": 1 },
        "period_end": { "year": 2026, "month": 2, "day": 28 },
    });
    let first = ((DRAFTER, "CreateSelfEvaluation"), given);
    let id = ("self_evaluation", "self_evaluation_id");
    Product {
        service: SELF_EVALUATIONS,
        rules: self_evaluation::policy::RULES,
        read: self_evaluation::policy::READ,
        further_reads: &[self_evaluation::policy::DOCUMENT],
        apart: &["CreateSelfEvaluation", "ListSelfEvaluations"],
        units: &[(PROVIDER, &[Relation::Owner]), (OFFICE, &[]), (STRANGER, &[])],
        records: along(city, SELF_EVALUATIONS, id, first, &ways).await,
    }
}

async fn yearly_evaluations(city: &City) -> Product {
    const FREEZE: Step = (OFFICER, "FreezeYearlyEvaluation");
    let ways: [(_, &[Step]); 3] = [
        ("COMPUTED", &[]),
        ("FROZEN", &[FREEZE]),
        ("REPORTED", &[FREEZE, (OFFICER, "ReportYearlyEvaluation")]),
    ];
    let first = ((OFFICER, "CreateYearlyEvaluation"), json!({ "year": 2026 }));
    let id = ("yearly_evaluation", "yearly_evaluation_id");
    Product {
        service: YEARLY_EVALUATIONS,
        rules: yearly_evaluation::policy::RULES,
        read: yearly_evaluation::policy::READ,
        further_reads: &["ListUnitResults"],
        apart: &[
            "CreateYearlyEvaluation",
            "ListYearlyEvaluations",
            "CheckYearlyEvaluations",
            "ListPriorityUnits",
        ],
        units: &[(PROVIDER, &[]), (OFFICE, &[])],
        records: along(city, YEARLY_EVALUATIONS, id, first, &ways).await,
    }
}

async fn inspections(city: &City) -> Product {
    const INSPECTOR: (&str, Role) = (SUPERVISOR, Role::Supervisor);
    const FIND: Step = (INSPECTOR, "RecordFindings");
    const STATE: Step = (APPROVER, "StateOnFindings");
    let ways: [(_, &[Step]); 4] = [
        ("NOTIFIED", &[]),
        ("FOUND", &[FIND]),
        ("STATED", &[FIND, STATE]),
        ("CLOSED", &[FIND, STATE, (INSPECTOR, "CloseInspection")]),
    ];
    let visit = json!({ "year": 2026, "month": 3, "day": 3 });
    let first = ((INSPECTOR, "CreateInspection"), json!({ "unit_id": PROVIDER, "visit_date": visit }));
    Product {
        service: INSPECTIONS,
        rules: inspection::policy::RULES,
        read: inspection::policy::READ,
        further_reads: &[],
        apart: &["CreateInspection", "ListInspections"],
        units: &[
            (PROVIDER, &[Relation::Owner]),
            (SUPERVISOR, &[Relation::Competent]),
            (OFFICE, &[]),
            (STRANGER, &[]),
        ],
        records: along(city, INSPECTIONS, ("inspection", "inspection_id"), first, &ways).await,
    }
}

const INVESTIGATE: Step = (INVESTIGATOR, "InvestigateViolation");

async fn violations(city: &City) -> Product {
    const ANSWER: Step = (APPROVER, "AnswerViolation");
    const FIND: Step = (INVESTIGATOR, "FindViolation");
    const REFER: Step = (INVESTIGATOR, "ReferViolation");
    const SANCTION: Step = ((DEPARTMENT, Role::Approver), "RecordSanction");
    const CLOSE: Step = (INVESTIGATOR, "CloseViolation");
    // The department is competent from the referral: in the states before, its people are like any other's.
    let referred: [(_, &[Step]); 3] = [
        ("REFERRED", &[INVESTIGATE, ANSWER, FIND, REFER]),
        ("SANCTIONED", &[INVESTIGATE, ANSWER, FIND, REFER, SANCTION]),
        ("CLOSED", &[INVESTIGATE, ANSWER, FIND, REFER, SANCTION, CLOSE]),
    ];
    let first = (((APPLICANT, Role::Drafter), "ReportViolation"), accused(PROVIDER));
    Product {
        units: &[
            (APPLICANT, &[Relation::Applicant, Relation::Uninvolved]),
            (PROVIDER, &[Relation::Owner]),
            (DEPARTMENT, &[Relation::Competent, Relation::Uninvolved]),
            (OFFICE, &[Relation::Uninvolved]),
        ],
        records: along(city, VIOLATIONS, ("violation", "violation_id"), first, &referred).await,
        ..of_violations()
    }
}

/// In a case against itself the info office is a unit as any other.
async fn violations_of_the_info_office(city: &City) -> Product {
    const ANSWER: Step = ((OFFICE, Role::Approver), "AnswerViolation");
    const FIND: Step = (INVESTIGATOR, "FindViolation");
    let ways: [(_, &[Step]); 4] = [
        ("REPORTED", &[]),
        ("INVESTIGATING", &[INVESTIGATE]),
        ("HEARD", &[INVESTIGATE, ANSWER]),
        ("FOUND", &[INVESTIGATE, ANSWER, FIND]),
    ];
    let first = (((APPLICANT, Role::Drafter), "ReportViolation"), accused(OFFICE));
    Product {
        units: &[
            (APPLICANT, &[Relation::Applicant, Relation::Uninvolved]),
            (OFFICE, &[Relation::Owner]),
            (GROUP, &[Relation::Uninvolved]),
        ],
        records: along(city, VIOLATIONS, ("violation", "violation_id"), first, &ways).await,
        ..of_violations()
    }
}

fn accused(unit: &str) -> Json {
    json!({ "unit_id": unit, "department_unit_id": DEPARTMENT, "kind": "inaction", "grave": true })
}

fn of_violations() -> Product {
    Product {
        service: VIOLATIONS,
        rules: violation::policy::RULES,
        read: violation::policy::READ,
        further_reads: &[],
        apart: &["ReportViolation", "ListViolations"],
        units: &[],
        records: Vec::new(),
    }
}

async fn plans(city: &City) -> Product {
    const SUBMIT: Step = (OFFICER, "SubmitPlan");
    const ISSUE: Step = (INVESTIGATOR, "IssuePlan");
    let ways: [(_, &[Step]); 3] = [("DRAFT", &[]), ("SUBMITTED", &[SUBMIT]), ("ISSUED", &[SUBMIT, ISSUE])];
    let given = json!({
        "kind": "PLAN_KIND_YEARLY", "first_year": 2027, "last_year": 2027, "number": 1, "percent": 10,
        "items": [{ "number": 1, "title": "任务", "lead_unit_id": PROVIDER,
            "due": { "year": 2027, "month": 6, "day": 30 } }],
        "opinion_date": { "year": 2026, "month": 3, "day": 2 },
    });
    Product {
        service: PLANS,
        rules: plan::policy::RULES,
        read: plan::policy::READ,
        further_reads: &[],
        apart: &["CreatePlan", "ListPlans"],
        units: &[(PROVIDER, &[]), (OFFICE, &[])],
        records: along(city, PLANS, ("plan", "plan_id"), ((OFFICER, "CreatePlan"), given), &ways).await,
    }
}
