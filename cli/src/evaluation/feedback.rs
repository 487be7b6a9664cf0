//! `govshare evaluation feedback`: the form on the use of data (使用情况反馈表, art. 28).

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use govshare_proto::evaluation::v1 as pb;

use crate::connect::{Caller, pages, request_id, retrying};
use crate::failure::Failure;
use crate::output::Output;
use crate::transfer::{self, Destination};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tells provider and info office of a problem.
    Submit {
        entry: String,
        #[arg(long, value_enum)]
        aspect: Aspect,
        /// What was found.
        #[arg(long)]
        problem: String,
        /// An item it is about; can be repeated. Without any: all.
        #[arg(long = "item")]
        items: Vec<String>,
        /// The case under which the data was obtained.
        #[arg(long, default_value = "")]
        case: String,
    },
    /// Begins the verification.
    Verify { feedback: String },
    /// Prepares the written answer for an approver.
    Propose {
        feedback: String,
        #[arg(value_enum)]
        outcome: Outcome,
        #[arg(long)]
        text: String,
    },
    /// Gives the written answer.
    Answer {
        feedback: String,
        #[arg(long)]
        text: String,
    },
    /// Files the answered form, as the info office.
    File {
        feedback: String,
        #[arg(long, default_value = "")]
        remark: String,
    },
    /// Takes a form back.
    Withdraw {
        feedback: String,
        #[arg(long)]
        reason: String,
    },
    /// Writes the form as HTML that prints on A4.
    Print {
        feedback: String,
        /// File to write, or a directory to write the page into under its own name.
        #[arg(long, short, default_value = ".")]
        out: PathBuf,
        /// Write over an existing file.
        #[arg(long)]
        force: bool,
    },
    /// Shows one form.
    Show { feedback: String },
    /// Lists forms, newest first.
    List {
        /// Only those that are or were overdue.
        #[arg(long)]
        overdue: bool,
        /// How many to list; 0: all.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Aspect {
    Truth,
    Completeness,
    Accuracy,
    Timeliness,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Outcome {
    Corrected,
    ToBeCorrected,
    Confirmed,
}

const COLUMNS: &[&str] = &[
    "feedback_id",
    "user_unit_id",
    "provider_unit_id",
    "entry_title",
    "state",
    "answer_due",
    "overdue_time",
];

pub async fn run(command: Command, caller: &Caller, output: Output) -> Result<(), Failure> {
    let request_id = request_id();
    let form = match command {
        Command::Submit { entry, aspect, problem, items, case } => {
            let problem = pb::Problem { aspect: aspect.to_proto().into(), description: problem, items };
            let wanted = pb::SubmitFeedbackRequest {
                entry_id: entry,
                case_id: case,
                problems: vec![problem],
                request_id,
            };
            let call = || async { caller.feedback().submit_feedback(wanted.clone()).await };
            retrying(call).await?.feedback
        }
        Command::Verify { feedback } => {
            let wanted = pb::VerifyFeedbackRequest { feedback_id: feedback, request_id };
            retrying(|| async { caller.feedback().verify_feedback(wanted.clone()).await }).await?.feedback
        }
        Command::Propose { feedback, outcome, text } => {
            let outcome = outcome.to_proto().into();
            let wanted =
                pb::ProposeFeedbackAnswerRequest { feedback_id: feedback, outcome, text, request_id };
            let call = || async { caller.feedback().propose_feedback_answer(wanted.clone()).await };
            retrying(call).await?.feedback
        }
        Command::Answer { feedback, text } => {
            let wanted = pb::AnswerFeedbackRequest { feedback_id: feedback, text, request_id };
            retrying(|| async { caller.feedback().answer_feedback(wanted.clone()).await }).await?.feedback
        }
        Command::File { feedback, remark } => {
            let wanted = pb::FileFeedbackRequest { feedback_id: feedback, remark, request_id };
            retrying(|| async { caller.feedback().file_feedback(wanted.clone()).await }).await?.feedback
        }
        Command::Withdraw { feedback, reason } => {
            let wanted = pb::WithdrawFeedbackRequest { feedback_id: feedback, reason, request_id };
            retrying(|| async { caller.feedback().withdraw_feedback(wanted.clone()).await }).await?.feedback
        }
        Command::Show { feedback } => {
            let wanted = pb::GetFeedbackRequest { feedback_id: feedback };
            caller.feedback().get_feedback(wanted).await?.into_inner().feedback
        }
        Command::Print { feedback, out, force } => {
            let wanted = pb::GetFeedbackDocumentRequest { feedback_id: feedback };
            let page = caller.feedback().get_feedback_document(wanted).await?.into_inner();
            let destination = Destination { path: out, force };
            return transfer::keep(&destination, &page.file_name, &page.content, &page.sha256, output);
        }
        Command::List { overdue, limit } => return list(caller, output, overdue, limit).await,
    };
    output.record(&form.unwrap_or_default());
    Ok(())
}

async fn list(caller: &Caller, output: Output, overdue: bool, limit: usize) -> Result<(), Failure> {
    let (feedback, next_page_token) = pages(limit, |page_size, page_token| async move {
        let wanted = pb::ListFeedbackRequest { overdue, page_size, page_token, ..Default::default() };
        let page = caller.feedback().list_feedback(wanted).await?.into_inner();
        Ok((page.feedback, page.next_page_token))
    })
    .await?;
    output.list(&pb::ListFeedbackResponse { feedback, next_page_token }, "feedback", COLUMNS);
    Ok(())
}

impl Aspect {
    fn to_proto(self) -> pb::Aspect {
        match self {
            Self::Truth => pb::Aspect::Truth,
            Self::Completeness => pb::Aspect::Completeness,
            Self::Accuracy => pb::Aspect::Accuracy,
            Self::Timeliness => pb::Aspect::Timeliness,
        }
    }
}

impl Outcome {
    fn to_proto(self) -> pb::FeedbackOutcome {
        match self {
            Self::Corrected => pb::FeedbackOutcome::Corrected,
            Self::ToBeCorrected => pb::FeedbackOutcome::ToBeCorrected,
            Self::Confirmed => pb::FeedbackOutcome::Confirmed,
        }
    }
}
