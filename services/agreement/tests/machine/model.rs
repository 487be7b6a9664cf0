//! Random commands, legal and illegal, on a case's chain of agreements, beside a model that says in its own words which
//! of them are possible.

use std::collections::BTreeSet;

use agreement::agreement::duty::Disposal;
use agreement::agreement::lifecycle::{ReplacementKind, Rules};
use agreement::agreement::warning::Withdrawn;
use agreement::agreement::{Agreement, DocumentKind, Rejection, Rendered, Transition};
use agreement::case::{Case, Matter, Standing};
use agreement::terms::Terms;
use govshare_model::calendar::shanghai_date;
use govshare_model::id::AgreementId;
use govshare_model::{Actor, Role};
use proptest::prelude::*;
use time::{Date, Duration, OffsetDateTime};
use uuid::Uuid;

use crate::support::{
    ALL, NOW, NUMBER, actor, case, drafter, entry_warning, pack, parties, rendered, resource, signed, terms,
};

#[derive(Debug, Clone)]
enum Command {
    /// Drafts the first agreement of a case.
    Draft {
        days: u16,
    },
    Replace {
        kind: ReplacementKind,
        days: u16,
    },
    Sign {
        which: Which,
        by: &'static str,
    },
    Cancel {
        which: Which,
    },
    Suspend {
        by: Who,
        grounds: bool,
        mend_in: Option<i64>,
    },
    Resume {
        by: Who,
    },
    Terminate {
        by: Who,
        grounds: bool,
        negotiated: bool,
    },
    File,
    Attest {
        disposal: Disposal,
    },
    SweepOver,
    SweepDuty,
    /// The catalogue is heard: what it warns of.
    Warn {
        of: Option<Withdrawn>,
    },
    Wait {
        days: u16,
    },
}

/// The agreement that is or was in force, or the one that is to replace it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Standing,
    Coming,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Provider,
    User,
    Office,
}

impl Who {
    fn actor(self) -> Actor {
        match self {
            Self::Provider => actor("weishengju", Role::Approver),
            Self::User => actor("jiaowei", Role::Approver),
            Self::Office => actor("info-office", Role::InfoOffice),
        }
    }
}

/// What the model knows of an agreement.
#[derive(Debug, Clone)]
struct Model {
    phase: Phase,
    signed: BTreeSet<&'static str>,
    until: Date,
    /// Last day for the attestation, once the agreement has ended with a duty.
    due: Option<Date>,
    attested: bool,
    marked: bool,
    on_file: bool,
    warned: Option<Withdrawn>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Awaiting,
    Active,
    Suspended(Who),
    Cancelled,
    Expired,
    Terminated,
}

impl Phase {
    fn name(self) -> &'static str {
        match self {
            Self::Awaiting => "AWAITING_SIGNATURES",
            Self::Active => "ACTIVE",
            Self::Suspended(_) => "SUSPENDED",
            Self::Cancelled => "CANCELLED",
            Self::Expired => "EXPIRED",
            Self::Terminated => "TERMINATED",
        }
    }
}

impl Model {
    fn new(until: Date) -> Self {
        Self {
            phase: Phase::Awaiting,
            signed: BTreeSet::new(),
            until,
            due: None,
            attested: false,
            marked: false,
            on_file: false,
            warned: None,
        }
    }

    fn in_life(&self) -> bool {
        matches!(self.phase, Phase::Active | Phase::Suspended(_))
    }

    fn in_force(&self, today: Date) -> bool {
        self.in_life() && today <= self.until
    }

    fn expire(&mut self) {
        self.phase = Phase::Expired;
        self.due = Some(self.until + Duration::days(30));
        self.warned = None;
    }
}

struct Chain {
    rules: Rules,
    pack: &'static str,
    now: OffsetDateTime,
    standing: Option<(Agreement, Vec<Rendered>, Model)>,
    coming: Option<(Agreement, Vec<Rendered>, Model)>,
    drafts: u128,
}

impl Chain {
    fn new(id: &'static str) -> Self {
        Self { rules: Rules::of(pack(id)), pack: id, now: NOW, standing: None, coming: None, drafts: 0 }
    }

    fn today(&self) -> Date {
        shanghai_date(self.now)
    }

