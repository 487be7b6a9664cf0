//! The forms: 申请单, 答复 and 书面说明, filled from the case. What is empty is left to be filled in by hand.

use govshare_model::calendar::shanghai_date;
use govshare_model::pack::{DeliveryMode, Pack};
use service_kit::form::{Form, basis, day};
use time::{Date, OffsetDateTime};

use crate::access_request::case_file::{Stage, SuperiorMatter};
use crate::access_request::{AccessRequest, Answer, AnswerKind, DocumentKind, Rejection, Statement};

/// Who stands in the documents, as the register names them.
pub struct Names {
    pub applicant: String,
    /// Empty while nobody knows who has the resource.
    pub provider: String,
    pub info_office: String,
}

/// What was written, found in the case.
pub enum Written<'c> {
    Application,
    /// With the last day that it had.
    Answer(&'c Answer, Option<Date>),
    SuperiorStatement(&'c SuperiorMatter, &'c Statement),
}

impl<'c> Written<'c> {
    /// `contested`: 0 for the answer that stands, from 1 for the refusals that were answered anew.
    pub fn find(case: &'c AccessRequest, kind: DocumentKind, contested: usize) -> Result<Self, Rejection> {
        let found = match kind {
            DocumentKind::Application => Some(Self::Application),
            DocumentKind::Answer => match contested.checked_sub(1) {
                None => {
                    let due = case.state.receipt().map(|receipt| receipt.clock.due);
                    case.state.answer().map(|answer| Self::Answer(answer, due))
                }
                Some(place) => {
                    let earlier = case.file.contested.get(place);
                    earlier.map(|earlier| Self::Answer(&earlier.answer, Some(earlier.due)))
                }
            },
            DocumentKind::SuperiorStatement => case.file.superior.as_ref().and_then(|matter| {
                let statement = refusal(&matter.stage)?;
                Some(Self::SuperiorStatement(matter, statement))
            }),
        };
        found.ok_or(Rejection::WrongState { state: case.told() })
    }

    pub fn form(&self, case: &AccessRequest, names: &Names, pack: Option<&Pack>) -> Form {
        match self {
            Self::Application => application(case, names, pack),
            Self::Answer(answer, due) => given(case, answer, *due, names, pack),
            Self::SuperiorStatement(matter, statement) => {
                superior_statement(case, matter, statement, names, pack)
            }
        }
    }
}

/// The statement that the superior body does not provide the resource (art. 27).
fn refusal(stage: &Stage) -> Option<&Statement> {
    match stage {
        Stage::Liaison | Stage::Obtained { .. } => None,
        Stage::Refused { statement }
        | Stage::CityAsked { statement, .. }
        | Stage::CityObtained { statement, .. }
        | Stage::CityRefused { statement, .. } => Some(statement),
    }
}

fn application(case: &AccessRequest, names: &Names, pack: Option<&Pack>) -> Form {
    let form = &case.form;
    let provider = if names.provider.is_empty() {
        "不能确定，请区政府信息办转送或者协调处理"
    } else {
        &names.provider
    };
    let items = if form.items.is_empty() { "全部信息项".to_owned() } else { form.items.join("、") };
    let mut page = Form {
        title: "政务信息资源共享申请单".to_owned(),
        number: case.document_number.clone(),
        seals: vec!["申请方（盖章）".to_owned()],
        basis: pack.map(|pack| basis(pack, Some(&pack.application.required.article))).unwrap_or_default(),
        ..Form::default()
    }
    .row("申请编号", &case.number)
    .row("申请方", &names.applicant)
    .row("被申请方", provider);
    if let Some(entry) = &case.entry {
        let version = entry.version.map(|version| format!("，第{version}版")).unwrap_or_default();
        page = page.row("信息资源名称", &entry.title).row("目录条目", format!("{}{version}", entry.id));
    }
    if !case.wanted.is_empty() {
        page = page.row("所需信息", &case.wanted);
    }
    page = page.row("范围（信息项）", items).row("用途", &form.purpose);
    if !form.scenario.is_empty() {
        page = page.row("使用场景", &form.scenario);
    }
    page = page
        .row("履职依据", &form.basis)
        .row("共享方式", form.mode.map_or("", mode))
        .row("提供方式和频率", &form.delivery)
        .row("使用期限", form.use_until.map(|last| format!("至{}", day(last))).unwrap_or_default());
    if let Some(renewal) = &case.renewal {
        page = page.row("续办的申请", renewal.case);
    }
    if let Some(paper) = &case.file.paper {
        page = page.row("纸质申请", format!("{}收到。{}", day(paper.received), paper.reason.text));
    }
    for supplement in &case.file.supplements {
        let (on, text) = (moment(supplement.answer.at), &supplement.answer.text);
        page = page.row("补正", format!("{on}：{text}"));
    }
    if let Some(receipt) = case.state.receipt() {
        let provisional = if receipt.clock.provisional { "（暂定）" } else { "" };
        let due = format!("{}{provisional}", day(receipt.clock.due));
        page = page.row("收到日期", moment(receipt.at)).row("答复期限", due);
    }
    page
}

