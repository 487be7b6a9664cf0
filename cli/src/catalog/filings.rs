//! `govshare catalog explanation|plan|regulation`: what units write and others decide on (art. 8, 10, 12, 16-18, 35).

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use govshare_proto::catalog::v1 as pb;

use crate::args::Global;
use crate::connect::{pages, request_id};
use crate::failure::Failure;
use crate::transfer::{self, Destination};

/// Written explanations of what cannot be listed.
#[derive(Debug, Subcommand)]
pub enum Explanation {
    /// Drafts one.
    Create {
        /// What kind of information it is.
        subject: String,
        #[arg(long)]
        reasons: String,
        #[arg(long, default_value = "")]
        basis: String,
    },
    /// Files one with the info office.
    File { explanation: String },
    /// Writes one as a page to print.
    Print {
        explanation: String,
        /// File to write, or a directory to write the page into under its own name.
        #[arg(long, short, default_value = ".")]
        out: PathBuf,
        /// Write over an existing file.
        #[arg(long)]
        force: bool,
    },
    /// Takes one back.
    Withdraw {
        explanation: String,
        #[arg(long)]
        reason: String,
    },
    /// Lists those that one may read.
    List {
        /// How many to list; 0: all.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
}

/// Plans of what is collected.
#[derive(Debug, Subcommand)]
pub enum Plan {
    /// Drafts a plan of one item.
    Create(NewPlan),
    /// Submits a plan; it is checked for what others have.
    Submit { plan: String },
    /// Approves the statistical surveys of a plan (statistics bureau).
    ApproveSurvey { plan: String },
    /// Returns them (statistics bureau).
    ReturnSurvey {
        plan: String,
        #[arg(long)]
        reasons: String,
    },
    /// Shows one plan with what the check found.
    Show { plan: String },
}

#[derive(Debug, Args)]
pub struct NewPlan {
    pub title: String,
    /// Name of what is collected.
    #[arg(long)]
    pub name: String,
    /// Name of an information item; can be repeated.
    #[arg(long = "item")]
    pub items: Vec<String>,
    /// Why it has to be collected although another unit has it.
    #[arg(long, default_value = "")]
    pub need: String,
    /// It is a statistical survey.
    #[arg(long)]
    pub survey: bool,
}

/// Schemes, measures, rules and procedures.
#[derive(Debug, Subcommand)]
pub enum Regulation {
    /// Drafts one with the text of a file.
    Create {
        #[arg(value_enum)]
        kind: Kind,
        title: String,
        text: PathBuf,
        /// The shared database of a scheme or of measures.
        #[arg(long, default_value = "")]
        database: String,
    },
    /// Submits the pending edition.
    Submit { regulation: String },
    /// Approves it: info office or working group.
    Approve { regulation: String },
    /// Returns it with reasons: info office or working group.
    Return {
        regulation: String,
        #[arg(long)]
        reasons: String,
    },
    /// Shows one.
    Show { regulation: String },
    /// Lists those that one may read.
    List {
        /// How many to list; 0: all.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// 技术方案
    TechnicalScheme,
    /// 管理办法
    ManagementMeasures,
    /// 实施细则
    ImplementingRules,
    /// 规范和程序
    Procedure,
}

impl From<Kind> for pb::RegulationKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::TechnicalScheme => Self::TechnicalScheme,
            Kind::ManagementMeasures => Self::ManagementMeasures,
            Kind::ImplementingRules => Self::ImplementingRules,
            Kind::Procedure => Self::Procedure,
        }
    }
}

impl Explanation {
    pub async fn run(self, global: &Global) -> Result<(), Failure> {
        let caller = global.caller().await?;
        let (mut client, request_id) = (caller.explanations(), request_id());
        let explanation = match self {
            Self::Create { subject, reasons, basis } => {
                let content = Some(pb::ExplanationContent { subject, reasons, basis });
                let wanted = pb::CreateExplanationRequest { content, request_id };
                client.create_explanation(wanted).await?.into_inner().explanation
            }
            Self::File { explanation: explanation_id } => {
                let wanted = pb::FileExplanationRequest { explanation_id, request_id };
                client.file_explanation(wanted).await?.into_inner().explanation
            }
            Self::Print { explanation: explanation_id, out, force } => {
                let wanted = pb::GetExplanationDocumentRequest { explanation_id };
                let page = client.get_explanation_document(wanted).await?.into_inner();
                let destination = Destination { path: out, force };
                return transfer::keep(
                    &destination,
                    &page.file_name,
                    &page.content,
                    &page.sha256,
                    global.output(),
                );
            }
            Self::Withdraw { explanation: explanation_id, reason } => {
                let wanted = pb::WithdrawExplanationRequest { explanation_id, reason, request_id };
                client.withdraw_explanation(wanted).await?.into_inner().explanation
            }
            Self::List { limit } => {
                let (explanations, next_page_token) = pages(limit, |page_size, page_token| {
                    let mut client = caller.explanations();
                    let wanted = pb::ListExplanationsRequest { page_size, page_token, ..Default::default() };
                    async move {
                        let page = client.list_explanations(wanted).await?.into_inner();
                        Ok((page.explanations, page.next_page_token))
                    }
                })
                .await?;
                let columns = &[
                    "explanation_id",
                    "document_number",
                    "unit_id",
                    "state",
                    "content.subject",
                    "file_time",
                ];
                let reply = pb::ListExplanationsResponse { explanations, next_page_token };
                global.output().list(&reply, "explanations", columns);
                return Ok(());
            }
        };
        global.output().record(&explanation.unwrap_or_default());
        Ok(())
    }
}