    fn terms(&self, days: u16) -> Terms {
        let today = self.today();
        Terms { valid_from: today, valid_until: today + Duration::days(i64::from(days)), ..terms() }
    }

    fn id(&mut self) -> AgreementId {
        self.drafts += 1;
        AgreementId(Uuid::from_u128(self.drafts))
    }

    /// What the model says, before the command is tried.
    fn possible(&self, command: &Command) -> bool {
        let today = self.today();
        let standing = self.standing.as_ref().map(|(_, _, model)| model);
        let in_force = standing.is_some_and(|model| model.in_force(today));
        let of = |which| match which {
            Which::Standing => self.standing.as_ref(),
            Which::Coming => self.coming.as_ref(),
        };
        match command {
            Command::Draft { .. } | Command::Wait { .. } => true,
            Command::Replace { kind, days } => {
                let until = today + Duration::days(i64::from(*days));
                let longer = standing.is_some_and(|model| until > model.until);
                in_force && (*kind == ReplacementKind::Amendment || longer)
            }
            Command::Sign { which, by } => of(*which).is_some_and(|(_, _, model)| {
                let signs = model.phase == Phase::Awaiting && today <= model.until;
                let last = model.signed.len() == ALL.len() - 1 && !model.signed.contains(by);
                // The same signature again is no error and no change, whatever became of the agreement.
                model.signed.contains(by) || signs && (*which == Which::Standing || !last || in_force)
            }),
            Command::Cancel { which } => {
                of(*which).is_some_and(|(_, _, model)| model.phase == Phase::Awaiting)
            }
            Command::Suspend { grounds, mend_in, .. } => {
                let active = standing.is_some_and(|model| model.phase == Phase::Active);
                let last = standing.map(|model| model.until);
                let term = mend_in.map_or(!self.rules.mending_term, |days| {
                    days >= 0 && Some(today + Duration::days(days)) <= last
                });
                in_force && active && *grounds && term
            }
            Command::Resume { by } => standing.is_some_and(|model| match model.phase {
                Phase::Suspended(who) => in_force && (who == *by || *by == Who::Office),
                _ => false,
            }),
            Command::Terminate { by, grounds, negotiated } => {
                let told = *negotiated || *by == Who::Office || !self.rules.termination_filed;
                in_force && *grounds && told
            }
            Command::File => standing.is_some_and(|model| {
                model.phase == Phase::Terminated && self.rules.termination_filed && !model.on_file
            }),
            Command::Attest { disposal } => standing.is_some_and(|model| {
                let over = model.in_life() && today > model.until;
                let ended = matches!(model.phase, Phase::Expired | Phase::Terminated);
                (over || ended) && !model.attested && self.rules.disposals.contains(disposal)
            }),
            Command::Warn { of } => in_force && standing.is_some_and(|model| model.warned != *of),
            Command::SweepOver => standing.is_some_and(|model| model.in_life() && today > model.until),
            Command::SweepDuty => standing.is_some_and(|model| {
                model.due.is_some_and(|due| today > due) && !model.attested && !model.marked
            }),
        }
    }

