//! Random sequences of steps, legal and illegal, through the gateway, beside the pure machine and its rule table: each
//! answer is the machine's, state and last day or reason. What moves time, moves business time.

use access_request::access_request::case_file::EscalationKind;
use access_request::access_request::{
    AccessRequest, AnswerKind, Asked, Destination, Form, Outcome, Rejection, Resource, Transition, Wording,
};
use access_request::policy;
use govshare_model::authority::decide;
use govshare_model::calendar::{Calendar, shanghai_date};
use govshare_model::id::{AgreementId, CaseId};
use govshare_model::pack::{DeliveryMode, InForce, Pack, Packs, SharingClass};
use govshare_model::{Actor, Decision, Role, Subject};
use govshare_proto::access_request::v1 as pb;
use govshare_proto::agreement::v1 as agreements;
use integration_tests::steps::{request_id, terms};
use integration_tests::{Person, eventually};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};
use service_kit::Failure;
use time::macros::{date, datetime};
use time::{Date, Duration, OffsetDateTime};
use tonic::Status;
use tonic_types::StatusExt;
use uuid::Uuid;

use self::called::form_to_proto;
use self::command::{Command, command};
use crate::city::City;

mod called;
#[expect(dead_code, reason = "the pack of a case goes by business time here")]
#[path = "../../../services/access-request/tests/machine/command.rs"]
mod command;

const APPLICANT: &str = "fagaiwei";
const PROVIDER: &str = "jiaowei";
const OFFICE: &str = "info-office";
/// On the first day of the second pack new cases are received under it; those of the first keep theirs.
const PACKS: &str = "xicheng-2014@2014-08-01..2026-03-24, national-2025@2026-03-25..";
const SWITCH: Date = date!(2026 - 03 - 25);
const COMMANDS: usize = 60;

/// Somebody at the gateway, as the machine knows them.
struct Player {
    actor: Actor,
    person: Person,
}

impl Player {
    fn new(city: &City, unit: &str, name: &str, roles: &[Role]) -> Self {
        let subject = format!("{unit}.{name}");
        let person = city.someone(unit, &subject, roles);
        let roles = roles.iter().copied().collect();
        Self { actor: Actor { subject: Subject(subject), unit: person.unit.clone(), roles }, person }
    }
}

/// The city, and all that the machine needs to know of it.
struct Play {
    city: City,
    packs: Packs,
    resource: Resource,
    drafter: Player,
    approver: Player,
    provider: [Player; 3],
    office: Player,
    group: Player,
    now: OffsetDateTime,
}

/// What was said, on both sides.
type Said = Result<(String, Option<Date>), String>;

fn words() -> String {
    "理由".to_owned()
}

fn form() -> Form {
    Form {
        purpose: words(),
        scenario: words(),
        basis: words(),
        mode: Some(DeliveryMode::File),
        use_until: Some(date!(2999 - 12 - 31)),
        ..Form::default()
    }
}

impl Play {
    async fn begin() -> Self {
        let city = City::start_with_packs(PACKS).await;
        let entry = city.published_entry(PROVIDER).await;
        city.register_keys(&[APPLICANT, PROVIDER]).await;
        let shipped = |id| Pack::builtin(id).expect("it ships").clone();
        let packs = Packs::new(vec![
            InForce {
                pack: shipped("xicheng-2014"),
                from: date!(2014 - 08 - 01),
                until: SWITCH.previous_day(),
            },
            InForce { pack: shipped("national-2025"), from: SWITCH, until: None },
        ]);
        let resource = Resource {
            entry: entry.parse().expect("an entry's id"),
            provider: PROVIDER.parse().expect("a unit"),
            title: "小学在校生人数".to_owned(),
            version: 1,
            class: SharingClass::OnApplication,
            items: vec!["学校".to_owned(), "人数".to_owned()],
        };
        let both = &[Role::Drafter, Role::Approver];
        Self {
            packs: packs.expect("no contradiction"),
            resource,
            drafter: Player::new(&city, APPLICANT, "li", &[Role::Drafter]),
            approver: Player::new(&city, APPLICANT, "chen", both),
            provider: ["wang", "zhao", "qian"].map(|name| Player::new(&city, PROVIDER, name, both)),
            office: Player::new(&city, OFFICE, "sun", &[Role::InfoOffice]),
            group: Player::new(&city, OFFICE, "zhou", &[Role::WorkingGroup]),
            now: datetime!(2026-03-03 10:00 +8),
            city,
        }
    }