fn given(
    case: &AccessRequest,
    answer: &Answer,
    due: Option<Date>,
    names: &Names,
    pack: Option<&Pack>,
) -> Form {
    let wording = &answer.proposal.wording;
    let consents = wording.kind == AnswerKind::Consent;
    let (title, says, reasons) = if consents {
        ("政务信息资源共享申请答复", "同意提供", "说明")
    } else {
        ("不予提供政务信息资源书面说明", "不同意提供", "理由")
    };
    let mut page = Form {
        title: title.to_owned(),
        number: answer.number.clone(),
        seals: vec!["被申请方（盖章）".to_owned()],
        basis: pack
            .map(|pack| {
                let article = match wording.kind {
                    AnswerKind::Consent => &pack.answer.extra_conditions_allowed.article,
                    AnswerKind::Refusal => &pack.refusal.reasons_required.article,
                };
                basis(pack, Some(article))
            })
            .unwrap_or_default(),
        ..Form::default()
    };
    page = addressed(page, case, names, !consents).row("答复", says).row(reasons, &answer.reasons);
    if !wording.conditions.is_empty() {
        page = page.row("附加条件", &wording.conditions);
    }
    if wording.material_incomplete {
        page = page.row("申请材料", "不完整");
    }
    page.row("答复期限", due.map(day).unwrap_or_default()).row("答复日期", moment(answer.at))
}

fn superior_statement(
    case: &AccessRequest,
    matter: &SuperiorMatter,
    statement: &Statement,
    names: &Names,
    pack: Option<&Pack>,
) -> Form {
    let page = Form {
        title: "上级机关不予提供政务信息资源书面说明".to_owned(),
        number: matter.document_number.clone(),
        seals: vec!["被申请方（盖章）".to_owned()],
        basis: pack.map(|pack| basis(pack, None)).unwrap_or_default(),
        ..Form::default()
    };
    addressed(page, case, names, true)
        .row("上级机关", &matter.body)
        .row("联系情况", format!("{}：{}", moment(matter.liaison.at), matter.liaison.text))
        .row("说明", &statement.text)
        .row("说明日期", moment(statement.at))
}

/// From whom to whom, and about which application.
fn addressed(page: Form, case: &AccessRequest, names: &Names, copies: bool) -> Form {
    let mut page = page.row("被申请方", &names.provider).row("申请方", &names.applicant);
    if copies {
        page = page.row("同时送", &names.info_office);
    }
    let about = case.entry.as_ref().map_or(case.wanted.as_str(), |entry| entry.title.as_str());
    page.row("申请文号", &case.document_number).row("申请编号", &case.number).row("所申请信息", about)
}

fn mode(mode: DeliveryMode) -> &'static str {
    match mode {
        DeliveryMode::Interface => "服务接口",
        DeliveryMode::Batch => "批量交换",
        DeliveryMode::File => "文件",
        DeliveryMode::AsAgreed => "按双方约定",
    }
}

fn moment(at: OffsetDateTime) -> String {
    day(shanghai_date(at))
}
