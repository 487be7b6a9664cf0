//! The report as a workbook: results, months, and what they were computed from.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};
use service_kit::Failure;

use crate::procedure::yearly_evaluation::YearlyEvaluation;

pub fn render(evaluation: &YearlyEvaluation) -> Result<Vec<u8>, Failure> {
    write(evaluation).map_err(Failure::internal)
}

fn write(evaluation: &YearlyEvaluation) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // The day of the evaluation and not of its rendering, so that the same evaluation gives the same bytes.
    let created = ExcelDateTime::from_timestamp(evaluation.head.created.unix_timestamp())?;
    let title = format!("政务信息资源共享年度考评（{}年度）", evaluation.year);
    workbook.set_properties(&DocProperties::new().set_title(title).set_creation_datetime(&created));
    let head = Format::new().set_bold().set_text_wrap().set_align(FormatAlign::VerticalCenter);
    let points = Format::new().set_num_format("0.00");
    results(workbook.add_worksheet(), evaluation, &head, &points)?;
    months(workbook.add_worksheet(), evaluation, &head)?;
    basis(workbook.add_worksheet(), evaluation, &head)?;
    workbook.save_to_buffer()
}

fn results(
    sheet: &mut Worksheet,
    evaluation: &YearlyEvaluation,
    head: &Format,
    points: &Format,
) -> Result<(), XlsxError> {
    sheet.set_name("考评结果")?.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    sheet.set_freeze_panes(1, 2)?;
    for (column, text) in (0..).zip(["名次", "单位", "单位代码", "总分", "共享突出"]) {
        sheet.write_with_format(0, column, text, head)?;
    }
    for (column, weight) in (5..).step_by(2).zip(&evaluation.scheme.weights) {
        let title = weight.measure.chinese();
        sheet.write_with_format(0, column, format!("{title}（率，%）"), head)?;
        sheet.write_with_format(0, column + 1, format!("{title}（得分，权重{}）", weight.weight), head)?;
    }
    sheet.set_column_width(1, 32)?.set_column_width(2, 20)?;
    for (row, result) in (1..).zip(&evaluation.computation.results) {
        if let Some(rank) = result.rank {
            sheet.write(row, 0, rank)?;
        }
        sheet.write(row, 1, &result.name)?.write(row, 2, result.unit.as_str())?;
        if let Some(total) = result.total {
            sheet.write_with_format(row, 3, f64::from(total) / 100.0, points)?;
        }
        sheet.write(row, 4, if result.outstanding { "是" } else { "" })?;
        for (column, one) in (5..).step_by(2).zip(&result.measured) {
            for (column, value) in [(column, one.rate), (column + 1, one.score)] {
                if let Some(value) = value {
                    sheet.write_with_format(row, column, f64::from(value) / 100.0, points)?;
                }
            }
        }
    }
    Ok(())
}

fn months(sheet: &mut Worksheet, evaluation: &YearlyEvaluation, head: &Format) -> Result<(), XlsxError> {
    sheet.set_name("分月情况")?.set_paper_size(9).set_print_fit_to_pages(1, 0);
    sheet.set_freeze_panes(1, 0)?.set_column_width(0, 32)?;
    for (column, text) in (0..).zip(["单位", "月份", "收到申请", "按期答复", "逾期", "交付"])
    {
        sheet.write_with_format(0, column, text, head)?;
    }
    let mut row = 1;
    for result in &evaluation.computation.results {
        for (month, figures) in (1_u8..).zip(&result.months) {
            sheet.write(row, 0, &result.name)?.write(row, 1, month)?;
            let numbers = [figures.received, figures.in_time, figures.overdue, figures.deliveries];
            for (column, number) in (2..).zip(numbers) {
                sheet.write(row, column, number)?;
            }
            row += 1;
        }
    }
    Ok(())
}

fn basis(sheet: &mut Worksheet, evaluation: &YearlyEvaluation, head: &Format) -> Result<(), XlsxError> {
    sheet.set_name("计算依据")?.set_paper_size(9).set_column_width(0, 24)?.set_column_width(1, 70)?;
    let computation = &evaluation.computation;
    let mut lines = vec![
        ("年度".to_owned(), evaluation.year.to_string()),
        ("考评编号".to_owned(), evaluation.head.id.to_string()),
        ("审计日志位置（不含）".to_owned(), computation.feed_position.to_string()),
        ("结果 SHA-256".to_owned(), computation.digest.clone()),
        ("共享应用满分交付次数".to_owned(), evaluation.scheme.full_use.to_string()),
        ("共享突出起始总分".to_owned(), super::mark(evaluation.scheme.outstanding_from)),
    ];
    let weights = evaluation.scheme.weights.iter();
    lines.extend(
        weights.map(|weight| (format!("权重：{}", weight.measure.chinese()), weight.weight.to_string())),
    );
    for (row, (name, value)) in (0..).zip(&lines) {
        sheet.write_with_format(row, 0, name, head)?.write(row, 1, value)?;
    }
    Ok(())
}
