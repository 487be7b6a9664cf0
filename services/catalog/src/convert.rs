//! What the conversions of all aggregates share: required fields, ids of steps and update masks.

use std::fmt::Display;
use std::str::FromStr;

use prost_types::FieldMask;
use service_kit::{Call, Failure, Violations};
use tonic::Request;

/// What was parsed, if nothing was wrong.
pub fn given<T>(parsed: Option<T>, violations: Violations) -> Result<T, Failure> {
    violations.finish()?;
    parsed.ok_or_else(|| Failure::internal("a field is missing without a violation"))
}

/// The call of a step and the record that it names in `field`; `violations` are those of the other fields.
pub fn parse_step<Id: FromStr<Err: Display>>(
    request: &Request<impl prost::Message>,
    request_id: &str,
    field: &str,
    id: &str,
    mut violations: Violations,
) -> Result<(Call, Id), Failure> {
    let call = Call::new(request, request_id, &mut violations)?;
    let id = violations.parse(field, id);
    Ok((call, given(id, violations)?))
}

/// The fields that a mask names, of those in `known`.
pub fn mask<F: Copy>(
    mask: Option<FieldMask>,
    known: &[(&'static str, F)],
    violations: &mut Violations,
) -> Vec<F> {
    let paths = mask.map(|mask| mask.paths).unwrap_or_default();
    violations.check(!paths.is_empty(), "update_mask", "must name at least one field / 须至少指定一个字段");
    let mut fields = Vec::with_capacity(paths.len());
    for path in &paths {
        match known.iter().find(|(name, _)| name == path) {
            Some((_, field)) => fields.push(*field),
            None => {
                let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
                let names = names.join(", ");
                violations.add("update_mask", format!("{path:?} is not one of {names} / 未知字段"));
            }
        }
    }
    fields
}