impl Plan {
    pub async fn run(self, global: &Global) -> Result<(), Failure> {
        let (mut client, request_id) = (global.caller().await?.collection(), request_id());
        let plan = match self {
            Self::Create(NewPlan { title, name, items, need, survey }) => {
                let item = pb::CollectionItem {
                    name,
                    item_names: items,
                    need,
                    statistical_survey: survey,
                    ..Default::default()
                };
                let wanted = pb::CreateCollectionPlanRequest { title, items: vec![item], request_id };
                client.create_collection_plan(wanted).await?.into_inner().collection_plan
            }
            Self::Submit { plan: collection_plan_id } => {
                let wanted = pb::SubmitCollectionPlanRequest { collection_plan_id, request_id };
                client.submit_collection_plan(wanted).await?.into_inner().collection_plan
            }
            Self::ApproveSurvey { plan: collection_plan_id } => {
                let wanted = pb::ApproveSurveyRequest { collection_plan_id, request_id };
                client.approve_survey(wanted).await?.into_inner().collection_plan
            }
            Self::ReturnSurvey { plan: collection_plan_id, reasons } => {
                let wanted = pb::ReturnSurveyRequest { collection_plan_id, reasons, request_id };
                client.return_survey(wanted).await?.into_inner().collection_plan
            }
            Self::Show { plan: collection_plan_id } => {
                let wanted = pb::GetCollectionPlanRequest { collection_plan_id };
                client.get_collection_plan(wanted).await?.into_inner().collection_plan
            }
        };
        global.output().record(&plan.unwrap_or_default());
        Ok(())
    }
}

impl Regulation {
    pub async fn run(self, global: &Global) -> Result<(), Failure> {
        let caller = global.caller().await?;
        let (mut client, request_id) = (caller.regulations(), request_id());
        let regulation = match self {
            Self::Create { kind, title, text, database } => {
                let words = std::fs::read_to_string(&text);
                let words = words.map_err(|error| Failure::file("read", &text, error))?;
                let wanted = pb::CreateRegulationRequest {
                    kind: pb::RegulationKind::from(kind).into(),
                    shared_database_id: database,
                    title,
                    text: words,
                    request_id,
                };
                client.create_regulation(wanted).await?.into_inner().regulation
            }
            Self::Submit { regulation: regulation_id } => {
                let wanted = pb::SubmitRegulationRequest { regulation_id, request_id };
                client.submit_regulation(wanted).await?.into_inner().regulation
            }
            Self::Approve { regulation: regulation_id } => {
                let wanted = pb::ApproveRegulationRequest { regulation_id, request_id };
                client.approve_regulation(wanted).await?.into_inner().regulation
            }
            Self::Return { regulation: regulation_id, reasons } => {
                let wanted = pb::ReturnRegulationRequest { regulation_id, reasons, request_id };
                client.return_regulation(wanted).await?.into_inner().regulation
            }
            Self::Show { regulation: regulation_id } => {
                let wanted = pb::GetRegulationRequest { regulation_id };
                client.get_regulation(wanted).await?.into_inner().regulation
            }
            Self::List { limit } => {
                let (regulations, next_page_token) = pages(limit, |page_size, page_token| {
                    let mut client = caller.regulations();
                    let wanted = pb::ListRegulationsRequest { page_size, page_token, ..Default::default() };
                    async move {
                        let page = client.list_regulations(wanted).await?.into_inner();
                        Ok((page.regulations, page.next_page_token))
                    }
                })
                .await?;
                let columns = &["regulation_id", "unit_id", "kind", "state", "in_force.title"];
                let reply = pb::ListRegulationsResponse { regulations, next_page_token };
                global.output().list(&reply, "regulations", columns);
                return Ok(());
            }
        };
        global.output().record(&regulation.unwrap_or_default());
        Ok(())
    }
}
