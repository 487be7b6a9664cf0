//! Random sequences of steps, legal and illegal, beside a model that knows the rules of its own and says beforehand
//! whether each is taken and what it leads to.

use access_request::access_request::case_file::EscalationKind;
use access_request::access_request::{
    AccessRequest, AnswerKind, Asked, Form, Happened, Outcome, Rejection, Transition, Wording,
};
use govshare_model::Actor;
use govshare_model::calendar::shanghai_date;
use govshare_model::pack::Pack;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use time::macros::date;
use time::{Date, Duration, OffsetDateTime};

use crate::command::{Command, command};
use crate::support::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Superior {
    None,
    Liaison { by: u8 },
    Refused,
    CityAsked,
    Provides,
    CityRefused,
}

/// What the rules say, written down apart from the machine.
#[derive(Debug, Clone)]
struct Model {
    national: bool,
    /// The applicant's approver has changed the form.
    wrote: bool,
    state: &'static str,
    listed: bool,
    proposal: Option<(bool, u8)>,
    superior: Superior,
    supplements: u8,
    /// Working days asked for, and whether it is decided.
    extension: Option<(u16, bool)>,
    due: Option<Date>,
    overdue: bool,
    anew: usize,
    escalations: usize,
    version: i64,
}

impl Model {
    fn begin(wanted: bool, national: bool) -> Self {
        Self {
            national,
            wrote: false,
            state: "DRAFT",
            listed: !wanted,
            proposal: None,
            superior: Superior::None,
            supplements: 0,
            extension: None,
            due: None,
            overdue: false,
            anew: 0,
            escalations: 0,
            version: 1,
        }
    }

    fn open(&self) -> bool {
        ["SUBMITTED", "ANSWER_PROPOSED", "COORDINATED"].contains(&self.state)
    }

    fn late(&self, today: Date) -> bool {
        self.due.is_some_and(|due| today > due)
    }

    fn days(&self) -> u16 {
        if self.national { 10 } else { 15 }
    }

    fn start_clock(&mut self, today: Date) {
        self.due = Some(calendar().add_working_days(today, self.days()).date);
    }

    fn answer_anew(&mut self, today: Date) {
        self.start_clock(today);
        (self.state, self.overdue, self.proposal) = ("COORDINATED", false, None);
        self.anew += 1;
    }

    fn answered(&mut self, state: &'static str, today: Date) {
        self.overdue |= self.late(today);
        self.state = state;
    }

    fn takes(&self, command: &Command, today: Date) -> bool {
        use Command::*;
        let open = self.open();
        let answerable = self.state == "ANSWER_PROPOSED";
        match *command {
            Begin { .. } | Wait { .. } => unreachable!("no step of a request"),
            Revise { .. } => self.state == "DRAFT",
            Submit { approver } => self.state == "DRAFT" && self.hands_in(approver),
            Forward { .. } | Settle => self.state == "AT_INFO_OFFICE",
            NameEntry => open && !self.listed,
            Propose { conditions, incomplete, .. } => {
                open && !(self.national && (conditions || (incomplete && self.supplements == 0)))
            }
            Consent { by } => {
                answerable
                    && self.proposal.is_some_and(|(consent, proposer)| consent && proposer != by)
                    && self.listed
                    && [Superior::None, Superior::Provides].contains(&self.superior)
            }
            Refuse { by, silent } => {
                answerable
                    && !silent
                    && self.proposal.is_some_and(|(consent, proposer)| !consent && proposer != by)
            }
            Withdraw => open || ["AT_INFO_OFFICE", "SUPPLEMENT_REQUESTED"].contains(&self.state),
            Agree => self.state == "CONSENTED",
            Object => self.state == "REFUSED",
            Coordinate { .. } => self.state == "OBJECTED",
            Liaise { .. } => open && self.superior == Superior::None,
            SuperiorConsents => open && matches!(self.superior, Superior::Liaison { .. }),
            SuperiorRefuses { by } => {
                open && matches!(self.superior, Superior::Liaison { by: starter } if starter != by)
            }
            AskCity => self.city_may() && self.superior == Superior::Refused,
            City { .. } => self.city_may() && self.superior == Superior::CityAsked,
            RequestSupplement => open && self.national && self.supplements == 0 && !self.late(today),
            Supplement { complete, approver } => {
                self.state == "SUPPLEMENT_REQUESTED" && complete && self.hands_in(approver)
            }
            RequestExtension { days } => {
                open && self.national
                    && self.extension.is_none()
                    && (1..=10).contains(&days)
                    && !self.late(today)
            }
            DecideExtension { granted } => {
                open && self.extension.is_some_and(|(_, decided)| !decided) && !(granted && self.late(today))
            }
            Sweep => open && self.late(today) && !self.overdue,
            Escalate => open && self.late(today) && self.escalations < 20,
        }
    }

