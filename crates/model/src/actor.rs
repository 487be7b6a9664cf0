//! Who acts: a person (subject) of a unit, with the roles that the identity provider vouches for.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::UnitId;

/// A person as the identity provider names them. Personal data: never written into an audit leaf in the clear.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Subject(pub String);

impl Subject {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// What a person may be trusted with inside their unit; the text form is the token's.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Role { $($(#[$doc])* #[serde(rename = $text)] $name),+ }

        impl Role {
            pub const ALL: &'static [Role] = &[$(Role::$name),+];

            pub fn as_str(self) -> &'static str {
                match self { $(Role::$name => $text),+ }
            }

            /// `None` for a role that this platform does not know; such roles grant nothing.
            pub fn from_text(text: &str) -> Option<Role> {
                match text { $($text => Some(Role::$name),)+ _ => None }
            }
        }
    };
}

roles! {
    /// 经办人: drafts entries, requests, answers and agreements, publishes and takes data.
    Drafter = "drafter",
    /// 审批人: answers for the unit; never approves what they drafted.
    Approver = "approver",
    /// 保密审查员: the unit's own secrecy reviewer (art. 16).
    Reviewer = "reviewer",
    /// 签署人: signs agreements with the unit's key (art. 26, 31).
    Signatory = "signatory",
    /// 信息办: staff of the info office (art. 8).
    InfoOffice = "info-office",
    /// 保密局: staff of the secrecy bureau (art. 9, 24).
    SecrecyBureau = "secrecy-bureau",
    /// 专项工作组: secretariat of the working group (art. 7).
    WorkingGroup = "working-group",
    /// 审计: auditors, who read and change nothing (art. 33).
    Auditor = "auditor",
    /// 监督检查: staff of 区政府办公室, 区人力社保局 and 区政府法制办 who inspect units (art. 33).
    Supervisor = "supervisor",
}

/// A set of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Roles(u16);

impl Roles {
    pub fn contains(self, role: Role) -> bool {
        self.0 & (1 << role as u16) != 0
    }

    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.iter().copied().filter(move |role| self.contains(*role))
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Self(roles.into_iter().fold(0, |set, role| set | (1 << role as u16)))
    }
}

/// The authenticated caller: on every decision, event and idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub subject: Subject,
    pub unit: UnitId,
    pub roles: Roles,
}

impl Actor {
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(role)
    }
}