    fn wait(&mut self, days: i64) {
        self.now += Duration::days(days);
        let today = shanghai_date(self.now);
        self.city.travel_to(today.year(), today.month().into(), today.day());
    }

    fn applicant(&self, approver: bool) -> &Player {
        if approver { &self.approver } else { &self.drafter }
    }

    /// Who takes a step, and the method of it.
    fn step_of(&self, command: &Command) -> (&Player, &'static str) {
        use Command::*;
        let person = |by: u8| &self.provider[usize::from(by)];
        match *command {
            Begin { .. } | Wait { .. } | Sweep | Agree => unreachable!("no step of a person on a request"),
            Revise { approver } => (self.applicant(approver), "UpdateAccessRequest"),
            Submit { approver } => (self.applicant(approver), "SubmitAccessRequest"),
            Supplement { approver, .. } => (self.applicant(approver), "SupplementAccessRequest"),
            Withdraw => (&self.approver, "WithdrawAccessRequest"),
            Object => (&self.approver, "ObjectToRefusal"),
            Forward { .. } => (&self.office, "ForwardAccessRequest"),
            Settle => (&self.office, "SettleAccessRequest"),
            AskCity => (&self.office, "RequestCityCoordination"),
            City { .. } => (&self.office, "RecordCityCoordination"),
            DecideExtension { .. } => (&self.office, "DecideExtension"),
            Escalate => (&self.office, "RemindProvider"),
            Coordinate { .. } => (&self.group, "CoordinateObjection"),
            NameEntry => (person(0), "NameEntry"),
            Propose { by, .. } => (person(by), "ProposeAnswer"),
            Consent { by } => (person(by), "ConsentAccessRequest"),
            Refuse { by, .. } => (person(by), "RefuseAccessRequest"),
            Liaise { by } => (person(by), "StartSuperiorLiaison"),
            SuperiorConsents => (person(0), "RecordSuperiorConsent"),
            SuperiorRefuses { by } => (person(by), "StateSuperiorRefusal"),
            RequestSupplement => (person(0), "RequestSupplement"),
            RequestExtension { .. } => (person(0), "RequestExtension"),
        }
    }

    fn in_force(&self) -> &Pack {
        self.packs.in_force(shanghai_date(self.now)).expect("one is")
    }

    /// The pack that a received case keeps.
    fn kept(&self, request: &AccessRequest) -> Result<&Pack, Rejection> {
        let Some(receipt) = request.state.receipt() else {
            return Err(Rejection::NotOpen { state: request.state.name() });
        };
        Ok(self.packs.kept(&receipt.pack, receipt.pack_version).expect("it is listed"))
    }

