//! Printable forms (申请单, 反馈表, 书面说明): labels and values of a record as one HTML page for A4, which needs
//! nothing from elsewhere.

use std::sync::LazyLock;

use aws_lc_rs::digest;
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
