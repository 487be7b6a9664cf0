//! Between contract and domain, and what the caller hears when a step is refused.

use std::collections::HashSet;
use std::hash::Hash;
use std::str::FromStr;

use govshare_model::Actor;
use govshare_model::id::UnitId;
use govshare_proto::security_review::v1 as pb;
use service_kit::validate::time_to_proto;
use service_kit::{Failure, Reason, Refusal, Violations};

use super::{Basis, Rejection, Restriction, State, policy};
use crate::convert::batch;
use crate::policy::relations;

pub fn basis(basis: pb::RestrictionBasis, violations: &mut Violations) -> Basis {
    match basis {
        pb::RestrictionBasis::Law => Basis::Law,
        pb::RestrictionBasis::OtherRule => Basis::OtherRule,
        pb::RestrictionBasis::Explanation => Basis::Explanation,
        pb::RestrictionBasis::Unspecified => {
            violations.add("basis", "must say what the restriction rests on / 须指明依据或者说明");
            Basis::Explanation
        }
    }
}

/// 1 to 1000 ids, each named once.
pub fn ids<T>(field: &str, texts: &[String], violations: &mut Violations) -> Vec<T>
where
    T: FromStr<Err: std::fmt::Display> + Eq + Hash + Copy,
{
    if !batch(field, texts.len(), violations) {
        return Vec::new();
    }
    let mut known = HashSet::new();
    let mut ids = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        let at = format!("{field}[{at}]");
        if let Some(id) = violations.parse::<T>(&at, text) {
            violations.check(known.insert(id), at, "is named before / 重复");
            ids.push(id);
        }
    }
    ids
}

pub fn state_name(state: pb::RestrictionState) -> Option<&'static str> {
    match state {
        pb::RestrictionState::Unspecified => None,
        pb::RestrictionState::Stated => Some("STATED"),
        pb::RestrictionState::Approved => Some("APPROVED"),
        pb::RestrictionState::Rejected => Some("REJECTED"),
        pb::RestrictionState::Filed => Some("FILED"),
    }
}

fn state_to_proto(state: &State) -> pb::RestrictionState {
    match state {
        State::Stated => pb::RestrictionState::Stated,
        State::Approved { .. } => pb::RestrictionState::Approved,
        State::Rejected { .. } => pb::RestrictionState::Rejected,
        State::Filed { .. } => pb::RestrictionState::Filed,
    }
}

pub fn to_proto(restriction: &Restriction) -> pb::Restriction {
    let basis = match restriction.basis {
        Basis::Law => pb::RestrictionBasis::Law,
        Basis::OtherRule => pb::RestrictionBasis::OtherRule,
        Basis::Explanation => pb::RestrictionBasis::Explanation,
    };
    pb::Restriction {
        restriction_id: restriction.id.to_string(),
        entry_id: restriction.entry.to_string(),
        provider_unit_id: restriction.provider.to_string(),
        title: restriction.title.clone(),
        basis: basis.into(),
        words: restriction.words.clone(),
        state: state_to_proto(&restriction.state).into(),
        reasons: restriction.state.reasons().to_owned(),
        create_time: Some(time_to_proto(restriction.created)),
        decide_time: restriction.state.decision().map(|decision| time_to_proto(decision.at)),
        file_time: restriction.state.filed().map(time_to_proto),
        etag: format!("\"{}\"", restriction.version),
    }
}

/// One row of a batch's reply.
pub fn result(outcome: &Result<Restriction, Refusal>) -> pb::RestrictionResult {
    match outcome {
        Ok(restriction) => pb::RestrictionResult {
            restriction_id: restriction.id.to_string(),
            state: state_to_proto(&restriction.state).into(),
            ..Default::default()
        },
        Err(refusal) => pb::RestrictionResult {
            reason: refusal.reason_name().to_owned(),
            description: format!("{} / {}", refusal.chinese(), refusal.english()),
            ..Default::default()
        },
    }
}

/// The record named in a refusal and hidden from whoever may not read it.
pub fn authorize(actor: &Actor, method: &str, restriction: &Restriction) -> Result<(), Refusal> {
    let resource: (&'static str, &dyn std::fmt::Display) = ("restriction", &restriction.id);
    decide(actor, method, &restriction.provider, restriction.state.name(), resource)
}

/// As [`authorize`], for what is yet to be stated: the entry is what is named or hidden.
pub fn authorize_stating(
    actor: &Actor,
    method: &str,
    provider: &UnitId,
    entry: &dyn std::fmt::Display,
) -> Result<(), Refusal> {
    decide(actor, method, provider, "", ("entry", entry))
}

fn decide(
    actor: &Actor,
    method: &str,
    provider: &UnitId,
    state: &str,
    resource: (&'static str, &dyn std::fmt::Display),
) -> Result<(), Refusal> {
    let relations = relations(actor, provider);
    service_kit::auth::access::authorize(
        policy::RULES,
        method,
        policy::READ,
        actor,
        &relations,
        state,
        resource,
    )
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        Refusal::from(rejection).into()
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        let refusal = match rejection {
            Rejection::SharedActively => Self::new(
                Reason::EntrySharedActively,
                "the entry is shared without condition; there is nothing to restrict",
                "该条目为无条件共享，无须申报不宜普遍共享",
            ),
            Rejection::SharingUnsaid => Self::new(
                Reason::EntryIncomplete,
                "the entry does not say how it is shared",
                "目录条目未填写共享类型",
            )
            .with("missing", "sharing_type"),
            Rejection::Exists => Self::new(
                Reason::RestrictionExists,
                "the entry has a restriction that was not rejected",
                "该条目已申报不宜普遍共享",
            ),
            Rejection::WrongState { state } => Self::new(
                Reason::WrongState,
                format!("the restriction is {state}, which does not allow this step"),
                format!("当前状态为 {state}，不能执行此操作"),
            )
            .state(state),
            Rejection::SelfApproval => Self::new(
                Reason::SelfApproval,
                "you stated this restriction, so somebody else has to decide",
                "申报人不得审批自己申报的事项",
            ),
            Rejection::ReasonsMissing => {
                let mut violations = Violations::new();
                violations.add("reasons", "written reasons are required / 须书面说明理由");
                Self::new(
                    Reason::ReasonsMissing,
                    "a rejection needs written reasons",
                    "不予批准的，应当书面说明理由",
                )
                .violations(violations.into_found())
            }
            Rejection::NotFiled => Self::new(
                Reason::RestrictionNotFiled,
                "the entry is on application only: its restriction from general sharing has to be approved by the \
                 secrecy bureau and put on file with the info office first",
                "依申请共享的条目，须先提交依据或者说明，经区保密局批准并报信息办备案",
            ),
        };
        refusal.article("24(二)")
    }
}
