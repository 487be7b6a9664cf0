//! `govshare request`: applications for resources, their answers, and what follows (art. 26, 27).

mod notes;
pub mod steps;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use govshare_proto::access_request::v1 as pb;
use time::Date;

use crate::args::{Global, day, day_to_proto};
use crate::connect::{Caller, pages, request_id};
use crate::failure::Failure;
use crate::transfer::{self, Destination};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Drafts an application for a published entry.
    Create {
        entry: String,
        #[command(flatten)]
        form: Form,
        /// The agreed case that is to go on, before its use ends.
        #[arg(long, value_name = "CASE")]
        renews: Option<String>,
    },
    /// Drafts an application for what no provider is known of; the info office finds one (art. 26).
    Seek {
        /// What is wanted, in words.
        wanted: String,
        #[command(flatten)]
        form: Form,
    },
    /// Hands a draft in: the provider's clock starts.
    Submit { case: String },
    /// Prepares the provider's answer for an approver.
    Propose {
        case: String,
        #[arg(value_enum)]
        answer: AnswerKind,
        /// Written reasons; required for a refusal.
        #[arg(long, default_value = "")]
        reasons: String,
        /// Conditions that a consent adds to those of the entry, where the case's pack allows any.
        #[arg(long, default_value = "")]
        conditions: String,
        /// The refusal rests on incomplete material.
        #[arg(long)]
        incomplete: bool,
    },
    /// Gives the proposed consent.
    Consent {
        case: String,
        /// The etag that `show` gave, so that nothing is approved that was proposed since.
        #[arg(long, default_value = "")]
        etag: String,
    },
    /// Gives the proposed refusal; its reasons go to the applicant and the info office.
    Refuse {
        case: String,
        #[arg(long)]
        reasons: String,
        /// The etag that `show` gave.
        #[arg(long, default_value = "")]
        etag: String,
    },
    #[command(flatten)]
    Step(steps::Step),
    /// Takes an application back.
    Withdraw { case: String },
    /// Writes a document of a case as HTML that prints on A4: the application form, the answer, the statement on a
    /// superior body's refusal.
    Print {
        case: String,
        #[arg(long, value_enum, default_value_t = Document::Application)]
        document: Document,
        /// Of answers: the refusal of this place among those answered anew, from 1. Without it the one that stands.
        #[arg(long, default_value_t = 0)]
        contested: i32,
        /// File to write, or a directory to write the page into under its own name.
        #[arg(long, short, default_value = ".")]
        out: PathBuf,
        /// Write over an existing file.
        #[arg(long)]
        force: bool,
    },
    /// Notes between the parties of a case (留言).
    #[command(subcommand)]
    Note(notes::Command),
    /// Shows one application.
    Show { case: String },
    /// Lists applications, newest first.
    List {
        #[arg(long, default_value = "")]
        applicant: String,
        #[arg(long, default_value = "")]
        provider: String,
        #[arg(long, value_enum)]
        state: Option<State>,
        /// Only those that are or were overdue.
        #[arg(long)]
        overdue: bool,
        /// How many to list; 0: all.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
}