    /// Four eyes on the applicant's side.
    fn hands_in(&self, approver: bool) -> bool {
        !self.national || (approver && !self.wrote)
    }

    fn city_may(&self) -> bool {
        self.open() || ["REFUSED", "OBJECTED", "REFUSAL_STANDS"].contains(&self.state)
    }

    fn take(&mut self, command: &Command, today: Date) {
        use Command::*;
        self.version += 1;
        match *command {
            Begin { .. } | Wait { .. } => unreachable!("no step of a request"),
            Revise { approver } => self.wrote |= approver,
            Submit { .. } if self.listed => {
                self.state = "SUBMITTED";
                self.start_clock(today);
            }
            Submit { .. } => self.state = "AT_INFO_OFFICE",
            Forward { listed } => {
                (self.state, self.listed) = ("SUBMITTED", listed);
                self.start_clock(today);
            }
            Settle => self.state = "SETTLED",
            NameEntry => self.listed = true,
            Propose { consent, by, .. } => {
                (self.state, self.proposal) = ("ANSWER_PROPOSED", Some((consent, by)));
            }
            Consent { .. } => self.answered("CONSENTED", today),
            Refuse { .. } => self.answered("REFUSED", today),
            Withdraw if self.open() => self.answered("WITHDRAWN", today),
            Withdraw => self.state = "WITHDRAWN",
            Agree => self.state = "AGREED",
            Object => self.state = "OBJECTED",
            Coordinate { anew: true } => self.answer_anew(today),
            Coordinate { anew: false } => self.state = "REFUSAL_STANDS",
            Liaise { by } => self.superior = Superior::Liaison { by },
            SuperiorConsents => self.superior = Superior::Provides,
            SuperiorRefuses { .. } => self.superior = Superior::Refused,
            AskCity => self.superior = Superior::CityAsked,
            City { provided: false } => self.superior = Superior::CityRefused,
            City { provided: true } => {
                self.superior = Superior::Provides;
                if !self.open() {
                    self.answer_anew(today);
                }
            }
            RequestSupplement => (self.state, self.proposal) = ("SUPPLEMENT_REQUESTED", None),
            Supplement { .. } => {
                self.supplements += 1;
                self.state = if self.anew == 0 { "SUBMITTED" } else { "COORDINATED" };
                self.start_clock(today);
            }
            RequestExtension { days } => self.extension = Some((days, false)),
            DecideExtension { granted } => {
                let days = self.extension.map_or(0, |(days, _)| days);
                self.extension = Some((days, true));
                if let Some(due) = self.due.filter(|_| granted) {
                    self.due = Some(calendar().add_working_days(due, days).date);
                }
            }
            Sweep => self.overdue = true,
            Escalate => self.escalations += 1,
        }
    }
}

fn long_lasting() -> Form {
    Form { use_until: Some(date!(2999 - 12 - 31)), ..form() }
}

fn begun(wanted: bool) -> AccessRequest {
    let asked = if wanted { Asked::Wanted(words()) } else { Asked::Entry(resource()) };
    AccessRequest { form: long_lasting(), ..draft_of(&asked) }
}

/// The approver, or the drafter of the application.
fn applicant(approver: bool) -> Actor {
    if approver { asking() } else { actor("fagaiwei", "li") }
}

