//! A pack's provisions under their keys, and the contradictions that a pack may hold.

use super::{Class, Pack, Provision, Text};

/// Why a pack cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    #[error("not a policy pack: {0}")]
    Malformed(#[from] toml::de::Error),
    #[error("contradictions: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Contradictions(Vec<PackContradiction>),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} {problem}")]
pub struct PackContradiction {
    /// Dotted, as in the file: `clock.supplements`.
    pub key: String,
    pub problem: Problem,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("must be a-z, 0-9 and -, starting with a letter")]
    NotASlug,
    #[error("must not be 0")]
    Zero,
    #[error("must not be empty")]
    Empty,
    #[error("names a value twice")]
    NamedTwice,
    #[error("must be an article such as 26 or 26(2)")]
    NotAnArticle,
    #[error("must name a class")]
    NoClass,
    #[error("is set for a class that nobody applies for")]
    ClockWithoutApplication,
    #[error("is missing for a class that is applied for")]
    ApplicationWithoutClock,
    #[error("names receivers of reasons that are not required")]
    CopiesWithoutReasons,
}

/// One provision as a reader sees it, whatever its value's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvisionView<'a> {
    /// Dotted, as in the file: `clock.supplements`.
    pub key: String,
    pub article: &'a str,
    pub interpretation: Option<&'a Text>,
}

impl<T> Provision<T> {
    fn view(&self, key: impl Into<String>) -> ProvisionView<'_> {
        ProvisionView {
            key: key.into(),
            article: &self.article,
            interpretation: self.interpretation.as_ref(),
        }
    }
}

fn classes(pack: &Pack) -> impl Iterator<Item = (&'static str, &Class)> {
    let classes = &pack.classes;
    let named = [
        ("classes.active", &classes.active),
        ("classes.on_application", &classes.on_application),
        ("classes.not_shared", &classes.not_shared),
    ];
    named.into_iter().filter_map(|(key, class)| Some((key, class.as_ref()?)))
}

pub(super) fn of(pack: &Pack) -> Vec<ProvisionView<'_>> {
    let Pack { application, clock, refusal, four_eyes, confidentiality, evaluation, .. } = pack;
    let answers = classes(pack).filter_map(|(key, class)| {
        Some(class.answer_working_days.as_ref()?.view(format!("{key}.answer_working_days")))
    });
    let others = [
        application.required.view("application.required"),
        clock.receipt.view("clock.receipt"),
        clock.due.view("clock.due"),
        clock.ends_at.view("clock.ends_at"),
        clock.overdue.view("clock.overdue"),
        clock.supplements.view("clock.supplements"),
        clock.extension_working_days.view("clock.extension_working_days"),
        refusal.reasons_required.view("refusal.reasons_required"),
        refusal.copies_to.view("refusal.copies_to"),
        four_eyes.secrecy_review.view("four_eyes.secrecy_review"),
        four_eyes.application.view("four_eyes.application"),
        four_eyes.answer.view("four_eyes.answer"),
        confidentiality.grounds.view("confidentiality.grounds"),
        confidentiality.signed_by.view("confidentiality.signed_by"),
        confidentiality.kept_off.view("confidentiality.kept_off"),
        confidentiality.excludes_active.view("confidentiality.excludes_active"),
        evaluation.district_per_year.view("evaluation.district_per_year"),
    ];
    answers.chain(others).collect()
}

pub(super) fn contradictions(pack: &Pack) -> Vec<PackContradiction> {
    let mut found = Found(Vec::new());
    found.when(!is_slug(&pack.id), "id", Problem::NotASlug);
    found.when(pack.version == 0, "version", Problem::Zero);
    found.when(pack.number.trim().is_empty(), "number", Problem::Empty);
    found.text("title", &pack.title);
    found.classes(pack);
    for view in of(pack) {
        found.when(!is_article(view.article), &format!("{}.article", view.key), Problem::NotAnArticle);
        if let Some(text) = view.interpretation {
            found.text(&format!("{}.interpretation", view.key), text);
        }
    }
    found.list("application.required", &pack.application.required);
    found.list("refusal.copies_to", &pack.refusal.copies_to);
    found.list("confidentiality.grounds", &pack.confidentiality.grounds);
    found.list("confidentiality.signed_by", &pack.confidentiality.signed_by);
    found.list("confidentiality.kept_off", &pack.confidentiality.kept_off);
    let idle_copies = !pack.refusal.reasons_required.value && !pack.refusal.copies_to.value.is_empty();
    found.when(idle_copies, "refusal.copies_to", Problem::CopiesWithoutReasons);
    found.when(pack.application.required.value.is_empty(), "application.required", Problem::Empty);
    let unsigned =
        !pack.confidentiality.grounds.value.is_empty() && pack.confidentiality.signed_by.value.is_empty();
    found.when(unsigned, "confidentiality.signed_by", Problem::Empty);
    found.when(pack.evaluation.district_per_year.value == 0, "evaluation.district_per_year", Problem::Zero);
    found.0
}

struct Found(Vec<PackContradiction>);

impl Found {
    fn when(&mut self, wrong: bool, key: &str, problem: Problem) {
        if wrong {
            self.0.push(PackContradiction { key: key.to_owned(), problem });
        }
    }

    fn text(&mut self, key: &str, text: &Text) {
        self.when(text.zh.trim().is_empty(), &format!("{key}.zh"), Problem::Empty);
        self.when(text.en.trim().is_empty(), &format!("{key}.en"), Problem::Empty);
    }

    fn list<T: PartialEq>(&mut self, key: &str, list: &Provision<Vec<T>>) {
        let values = &list.value;
        let twice = values.iter().enumerate().any(|(at, value)| values[..at].contains(value));
        self.when(twice, key, Problem::NamedTwice);
    }

    fn classes(&mut self, pack: &Pack) {
        self.when(classes(pack).next().is_none(), "classes", Problem::NoClass);
        for (key, class) in classes(pack) {
            self.when(!is_article(&class.article), &format!("{key}.article"), Problem::NotAnArticle);
            self.text(&format!("{key}.title"), &class.title);
            let days = class.answer_working_days.as_ref().map(|days| days.value);
            self.when(days == Some(0), &format!("{key}.answer_working_days"), Problem::Zero);
        }
        let clocked = |class: &Option<Class>| class.as_ref().map(|class| class.answer_working_days.is_some());
        let wanting = clocked(&pack.classes.on_application) == Some(false);
        let idle = clocked(&pack.classes.not_shared) == Some(true);
        let (applied, unshared) =
            ("classes.on_application.answer_working_days", "classes.not_shared.answer_working_days");
        self.when(wanting, applied, Problem::ApplicationWithoutClock);
        self.when(idle, unshared, Problem::ClockWithoutApplication);
    }
}

fn is_slug(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// `26` or `26(2)`.
fn is_article(text: &str) -> bool {
    let number = |text: &str| text.parse::<u16>().is_ok_and(|n| n > 0 && n.to_string() == text);
    match text.split_once('(') {
        Some((article, item)) => number(article) && item.strip_suffix(')').is_some_and(number),
        None => number(text),
    }
}
