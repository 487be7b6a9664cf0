//! Chapter 1 (art. 1-6): the units, what they share, the shared databases, and whose projects come first.

use std::collections::BTreeMap;

use govshare_cluster::Seed;
use govshare_model::Role;
use govshare_proto::catalog::v1 as catalog;
use govshare_proto::evaluation::v1 as pb;

use super::plans;
use super::walk::{Walk, call, state};
use crate::connect::{pages, request_id};
use crate::demo::credit_code;
use crate::demo::narration::{ensure, until};
use crate::demo::{WITHIN, today};
use crate::evaluation;
use crate::failure::Failure;
use crate::output::{listed, short};
use crate::units;

/// Gives the plan that article 6 orders, for articles 7 and 8 to go on with.
pub async fn play(walk: &mut Walk<'_>) -> Result<pb::Plan, Failure> {
    walk.article(1)?;
    walk.article(2)?;
    register_of_units(walk).await?;
    walk.article(3)?;
    described(walk).await?;
    walk.article(4)?;
    walk.article(5)?;
    shared_databases(walk).await?;
    walk.article(6)?;
    priority(walk).await
}

async fn register_of_units(walk: &mut Walk<'_>) -> Result<(), Failure> {
    let reader = walk.applicant(Role::Drafter)?;
    let (known, _) = units::list(&reader.caller, Vec::new(), 0).await?;
    for named in Seed::builtin().units {
        let unit = known.iter().find(|unit| unit.unit_id == named.id.as_str());
        let complete = unit.is_some_and(|unit| !unit.provisional && unit.kind != 0);
        ensure(complete, || format!("{} is not in the register with its kind", named.name))?;
    }
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for unit in known.iter().filter(|unit| !unit.provisional) {
        *kinds.entry(short(unit.kind().as_str_name(), "UNIT_KIND_")).or_default() += 1;
    }
    let kinds: Vec<_> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    walk.done(&reader, format!("reads the register of {} units: {}", known.len(), kinds.join(", ")));

    let code = credit_code::invented("yanshi");
    let other = if code.ends_with('0') { '1' } else { '0' };
    let unit = |credit_code: String| catalog::Unit {
        unit_id: "yanshi".to_owned(),
        display_name: "演示单位".to_owned(),
        kind: catalog::UnitKind::AdministrativeOrgan.into(),
        section: "信息科".to_owned(),
        credit_code,
        ..catalog::Unit::default()
    };
    let create = |unit| catalog::CreateUnitRequest { unit: Some(unit), request_id: request_id() };
    let tried = call!(reader, units.create_unit, create(unit(code.clone())));
    walk.refused(&reader, "registers a unit, being no info office", "ROLE_NOT_ALLOWED", tried)?;
    let misread = format!("{}{other}", &code[..code.len() - 1]);
    let office = walk.office()?;
    let tried = call!(office, units.create_unit, create(unit(misread)));
    let wrong = ("FIELD_INVALID", &["unit.credit_code"][..]);
    walk.refused_fields(&office, "registers one with a misread credit code", wrong, tried)
}

async fn described(walk: &mut Walk<'_>) -> Result<(), Failure> {
    let reader = walk.applicant(Role::Drafter)?;
    let wanted = || catalog::SearchEntriesRequest { page_size: 1, ..Default::default() };
    let (found, _) = until(WITHIN, "the published entries in the search", async || {
        let found = call!(reader, entries.search_entries, wanted())?;
        Ok((found.total_size > 0).then_some(found))
    })
    .await?;
    let more_than = if found.total_size_exceeded { "more than " } else { "" };
    walk.done(&reader, format!("finds {more_than}{} described resources", found.total_size));
    let described = found.hits.into_iter().find_map(|hit| hit.entry?.published?.content).unwrap_or_default();
    ensure(!described.title.is_empty(), || "a published entry has no title".to_owned())?;
    let items: Vec<_> = described.items.iter().map(|item| item.name.as_str()).collect();
    walk.narrator.note(format!("e.g. 《{}》: {}", described.title, items.join("、")));
    Ok(())
}

async fn shared_databases(walk: &mut Walk<'_>) -> Result<(), Failure> {
    let reader = walk.applicant(Role::Drafter)?;
    let (databases, _) = pages(0, |page_size, page_token| {
        let mut client = reader.caller.databases();
        async move {
            let wanted = catalog::ListSharedDatabasesRequest { page_size, page_token };
            let page = client.list_shared_databases(wanted).await?.into_inner();
            Ok((page.shared_databases, page.next_page_token))
        }
    })
    .await?;
    for named in Seed::builtin().databases {
        let there = databases.iter().any(|known| known.display_name == named.name && known.kind != 0);
        ensure(there, || format!("{} is not registered", named.name))?;
    }
    let count = |kind| databases.iter().filter(|known| known.kind() == kind).count();
    walk.done(
        &reader,
        format!(
            "reads the register of shared databases: {} 基础库, {} 共享专题数据库, {} 领域协同库",
            count(catalog::SharedDatabaseKind::Base),
            count(catalog::SharedDatabaseKind::Thematic),
            count(catalog::SharedDatabaseKind::Collaborative)
        ),
    );
    let unkind = || catalog::CreateSharedDatabaseRequest {
        shared_database: Some(catalog::SharedDatabase {
            shared_database_id: "yanshi".to_owned(),
            display_name: "演示数据库".to_owned(),
            leads: databases.first().map(|known| known.leads.clone()).unwrap_or_default(),
            ..Default::default()
        }),
        request_id: request_id(),
    };
    let tried = call!(reader, databases.create_shared_database, unkind());
    walk.refused(&reader, "registers a database, being no info office", "ROLE_NOT_ALLOWED", tried)?;
    let office = walk.office()?;
    let tried = call!(office, databases.create_shared_database, unkind());
    let wrong = ("FIELD_INVALID", &["shared_database.kind"][..]);
    walk.refused_fields(&office, "registers one without its kind", wrong, tried)?;
    walk.narrator.note("the exchange platform publishes and delivers in articles 25 and 26");
    Ok(())
}

