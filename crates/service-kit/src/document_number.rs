//! Document numbers (文号): one count without gaps for each unit, series and year, taken in the transaction that
//! writes the document.

use std::fmt;

use govshare_model::calendar::shanghai_date;
use govshare_model::id::UnitId;

use crate::database::Tx;
use crate::failure::Failure;

/// The series of the district's documents. Each belongs to one service, as each service counts for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Series {
    /// 申请单 (art. 26), access-request's.
    Application,
    /// 答复 (art. 26), access-request's.
    Answer,
    /// 书面说明 on a superior body's refusal (art. 27), access-request's.
    SuperiorStatement,
    /// 三方共享交换协议 (art. 26), agreement's.
    Agreement,
    /// 书面说明 of what cannot be listed (art. 16), the catalogue's.
    Explanation,
    /// 反馈表 (art. 28), evaluation's.
    Feedback,
    /// 核实答复 to a form (art. 28), evaluation's.
    FeedbackAnswer,
    /// 自评估 (art. 32), evaluation's.
    SelfEvaluation,
    /// 认定 and 处理 of violations (art. 34), evaluation's.
    Violation,
}

impl Series {
    pub const ALL: [Series; 9] = [
        Self::Application,
        Self::Answer,
        Self::SuperiorStatement,
        Self::Agreement,
        Self::Explanation,
        Self::Feedback,
        Self::FeedbackAnswer,
        Self::SelfEvaluation,
        Self::Violation,
    ];

    /// What stands for it in a number.
    pub fn character(self) -> char {
        match self {
            Self::Application => '申',
            Self::Answer => '复',
            Self::SuperiorStatement => '函',
            Self::Agreement => '协',
            Self::Explanation => '说',
            Self::Feedback => '馈',
            Self::FeedbackAnswer => '核',
            Self::SelfEvaluation => '评',
            Self::Violation => '处',
        }
    }
}

/// A number as it is printed, e.g. `教委申〔2026〕12号`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentNumber {
    /// 机关代字: the unit's short name.
    pub prefix: String,
    pub series: Series,
    pub year: i32,
    /// From 1.
    pub number: i64,
}

impl fmt::Display for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { prefix, series, year, number } = self;
        let series = series.character();
        write!(f, "{prefix}{series}〔{year}〕{number}号")
    }
}

impl Tx {
    /// The next number of `unit` in `series` in this year of Asia/Shanghai. It counts if this transaction commits;
    /// until then others of the same unit and series wait, so take it late.
    pub async fn next_document_number(
        &mut self,
        unit: &UnitId,
        prefix: &str,
        series: Series,
    ) -> Result<DocumentNumber, Failure> {
        let year = shanghai_date(self.now()).year();
        let number = sqlx::query_scalar(
            "INSERT INTO document_numbers AS counted (unit, series, year, last) VALUES ($1, $2, $3, 1) \
             ON CONFLICT (unit, series, year) DO UPDATE SET last = counted.last + 1 RETURNING last",
        )
        .bind(unit.as_str())
        .bind(series.character().to_string())
        .bind(year)
        .fetch_one(&mut **self)
        .await?;
        Ok(DocumentNumber { prefix: prefix.to_owned(), series, year, number })
    }
}
