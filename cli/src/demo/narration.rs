//! Tells the demo step by step, and holds every step against what the policy says.

use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use tokio::time::Instant;

use crate::failure::Failure;
use crate::output::{Output, print};

/// Pause between two looks at something that comes about by itself.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Seconds from which on people are told how long a step took.
const WORTH_TELLING: f64 = 1.0;

/// The story so far.
pub struct Narrator {
    output: Output,
    steps: Vec<Step>,
    /// The part of the story that the next steps belong to.
    part: String,
    case_number: String,
    started: Instant,
    /// When the last step was told.
    told: Instant,
}

/// One thing that somebody did, or tried to.
#[derive(Debug, Serialize)]
struct Step {
    part: String,
    actor: String,
    what: String,
    article: String,
    /// Of the record, after a step that was done.
    state: String,
    case_number: String,
    /// Reason of a refusal that was expected and came.
    refused: String,
    /// Time since the step before.
    seconds: f64,
}

impl Narrator {
    pub fn new(output: Output) -> Self {
        let now = Instant::now();
        let (part, case_number) = (String::new(), String::new());
        Self { output, steps: Vec::new(), part, case_number, started: now, told: now }
    }

    pub fn output(&self) -> Output {
        self.output
    }

    /// A new part of the story.
    pub fn act(&mut self, title: &str) {
        title.clone_into(&mut self.part);
        if !self.output.json {
            print(&format_args!("\n{title}"));
        }
    }

    /// The case that the next steps belong to; empty for none.
    pub fn about_case(&mut self, case_number: &str) {
        case_number.clone_into(&mut self.case_number);
    }

    /// A step that was done, with the state that it led to.
    pub fn done(&mut self, actor: &str, what: impl Into<String>, article: &str, state: &str) {
        self.tell(actor, what.into(), article, state, "");
    }

    /// A step that must be refused for exactly this reason: anything else ends the demo. `article` is what the rule
    /// rests on: what the refusal itself names must be the same, perhaps with its clause.
    pub fn refused<T>(
        &mut self,
        actor: &str,
        what: impl Into<String>,
        (reason, article): (&str, &str),
        tried: Result<T, Failure>,
    ) -> Result<(), Failure> {
        let what = what.into();
        match tried {
            Err(Failure::Refused(refused)) if refused.reason == reason => {
                let named = Some(refused.article.as_str()).filter(|named| !named.is_empty());
                ensure(named.is_none_or(|named| number(named) == number(article)), || {
                    format!("{actor} {what}: refused with {reason} under art. {named:?}, not art. {article}")
                })?;
                self.tell(actor, what, named.unwrap_or(article), "", reason);
                Ok(())
            }
            Err(other) => Err(Failure::local(format!(
                "{actor} {what}: this had to be refused with {reason}, but the answer was\n{other}"
            ))),
            Ok(_) => Err(Failure::local(format!(
                "{actor} {what}: this had to be refused with {reason}, but was done"
            ))),
        }
    }

    fn tell(&mut self, actor: &str, what: String, article: &str, state: &str, refused: &str) {
        let seconds = self.told.elapsed().as_secs_f64();
        self.told = Instant::now();
        if !self.output.json {
            let mark = if refused.is_empty() { "✓" } else { "✗" };
            let mut line = format!("  {mark} {actor:<36} {what}");
            for (name, value) in
                [("", state), ("refused: ", refused), ("art. ", article), ("case ", &self.case_number)]
            {
                if !value.is_empty() {
                    line.push_str(&format!(" · {name}{value}"));
                }
            }
            if seconds >= WORTH_TELLING {
                line.push_str(&format!(" · {seconds:.1} s"));
            }
            print(&line);
        }
        self.steps.push(Step {
            part: self.part.clone(),
            actor: actor.to_owned(),
            what,
            article: article.to_owned(),
            state: state.to_owned(),
            case_number: self.case_number.clone(),
            refused: refused.to_owned(),
            seconds,
        });
    }

    /// A remark, or a table, for people only.
    pub fn note(&self, words: impl std::fmt::Display) {
        if !self.output.json {
            for line in words.to_string().lines() {
                print(&format_args!("    {line}"));
            }
        }
    }

    /// The end, for programs with every step.
    pub fn finish(self, summary: serde_json::Value) {
        let refused = self.steps.iter().filter(|step| !step.refused.is_empty()).count();
        let seconds = self.started.elapsed().as_secs_f64();
        let told = json!({ "steps": self.steps, "summary": summary, "seconds": seconds });
        self.output.say(&told, || {
            format!(
                "\nEverything went as the policy says: {} steps done, {refused} refused on purpose, {seconds:.1} s.",
                self.steps.len() - refused
            )
        });
    }
}

/// An article without its clause: `26(二)` is of 26.
pub fn number(article: &str) -> &str {
    article.split(|character: char| !character.is_ascii_digit()).next().unwrap_or_default()
}

/// Ends the demo if the platform did something else than the policy says.
pub fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::Local(otherwise())) }
}

/// Looks until `look` finds what comes about by itself; how long that took, or after `within` the failure.
pub async fn until<T, F>(within: Duration, what: &str, look: impl Fn() -> F) -> Result<(T, Duration), Failure>
where
    F: Future<Output = Result<Option<T>, Failure>>,
{
    let started = Instant::now();
    loop {
        if let Some(found) = look().await? {
            return Ok((found, started.elapsed()));
        }
        if started.elapsed() > within {
            return Err(Failure::local(format!("{what} did not come about within {} s", within.as_secs())));
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

#[cfg(test)]
mod tests {
    use tonic::{Code, Status};
    use tonic_types::{ErrorDetails, StatusExt};

    use super::*;

    fn refusal(reason: &str) -> Result<(), Failure> {
        let details = ErrorDetails::with_error_info(reason, "govshare", std::collections::HashMap::new());
        Err(Status::with_error_details(Code::PermissionDenied, "no", details).into())
    }

    #[test]
    fn only_the_expected_reason_counts_as_refused() {
        let mut narrator = Narrator::new(Output { json: true });
        narrator
            .refused("a.drafter", "consents", ("ROLE_NOT_ALLOWED", "26"), refusal("ROLE_NOT_ALLOWED"))
            .expect("as expected");
        let other =
            narrator.refused("a.drafter", "consents", ("ROLE_NOT_ALLOWED", "26"), refusal("SELF_APPROVAL"));
        assert!(other.expect_err("another reason").to_string().contains("SELF_APPROVAL"));
        let done = narrator.refused("a.drafter", "consents", ("ROLE_NOT_ALLOWED", "26"), Ok(()));
        assert!(done.expect_err("it was done").to_string().contains("but was done"));
    }
}
