//! A pack's provisions under their keys, and the contradictions that a pack may hold.

use serde::Serialize;

use super::{Article, Class, Ground, Pack, Party, Provision, Text, ViolationKind};

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
    #[error("must be 1 to 365 days")]
    NotWithinAYear,
    #[error("asks for what the platform does not do")]
    NotSupported,
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
    #[error("extends a term that is not set")]
    ExtendsNothing,
    #[error("sets a term for a step that is not asked for")]
    TermWithoutStep,
    #[error("forbids refusal of what is incomplete, and allows no supplement")]
    NoSupplement,
}

/// One provision as a reader sees it, whatever its value's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvisionView<'a> {
    /// Dotted, as in the file: `clock.supplements`.
    pub key: String,
    /// As in the file: `15`, `["purpose", "basis"]`.
    pub value: String,
    pub article: &'a Article,
    pub interpretation: Option<&'a Text>,
}

impl<T: Serialize> Provision<T> {
    fn view(&self, key: impl Into<String>) -> ProvisionView<'_> {
        ProvisionView {
            key: key.into(),
            value: toml::Value::try_from(&self.value)
                .expect("figures, flags, words and lists of words are values of TOML")
                .to_string(),
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
    let Pack { unit, entry, collection, application, clock, answer, refusal, .. } = pack;
    let Pack { four_eyes, confidentiality, agreement, delivery, usage, feedback, .. } = pack;
    let Pack { retention, plan, evaluation, restriction, .. } = pack;
    let answers = classes(pack).filter_map(|(key, class)| {
        Some(class.answer_working_days.as_ref()?.view(format!("{key}.answer_working_days")))
    });
    let days = [
        ("entry.change_working_days", &entry.change_working_days),
        ("entry.change_extension_working_days", &entry.change_extension_working_days),
        ("entry.authority_review_working_days", &entry.authority_review_working_days),
        ("delivery.working_days", &delivery.working_days),
        ("feedback.answer_working_days", &feedback.answer_working_days),
    ];
    let days = days.into_iter().filter_map(|(key, days)| Some(days.as_ref()?.view(key)));
    let others = [
        unit.section_required.view("unit.section_required"),
        entry.required.view("entry.required"),
        entry.assessments.view("entry.assessments"),
        entry.not_shared_basis_required.view("entry.not_shared_basis_required"),
        entry.authority_review.view("entry.authority_review"),
        restriction.filed_first.view("restriction.filed_first"),
        collection.duplicates.view("collection.duplicates"),
        application.required.view("application.required"),
        clock.receipt.view("clock.receipt"),
        clock.due.view("clock.due"),
        clock.ends_at.view("clock.ends_at"),
        clock.overdue.view("clock.overdue"),
        clock.supplements.view("clock.supplements"),
        clock.extension_working_days.view("clock.extension_working_days"),
        clock.outright_refusal_when_incomplete.view("clock.outright_refusal_when_incomplete"),
        answer.extra_conditions_allowed.view("answer.extra_conditions_allowed"),
        refusal.reasons_required.view("refusal.reasons_required"),
        refusal.copies_to.view("refusal.copies_to"),
        four_eyes.secrecy_review.view("four_eyes.secrecy_review"),
        four_eyes.application.view("four_eyes.application"),
        four_eyes.answer.view("four_eyes.answer"),
        confidentiality.grounds.view("confidentiality.grounds"),
        confidentiality.signed_by.view("confidentiality.signed_by"),
        confidentiality.kept_off.view("confidentiality.kept_off"),
        confidentiality.excludes_active.view("confidentiality.excludes_active"),
        agreement.suspension_term_required.view("agreement.suspension_term_required"),
        agreement.termination_filed.view("agreement.termination_filed"),
        agreement.duties_after_end.view("agreement.duties_after_end"),
        agreement.disposal_days.view("agreement.disposal_days"),
        delivery.modes.view("delivery.modes"),
        usage.record_required.view("usage.record_required"),
        retention.years.view("retention.years"),
        plan.priority_for_sharing.view("plan.priority_for_sharing"),
        evaluation.district_per_year.view("evaluation.district_per_year"),
        evaluation.aspects.view("evaluation.aspects"),
    ];
    answers.chain(others).chain(days).collect()
}

pub(super) fn contradictions(pack: &Pack) -> Vec<PackContradiction> {
    let mut found = Found(Vec::new());
    found.when(!is_slug(&pack.id), "id", Problem::NotASlug);
    found.when(pack.version == 0, "version", Problem::Zero);
    found.when(pack.number.trim().is_empty(), "number", Problem::Empty);
    found.text("title", &pack.title);
    found.classes(pack);
    for view in of(pack) {
        found.when(!view.article.is_well_formed(), &format!("{}.article", view.key), Problem::NotAnArticle);
        if let Some(text) = view.interpretation {
            found.text(&format!("{}.interpretation", view.key), text);
        }
    }
    found.list("entry.required", &pack.entry.required);
    found.list("entry.assessments", &pack.entry.assessments);
    found.list("application.required", &pack.application.required);
    found.list("refusal.copies_to", &pack.refusal.copies_to);
    found.list("confidentiality.grounds", &pack.confidentiality.grounds);
    found.list("confidentiality.signed_by", &pack.confidentiality.signed_by);
    found.list("confidentiality.kept_off", &pack.confidentiality.kept_off);
    found.list("agreement.duties_after_end", &pack.agreement.duties_after_end);
    found.list("delivery.modes", &pack.delivery.modes);
    found.list("evaluation.aspects", &pack.evaluation.aspects);
    for (key, list_is_empty) in [
        ("entry.required", pack.entry.required.value.is_empty()),
        ("delivery.modes", pack.delivery.modes.value.is_empty()),
        ("evaluation.aspects", pack.evaluation.aspects.value.is_empty()),
    ] {
        found.when(list_is_empty, key, Problem::Empty);
    }
    found.days(pack);
    found.violations(&pack.violations.kinds);
    let within_a_year = (1..=365).contains(&pack.agreement.disposal_days.value);
    found.when(!within_a_year, "agreement.disposal_days", Problem::NotWithinAYear);
    found.when(!pack.feedback.article.is_well_formed(), "feedback.article", Problem::NotAnArticle);
    found.when(pack.retention.years.value == 0, "retention.years", Problem::Zero);
    let idle_copies = !pack.refusal.reasons_required.value && !pack.refusal.copies_to.value.is_empty();
    found.when(idle_copies, "refusal.copies_to", Problem::CopiesWithoutReasons);
    found.when(pack.application.required.value.is_empty(), "application.required", Problem::Empty);
    let unsigned =
        !pack.confidentiality.grounds.value.is_empty() && pack.confidentiality.signed_by.value.is_empty();
    found.when(unsigned, "confidentiality.signed_by", Problem::Empty);
    found.unsupported(pack);
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

    /// Terms that count from another one need it, and none is of no days.
    fn days(&mut self, pack: &Pack) {
        let Pack { entry, delivery, feedback, .. } = pack;
        for (key, days) in [
            ("entry.change_working_days", &entry.change_working_days),
            ("entry.change_extension_working_days", &entry.change_extension_working_days),
            ("entry.authority_review_working_days", &entry.authority_review_working_days),
            ("delivery.working_days", &delivery.working_days),
            ("feedback.answer_working_days", &feedback.answer_working_days),
        ] {
            self.when(days.as_ref().is_some_and(|days| days.value == 0), key, Problem::Zero);
        }
        let extends_nothing =
            entry.change_extension_working_days.is_some() && entry.change_working_days.is_none();
        self.when(extends_nothing, "entry.change_extension_working_days", Problem::ExtendsNothing);
        let reviews_nothing = entry.authority_review_working_days.is_some() && !entry.authority_review.value;
        self.when(reviews_nothing, "entry.authority_review_working_days", Problem::TermWithoutStep);
        let no_way_to_complete =
            !pack.clock.outright_refusal_when_incomplete.value && pack.clock.supplements.value == 0;
        self.when(no_way_to_complete, "clock.outright_refusal_when_incomplete", Problem::NoSupplement);
    }

    /// What the machine does in one way under every pack, which a pack can only agree to.
    fn unsupported(&mut self, pack: &Pack) {
        let Pack { confidentiality, refusal, four_eyes, entry, classes, .. } = pack;
        let has = |parties: &[Party], wanted: &[Party]| wanted.iter().all(|party| parties.contains(party));
        let signed_by = &confidentiality.signed_by.value;
        let by_others = !signed_by.is_empty()
            && (signed_by.len() != 2 || !has(signed_by, &[Party::Provider, Party::Applicant]));
        let leaves_secrets = !confidentiality.kept_off.value.contains(&Ground::StateSecret);
        let copies = &refusal.copies_to.value;
        let other_copies =
            !copies.is_empty() && !has(copies, &[Party::Applicant]) || has(copies, &[Party::Provider]);
        let no_basis = classes.not_shared.is_some() && !entry.not_shared_basis_required.value;
        self.when(by_others, "confidentiality.signed_by", Problem::NotSupported);
        self.when(leaves_secrets, "confidentiality.kept_off", Problem::NotSupported);
        self.when(other_copies, "refusal.copies_to", Problem::NotSupported);
        self.when(!four_eyes.secrecy_review.value, "four_eyes.secrecy_review", Problem::NotSupported);
        self.when(no_basis, "entry.not_shared_basis_required", Problem::NotSupported);
    }

    fn violations(&mut self, kinds: &[ViolationKind]) {
        self.when(kinds.is_empty(), "violations.kinds", Problem::Empty);
        for (at, kind) in kinds.iter().enumerate() {
            let key = format!("violations.kinds[{at}]");
            self.when(!is_slug(&kind.code), &format!("{key}.code"), Problem::NotASlug);
            self.when(!kind.article.is_well_formed(), &format!("{key}.article"), Problem::NotAnArticle);
            self.text(&format!("{key}.text"), &kind.text);
            let twice = kinds[..at].iter().any(|other| other.code == kind.code);
            self.when(twice, &format!("{key}.code"), Problem::NamedTwice);
        }
    }

    fn classes(&mut self, pack: &Pack) {
        self.when(classes(pack).next().is_none(), "classes", Problem::NoClass);
        for (key, class) in classes(pack) {
            self.when(!class.article.is_well_formed(), &format!("{key}.article"), Problem::NotAnArticle);
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