/// The application form (申请单).
#[derive(Debug, Clone, Default, Args)]
pub struct Form {
    /// What the resource is needed for (art. 23).
    #[arg(long, default_value = "")]
    pub purpose: String,
    /// Duty or legal basis of the need (art. 13).
    #[arg(long, default_value = "")]
    pub basis: String,
    /// An item asked for; can be repeated. Without any: all.
    #[arg(long = "item")]
    pub items: Vec<String>,
    /// How and how often it is to be delivered.
    #[arg(long, default_value = "")]
    pub delivery: String,
    /// Scenario of use.
    #[arg(long, default_value = "")]
    pub scenario: String,
    /// Mode of delivery.
    #[arg(long, value_enum)]
    pub mode: Option<Mode>,
    /// Last day of use, e.g. 2026-12-31.
    #[arg(long, value_parser = day)]
    pub until: Option<Date>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// 服务接口
    Interface,
    /// 批量交换
    Batch,
    /// 文件
    File,
    /// As the parties agree.
    AsAgreed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Document {
    /// 申请单
    Application,
    /// 答复
    Answer,
    /// 书面说明
    SuperiorStatement,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AnswerKind {
    /// 同意提供
    Consent,
    /// 不同意提供
    Refusal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum State {
    Draft,
    AtInfoOffice,
    Settled,
    Submitted,
    AnswerProposed,
    SupplementRequested,
    Consented,
    Refused,
    Objected,
    Coordinated,
    RefusalStands,
    Withdrawn,
    Agreed,
}

impl From<State> for pb::AccessRequestState {
    fn from(state: State) -> Self {
        match state {
            State::Draft => Self::Draft,
            State::AtInfoOffice => Self::AtInfoOffice,
            State::Settled => Self::Settled,
            State::SupplementRequested => Self::SupplementRequested,
            State::Objected => Self::Objected,
            State::Coordinated => Self::Coordinated,
            State::RefusalStands => Self::RefusalStands,
            State::Submitted => Self::Submitted,
            State::AnswerProposed => Self::AnswerProposed,
            State::Consented => Self::Consented,
            State::Refused => Self::Refused,
            State::Withdrawn => Self::Withdrawn,
            State::Agreed => Self::Agreed,
        }
    }
}

pub async fn run(command: Command, global: &Global) -> Result<(), Failure> {
    let caller = global.caller().await?;
    let output = global.output();
    let case = match command {
        Command::Create { entry, form, renews: None } => create(&caller, &entry, form).await?,
        Command::Create { entry, form, renews: Some(renewed) } => {
            let wanted = pb::CreateAccessRequestRequest {
                entry_id: entry,
                renews_access_request_id: renewed,
                ..drafted(form)
            };
            let reply = caller.access_requests().create_access_request(wanted).await?.into_inner();
            reply.access_request.unwrap_or_default()
        }
        Command::Seek { wanted, form } => {
            let wanted = pb::CreateAccessRequestRequest { wanted, ..drafted(form) };
            let reply = caller.access_requests().create_access_request(wanted).await?.into_inner();
            reply.access_request.unwrap_or_default()
        }
        Command::Submit { case } => submit(&caller, &case).await?,
        Command::Propose { case, answer, reasons, conditions, incomplete } => {
            let wanted = pb::ProposeAnswerRequest {
                conditions,
                material_incomplete: incomplete,
                ..proposed(&case, answer, &reasons)
            };
            let reply = caller.access_requests().propose_answer(wanted).await?.into_inner();
            reply.access_request.unwrap_or_default()
        }
        Command::Step(step) => steps::take(&caller, step).await?,
        Command::Print { case, document, contested, out, force } => {
            let wanted = pb::GetAccessRequestDocumentRequest {
                access_request_id: case,
                kind: pb::AccessRequestDocumentKind::from(document).into(),
                contested_answer: contested,
            };
            let page = caller.access_requests().get_access_request_document(wanted).await?.into_inner();
            let destination = Destination { path: out, force };
            return transfer::keep(&destination, &page.file_name, &page.content, &page.sha256, output);
        }
        Command::Note(command) => return notes::run(command, &caller, &output).await,
        Command::Consent { case, etag } => consent_as_read(&caller, &case, etag).await?,
        Command::Refuse { case, reasons, etag } => refuse_as_read(&caller, &case, &reasons, etag).await?,
        Command::Withdraw { case } => {
            let wanted =
                pb::WithdrawAccessRequestRequest { access_request_id: case, request_id: request_id() };
            let reply = caller.access_requests().withdraw_access_request(wanted).await?.into_inner();
            reply.access_request.unwrap_or_default()
        }
        Command::Show { case } => get(&caller, &case).await?,
        Command::List { applicant, provider, state, overdue, limit } => {
            let (access_requests, next_page_token) = pages(limit, |page_size, page_token| {
                let mut client = caller.access_requests();
                let wanted = pb::ListAccessRequestsRequest {
                    applicant_unit_id: applicant.clone(),
                    provider_unit_id: provider.clone(),
                    state: state.map(pb::AccessRequestState::from).unwrap_or_default().into(),
                    overdue,
                    page_size,
                    page_token,
                };
                async move {
                    let page = client.list_access_requests(wanted).await?.into_inner();
                    Ok((page.access_requests, page.next_page_token))
                }
            })
            .await?;
            let columns = &[
                "case_number",
                "document_number",
                "state",
                "applicant_unit_id",
                "provider_unit_id",
                "entry_title",
                "answer_due",
                "overdue_time",
                "access_request_id",
            ];
            let reply = pb::ListAccessRequestsResponse { access_requests, next_page_token };
            output.list(&reply, "access_requests", columns);
            return Ok(());
        }
    };
    output.record(&case);
    Ok(())
}

impl From<Document> for pb::AccessRequestDocumentKind {
    fn from(document: Document) -> Self {
        match document {
            Document::Application => Self::Application,
            Document::Answer => Self::Answer,
            Document::SuperiorStatement => Self::SuperiorStatement,
        }
    }
}

fn drafted(form: Form) -> pb::CreateAccessRequestRequest {
    pb::CreateAccessRequestRequest { form: Some(form.into()), request_id: request_id(), ..Default::default() }
}

impl From<Form> for pb::ApplicationForm {
    fn from(form: Form) -> Self {
        let mode = match form.mode {
            None => pb::DeliveryMode::Unspecified,
            Some(Mode::Interface) => pb::DeliveryMode::Interface,
            Some(Mode::Batch) => pb::DeliveryMode::Batch,
            Some(Mode::File) => pb::DeliveryMode::File,
            Some(Mode::AsAgreed) => pb::DeliveryMode::AsAgreed,
        };
        Self {
            purpose: form.purpose,
            basis: form.basis,
            items: form.items,
            delivery: form.delivery,
            use_until: form.until.map(day_to_proto),
            scenario: form.scenario,
            mode: mode.into(),
        }
    }
}

pub async fn create(caller: &Caller, entry: &str, form: Form) -> Result<pb::AccessRequest, Failure> {
    let wanted = pb::CreateAccessRequestRequest { entry_id: entry.to_owned(), ..drafted(form) };
    let reply = caller.access_requests().create_access_request(wanted).await?.into_inner();
    Ok(reply.access_request.unwrap_or_default())
}

pub async fn submit(caller: &Caller, case: &str) -> Result<pb::AccessRequest, Failure> {
    let wanted =
        pb::SubmitAccessRequestRequest { access_request_id: case.to_owned(), request_id: request_id() };
    let reply = caller.access_requests().submit_access_request(wanted).await?.into_inner();
    Ok(reply.access_request.unwrap_or_default())
}

fn proposed(case: &str, answer: AnswerKind, reasons: &str) -> pb::ProposeAnswerRequest {
    let kind = match answer {
        AnswerKind::Consent => pb::AnswerKind::Consent,
        AnswerKind::Refusal => pb::AnswerKind::Refusal,
    };
    pb::ProposeAnswerRequest {
        access_request_id: case.to_owned(),
        kind: kind.into(),
        reasons: reasons.to_owned(),
        request_id: request_id(),
        ..Default::default()
    }
}

pub async fn propose(
    caller: &Caller,
    case: &str,
    answer: AnswerKind,
    reasons: &str,
) -> Result<pb::AccessRequest, Failure> {
    let wanted = proposed(case, answer, reasons);
    let reply = caller.access_requests().propose_answer(wanted).await?.into_inner();
    Ok(reply.access_request.unwrap_or_default())
}

pub async fn consent(caller: &Caller, case: &str) -> Result<pb::AccessRequest, Failure> {
    consent_as_read(caller, case, String::new()).await
}

async fn consent_as_read(caller: &Caller, case: &str, etag: String) -> Result<pb::AccessRequest, Failure> {
    let wanted = pb::ConsentAccessRequestRequest {
        access_request_id: case.to_owned(),
        request_id: request_id(),
        etag,
    };
    let reply = caller.access_requests().consent_access_request(wanted).await?.into_inner();
    Ok(reply.access_request.unwrap_or_default())
}

pub async fn refuse(caller: &Caller, case: &str, reasons: &str) -> Result<pb::AccessRequest, Failure> {
    refuse_as_read(caller, case, reasons, String::new()).await
}

async fn refuse_as_read(
    caller: &Caller,
    case: &str,
    reasons: &str,
    etag: String,
) -> Result<pb::AccessRequest, Failure> {
    let wanted = pb::RefuseAccessRequestRequest {
        access_request_id: case.to_owned(),
        reasons: reasons.to_owned(),
        etag,
        request_id: request_id(),
    };
    let reply = caller.access_requests().refuse_access_request(wanted).await?.into_inner();
    Ok(reply.access_request.unwrap_or_default())
}

pub async fn get(caller: &Caller, case: &str) -> Result<pb::AccessRequest, Failure> {
    let wanted = pb::GetAccessRequestRequest { access_request_id: case.to_owned() };
    let reply = caller.access_requests().get_access_request(wanted).await?.into_inner();
    Ok(reply.access_request.unwrap_or_default())
}
