//! The documents that the parties sign, as self-contained HTML that prints on A4. Rendering is a pure function of what
//! was agreed; it runs once for an agreement, and the bytes are what counts from then on.

use std::sync::LazyLock;

use govshare_model::id::AgreementId;
use govshare_model::pack::DeliveryMode;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;
use service_kit::form::day;
use time::Date;

use crate::agreement::lifecycle::{Replacement, ReplacementKind};
use crate::agreement::{Document, DocumentKind, Parties, Rendered};
use crate::case::{Ground, Matter, Party};
use crate::terms::Terms;

/// Media type of the documents that are rendered now; what was rendered before keeps its own.
pub const MEDIA_TYPE: &str = "text/html; charset=utf-8";

/// The wording: `<document>.html` for any pack, `<pack>/<document>.html` with the articles of one.
static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, text) in [
        ("page.html", include_str!("../templates/page.html")),
        ("agreement.html", include_str!("../templates/agreement.html")),
        ("confidentiality.html", include_str!("../templates/confidentiality.html")),
        ("xicheng-2014/agreement.html", include_str!("../templates/xicheng-2014/agreement.html")),
        ("xicheng-2014/confidentiality.html", include_str!("../templates/xicheng-2014/confidentiality.html")),
        ("national-2025/agreement.html", include_str!("../templates/national-2025/agreement.html")),
    ] {
        templates.add_template(name, text).expect("a test renders every template");
    }
    templates
});

/// All that stands in the documents. The agreement's id is among it: signatures under a cancelled agreement are worth
/// nothing under the next one.
#[derive(Debug, Clone, Copy)]
pub struct Contents<'c> {
    pub id: AgreementId,
    pub matter: &'c Matter<'c>,
    pub terms: &'c Terms,
    pub replaces: Option<&'c Replacement>,
    /// Day of drafting, Asia/Shanghai.
    pub drafted: Date,
}

/// The agreement, and the confidentiality agreement where the resource has grounds for it (art. 31).
pub fn render(contents: &Contents<'_>, parties: &Parties) -> Vec<Rendered> {
    let mut kinds = vec![DocumentKind::Agreement];
    if !contents.matter.grounds().is_empty() {
        kinds.push(DocumentKind::Confidentiality);
    }
    let page = Page::of(contents);
    let rendered = |kind: DocumentKind| {
        let content = page.render(kind).into_bytes();
        let document = Document {
            kind,
            media_type: MEDIA_TYPE.to_owned(),
            sha256: sha256(&content),
            size: content.len() as i64,
            signatories: kind.signatories(parties),
        };
        Rendered { document, content }
    };
    kinds.into_iter().map(rendered).collect()
}

/// Lower-case hexadecimal SHA-256.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes))
}

/// What the templates read. Text of the parties comes as its lines.
#[derive(Serialize)]
struct Page {
    #[serde(skip)]
    pack: String,
    law: Law,
    agreement: String,
    number: String,
    case_number: String,
    case: String,
    drafted: String,
    replaces: Option<Replaced>,
    applicant: Named,
    provider: Named,
    info_office: Named,
    /// The info office is itself the applicant or provider.
    office_is_party: bool,
    title: String,
    entry: String,
    entry_version: i32,
    items: Vec<String>,
    purpose: Vec<String>,
    conditions: Vec<String>,
    delivery: Vec<String>,
    delivery_mode: Option<&'static str>,
    frequency: String,
    give_back: Vec<GivenBack>,
    valid_from: String,
    valid_until: String,
    retention: Vec<String>,
    disposal_days: u16,
    grounds: Vec<&'static str>,
    mending_term: bool,
    termination_filed: bool,
    usage_recorded: bool,
    /// Working days from the consent to the delivery.
    delivered_within: Option<u16>,
}

#[derive(Serialize)]
struct Law {
    title: String,
    number: String,
}

#[derive(Serialize)]
struct Named {
    name: String,
    unit: String,
}