    /// The step on the machine.
    fn tried(&self, request: AccessRequest, command: &Command, by: &Actor) -> Result<Transition, Rejection> {
        use Command::*;
        let (now, calendar) = (self.now, Calendar::builtin());
        match *command {
            Begin { .. } | Wait { .. } | Sweep | Agree => unreachable!("no step of a person on a request"),
            Revise { .. } => request.revise(form(), by, now),
            Submit { .. } if request.entry.is_some() => {
                request.submit(&self.resource, self.in_force(), calendar, by, now)
            }
            Submit { .. } => request.submit_to_info_office(self.in_force(), by, now),
            Forward { listed } => {
                let resource = listed.then(|| self.resource.clone());
                let to = Destination { provider: self.resource.provider.clone(), resource };
                request.forward(to, words(), self.in_force(), calendar, by, now)
            }
            Settle => request.settle(words(), by, now),
            NameEntry => {
                let pack = self.kept(&request)?;
                request.name_entry(&self.resource, pack, now)
            }
            Propose { consent, conditions, incomplete, .. } => {
                let wording = Wording {
                    kind: if consent { AnswerKind::Consent } else { AnswerKind::Refusal },
                    reasons: words(),
                    conditions: if conditions { words() } else { String::new() },
                    material_incomplete: incomplete,
                };
                let pack = self.kept(&request)?;
                request.propose(wording, pack, by, now)
            }
            Consent { .. } => {
                let pack = self.kept(&request)?;
                request.consent(pack, by, now)
            }
            Refuse { silent, .. } => {
                let pack = self.kept(&request)?;
                request.refuse(if silent { String::new() } else { words() }, pack, by, now)
            }
            Withdraw => request.withdraw(now),
            Object => request.object(words(), by, now),
            Coordinate { anew } => {
                let outcome = if anew { Outcome::AnswerAnew } else { Outcome::RefusalStands };
                let pack = self.kept(&request)?;
                request.coordinate(outcome, words(), pack, calendar, by, now)
            }
            Liaise { .. } => request.start_liaison(words(), words(), by, now),
            SuperiorConsents => request.superior_consents(words(), by, now),
            SuperiorRefuses { .. } => request.superior_refuses(words(), by, now),
            AskCity => request.ask_city(words(), by, now),
            City { provided } => {
                let pack = self.kept(&request)?;
                request.city_coordinated(provided, words(), pack, calendar, by, now)
            }
            RequestSupplement => {
                let pack = self.kept(&request)?;
                request.request_supplement(vec![words()], pack, by, now)
            }
            Supplement { complete, .. } => {
                let form = if complete { form() } else { Form::default() };
                let listed = request.entry.is_some().then_some(&self.resource);
                // Told before the case's pack is asked for.
                let pack = self.kept(&request).or_else(|_| Ok(self.in_force()))?;
                request.supplement(form, words(), listed, pack, calendar, by, now)
            }
            RequestExtension { days } => {
                let pack = self.kept(&request)?;
                request.request_extension(days.max(1), words(), pack, by, now)
            }
            DecideExtension { granted } => request.decide_extension(granted, words(), calendar, by, now),
            Escalate => request.escalate(EscalationKind::Reminder, words(), by, now),
        }
    }

    /// A new draft on both sides.
    async fn drafted(&self, wanted: bool) -> (AccessRequest, String) {
        let create = pb::CreateAccessRequestRequest {
            entry_id: if wanted { String::new() } else { self.resource.entry.to_string() },
            wanted: if wanted { words() } else { String::new() },
            form: Some(form_to_proto(&form())),
            request_id: request_id(),
            ..Default::default()
        };
        let mut client = self.drafter.person.requests();
        let draft = client.create_access_request(create).await.expect("drafted").into_inner();
        let asked = if wanted { Asked::Wanted(words()) } else { Asked::Entry(self.resource.clone()) };
        let by = &self.drafter.actor;
        let id = CaseId(Uuid::now_v7());
        let machine = AccessRequest::draft(id, String::new(), &asked, None, form(), by, self.now);
        (machine.into_request(), draft.access_request.expect("a request").access_request_id)
    }

    /// What the rule table and the machine say to a step, and the request that follows.
    fn expected(&self, request: AccessRequest, command: &Command) -> (Said, AccessRequest) {
        let (player, method) = self.step_of(command);
        let relations = policy::relations(&player.actor, &request);
        let state = request.state.name();
        match decide(policy::RULES, method, policy::READ, &player.actor, &relations, state) {
            Decision::Hidden => (Err("NOT_FOUND".to_owned()), request),
            Decision::Forbidden => (Err("ROLE_NOT_ALLOWED".to_owned()), request),
            Decision::Allowed => match self.tried(request.clone(), command, &player.actor) {
                Ok(transition) => {
                    let request = transition.into_request();
                    let provides = request.provider.as_ref() == Some(&player.actor.unit);
                    let state = if provides { request.state.name() } else { request.told() };
                    let due = request.state.receipt().map(|receipt| receipt.clock.due);
                    (Ok((state.to_owned(), due)), request)
                }
                Err(rejection) => (Err(reason_of(rejection)), request),
            },
        }
    }