    /// Tries the command on the machine.
    fn attempt(&mut self, command: &Command) -> Result<Option<Transition>, Rejection> {
        let now = self.now;
        let text = |given: &bool| if *given { "理由".to_owned() } else { String::new() };
        let of = |which| match which {
            Which::Standing => self.standing.as_ref(),
            Which::Coming => self.coming.as_ref(),
        };
        let standing = || {
            let found = self.standing.as_ref().map(|(agreement, _, _)| agreement.clone());
            found.ok_or(Rejection::WrongState { state: "" })
        };
        match command {
            Command::Draft { days } => {
                let terms = self.terms(*days);
                let (case, resource, parties) = (case(), resource(&[]), parties());
                let matter = Matter {
                    number: NUMBER,
                    case: &case,
                    resource: &resource,
                    parties: &parties,
                    pack: pack(self.pack),
                };
                Agreement::draft(self.id(), &matter, terms, &drafter(), now).map(Some)
            }
            Command::Replace { kind, days } => {
                let standing = standing()?;
                let terms = self.terms(*days);
                let case = Case { standing: Standing::Agreed, ..case() };
                let (resource, parties) = (resource(&[]), parties());
                let matter = Matter {
                    number: NUMBER,
                    case: &case,
                    resource: &resource,
                    parties: &parties,
                    pack: pack(self.pack),
                };
                standing.draft_replacement(self.id(), *kind, &matter, terms, &drafter(), now).map(Some)
            }
            Command::Sign { which, by } => {
                let (agreement, documents, _) = of(*which).ok_or(Rejection::WrongState { state: "" })?;
                let transition =
                    agreement.clone().sign(&signed(documents, DocumentKind::Agreement, by, 1), now)?;
                if let Some(replaced) = transition.as_ref().and_then(Transition::replaced) {
                    let former = standing()?;
                    assert_eq!(former.id, replaced, "a draft outlives what it is to replace only in vain");
                    let new = transition.as_ref().expect("it activates").agreement();
                    let ended = former.replace(new, now)?;
                    assert_eq!(ended.agreement().state.name(), "REPLACED");
                }
                Ok(transition)
            }
            Command::Cancel { which } => {
                let (agreement, _, _) = of(*which).ok_or(Rejection::WrongState { state: "" })?;
                agreement.clone().cancel("改期".to_owned(), now).map(Some)
            }
            Command::Suspend { by, grounds, mend_in } => {
                let until = mend_in.map(|days| self.today() + Duration::days(days));
                standing()?.suspend(text(grounds), until, &by.actor(), now).map(Some)
            }
            Command::Resume { by } => standing()?.resume(&by.actor(), now).map(Some),
            Command::Terminate { by, grounds, negotiated } => {
                standing()?.terminate(text(grounds), text(negotiated), &by.actor(), now).map(Some)
            }
            Command::File => standing()?.file_termination(now).map(Some),
            Command::Attest { disposal } => {
                standing()?.attest(*disposal, "说明".to_owned(), &Who::User.actor(), now).map(Some)
            }
            Command::Warn { of } => {
                let warned = standing()?.warn(of.map(entry_warning), now);
                warned.ok_or(Rejection::NotOver).map(Some)
            }
            Command::SweepOver => standing()?.expire(now).map(Some),
            Command::SweepDuty => standing()?.mark_duty_overdue(now).map(Some),
            Command::Wait { .. } => Ok(None),
        }
    }

    /// Follows what was done, in model and machine.
    fn follow(&mut self, command: &Command, transition: Option<Transition>) {
        let today = self.today();
        let filed = self.rules.termination_filed;
        if let Command::Wait { days } = command {
            self.now += Duration::days(i64::from(*days));
            return;
        }
        let Some(transition) = transition else { return };
        let agreement = transition.agreement().clone();
        match command {
            Command::Draft { .. } => {
                let model = Model::new(agreement.terms.valid_until);
                self.standing = Some((agreement, rendered(&transition), model));
                self.coming = None;
                return;
            }
            Command::Replace { .. } => {
                let model = Model::new(agreement.terms.valid_until);
                self.coming = Some((agreement, rendered(&transition), model));
                return;
            }
            Command::Sign { which: Which::Coming, by } => {
                let (mut found, documents, mut model) = self.coming.take().expect("it was signed");
                found.clone_from(&agreement);
                model.signed.insert(by);
                if model.signed.len() < ALL.len() {
                    self.coming = Some((found, documents, model));
                } else {
                    model.phase = Phase::Active;
                    self.standing = Some((found, documents, model));
                }
                return;
            }
            Command::Cancel { which: Which::Coming } => {
                self.coming = None;
                return;
            }
            _ => {}
        }
        let (found, _, model) = self.standing.as_mut().expect("it was changed");
        *found = agreement;
        match command {
            Command::Sign { by, .. } => {
                model.signed.insert(by);
                if model.signed.len() == ALL.len() {
                    model.phase = Phase::Active;
                }
            }
            Command::Cancel { .. } => model.phase = Phase::Cancelled,
            Command::Suspend { by, .. } => model.phase = Phase::Suspended(*by),
            Command::Resume { .. } => model.phase = Phase::Active,
            Command::Terminate { by, .. } => {
                model.phase = Phase::Terminated;
                model.warned = None;
                model.due = Some(today + Duration::days(30));
                model.on_file = filed && *by == Who::Office;
            }
            Command::File => model.on_file = true,
            Command::Warn { of } => model.warned = *of,
            Command::SweepOver => model.expire(),
            Command::Attest { .. } => {
                if model.in_life() {
                    model.expire();
                }
                model.attested = true;
            }
            Command::SweepDuty => model.marked = true,
            Command::Draft { .. } | Command::Replace { .. } | Command::Wait { .. } => {}
        }
    }
}

