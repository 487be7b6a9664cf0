//! Restrictions from general sharing, units' secrecy rules, and the security levels of systems, without database and
//! network.

use govshare_model::id::{EntryId, RestrictionId, SystemId};
use govshare_model::{Actor, Role, Subject};
use proptest::prelude::*;
use security_review::restriction::{self, Basis, Listed, Restriction, Sharing, check_listing};
use security_review::secrecy_rules::{self, SecrecyRules};
use security_review::systems::{self, Authority, Level, System};
use time::OffsetDateTime;
use time::macros::{date, datetime};
use uuid::{Uuid, uuid};

const NOW: OffsetDateTime = datetime!(2026-03-02 09:00 +8);

fn actor(subject: &str, unit: &str) -> Actor {
    Actor {
        subject: Subject(subject.to_owned()),
        unit: unit.parse().expect("a slug"),
        roles: [Role::Approver, Role::SecrecyBureau].into_iter().collect(),
    }
}

fn listed(sharing: Sharing) -> Listed {
    Listed {
        entry: EntryId(uuid!("0192f0c1-0000-7000-8000-000000000001")),
        provider: "jiaowei".parse().expect("a slug"),
        title: "学籍信息".to_owned(),
        sharing,
    }
}

fn state(sharing: Sharing) -> Result<Restriction, restriction::Rejection> {
    let (id, words) = (RestrictionId(Uuid::nil()), "《个人信息保护法》第二十八条".to_owned());
    let stated = Restriction::state(id, listed(sharing), Basis::Law, words, &actor("unit", "jiaowei"), NOW)?;
    Ok(stated.restriction().clone())
}

fn stated() -> Restriction {
    state(Sharing::OnApplication).expect("on application")
}

fn bureau() -> Actor {
    actor("bureau", "baomiju")
}

#[test]
fn art24_a_restriction_is_stated_approved_and_put_on_file() {
    let approved = stated().approve(&bureau(), NOW).expect("stated").restriction().clone();
    assert_eq!((approved.state.name(), approved.version), ("APPROVED", 2));
    let filed = approved.clone().file(NOW).expect("approved").restriction().clone();
    assert_eq!((filed.state.name(), filed.state.filed(), filed.version), ("FILED", Some(NOW), 3));
    let kinds = |found: &Restriction| found.tasks().into_iter().map(|task| task.kind).collect::<Vec<_>>();
    assert_eq!((kinds(&stated()), kinds(&approved), kinds(&filed)), (vec!["approve"], vec!["file"], vec![]));
}

#[test]
fn art24_only_what_is_not_shared_actively_is_restricted() {
    assert_eq!(state(Sharing::Active).err(), Some(restriction::Rejection::SharedActively));
    assert_eq!(state(Sharing::Unsaid).err(), Some(restriction::Rejection::SharingUnsaid));
    assert!(state(Sharing::Withheld).is_ok());
}

#[test]
fn art24_every_refusal_of_a_restriction_is_the_one_that_the_contract_names() {
    use restriction::Rejection::*;
    let own = actor("unit", "baomiju");
    assert_eq!(stated().approve(&own, NOW).err(), Some(SelfApproval));
    assert_eq!(stated().reject("不成立".to_owned(), &own, NOW).err(), Some(SelfApproval));
    assert_eq!(stated().reject(String::new(), &bureau(), NOW).err(), Some(ReasonsMissing));
    assert_eq!(stated().file(NOW).err(), Some(WrongState { state: "STATED" }));
    let rejected = stated().reject("依据不足".to_owned(), &bureau(), NOW).expect("stated");
    let rejected = rejected.restriction().clone();
    assert_eq!((rejected.state.reasons(), rejected.tasks()), ("依据不足", vec![]));
    assert_eq!(rejected.clone().approve(&bureau(), NOW).err(), Some(WrongState { state: "REJECTED" }));
    assert_eq!(rejected.file(NOW).err(), Some(WrongState { state: "REJECTED" }));
}

