//! `govshare agreement`: the agreement of the three parties and, by art. 31, the confidentiality agreement.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use govshare_proto::agreement::v1 as pb;
use serde_json::json;
use time::Date;

use crate::agreement_dealings::{self, Delivery, Disclosure};
use crate::args::{Global, day, day_to_proto};
use crate::connect::{Caller, pages, request_id};
use crate::failure::Failure;
use crate::output::print;
use crate::signing::{SigningKey, document_statement};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Drafts the agreement of a case that was consented to.
    Create {
        case: String,
        #[command(flatten)]
        terms: Terms,
    },
    /// Shows one agreement with its signatures.
    Show { agreement: String },
    /// Writes a document's stored bytes, which are what is signed.
    Document {
        agreement: String,
        #[arg(long, value_enum, default_value_t = Kind::Agreement)]
        kind: Kind,
        /// File to write; without it standard output.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Signs a document for your unit.
    Sign {
        agreement: String,
        #[arg(long, value_enum, default_value_t = Kind::Agreement)]
        kind: Kind,
        /// Your unit's private key (PEM); in the sandbox that of the unit in --as without it.
        #[arg(long)]
        key: Option<PathBuf>,
    },
    /// Gives up an agreement that is not active yet.
    Cancel {
        agreement: String,
        #[arg(long)]
        reason: String,
    },
    /// Drafts the agreement that amends or renews one in force; all sign it again.
    Replace {
        agreement: String,
        #[arg(value_enum)]
        kind: Replacement,
        #[command(flatten)]
        terms: Terms,
    },
    /// Stops the flow of data, with written grounds.
    Suspend {
        agreement: String,
        #[arg(long)]
        grounds: String,
        /// Last day for the user to mend what is wrong.
        #[arg(long, value_parser = day)]
        mend_until: Option<Date>,
    },
    /// Ends a suspension.
    Resume { agreement: String },
    /// Ends an agreement before its last day.
    Terminate {
        agreement: String,
        #[arg(long)]
        grounds: String,
        /// How it was negotiated with the other party.
        #[arg(long, default_value = "")]
        negotiation: String,
    },
    /// Puts a termination on file, as the info office.
    FileTermination { agreement: String },
    /// Attests what became of the copies that the user held (art. 23).
    Attest {
        agreement: String,
        #[arg(value_enum)]
        disposal: Disposal,
        #[arg(long)]
        statement: String,
    },
    /// Deliveries outside the platform (art. 26).
    #[command(subcommand)]
    Delivery(Delivery),
    /// Disclosures to third parties (art. 23).
    #[command(subcommand)]
    Disclosure(Disclosure),
    /// Lists agreements, newest first.
    List {
        #[arg(long, default_value = "")]
        case: String,
        /// How many to list; 0: all.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
}

/// What the parties agree.
#[derive(Debug, Clone, Args)]
pub struct Terms {
    /// Agreed purpose (art. 23).
    #[arg(long)]
    pub purpose: String,
    /// An item in scope; can be repeated. Without any: the whole resource.
    #[arg(long = "item")]
    pub items: Vec<String>,
    /// Form and frequency of delivery.
    #[arg(long)]
    pub delivery: String,
    /// First day of validity, e.g. 2026-01-01.
    #[arg(long, value_parser = day)]
    pub from: Date,
    /// Last day of validity.
    #[arg(long, value_parser = day)]
    pub until: Date,
    /// What becomes of kept copies after the end (art. 23).
    #[arg(long)]
    pub retention: String,
    /// How data is delivered.
    #[arg(long, value_enum)]
    pub mode: Option<Mode>,
    /// How often, in words.
    #[arg(long, default_value = "")]
    pub frequency: String,
    /// What the applicant gives in turn (art. 21), as WHAT|SCOPE|TIME; can be repeated.
    #[arg(long = "give-back", value_parser = give_back)]
    pub give_back: Vec<pb::GiveBack>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// 服务接口
    Interface,
    /// 批量交换
    Batch,
    /// 文件
    File,
    /// 按双方约定（平台外）
    AsAgreed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Replacement {
    /// 变更
    Amendment,
    /// 续签
    Renewal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Disposal {
    /// 销毁
    Destroyed,
    /// 留存
    Kept,
}

fn give_back(text: &str) -> Result<pb::GiveBack, String> {
    let parts: Vec<_> = text.split('|').map(str::trim).collect();
    match parts[..] {
        [what, scope, time] => {
            Ok(pb::GiveBack { what: what.to_owned(), scope: scope.to_owned(), time: time.to_owned() })
        }
        _ => Err("must be WHAT|SCOPE|TIME".to_owned()),
    }
}

impl From<Terms> for pb::Terms {
    fn from(terms: Terms) -> Self {
        let mode = terms.mode.map_or(pb::DeliveryMode::Unspecified, |mode| match mode {
            Mode::Interface => pb::DeliveryMode::Interface,
            Mode::Batch => pb::DeliveryMode::Batch,
            Mode::File => pb::DeliveryMode::File,
            Mode::AsAgreed => pb::DeliveryMode::AsAgreed,
        });
        Self {
            purpose: terms.purpose,
            items: terms.items,
            delivery: terms.delivery,
            valid_from: Some(day_to_proto(terms.from)),
            valid_until: Some(day_to_proto(terms.until)),
            retention: terms.retention,
            delivery_mode: mode.into(),
            frequency: terms.frequency,
            give_back: terms.give_back,
            disposal_days: 0,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// 三方共享交换协议
    Agreement,
    /// 安全保密协议
    Confidentiality,
}

impl From<Kind> for pb::DocumentKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Agreement => Self::Agreement,
            Kind::Confidentiality => Self::Confidentiality,
        }
    }
}

pub async fn run(command: Command, global: &Global) -> Result<(), Failure> {
    let output = global.output();
    match command {
        Command::Create { case, terms } => {
            output.record(&create(&global.caller().await?, &case, terms).await?);
        }
        Command::Show { agreement } => output.record(&get(&global.caller().await?, &agreement).await?),
        Command::Document { agreement, kind, out } => {
            let (document, content) = document(&global.caller().await?, &agreement, kind.into()).await?;
            match out {
                Some(path) => {
                    std::fs::write(&path, content).map_err(|error| Failure::file("write", &path, error))?;
                    let written = json!({ "file": path, "sha256": document.sha256 });
                    output.say(&written, || format!("{}  {}", document.sha256, path.display()));
                }
                None => print(&String::from_utf8_lossy(&content)),
            }
        }
        Command::Sign { agreement, kind, key } => {
            let path =
                key.or_else(|| global.person.as_ref().map(|person| global.sandbox().unit_key(&person.unit)));
            let path = path.ok_or_else(|| Failure::usage("with which key? Say it with --key FILE"))?;
            let key = SigningKey::read(&path)?;
            output.record(&sign(&global.caller().await?, &agreement, kind.into(), &key).await?);
        }
        Command::Cancel { agreement, reason } => {
            let wanted =
                pb::CancelAgreementRequest { agreement_id: agreement, reason, request_id: request_id() };
            let reply = global.caller().await?.agreements().cancel_agreement(wanted).await?.into_inner();
            output.record(&reply.agreement.unwrap_or_default());
        }
        Command::Replace { agreement: agreement_id, kind, terms } => {
            let kind = match kind {
                Replacement::Amendment => pb::ReplacementKind::Amendment,
                Replacement::Renewal => pb::ReplacementKind::Renewal,
            };
            let (kind, terms) = (kind.into(), Some(terms.into()));
            let wanted = pb::DraftReplacementRequest { agreement_id, kind, terms, request_id: request_id() };
            let reply = global.caller().await?.agreements().draft_replacement(wanted).await?.into_inner();
            output.record(&reply.agreement.unwrap_or_default());
        }
        Command::Suspend { agreement: agreement_id, grounds, mend_until } => {
            let mend_until = mend_until.map(day_to_proto);
            let wanted =
                pb::SuspendAgreementRequest { agreement_id, grounds, mend_until, request_id: request_id() };
            let reply = global.caller().await?.agreements().suspend_agreement(wanted).await?.into_inner();
            output.record(&reply.agreement.unwrap_or_default());
        }
        Command::Resume { agreement: agreement_id } => {
            let wanted = pb::ResumeAgreementRequest { agreement_id, request_id: request_id() };
            let reply = global.caller().await?.agreements().resume_agreement(wanted).await?.into_inner();
            output.record(&reply.agreement.unwrap_or_default());
        }
        Command::Terminate { agreement: agreement_id, grounds, negotiation } => {
            let wanted = pb::TerminateAgreementRequest {
                agreement_id,
                grounds,
                negotiation,
                request_id: request_id(),
            };
            let reply = global.caller().await?.agreements().terminate_agreement(wanted).await?.into_inner();
            output.record(&reply.agreement.unwrap_or_default());
        }
        Command::FileTermination { agreement: agreement_id } => {
            let wanted = pb::FileTerminationRequest { agreement_id, request_id: request_id() };
            let reply = global.caller().await?.agreements().file_termination(wanted).await?.into_inner();
            output.record(&reply.agreement.unwrap_or_default());
        }
        Command::Attest { agreement: agreement_id, disposal, statement } => {
            let disposal = match disposal {
                Disposal::Destroyed => pb::Disposal::Destroyed,
                Disposal::Kept => pb::Disposal::Kept,
            };
            let disposal = disposal.into();
            let wanted =
                pb::AttestDisposalRequest { agreement_id, disposal, statement, request_id: request_id() };
            let reply = global.caller().await?.agreements().attest_disposal(wanted).await?.into_inner();
            output.record(&reply.agreement.unwrap_or_default());
        }
        Command::Delivery(command) => return agreement_dealings::delivery(command, global).await,
        Command::Disclosure(command) => return agreement_dealings::disclosure(command, global).await,
        Command::List { case, limit } => {
            let caller = global.caller().await?;
            let (agreements, next_page_token) = pages(limit, |page_size, page_token| {
                let (mut client, case_id) = (caller.agreements(), case.clone());
                async move {
                    let wanted =
                        pb::ListAgreementsRequest { case_id, page_size, page_token, ..Default::default() };
                    let page = client.list_agreements(wanted).await?.into_inner();
                    Ok((page.agreements, page.next_page_token))
                }
            })
            .await?;
            let columns = &["case_number", "state", "applicant_unit_id", "provider_unit_id", "agreement_id"];
            let reply = pb::ListAgreementsResponse { agreements, next_page_token };
            output.list(&reply, "agreements", columns);
        }
    }
    Ok(())
}

pub async fn create(caller: &Caller, case: &str, terms: Terms) -> Result<pb::Agreement, Failure> {
    let wanted = pb::CreateAgreementRequest {
        case_id: case.to_owned(),
        terms: Some(terms.into()),
        request_id: request_id(),
    };
    let reply = caller.agreements().create_agreement(wanted).await?.into_inner();
    Ok(reply.agreement.unwrap_or_default())
}

pub async fn get(caller: &Caller, agreement: &str) -> Result<pb::Agreement, Failure> {
    let wanted = pb::GetAgreementRequest { agreement_id: agreement.to_owned() };
    let reply = caller.agreements().get_agreement(wanted).await?.into_inner();
    Ok(reply.agreement.unwrap_or_default())
}

/// A document and its bytes, which are checked against its digest.
pub async fn document(
    caller: &Caller,
    agreement: &str,
    kind: pb::DocumentKind,
) -> Result<(pb::Document, Vec<u8>), Failure> {
    let wanted = pb::GetAgreementDocumentRequest { agreement_id: agreement.to_owned(), kind: kind.into() };
    let reply = caller.agreements().get_agreement_document(wanted).await?.into_inner();
    let document = reply.document.unwrap_or_default();
    let found = hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &reply.content));
    if found != document.sha256 {
        return Err(Failure::local(format!("the document has SHA-256 {found}, not {}", document.sha256)));
    }
    Ok((document, reply.content))
}

/// Reads a document and signs its bytes with the caller's unit's key.
pub async fn sign(
    caller: &Caller,
    agreement: &str,
    kind: pb::DocumentKind,
    key: &SigningKey,
) -> Result<pb::Agreement, Failure> {
    let (_, content) = document(caller, agreement, kind).await?;
    let wanted = pb::SignAgreementRequest {
        agreement_id: agreement.to_owned(),
        kind: kind.into(),
        key_id: key.key_id(),
        signature: key.sign(&document_statement(kind, &content)),
        request_id: request_id(),
    };
    let reply = caller.agreements().sign_agreement(wanted).await?.into_inner();
    Ok(reply.agreement.unwrap_or_default())
}