fn command() -> impl Strategy<Value = Command> {
    let who = || prop::sample::select(vec![Who::Provider, Who::User, Who::Office]);
    let which = || prop::sample::select(vec![Which::Standing, Which::Coming]);
    let unit = prop::sample::select(ALL.to_vec());
    let kind = prop::sample::select(vec![ReplacementKind::Amendment, ReplacementKind::Renewal]);
    let withdrawn = prop::option::of(prop::sample::select(vec![Withdrawn::Suspended, Withdrawn::Retired]));
    let disposal = prop::sample::select(vec![Disposal::Destroyed, Disposal::Kept]);
    let mend_in = prop::option::of(-1..30_i64);
    let likely = || prop::bool::weighted(0.8);
    prop_oneof![
        1 => (0..400_u16).prop_map(|days| Command::Draft { days }),
        2 => (kind, 0..800_u16).prop_map(|(kind, days)| Command::Replace { kind, days }),
        16 => (which(), unit).prop_map(|(which, by)| Command::Sign { which, by }),
        1 => which().prop_map(|which| Command::Cancel { which }),
        2 => (who(), likely(), mend_in)
            .prop_map(|(by, grounds, mend_in)| Command::Suspend { by, grounds, mend_in }),
        2 => who().prop_map(|by| Command::Resume { by }),
        1 => (who(), likely(), likely())
            .prop_map(|(by, grounds, negotiated)| Command::Terminate { by, grounds, negotiated }),
        1 => Just(Command::File),
        1 => disposal.prop_map(|disposal| Command::Attest { disposal }),
        1 => Just(Command::SweepOver),
        1 => Just(Command::SweepDuty),
        2 => withdrawn.prop_map(|of| Command::Warn { of }),
        2 => (0..60_u16).prop_map(|days| Command::Wait { days }),
    ]
}

proptest! {
    /// A case is a sequence of up to 80 commands; PROPTEST_CASES says how many sequences.
    #[test]
    fn the_machine_does_what_the_model_allows_and_nothing_else(
        id in prop::sample::select(vec!["xicheng-2014", "national-2025"]),
        commands in prop::collection::vec(command(), 1..80),
    ) {
        let mut chain = Chain::new(id);
        for command in commands {
            let possible = chain.possible(&command);
            let before = chain.standing.as_ref().map(|(agreement, _, model)| (agreement.clone(), model.phase));
            let tried = chain.attempt(&command);
            prop_assert_eq!(tried.is_ok(), possible, "{:?} after {:?}: {:?}", command, before, tried.err());
            if let Ok(transition) = tried {
                if let Some(transition) = &transition {
                    let versions: Vec<_> = transition.happened().map(|(version, _)| version).collect();
                    prop_assert!(versions.windows(2).all(|pair| pair[1] == pair[0] + 1));
                    prop_assert_eq!(versions.last(), Some(&transition.agreement().version));
                }
                chain.follow(&command, transition);
            }
            let today = chain.today();
            if let Some((agreement, _, model)) = &chain.standing {
                prop_assert_eq!(agreement.state.name(), model.phase.name());
                prop_assert_eq!(agreement.state.duty().map(|duty| duty.due), model.due);
                prop_assert_eq!(
                    agreement.state.duty().is_some_and(|duty| duty.attestation.is_some()),
                    model.attested
                );
                let flows = model.phase == Phase::Active && today <= model.until;
                prop_assert_eq!(agreement.is_active_on(today), flows);
                prop_assert_eq!(agreement.warning.as_ref().map(|warning| warning.withdrawn), model.warned);
                let heeds = agreement.tasks().iter().any(|task| task.kind.starts_with("heed-"));
                prop_assert_eq!(heeds, model.warned.is_some());
            }
        }
    }
}
