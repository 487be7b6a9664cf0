//! Schemes, measures, rules and procedures as articles 8, 12, 17 and 35 need them.

use govshare_proto::catalog::v1 as catalog;

use super::walk::call;
use crate::connect::request_id;
use crate::demo::stage::Person;
use crate::failure::Failure;

pub async fn create(
    by: &Person,
    kind: catalog::RegulationKind,
    database: &str,
    title: &str,
) -> Result<catalog::Regulation, Failure> {
    let wanted = catalog::CreateRegulationRequest {
        kind: kind.into(),
        shared_database_id: database.to_owned(),
        title: title.to_owned(),
        text: "第一条 ……".to_owned(),
        request_id: request_id(),
    };
    Ok(call!(by, regulations.create_regulation, wanted)?.regulation.unwrap_or_default())
}

pub async fn submit(by: &Person, id: &str) -> Result<catalog::Regulation, Failure> {
    let wanted = catalog::SubmitRegulationRequest { regulation_id: id.to_owned(), request_id: request_id() };
    Ok(call!(by, regulations.submit_regulation, wanted)?.regulation.unwrap_or_default())
}

pub async fn approve(by: &Person, id: &str) -> Result<catalog::Regulation, Failure> {
    let wanted = catalog::ApproveRegulationRequest { regulation_id: id.to_owned(), request_id: request_id() };
    Ok(call!(by, regulations.approve_regulation, wanted)?.regulation.unwrap_or_default())
}

pub async fn read(by: &Person, id: &str) -> Result<catalog::Regulation, Failure> {
    let wanted = catalog::GetRegulationRequest { regulation_id: id.to_owned() };
    Ok(call!(by, regulations.get_regulation, wanted)?.regulation.unwrap_or_default())
}