#[derive(Serialize)]
struct Replaced {
    agreement: String,
    word: &'static str,
}

#[derive(Serialize)]
struct GivenBack {
    what: String,
    scope: String,
    time: String,
}

impl Page {
    fn of(contents: &Contents<'_>) -> Self {
        let Contents { id, matter, terms, replaces, drafted } = contents;
        let Matter { case, resource, parties, pack, number } = matter;
        let ids = parties.ids();
        let rules = &pack.agreement;
        Self {
            pack: pack.id.clone(),
            law: Law { title: pack.title.zh.clone(), number: pack.number.clone() },
            agreement: id.to_string(),
            number: line(number),
            case_number: line(&case.number),
            case: case.id.to_string(),
            drafted: day(*drafted),
            replaces: replaces.map(|replaced| Replaced {
                agreement: replaced.agreement.to_string(),
                word: match replaced.kind {
                    ReplacementKind::Amendment => "变更",
                    ReplacementKind::Renewal => "续签",
                },
            }),
            office_is_party: ids.info_office == ids.applicant || ids.info_office == ids.provider,
            applicant: Named::of(&parties.applicant),
            provider: Named::of(&parties.provider),
            info_office: Named::of(&parties.info_office),
            title: line(&resource.title),
            entry: case.entry.to_string(),
            entry_version: case.entry_version,
            items: terms.items.iter().map(|item| line(item)).collect(),
            purpose: lines(&terms.purpose),
            conditions: lines(&case.conditions),
            delivery: lines(&terms.delivery),
            delivery_mode: terms.delivery_mode.map(mode),
            frequency: line(&terms.frequency),
            give_back: terms
                .give_back
                .iter()
                .map(|given| GivenBack {
                    what: line(&given.what),
                    scope: line(&given.scope),
                    time: line(&given.time),
                })
                .collect(),
            valid_from: day(terms.valid_from),
            valid_until: day(terms.valid_until),
            retention: lines(&terms.retention),
            disposal_days: terms.disposal_days,
            grounds: contents.matter.grounds().into_iter().map(words).collect(),
            mending_term: rules.suspension_term_required.value,
            termination_filed: rules.termination_filed.value,
            usage_recorded: pack.usage.record_required.value,
            delivered_within: pack.delivery.working_days.as_ref().map(|days| days.value),
        }
    }

    fn render(&self, kind: DocumentKind) -> String {
        let general = format!("{}.html", kind.as_str());
        let template = TEMPLATES
            .get_template(&format!("{}/{general}", self.pack))
            .or_else(|_| TEMPLATES.get_template(&general))
            .expect("every kind of document has a template");
        template.render(Serde(self)).expect("a test renders every template")
    }
}

impl Named {
    fn of(party: &Party) -> Self {
        Self { name: line(&party.name), unit: party.unit.to_string() }
    }
}

fn mode(mode: DeliveryMode) -> &'static str {
    match mode {
        DeliveryMode::Interface => "服务接口",
        DeliveryMode::Batch => "批量交换",
        DeliveryMode::File => "文件",
        DeliveryMode::AsAgreed => "双方约定的其他方式（平台外）",
    }
}

fn words(ground: Ground) -> &'static str {
    match ground {
        Ground::WorkSecret => "工作秘密",
        Ground::TradeSecret => "商业秘密",
        Ground::PersonalPrivacy => "个人隐私",
        Ground::ProviderSensitive => "共享信息提供方认为敏感的信息",
    }
}

/// Without characters that break or reorder lines unseen: what is signed reads the same everywhere.
fn plain(words: &str) -> String {
    let unseen = |c: char| {
        matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
            || (c.is_control() && c != '\n')
    };
    words.chars().map(|c| if c == '\t' { ' ' } else { c }).filter(|c| !unseen(*c)).collect()
}

fn line(words: &str) -> String {
    plain(words).replace('\n', " ")
}

fn lines(words: &str) -> Vec<String> {
    plain(words).lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
}