#[test]
fn art24_where_it_is_asked_for_only_a_restriction_on_file_lets_an_entry_be_listed_that_not_all_share() {
    for sharing in [Sharing::Active, Sharing::OnApplication, Sharing::Withheld, Sharing::Unsaid] {
        for filed in [false, true] {
            let refused = !filed && matches!(sharing, Sharing::OnApplication | Sharing::Withheld);
            let expected = if refused { Err(restriction::Rejection::NotFiled) } else { Ok(()) };
            assert_eq!(check_listing(sharing, filed), expected, "{sharing:?} {filed}");
        }
    }
}

#[derive(Debug, Clone)]
enum Command {
    /// States a restriction for the entry anew.
    State {
        sharing: Sharing,
    },
    Approve {
        by: &'static str,
    },
    Reject {
        by: &'static str,
        reasons: &'static str,
    },
    File,
}

fn command() -> impl Strategy<Value = Command> {
    let people = prop::sample::select(vec!["unit", "bureau"]);
    let sharing = prop::sample::select(vec![Sharing::Active, Sharing::OnApplication, Sharing::Withheld]);
    prop_oneof![
        2 => sharing.prop_map(|sharing| Command::State { sharing }),
        3 => people.clone().prop_map(|by| Command::Approve { by }),
        1 => (people, prop::sample::select(vec!["", "依据不足"]))
            .prop_map(|(by, reasons)| Command::Reject { by, reasons }),
        3 => Just(Command::File),
    ]
}

proptest! {
    /// A case is a sequence of up to 60 commands on the restrictions of one entry, each of which the model allows or
    /// not; PROPTEST_CASES says how many sequences.
    #[test]
    fn art24_the_machine_does_what_the_model_allows_and_nothing_else(
        commands in prop::collection::vec(command(), 1..60),
    ) {
        let mut current: Option<Restriction> = None;
        let mut model = "NONE";
        for command in commands {
            let (possible, next) = match &command {
                Command::State { sharing } => {
                    ((model == "NONE" || model == "REJECTED") && *sharing != Sharing::Active, "STATED")
                }
                Command::Approve { by } => (model == "STATED" && *by == "bureau", "APPROVED"),
                Command::Reject { by, reasons } => {
                    (model == "STATED" && *by == "bureau" && !reasons.is_empty(), "REJECTED")
                }
                Command::File => (model == "APPROVED", "FILED"),
            };
            let found = current.clone();
            let missing = || Err(restriction::Rejection::WrongState { state: "NONE" });
            let tried = match &command {
                // That an entry has one restriction only is the store's to see to.
                Command::State { .. } if found.as_ref().is_some_and(|found| found.state.name() != "REJECTED") => {
                    missing()
                }
                Command::State { sharing } => state(*sharing),
                Command::Approve { by } => found.map_or_else(missing, |found| {
                    Ok(found.approve(&actor(by, "baomiju"), NOW)?.restriction().clone())
                }),
                Command::Reject { by, reasons } => found.map_or_else(missing, |found| {
                    let by = actor(by, "baomiju");
                    Ok(found.reject((*reasons).to_owned(), &by, NOW)?.restriction().clone())
                }),
                Command::File => {
                    found.map_or_else(missing, |found| Ok(found.file(NOW)?.restriction().clone()))
                }
            };
            prop_assert_eq!(tried.is_ok(), possible, "{:?} in {}", command, model);
            if let Ok(changed) = tried {
                model = next;
                prop_assert_eq!(changed.state.name(), model);
                current = Some(changed);
            }
            if let Some(found) = &current {
                let filed = found.state.filed().is_some();
                prop_assert_eq!(check_listing(Sharing::OnApplication, filed).is_ok(), model == "FILED");
                prop_assert_eq!(found.tasks().is_empty(), matches!(model, "REJECTED" | "FILED"));
            }
        }
    }
}

fn file(former: Option<SecrecyRules>) -> SecrecyRules {
    let (title, text) = ("保密制度".to_owned(), "第一条".to_owned());
    SecrecyRules::file(former, title, text, &actor("unit", "jiaowei"), NOW).rules().clone()
}

