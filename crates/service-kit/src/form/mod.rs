//! Printable forms (申请单, 反馈表, 书面说明): labels and values of a record as one HTML page for A4, which needs
//! nothing from elsewhere.

use std::sync::LazyLock;

use aws_lc_rs::digest;
use govshare_model::pack::{Article, Pack};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, context};
use serde::Serialize;
use time::Date;

/// Media type of [`Form::html`].
pub const MEDIA_TYPE: &str = "text/html; charset=utf-8";

/// A form filled from a record; empty values print as an empty cell, to be filled in by hand.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Form {
    /// 标题.
    pub title: String,
    /// 编号 or 文号; empty: none.
    pub number: String,
    pub rows: Vec<Row>,
    /// Who signs and seals, e.g. `申请单位（盖章）`.
    pub seals: Vec<String>,
    /// Where the form comes from, e.g. `依据西政办发〔2014〕14号第二十六条`.
    pub basis: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub label: String,
    pub value: String,
}

/// A form as a service gives it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Print {
    /// The page.
    pub content: Vec<u8>,
    pub content_type: &'static str,
    /// Of `content`, in lower-case hexadecimal.
    pub sha256: String,
    /// Title and number, e.g. `书面说明 教委说〔2026〕3号.html`.
    pub file_name: String,
}

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("form", include_str!("form.html")).expect("a test renders it");
    environment
});

/// A day as official documents write it, e.g. `2026年3月3日`.
pub fn day(date: Date) -> String {
    format!("{}年{}月{}日", date.year(), u8::from(date.month()), date.day())
}

/// Where a form comes from by the pack of its case, `依据《…》（西政办发〔2014〕14号）第二十六条第（二）项`; no article where the
/// text has none for it.
pub fn basis(pack: &Pack, article: Option<&Article>) -> String {
    let cited =
        article.map(|article| match article.within_its_text().trim_end_matches(')').split_once('(') {
            Some((number, item)) => format!("第{}条第（{}）项", in_words(number), in_words(item)),
            None => format!("第{}条", in_words(article.within_its_text())),
        });
    format!("依据《{}》（{}）{}", pack.title.zh, pack.number, cited.unwrap_or_default())
}

/// A number below 100 as laws write it.
fn in_words(number: &str) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    match number.parse::<usize>() {
        Ok(number @ 1..=9) => DIGITS[number].to_owned(),
        Ok(number @ 10..=19) => format!("十{}", DIGITS[number - 10]),
        Ok(number @ 20..=99) => format!("{}十{}", DIGITS[number / 10], DIGITS[number % 10]),
        _ => number.to_owned(),
    }
}

impl Form {
    #[must_use]
    pub fn row(mut self, label: &str, value: impl ToString) -> Self {
        self.rows.push(Row { label: label.to_owned(), value: value.to_string() });
        self
    }

    /// The page, in UTF-8.
    pub fn html(&self) -> String {
        let template = TEMPLATES.get_template("form").expect("it was added above");
        template.render(context! { form => Serde(self) }).expect("every variable of the template is given")
    }

    pub fn print(&self) -> Print {
        let content = self.html().into_bytes();
        let sha256 = hex::encode(digest::digest(&digest::SHA256, &content));
        let name = format!("{} {}", self.title, self.number);
        let file_name = format!("{}.html", name.trim());
        Print { content, content_type: MEDIA_TYPE, sha256, file_name }
    }
}
