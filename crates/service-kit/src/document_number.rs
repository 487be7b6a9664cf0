//! Document numbers (文号): one count without gaps for each unit, series and year, taken in the transaction that
//! writes the document.

use std::fmt;

use govshare_model::calendar::shanghai_date;
use govshare_model::id::UnitId;

use crate::database::Tx;
use crate::failure::Failure;

/// A number as it is printed, e.g. `教委申〔2026〕12号`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentNumber {
    /// 机关代字: the unit's short name.
    pub prefix: String,
    /// Character of the series, e.g. `申` for applications.
    pub series: &'static str,
    pub year: i32,
    /// From 1.
    pub number: i64,
}

impl fmt::Display for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { prefix, series, year, number } = self;
        write!(f, "{prefix}{series}〔{year}〕{number}号")
    }
}

impl Tx {
    /// The next number of `unit` in `series` in this year of Asia/Shanghai. It counts if this transaction commits;
    /// until then others of the same unit and series wait, so take it late. A series belongs to one service.
    pub async fn next_document_number(
        &mut self,
        unit: &UnitId,
        prefix: &str,
        series: &'static str,
    ) -> Result<DocumentNumber, Failure> {
        let year = shanghai_date(self.now()).year();
        let number = sqlx::query_scalar(
            "INSERT INTO document_numbers AS counted (unit, series, year, last) VALUES ($1, $2, $3, 1) \
             ON CONFLICT (unit, series, year) DO UPDATE SET last = counted.last + 1 RETURNING last",
        )
        .bind(unit.as_str())
        .bind(series)
        .bind(year)
        .fetch_one(&mut **self)
        .await?;
        Ok(DocumentNumber { prefix: prefix.to_owned(), series, year, number })
    }
}
