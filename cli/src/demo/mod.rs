//! `govshare demo`: one sharing case from catalogue to delivery, played by the people whose task each step is, with
//! what the platform must refuse on the way. With `--full`, a walk through all articles.

mod agreement;
mod application;
mod catalogue;
mod credit_code;
mod delivery;
mod evaluation;
mod full;
mod narration;
mod parties;
mod proof;
mod refused_case;
mod stage;

use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use clap::Args;
use govshare_model::calendar::shanghai_date;
use serde_json::json;
use time::{Date, OffsetDateTime};

use crate::args::Global;
use crate::failure::Failure;
use narration::Narrator;
use parties::Parties;
use stage::Stage;

/// What comes about by itself (search, audit, indicators) comes about within this.
const WITHIN: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
pub struct Demo {
    /// Catalogue to play with; without it the data set that the project ships.
    #[arg(long, value_name = "FILE")]
    pub catalog: Option<PathBuf>,
    /// Walks through all articles of the policy instead of one case.
    #[arg(long, conflicts_with = "catalog")]
    pub full: bool,
    /// With --full: the folder for the registers and reports that are written; without it a new temporary one.
    #[arg(long, value_name = "DIR", requires = "full")]
    pub out: Option<PathBuf>,
}

impl Demo {
    pub async fn run(self, global: &Global) -> Result<(), Failure> {
        let stage = Stage::open(global).await?;
        let mut narrator = Narrator::new(global.output());
        let play: Pin<Box<dyn Future<Output = _>>> = if self.full {
            Box::pin(full::play(&stage, &mut narrator, self.out.as_deref()))
        } else {
            Box::pin(self.play(&stage, &mut narrator))
        };
        let played = tokio::select! {
            played = play => played,
            _ = tokio::signal::ctrl_c() => Err(Failure::local("interrupted")),
        };
        stage.close().await?;
        narrator.finish(played?);
        Ok(())
    }

    async fn play(&self, stage: &Stage, narrator: &mut Narrator) -> Result<serde_json::Value, Failure> {
        narrator.note(stage);

        narrator.act("目录 · The catalogue (art. 14-16)");
        let imported = catalogue::import(stage, narrator, self.catalog.as_deref()).await?;
        catalogue::review_and_publish(stage, narrator, &imported).await?;
        let target = catalogue::find(stage, narrator, &imported).await?;
        let parties = Parties::around(&target.provider)?;
        catalogue::four_eyes(stage, narrator, &target).await?;

        narrator.act("各方 · The parties and their keys (art. 2, 26)");
        parties::register(stage, narrator, &parties).await?;
        let before = evaluation::indicators(stage, &parties).await?;

        narrator.act("申请 · Application and answer (art. 26)");
        let case = application::play(stage, narrator, &parties, &target).await?;

        narrator.act("协议 · Agreement of the three parties (art. 26, 31)");
        let agreed = agreement::play(stage, narrator, &parties, &target, &case).await?;

        narrator.act("交换 · Delivery (art. 5, 23, 25)");
        let delivered = delivery::play(stage, narrator, &parties, &agreed).await?;

        narrator.act("拒绝 · Another application, refused with reasons (art. 26)");
        narrator.about_case("");
        refused_case::play(stage, narrator, &parties, &target).await?;

        narrator.act(&format!("审计 · The audit of case {}", case.number));
        narrator.about_case(&case.number);
        proof::play(stage, narrator, &case, &agreed).await?;

        narrator.act("评估 · Indicators (art. 32)");
        narrator.about_case("");
        evaluation::play(stage, narrator, &parties, &before).await?;

        Ok(json!({
            "case_id": case.id,
            "case_number": case.number,
            "agreement_id": agreed.agreement,
            "delivery_id": delivered.delivery_id,
            "sha256": delivered.sha256,
        }))
    }
}

/// Today in the district.
fn today() -> Date {
    #[allow(clippy::disallowed_methods, reason = "the platform, not this command, decides what day it is")]
    let now = OffsetDateTime::now_utc();
    shanghai_date(now)
}
