//! One walk through the policy: where it stands, who acts, and what each article must lead to.

use std::path::PathBuf;

use govshare_model::Role;
use govshare_proto::access_request::v1::ListTasksResponse;
use govshare_proto::task::v1::Task;
use serde::Serialize;
use uuid::Uuid;

use super::articles::{ARTICLES, Article};
use crate::demo::narration::{Narrator, ensure, number};
use crate::demo::parties::Parties;
use crate::demo::stage::{Person, Stage};
use crate::failure::Failure;
use crate::output::listed;
use crate::todo;

/// Reasons that come from what holds for every call, and so without an article.
const GENERAL: [&str; 2] = ["NOT_FOUND", "TOKEN_INVALID"];

/// Reasons that name the article of the service that was called, whatever article is walked through.
const OF_THE_SERVICE: [&str; 2] = ["ROLE_NOT_ALLOWED", "FIELD_INVALID"];

/// Columns of a work list, as far as a line of the walk is wide.
const TASKS: &[&str] = &["due", "working_days_left", "overdue", "article", "action_zh", "subject", "unit_id"];

pub struct Walk<'a> {
    pub stage: &'a Stage,
    pub narrator: &'a mut Narrator,
    pub parties: Parties,
    /// Where registers and reports are written.
    pub folder: PathBuf,
    /// Tells this walk's records from those of other walks.
    run: String,
    /// Articles walked through so far.
    walked: usize,
}

/// An article that was walked through.
#[derive(Serialize)]
pub struct Walked {
    article: u8,
    heading: String,
    rule_zh: &'static str,
    rule_en: &'static str,
    asks: bool,
}

/// Calls one method of the platform as a person.
macro_rules! call {
    ($person:expr, $client:ident.$method:ident, $request:expr) => {
        $person
            .caller
            .$client()
            .$method($request)
            .await
            .map(tonic::Response::into_inner)
            .map_err($crate::failure::Failure::from)
    };
}
pub(super) use call;

/// Name of a record's state in the contract.
macro_rules! state {
    ($record:expr) => {
        $record.state().as_str_name()
    };
}
pub(super) use state;

impl<'a> Walk<'a> {
    pub fn new(stage: &'a Stage, narrator: &'a mut Narrator, parties: Parties, folder: PathBuf) -> Self {
        let unique = Uuid::now_v7().simple().to_string();
        let run = unique[unique.len() - 6..].to_owned();
        Self { stage, narrator, parties, folder, run, walked: 0 }
    }

    /// Goes on to the next article, which must be this one.
    pub fn article(&mut self, number: u8) -> Result<(), Failure> {
        let article = ARTICLES.get(self.walked).filter(|article| article.number == number);
        let article = article.ok_or_else(|| Failure::local(format!("article {number} is out of order")))?;
        self.walked += 1;
        if let Some(chapter) = article.chapter() {
            self.narrator.act(chapter);
        }
        self.narrator.about_case("");
        self.narrator.act(&article.heading());
        self.narrator.note(article.zh);
        self.narrator.note(article.en);
        if !article.asks {
            self.narrator.note("本条不要求平台办理事项 · asks nothing of the platform");
        }
        Ok(())
    }

    /// Every article, if all were walked through.
    pub fn finish(&self) -> Result<Vec<Walked>, Failure> {
        ensure(self.walked == ARTICLES.len(), || format!("only {} articles were walked", self.walked))?;
        let walked = |article: &Article| Walked {
            article: article.number,
            heading: article.heading(),
            rule_zh: article.zh,
            rule_en: article.en,
            asks: article.asks,
        };
        Ok(ARTICLES.iter().map(walked).collect())
    }

    /// The article that the walk is at.
    fn current(&self) -> String {
        self.walked.to_string()
    }

    /// A name that no other walk has.
    pub fn title(&self, name: &str) -> String {
        format!("{name}（演示{}）", self.run)
    }

    /// The one person with this role in a unit.
    pub fn person(&self, unit: &str, role: Role) -> Result<Person, Failure> {
        self.stage.person(&unit.parse().map_err(Failure::local)?, role)
    }

    /// Somebody of the provider.
    pub fn provider(&self, role: Role) -> Result<Person, Failure> {
        self.stage.person(&self.parties.provider, role)
    }

    /// Somebody of the unit that applies and uses.
    pub fn applicant(&self, role: Role) -> Result<Person, Failure> {
        self.stage.person(&self.parties.applicant, role)
    }