    /// The agreement of the case, drafted by the info office and signed by all, is what the machine's `agree` follows.
    async fn agree(&self, request: AccessRequest, id: &str) -> AccessRequest {
        let create = agreements::CreateAgreementRequest {
            case_id: id.to_owned(),
            terms: Some(terms()),
            request_id: request_id(),
        };
        let drafted = self.office.person.agreements().create_agreement(create).await;
        let state = request.state.name();
        let Ok(drafted) = drafted else {
            let found = reason(&drafted.expect_err("it is none"));
            let expected = match state {
                "DRAFT" => "NOT_FOUND",
                "AGREED" => "AGREEMENT_EXISTS",
                _ => "CASE_NOT_CONSENTED",
            };
            assert_eq!(found, expected, "an agreement in {state}");
            return request;
        };
        assert_eq!(state, "CONSENTED", "only a consent leads to an agreement");
        let agreement = drafted.into_inner().agreement.expect("an agreement").agreement_id;
        for unit in [APPLICANT, PROVIDER, OFFICE] {
            self.city.sign(&agreement, unit).await.expect("signed");
        }
        eventually("the case is AGREED", async || match self.shown(id).await.state() {
            pb::AccessRequestState::Agreed => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .await;
        let agreed = request.agree(AgreementId(agreement.parse().expect("an id")), self.now);
        agreed.expect("a consented case is agreed").expect("for the first time").into_request()
    }

    async fn shown(&self, id: &str) -> pb::AccessRequest {
        let request = pb::GetAccessRequestRequest { access_request_id: id.to_owned() };
        let reply = self.drafter.person.requests().get_access_request(request).await.expect("read");
        reply.into_inner().access_request.expect("a request")
    }

    /// Plays one sequence; gives how many steps were taken and refused.
    async fn play(&mut self, commands: &[Command]) -> (usize, usize) {
        let (mut request, mut id) = self.drafted(false).await;
        let (mut taken, mut refused) = (0, 0);
        for command in commands {
            match *command {
                Command::Begin { wanted, .. } => (request, id) = self.drafted(wanted).await,
                Command::Wait { days } => self.wait(days),
                // The platform sweeps by itself.
                Command::Sweep => {}
                Command::Agree => request = self.agree(request, &id).await,
                _ => {
                    let before = request.state.name();
                    let (player, _) = self.step_of(command);
                    let found: Said = match self.called(&id, command, &player.person).await {
                        Ok(shown) => Ok(said(&shown.expect("a request"))),
                        Err(status) => Err(reason(&status)),
                    };
                    let expected;
                    (expected, request) = self.expected(request, command);
                    assert_eq!(found, expected, "{command:?} in {before} of {commands:?}");
                    if found.is_ok() { taken += 1 } else { refused += 1 }
                }
            }
        }
        let shown = said(&self.shown(&id).await);
        assert_eq!(shown.0, request.told(), "after {commands:?}");
        (taken, refused)
    }
}

/// State and last day as they are shown.
fn said(shown: &pb::AccessRequest) -> (String, Option<Date>) {
    let name = shown.state().as_str_name();
    let state = name.strip_prefix("ACCESS_REQUEST_STATE_").unwrap_or(name).to_owned();
    let due = shown.answer_due.as_ref().map(|due| {
        let month = u8::try_from(due.month).ok().and_then(|month| time::Month::try_from(month).ok());
        let day = u8::try_from(due.day).unwrap_or_default();
        Date::from_calendar_date(due.year, month.expect("a month"), day).expect("a day")
    });
    (state, due)
}

fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map_or_else(|| format!("{status:?}"), |info| info.reason.clone())
}

/// The reason that a rejection becomes.
fn reason_of(rejection: Rejection) -> String {
    match Failure::from(rejection) {
        Failure::Refused(refusal) => refusal.reason_name().to_owned(),
        other => format!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_sequences_through_the_gateway_are_answered_as_the_machine_says() {
    // 256 by default, 10,000 in `make test-long`: far fewer here, as each step is a call.
    let sequences = (Config::default().cases / 64).max(1);
    let mut runner = TestRunner::new(Config::default());
    let strategy = proptest::collection::vec(command(), COMMANDS);
    let fewest = sequences as usize * 5;
    let (mut taken, mut refused) = (0, 0);
    let mut play = Play::begin().await;
    // Most random steps are refused: more sequences are played until enough are taken.
    for number in 0..sequences * 10 {
        if number >= sequences && taken >= fewest && refused >= fewest {
            break;
        }
        // A city's time goes on only; another begins after some sequences, as terms end.
        if number > 0 && number % 8 == 0 {
            play = Play::begin().await;
        }
        let commands = strategy.new_tree(&mut runner).expect("a sequence").current();
        let counts = play.play(&commands).await;
        (taken, refused) = (taken + counts.0, refused + counts.1);
    }
    assert!(taken >= fewest && refused >= fewest, "{taken} steps were taken, {refused} refused");
}