/// The step on the machine.
fn tried(
    request: AccessRequest,
    command: &Command,
    pack: &Pack,
    now: OffsetDateTime,
) -> Result<Transition, Rejection> {
    use Command::*;
    let people = ["wang", "zhao", "qian"].map(|name| actor("jiaowei", name));
    let person = |by: u8| &people[usize::from(by)];
    let calendar = calendar();
    match *command {
        Begin { .. } | Wait { .. } => unreachable!("no step of a request"),
        Revise { approver } => request.revise(long_lasting(), &applicant(approver), now),
        Submit { approver } => {
            let by = applicant(approver);
            match request.entry {
                Some(_) => request.submit(&resource(), pack, calendar, &by, now),
                None => request.submit_to_info_office(pack, &by, now),
            }
        }
        Forward { listed } => {
            request.forward(to(listed.then(resource)), words(), pack, calendar, &office(), now)
        }
        Settle => request.settle(words(), &office(), now),
        NameEntry => request.name_entry(&resource(), pack, now),
        Propose { consent, by, conditions, incomplete } => {
            let wording = Wording {
                kind: if consent { AnswerKind::Consent } else { AnswerKind::Refusal },
                reasons: words(),
                conditions: if conditions { words() } else { String::new() },
                material_incomplete: incomplete,
            };
            request.propose(wording, pack, person(by), now)
        }
        Consent { by } => request.consent(pack, person(by), now),
        Refuse { by, silent } => {
            let reasons = if silent { String::new() } else { words() };
            request.refuse(reasons, pack, person(by), now)
        }
        Withdraw => request.withdraw(now),
        Agree => match request.agree(agreement(), now)? {
            Some(transition) => Ok(transition),
            None => Err(Rejection::OtherAgreement),
        },
        Object => request.object(words(), &asking(), now),
        Coordinate { anew } => {
            let outcome = if anew { Outcome::AnswerAnew } else { Outcome::RefusalStands };
            request.coordinate(outcome, words(), pack, calendar, &group(), now)
        }
        Liaise { by } => request.start_liaison(words(), words(), person(by), now),
        SuperiorConsents => request.superior_consents(words(), person(0), now),
        SuperiorRefuses { by } => request.superior_refuses(words(), person(by), now),
        AskCity => request.ask_city(words(), &office(), now),
        City { provided } => request.city_coordinated(provided, words(), pack, calendar, &office(), now),
        RequestSupplement => request.request_supplement(vec![words()], pack, person(0), now),
        Supplement { complete, approver } => {
            let form = if complete { long_lasting() } else { Form::default() };
            let listed = request.entry.is_some().then(resource);
            let by = applicant(approver);
            request.supplement(form, words(), listed.as_ref(), pack, calendar, &by, now)
        }
        RequestExtension { days } => request.request_extension(days, words(), pack, person(0), now),
        DecideExtension { granted } => request.decide_extension(granted, words(), calendar, &office(), now),
        Sweep => request.mark_overdue(now),
        Escalate => request.escalate(EscalationKind::Reminder, words(), &office(), now),
    }
}

/// Whatever is tried in whatever order, the machine does what the model says, and besides: answers are given by
/// another than the proposer, refusals have reasons, the receipt never changes, versions have no gap.
fn machine_follows_the_model(commands: Vec<Command>) -> Result<(), TestCaseError> {
    let mut request = begun(false);
    let mut model = Model::begin(false, false);
    let mut now = NOW;
    for command in commands {
        match command {
            Command::Begin { wanted, national } => {
                request = begun(wanted);
                model = Model::begin(wanted, national);
                continue;
            }
            Command::Wait { days } => {
                now += Duration::days(days);
                continue;
            }
            _ => {}
        }
        let today = shanghai_date(now);
        let pack = if model.national { national() } else { pack() };
        let expected = model.takes(&command, today);
        let before = request.clone();
        let outcome = tried(request, &command, pack, now);
        prop_assert_eq!(outcome.is_ok(), expected, "{:?} on {:?}: {:?}", command, model, outcome);
        request = match outcome {
            Ok(transition) => {
                model.take(&command, today);
                if transition.happened() == Happened::Overdue {
                    prop_assert_eq!(transition.request().state.name(), before.state.name());
                }
                transition.into_request()
            }
            Err(_) => before.clone(),
        };
        let due = request.state.receipt().map(|receipt| receipt.clock.due);
        let found = (request.state.name(), request.overdue.is_some(), request.version);
        prop_assert_eq!(found, (model.state, model.overdue, model.version), "{:?}", command);
        prop_assert_eq!(due, model.due, "{:?}", command);
        if let (Some(old), Some(new)) = (before.state.receipt(), request.state.receipt()) {
            prop_assert_eq!((old.at, &old.pack, old.class), (new.at, &new.pack, new.class));
        }
        if let Some(answer) = request.state.answer() {
            prop_assert_ne!(&answer.by, &answer.proposal.by);
            let consents = answer.proposal.wording.kind == AnswerKind::Consent;
            prop_assert!(consents || !answer.reasons.is_empty());
        }
        prop_assert!(request.file.contested.len() >= before.file.contested.len(), "the file only grows");
        let kinds: Vec<_> = request.tasks().iter().map(|task| task.kind).collect();
        prop_assert!(kinds.iter().enumerate().all(|(at, kind)| !kinds[..at].contains(kind)), "{:?}", kinds);
    }
    Ok(())
}

proptest! {
    #[test]
    fn random_sequences_keep_the_invariants(commands in prop::collection::vec(command(), 1..60)) {
        machine_follows_the_model(commands)?;
    }
}

/// As above, each case 10,000 commands long.
#[test]
#[ignore = "long: run with --ignored"]
fn sequences_of_10_000_commands_keep_the_invariants() {
    let mut runner = TestRunner::new(Config { cases: 32, ..Config::default() });
    let sequences = prop::collection::vec(command(), 10_000);
    runner.run(&sequences, machine_follows_the_model).expect("the machine follows the model");
}
