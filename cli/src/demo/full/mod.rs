//! `govshare demo --full`: all articles of the policy in order, each with what it asks done by those who are to do it.

mod answering;
mod applications;
mod articles;
mod catalogue;
mod closing;
mod collection;
mod duties;
mod general;
mod plans;
mod regulations;
mod security;
mod sharing;
mod steps;
mod supervision;
mod walk;
mod yearly;

use std::path::{Path, PathBuf};

use serde_json::json;

use super::catalogue as district;
use super::narration::Narrator;
use super::parties::{self, Parties};
use super::stage::Stage;
use crate::failure::Failure;
use walk::Walk;

/// Who provides in the walk: the education commission, which leads a shared database and so meets every article.
const PROVIDER: &str = "jiaowei";

pub async fn play(
    stage: &Stage,
    narrator: &mut Narrator,
    out: Option<&Path>,
) -> Result<serde_json::Value, Failure> {
    let folder = folder(out)?;
    narrator.note(format!("{stage}; files go to {}", folder.display()));

    narrator.act("准备 · The district's catalogue and keys");
    let imported = district::import(stage, narrator, None).await?;
    district::review_and_publish(stage, narrator, &imported).await?;
    let parties = Parties::around(&PROVIDER.parse().map_err(Failure::local)?)?;
    parties::register(stage, narrator, &parties).await?;

    let mut walk = Walk::new(stage, narrator, parties, folder.clone());
    // Boxed: all chapters as one state machine take the compiler minutes.
    let plan = Box::pin(general::play(&mut walk)).await?;
    Box::pin(duties::play(&mut walk, plan)).await?;
    let listed = Box::pin(catalogue::play(&mut walk, &imported)).await?;
    Box::pin(collection::play(&mut walk, &listed)).await?;
    let shared = Box::pin(sharing::play(&mut walk, &listed)).await?;
    Box::pin(security::play(&mut walk, &shared, &listed)).await?;
    Box::pin(supervision::play(&mut walk)).await?;
    Box::pin(closing::play(&mut walk, &shared)).await?;
    let articles = walk.finish()?;
    Ok(json!({ "articles": articles, "folder": folder, "case_number": shared.case.number }))
}

fn folder(out: Option<&Path>) -> Result<PathBuf, Failure> {
    match out {
        Some(path) => {
            std::fs::create_dir_all(path).map_err(|error| Failure::file("create", path, error))?;
            Ok(path.to_owned())
        }
        None => {
            let folder = tempfile::Builder::new().prefix("govshare-demo-").tempdir();
            Ok(folder.map_err(Failure::local)?.keep())
        }
    }
}
