//! Between contract and domain, and what the caller hears when a step is refused.

use govshare_model::Actor;
use govshare_model::id::UnitId;
use govshare_proto::security_review::v1 as pb;
use service_kit::validate::{date_to_proto, time_to_proto};
use service_kit::{Failure, Reason, Refusal, Violations};

use super::{Authority, Level, Rejection, System, policy};

/// `None` after adding a violation.
pub fn level(level: i32, violations: &mut Violations) -> Option<Level> {
    let found = Level::new(level);
    violations.check(found.is_some(), "level", format!("must be 1 to 5, is {level} / 须为1至5级"));
    found
}

/// What allows a lowering, if it is given and whole.
pub fn authority(given: Option<pb::LoweringAuthority>, violations: &mut Violations) -> Option<Authority> {
    let given = given?;
    let body = violations.text("authority.body", &given.body, 1, 200);
    let document_number = violations.text("authority.document_number", &given.document_number, 1, 100);
    violations.check(given.document_date.is_some(), "authority.document_date", "is required / 必填");
    let document_date = violations.date("authority.document_date", given.document_date.as_ref())?;
    Some(Authority { body, document_number, document_date })
}

pub fn to_proto(system: &System) -> pb::InformationSystem {
    let authority = system.authority.as_ref().map(|authority| pb::LoweringAuthority {
        body: authority.body.clone(),
        document_number: authority.document_number.clone(),
        document_date: Some(date_to_proto(authority.document_date)),
    });
    pb::InformationSystem {
        system_id: system.id.to_string(),
        unit_id: system.unit.to_string(),
        name: system.name.clone(),
        level: system.level.get(),
        authority,
        create_time: Some(time_to_proto(system.created)),
        update_time: Some(time_to_proto(system.updated)),
        etag: format!("\"{}\"", system.version),
    }
}

/// The record named in a refusal and hidden from whoever may not read it.
pub fn authorize(
    actor: &Actor,
    method: &str,
    unit: &UnitId,
    name: &dyn std::fmt::Display,
) -> Result<(), Refusal> {
    service_kit::auth::access::authorize(
        policy::RULES,
        method,
        policy::READ,
        actor,
        &policy::relations(actor, unit),
        "",
        ("information-system", name),
    )
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        let refusal = match rejection {
            Rejection::WithoutAuthority { from, to } => Refusal::new(
                Reason::LevelLoweredWithoutAuthority,
                format!(
                    "nobody lowers the level of a system from {} to {} without authority: name the body that \
                     allowed it, the number of its document and the date",
                    from.get(),
                    to.get()
                ),
                format!(
                    "不得擅自降低系统安全等级（由{}级降为{}级）：须填写批准机关、文号和日期",
                    from.get(),
                    to.get()
                ),
            ),
            Rejection::AuthorityNotYet => {
                let mut violations = Violations::new();
                violations.add("authority.document_date", "must not lie after today / 不得晚于今日");
                Refusal::new(
                    Reason::FieldInvalid,
                    "the authority is dated after today",
                    "批准文件日期晚于今日",
                )
                .violations(violations.into_found())
            }
            Rejection::NameTaken { name } => Refusal::new(
                Reason::AlreadyExists,
                format!("the unit has a system {name:?}"),
                format!("本单位已登记系统“{name}”"),
            ),
        };
        refusal.article("30").into()
    }
}
