//! Which methods a service has and who may call them: public methods by the rules of people's roles, internal
//! ones by the calling service. What stands in neither table is denied.

use std::sync::Arc;

use govshare_model::authority::{self, Rule};
use govshare_model::{Actor, Decision, Relation};
use govshare_proto::error::v1::Reason;

use crate::failure::Refusal;

/// A proto service for people, e.g. `govshare.catalog.v1.UnitService`, with its rules.
#[derive(Debug, Clone, Copy)]
pub struct PublicService {
    pub name: &'static str,
    /// What its refusals of a role or a field name where they name no article of their own: the article of
    /// 西政办发〔2014〕14号 that the service carries out, or 29 (nobody does what is not theirs).
    pub article: &'static str,
    pub rules: &'static [Rule],
}

/// A proto service for other services, and who may call each method.
#[derive(Debug, Clone, Copy)]
pub struct InternalService {
    pub name: &'static str,
    /// (method, calling services).
    pub callers: &'static [(&'static str, &'static [&'static str])],
}

/// All that a server lets through besides health and reflection.
#[derive(Debug, Clone)]
pub struct Access {
    pub public: &'static [PublicService],
    pub internal: &'static [InternalService],
}

impl Access {
    /// Splits `/package.Service/Method`.
    pub fn split(path: &str) -> Option<(&str, &str)> {
        path.strip_prefix('/')?.split_once('/')
    }

    /// Whether a path needs no identity.
    pub fn is_open(service: &str) -> bool {
        service == "grpc.health.v1.Health"
            || service == "grpc.reflection.v1.ServerReflection"
            || service == "grpc.reflection.v1alpha.ServerReflection"
    }

    pub fn public(&self, service: &str) -> Option<&'static PublicService> {
        self.public.iter().find(|known| known.name == service)
    }

    pub fn internal(&self, service: &str) -> Option<&'static InternalService> {
        self.internal.iter().find(|known| known.name == service)
    }
}

impl PublicService {
    /// Refuses a method that no role of the caller is named for.
    pub fn admit(&self, method: &str, actor: &Actor) -> Result<(), Refusal> {
        if authority::may_call(self.rules, method, actor) { Ok(()) } else { Err(role_not_allowed(method)) }
    }
}

impl InternalService {
    pub fn admit(&self, method: &str, caller: &Arc<str>) -> Result<(), Refusal> {
        let listed = self.callers.iter().find(|(name, _)| *name == method).map(|(_, callers)| *callers);
        if listed.is_some_and(|callers| callers.contains(&&**caller)) {
            return Ok(());
        }
        Err(Refusal::new(
            Reason::RoleNotAllowed,
            format!("service {caller} may not call {method}"),
            format!("服务 {caller} 无权调用 {method}"),
        ))
    }
}

/// The refusal of what may be read but not done.
pub fn role_not_allowed(method: &str) -> Refusal {
    Refusal::new(
        Reason::RoleNotAllowed,
        format!("none of your roles allows {method} here"),
        format!("您的角色无权执行 {method}"),
    )
}

/// Decides a call on a loaded record; see [`authority::decide`].
pub fn authorize(
    rules: &[Rule],
    method: &str,
    read: &str,
    actor: &Actor,
    relations: &[Relation],
    state: &str,
    resource: (&'static str, &dyn std::fmt::Display),
) -> Result<(), Refusal> {
    match authority::decide(rules, method, read, actor, relations, state) {
        Decision::Allowed => Ok(()),
        Decision::Forbidden => Err(role_not_allowed(method).resource(resource.0, resource.1)),
        Decision::Hidden => Err(Refusal::not_found(resource.0, resource.1)),
    }
}