    /// A clerk of the info office.
    pub fn office(&self) -> Result<Person, Failure> {
        self.stage.person(&self.parties.info_office, Role::InfoOffice)
    }

    pub fn working_group(&self) -> Result<Person, Failure> {
        self.person("working-group", Role::WorkingGroup)
    }

    pub fn secrecy_bureau(&self) -> Result<Person, Failure> {
        self.person("baomiju", Role::SecrecyBureau)
    }

    /// Tells a step that was done.
    pub fn done(&mut self, by: &Person, what: impl Into<String>) {
        let article = self.current();
        self.narrator.done(&by.name, what, &article, "");
    }

    /// Tells a step that must have led to this state.
    pub fn reached(
        &mut self,
        by: &Person,
        what: impl Into<String>,
        found: &str,
        expected: &str,
    ) -> Result<(), Failure> {
        let (what, article) = (what.into(), self.current());
        ensure(found.ends_with(&format!("STATE_{expected}")), || {
            format!("{} {what}: the record is {found}, not {expected} (art. {article})", by.name)
        })?;
        self.narrator.done(&by.name, what, &article, expected);
        Ok(())
    }

    /// Tells a step that must be refused for this reason under the article that the walk is at.
    pub fn refused<T>(
        &mut self,
        by: &Person,
        what: impl Into<String>,
        reason: &str,
        tried: Result<T, Failure>,
    ) -> Result<(), Failure> {
        let article = self.current();
        self.refused_under(by, what, (reason, &article), tried)
    }

    /// The same where another article gives the rule.
    pub fn refused_under<T>(
        &mut self,
        by: &Person,
        what: impl Into<String>,
        (reason, article): (&str, &str),
        tried: Result<T, Failure>,
    ) -> Result<(), Failure> {
        let what = what.into();
        let mut article = article.to_owned();
        if let Err(Failure::Refused(refused)) = &tried {
            if OF_THE_SERVICE.contains(&reason) && !refused.article.is_empty() {
                article.clone_from(&refused.article);
            }
            let named = number(&refused.article) == number(&article) || GENERAL.contains(&reason);
            ensure(named, || format!("{} {what}: refused, but without art. {article}\n{refused}", by.name))?;
        }
        self.narrator.refused(&by.name, what, (reason, &article), tried)
    }

    /// The same where these fields are what is wrong.
    pub fn refused_fields<T>(
        &mut self,
        by: &Person,
        what: impl Into<String>,
        (reason, fields): (&str, &[&str]),
        tried: Result<T, Failure>,
    ) -> Result<(), Failure> {
        let what = what.into();
        if let Err(Failure::Refused(refused)) = &tried {
            for field in fields {
                let named = refused.violations.iter().any(|wrong| wrong.field == *field);
                ensure(named, || format!("{} {what}: {field} is not named\n{refused}", by.name))?;
            }
        }
        self.refused(by, what, reason, tried)
    }

    /// Shows what waits for somebody on the records that `ours` picks; one of the tasks must be of this kind.
    pub async fn waits_for(
        &mut self,
        by: &Person,
        kind: &str,
        ours: impl Fn(&Task) -> bool,
    ) -> Result<(), Failure> {
        let mut tasks = todo::list(&by.caller, 0).await?;
        tasks.retain(ours);
        ensure(tasks.iter().any(|task| task.kind == kind), || {
            format!("{kind:?} is not in the work list of {}", by.name)
        })?;
        self.done(by, format!("reads the work list: {kind}"));
        let reply = ListTasksResponse { tasks, next_page_token: String::new() };
        self.narrator.note(listed(&reply, "tasks", TASKS));
        Ok(())
    }

    /// Somebody printed a document, which goes into the walk's folder.
    pub fn printed(&mut self, by: &Person, name: &str, content: &[u8]) -> Result<(), Failure> {
        let file = self.folder.join(name.replace(['/', '\\'], "_"));
        std::fs::write(&file, content).map_err(|error| Failure::file("write", &file, error))?;
        self.done(by, format!("prints {}", file.display()));
        Ok(())
    }

    /// Says what cannot be shown without waiting, and which test shows it.
    pub fn needs_time(&self, what: &str, journey: &str) {
        self.narrator
            .note(format!("not shown here, as it takes days: {what}; the journey {journey} shows it"));
    }
}