#[test]
fn art9_rules_are_handed_in_guided_revised_and_accepted() {
    let first = file(None);
    assert_eq!((first.revision, first.version, first.state.name()), (1, 1, "FILED"));
    let guided = first.guide(1, "补充审查流程".to_owned(), NOW).expect("filed").rules().clone();
    assert_eq!(guided.state.guidance(), "补充审查流程");
    let second = file(Some(guided.clone()));
    assert_eq!((second.revision, second.version, second.state.guidance()), (2, 3, ""));
    let accepted = second.clone().accept(2, &bureau(), NOW).expect("filed").rules().clone();
    assert_eq!(accepted.state.name(), "ACCEPTED");
    let kinds = |rules: &SecrecyRules| rules.tasks().into_iter().map(|task| task.kind).collect::<Vec<_>>();
    assert_eq!((kinds(&second), kinds(&guided), kinds(&accepted)), (vec!["read"], vec!["revise"], vec![]));
    assert_eq!(file(Some(accepted)).revision, 3, "accepted rules are revised too");
}

#[test]
fn art9_only_the_revision_that_was_read_is_decided_on_and_by_somebody_else() {
    use secrecy_rules::Rejection::*;
    let second = || file(Some(file(None)));
    assert_eq!(second().accept(1, &bureau(), NOW).err(), Some(OtherRevision { revision: 2 }));
    assert_eq!(second().guide(1, "补充".to_owned(), NOW).err(), Some(OtherRevision { revision: 2 }));
    assert_eq!(second().accept(2, &actor("unit", "jiaowei"), NOW).err(), Some(SelfApproval));
    let accepted = second().accept(2, &bureau(), NOW).expect("filed").rules().clone();
    assert_eq!(accepted.clone().accept(2, &bureau(), NOW).err(), Some(WrongState { state: "ACCEPTED" }));
    assert_eq!(accepted.guide(2, "补充".to_owned(), NOW).err(), Some(WrongState { state: "ACCEPTED" }));
}

fn level(level: i32) -> Level {
    Level::new(level).expect("1 to 5")
}

fn system(at: i32) -> System {
    let unit = "jiaowei".parse().expect("a slug");
    let registered = System::register(SystemId(Uuid::nil()), unit, "学籍管理系统".to_owned(), level(at), NOW);
    registered.system().clone()
}

fn authority() -> Authority {
    Authority {
        body: "市公安局".to_owned(),
        document_number: "京公网安〔2026〕3号".to_owned(),
        document_date: date!(2026 - 03 - 02),
    }
}

#[test]
fn art30_a_level_is_raised_freely_and_lowered_only_with_recorded_authority() {
    use systems::Rejection::*;
    assert_eq!((Level::new(0), Level::new(6)), (None, None));
    let raised = system(2).change_level(level(3), None, NOW).expect("free").expect("another level");
    assert_eq!(raised.system().level, level(3));
    assert_eq!(system(3).change_level(level(3), None, NOW), Ok(None));
    let without = WithoutAuthority { from: level(3), to: level(2) };
    assert_eq!(system(3).change_level(level(2), None, NOW).err(), Some(without));
    let later = Authority { document_date: date!(2026 - 03 - 03), ..authority() };
    assert_eq!(system(3).change_level(level(2), Some(later), NOW).err(), Some(AuthorityNotYet));
    let lowered = system(3).change_level(level(2), Some(authority()), NOW);
    let lowered = lowered.expect("allowed").expect("another level");
    assert_eq!((lowered.system().level, lowered.system().authority.clone()), (level(2), Some(authority())));
}

proptest! {
    #[test]
    fn art30_whatever_is_tried_no_level_falls_without_authority(
        steps in prop::collection::vec((1..6i32, any::<bool>()), 0..40),
    ) {
        let mut system = system(3);
        for (wanted, with_authority) in steps {
            let before = system.clone();
            let tried = system.change_level(level(wanted), with_authority.then(authority), NOW);
            let lowers = level(wanted) < before.level;
            prop_assert_eq!(tried.is_err(), lowers && !with_authority);
            system = match tried {
                Ok(Some(transition)) => transition.system().clone(),
                Ok(None) | Err(_) => before,
            };
        }
    }
}
