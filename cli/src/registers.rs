//! `govshare register`: registers (台账) of what the caller may read, as a workbook for the office.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use govshare_proto::{access_request, agreement, catalog, evaluation, exchange};
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use serde_json::json;

use crate::args::Global;
use crate::connect::{Caller, pages};
use crate::failure::Failure;
use crate::output::cells;

/// Writes a register (台账) of what you may read as an XLSX file.
#[derive(Debug, Args)]
pub struct Register {
    #[arg(value_enum)]
    of: Of,
    /// The file to write.
    #[arg(long, short)]
    output: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Of {
    /// 共享申请台账.
    Requests,
    /// 共享交换协议台账.
    Agreements,
    /// 政务信息资源目录台账.
    Entries,
    /// 数据交付台账.
    Deliveries,
    /// 使用情况反馈台账.
    Feedback,
    /// 自评估台账.
    SelfEvaluations,
    /// 违规处理台账.
    Violations,
}

/// A heading and the field under it.
type Column = (&'static str, &'static str);

const REQUESTS: &[Column] = &[
    ("编号", "case_number"),
    ("申请文号", "document_number"),
    ("申请方", "applicant_unit_id"),
    ("提供方", "provider_unit_id"),
    ("信息资源名称", "entry_title"),
    ("用途", "form.purpose"),
    ("依据", "form.basis"),
    ("信息项", "form.items"),
    ("状态", "state"),
    ("收到时间", "receive_time"),
    ("答复期限", "answer_due"),
    ("逾期时间", "overdue_time"),
    ("答复", "answer.kind"),
    ("答复文号", "answer.document_number"),
    ("答复时间", "answer.answer_time"),
    ("理由", "answer.reasons"),
    ("适用规则", "policy_pack"),
];
const AGREEMENTS: &[Column] = &[
    ("编号", "case_number"),
    ("协议文号", "document_number"),
    ("申请方", "applicant_unit_id"),
    ("提供方", "provider_unit_id"),
    ("用途", "terms.purpose"),
    ("信息项", "terms.items"),
    ("状态", "state"),
    ("生效时间", "activate_time"),
    ("起草时间", "create_time"),
    ("协议标识", "agreement_id"),
];
const ENTRIES: &[Column] = &[
    ("提供方", "provider_display_name"),
    ("信息资源名称", "latest.content.title"),
    ("信息资源代码", "latest.content.resource_code"),
    ("摘要", "latest.content.abstract"),
    ("共享类型", "latest.content.sharing_type"),
    ("更新周期", "latest.content.update_cycle"),
    ("版本", "latest.version"),
    ("状态", "state"),
    ("更新时间", "update_time"),
];
const DELIVERIES: &[Column] = &[
    ("使用方", "applicant_unit_id"),
    ("提供方", "provider_unit_id"),
    ("数据版本", "data_version_id"),
    ("状态", "state"),
    ("字节数", "sent_bytes"),
    ("开始时间", "start_time"),
    ("结束时间", "end_time"),
    ("协议标识", "agreement_id"),
];

const FEEDBACK: &[Column] = &[
    ("文号", "document_number"),
    ("使用方", "user_unit_id"),
    ("提供方", "provider_unit_id"),
    ("信息资源名称", "entry_title"),
    ("状态", "state"),
    ("收到时间", "receive_time"),
    ("答复期限", "answer_due"),
    ("逾期时间", "overdue_time"),
    ("核实结果", "answer.outcome"),
    ("答复文号", "answer.document_number"),
    ("答复时间", "answer.answer_time"),
    ("备案时间", "file_time"),
    ("适用规则", "policy_pack"),
];
const SELF_EVALUATIONS: &[Column] = &[
    ("文号", "document_number"),
    ("单位", "unit_id"),
    ("起始日", "period_start"),
    ("截止日", "period_end"),
    ("状态", "state"),
    ("报送时间", "submit_time"),
    ("接收时间", "accept_time"),
];
const VIOLATIONS: &[Column] = &[
    ("单位", "unit_id"),
    ("状态", "state"),
    ("违规类型", "kind"),
    ("认定文号", "finding_number"),
    ("处理单位", "department_unit_id"),
    ("处理文号", "sanction_number"),
    ("报告时间", "create_time"),
    ("更新时间", "update_time"),
    ("适用规则", "policy_pack"),
];

pub async fn run(register: Register, global: &Global) -> Result<(), Failure> {
    let count = write(&global.caller().await?, register.of, &register.output).await?;
    let file = register.output.display().to_string();
    global.output().say(&json!({ "file": file, "rows": count }), || format!("{file}: {count} rows"));
    Ok(())
}

/// Writes a register to a file; gives the number of its rows.
pub async fn write(caller: &Caller, of: Of, file: &Path) -> Result<usize, Failure> {
    let (title, columns, rows) = match of {
        Of::Requests => ("共享申请台账", REQUESTS, requests(caller).await?),
        Of::Agreements => ("共享交换协议台账", AGREEMENTS, agreements(caller).await?),
        Of::Entries => ("政务信息资源目录台账", ENTRIES, entries(caller).await?),
        Of::Deliveries => ("数据交付台账", DELIVERIES, deliveries(caller).await?),
        Of::Feedback => ("使用情况反馈台账", FEEDBACK, feedback(caller).await?),
        Of::SelfEvaluations => ("自评估台账", SELF_EVALUATIONS, self_evaluations(caller).await?),
        Of::Violations => ("违规处理台账", VIOLATIONS, violations(caller).await?),
    };
    let workbook = workbook(title, columns, &rows).map_err(Failure::local)?;
    std::fs::write(file, workbook).map_err(|error| Failure::file("write", file, error))?;
    Ok(rows.len())
}

macro_rules! rows {
    ($name:ident, $columns:ident, $package:ident, $client:ident, $method:ident, $request:ident, $response:ident, $of:ident) => {
        async fn $name(caller: &Caller) -> Result<Vec<Vec<String>>, Failure> {
            let ($of, next_page_token) = pages(0, |page_size, page_token| {
                let mut client = caller.$client();
                let wanted = $package::v1::$request { page_size, page_token, ..Default::default() };
                async move {
                    let page = client.$method(wanted).await?.into_inner();
                    Ok((page.$of, page.next_page_token))
                }
            })
            .await?;
            let fields: Vec<&str> = $columns.iter().map(|(_, field)| *field).collect();
            let reply = $package::v1::$response { $of, next_page_token };
            Ok(cells(&reply, stringify!($of), &fields))
        }
    };
}

rows!(
    requests,
    REQUESTS,
    access_request,
    access_requests,
    list_access_requests,
    ListAccessRequestsRequest,
    ListAccessRequestsResponse,
    access_requests
);
rows!(
    agreements,
    AGREEMENTS,
    agreement,
    agreements,
    list_agreements,
    ListAgreementsRequest,
    ListAgreementsResponse,
    agreements
);
rows!(entries, ENTRIES, catalog, entries, list_entries, ListEntriesRequest, ListEntriesResponse, entries);
rows!(
    deliveries,
    DELIVERIES,
    exchange,
    exchange,
    list_deliveries,
    ListDeliveriesRequest,
    ListDeliveriesResponse,
    deliveries
);

rows!(
    feedback,
    FEEDBACK,
    evaluation,
    feedback,
    list_feedback,
    ListFeedbackRequest,
    ListFeedbackResponse,
    feedback
);
rows!(
    self_evaluations,
    SELF_EVALUATIONS,
    evaluation,
    self_evaluations,
    list_self_evaluations,
    ListSelfEvaluationsRequest,
    ListSelfEvaluationsResponse,
    self_evaluations
);
rows!(
    violations,
    VIOLATIONS,
    evaluation,
    violations,
    list_violations,
    ListViolationsRequest,
    ListViolationsResponse,
    violations
);

/// A sheet with a bold, frozen heading, a filter over it, and every cell as text: a number such as `2026-000001` or a
/// leading `=` stays what it is.
fn workbook(title: &str, columns: &[Column], rows: &[Vec<String>]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name(title)?;
    let heading = Format::new().set_bold();
    for (column, (name, _)) in (0..).zip(columns) {
        sheet.write_string_with_format(0, column, *name, &heading)?;
        sheet.set_column_width(column, 18)?;
    }
    for (number, row) in (1..).zip(rows) {
        for (column, cell) in (0..).zip(row) {
            // The format holds 32,767 characters in a cell.
            let cell: String = cell.chars().take(32_767).collect();
            sheet.write_string(number, column, cell)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    if let (Some(last_row), Some(last_column)) = (
        u32::try_from(rows.len()).ok(),
        u16::try_from(columns.len()).ok().and_then(|count| count.checked_sub(1)),
    ) {
        sheet.autofilter(0, 0, last_row, last_column)?;
    }
    workbook.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, Reader, Xlsx};
    use govshare_proto::access_request::v1 as pb;

    use super::*;
    use crate::output::CONTRACTS;

    #[test]
    fn every_column_is_a_field_of_the_contract() {
        for (message, columns) in [
            ("access_request.v1.AccessRequest", REQUESTS),
            ("agreement.v1.Agreement", AGREEMENTS),
            ("catalog.v1.Entry", ENTRIES),
            ("exchange.v1.Delivery", DELIVERIES),
            ("evaluation.v1.Feedback", FEEDBACK),
            ("evaluation.v1.SelfEvaluation", SELF_EVALUATIONS),
            ("evaluation.v1.Violation", VIOLATIONS),
        ] {
            for (heading, path) in columns {
                let mut kind = CONTRACTS.get_message_by_name(&format!("govshare.{message}"));
                for name in path.split('.') {
                    let field = kind.as_ref().and_then(|kind| kind.get_field_by_name(name));
                    let field = field.unwrap_or_else(|| panic!("{message}: {heading}: no field {path}"));
                    kind = field.kind().as_message().cloned();
                }
            }
        }
    }

    #[test]
    fn a_spreadsheet_program_reads_the_register_as_it_was_written() {
        let request = pb::AccessRequest {
            case_number: "2026-000001".to_owned(),
            entry_title: "=1+1".to_owned(),
            state: pb::AccessRequestState::Submitted.into(),
            ..Default::default()
        };
        let reply =
            pb::ListAccessRequestsResponse { access_requests: vec![request], next_page_token: String::new() };
        let fields: Vec<&str> = REQUESTS.iter().map(|(_, field)| *field).collect();
        let rows = cells(&reply, "access_requests", &fields);
        let bytes = workbook("共享申请台账", REQUESTS, &rows).expect("a workbook");
        let mut read: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("readable");
        let sheet = read.worksheet_range("共享申请台账").expect("the sheet");
        let cell = |row, column| sheet.get_value((row, column)).cloned().unwrap_or(Data::Empty);
        assert_eq!(cell(0, 0), Data::String("编号".to_owned()));
        assert_eq!(cell(1, 0), Data::String("2026-000001".to_owned()));
        assert_eq!(cell(1, 4), Data::String("=1+1".to_owned()));
        assert_eq!(cell(1, 8), Data::String("SUBMITTED".to_owned()));
    }
}