/// The year's evaluation so far, over how completely the units listed what they compiled, says who is outstanding.
async fn priority(walk: &mut Walk<'_>) -> Result<pb::Plan, Failure> {
    let office = walk.office()?;
    counted(walk).await?;
    let weight = pb::MeasureWeight { measure: "completeness".to_owned(), weight: 100 };
    let scheme = pb::EvaluationScheme { weights: vec![weight], full_use: 12, outstanding_from: 9000 };
    let year = today().year();
    let wanted = pb::CreateYearlyEvaluationRequest { year, scheme: Some(scheme), request_id: request_id() };
    let computed = call!(office, yearly_evaluations.create_yearly_evaluation, wanted)?;
    let computed = computed.yearly_evaluation.unwrap_or_default();
    let what = format!("evaluates {year} so far by completeness: {} units ranked", computed.ranked_count);
    walk.reached(&office, what, state!(computed), "COMPUTED")?;
    let wanted = pb::FreezeYearlyEvaluationRequest {
        yearly_evaluation_id: computed.yearly_evaluation_id.clone(),
        request_id: request_id(),
    };
    let frozen = call!(office, yearly_evaluations.freeze_yearly_evaluation, wanted)?;
    let frozen = frozen.yearly_evaluation.unwrap_or_default();
    walk.reached(&office, "freezes it", state!(frozen), "FROZEN")?;
    let wanted = pb::ListPriorityUnitsRequest { year };
    let mut outstanding = call!(office, yearly_evaluations.list_priority_units, wanted)?;
    ensure(outstanding.units.iter().all(|unit| unit.total >= 9000), || {
        "a unit below 90.00 counts as outstanding".to_owned()
    })?;
    walk.done(&office, format!("lists the {} units outstanding in sharing", outstanding.units.len()));
    let first = outstanding.units.first().map(|unit| unit.unit_id.clone());
    let first = first.ok_or_else(|| Failure::local("no unit is outstanding"))?;
    let units: Vec<_> = outstanding.units.iter().map(|unit| unit.unit_id.clone()).collect();
    outstanding.units.truncate(3);
    walk.narrator.note(listed(&outstanding, "units", evaluation::yearly::RESULTS));

    let others = Seed::builtin().units.into_iter().map(|unit| unit.id.to_string());
    let mut others = others.filter(|unit| !units.contains(unit));
    let mut other = || others.next().ok_or_else(|| Failure::local("every unit is outstanding"));
    let items = vec![
        plans::item(1, &other()?, false),
        plans::item(2, &first, false),
        plans::item(3, &other()?, true),
    ];
    let plan = plans::drafted(walk, &office, items, "").await?;
    let what = format!("drafts the plan of {} with three projects", plan.first_year);
    walk.reached(&office, what, state!(plan), "DRAFT")?;
    let issued = plans::issued(walk, &office, &plan.plan_id).await?;
    walk.reached(&walk.working_group()?, "issues it", state!(issued), "ISSUED")?;
    let order: Vec<i32> = issued.items.iter().map(|item| item.number).collect();
    ensure(order == [2, 3, 1], || format!("the projects come in the order {order:?}, not [2, 3, 1]"))?;
    ensure(issued.evaluation_id == computed.yearly_evaluation_id, || {
        format!("the plan rests on evaluation {}", issued.evaluation_id)
    })?;
    for item in &issued.items {
        let grounds: Vec<_> = item.priority().map(|ground| ground.as_str_name()).collect();
        walk.narrator.note(format!("{} of {}: {}", item.title, item.lead_unit_id, grounds.join(", ")));
    }
    Ok(issued)
}

/// Waits until the indicators have counted what the search finds.
async fn counted(walk: &Walk<'_>) -> Result<(), Failure> {
    let office = walk.office()?;
    let wanted = || catalog::SearchEntriesRequest { page_size: 1, ..Default::default() };
    until(WITHIN, "the published entries in the indicators", async || {
        let found = call!(office, entries.search_entries, wanted())?;
        let units = evaluation::list(&office.caller, 0).await?.unit_indicators;
        let counted: i64 = units.iter().map(|unit| unit.published_entries).sum();
        Ok((counted > 0 && counted >= i64::from(found.total_size)).then_some(()))
    })
    .await
    .map(drop)
}
