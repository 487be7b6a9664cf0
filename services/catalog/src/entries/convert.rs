//! Content between contract and domain: parsed into the one form that is stored, so that equal contents have
//! equal bytes.

use govshare_model::pack::{Assessment, EntryField, Pack};
use govshare_proto::catalog::v1 as pb;
use govshare_proto::google::r#type::Date;
use prost::Message;
use service_kit::Violations;
use service_kit::validate::date_to_proto;

use super::content::{Content, Outline, Sensitivity, Sharing, Statement, Unlistable};
use super::error::violation;

/// Content as parsed: what the rules look at, and the bytes to store.
pub struct Parsed {
    outline: Outline,
    encoded: Vec<u8>,
}

impl Parsed {
    /// The content, if it can be listed. Where fields are wrong anyway, `violations` hears of what contradicts, too.
    pub fn check(self, pack: Option<&Pack>, violations: &mut Violations) -> Result<Content, Unlistable> {
        let content = Content::new(self.outline, self.encoded, pack.map(|pack| &pack.confidentiality));
        if let Err(unlistable) = &content
            && !violations.is_empty()
        {
            let (field, problem) = violation(*unlistable);
            violations.add(field, problem);
        }
        content
    }
}

/// Parses content; `violations` hears of every bad field.
pub fn content(content: Option<pb::EntryContent>, violations: &mut Violations) -> Parsed {
    violations.check(content.is_some(), "content", "is required / 必填");
    let mut content = content.unwrap_or_default();
    texts(&mut content, violations);
    lists(&mut content, violations);
    items(&mut content.items, violations);
    content.issue_date = date("content.issue_date", content.issue_date, violations);
    content.modify_date = date("content.modify_date", content.modify_date, violations);
    violations.known::<pb::PublicOpenness>("content.public_openness", content.public_openness);
    violations.known::<pb::UpdateCycle>("content.update_cycle", content.update_cycle);
    let sensitivities = sensitivities(&mut content.sensitivities, violations);
    let sharing =
        violations.known::<pb::SharingType>("content.sharing_type", content.sharing_type).and_then(sharing);
    Parsed {
        outline: Outline {
            title: content.title.clone(),
            sharing,
            has_conditions: !content.sharing_conditions.is_empty(),
            sensitivities,
        },
        encoded: content.encode_to_vec(),
    }
}

fn texts(content: &mut pb::EntryContent, violations: &mut Violations) {
    let mut trim = |field: &str, text: &mut String, min, max| *text = violations.text(field, text, min, max);
    trim("content.title", &mut content.title, 1, 500);
    trim("content.abstract", &mut content.r#abstract, 0, 10_000);
    trim("content.resource_code", &mut content.resource_code, 0, 100);
    trim("content.sharing_conditions", &mut content.sharing_conditions, 0, 2_000);
    trim("content.sharing_mode", &mut content.sharing_mode, 0, 200);
    trim("content.open_conditions", &mut content.open_conditions, 0, 2_000);
    trim("content.update_cycle_words", &mut content.update_cycle_words, 0, 100);
    trim("content.grading", &mut content.grading, 0, 100);
    let assessment = &mut content.personal_information_assessment;
    trim("content.personal_information_assessment", assessment, 0, 2_000);
    trim("content.source_uri", &mut content.source_uri, 0, 2_000);
    if !content.source_uri.is_empty() && url::Url::parse(&content.source_uri).is_err() {
        violations.add("content.source_uri", "must be an absolute URI / 须为绝对网址");
    }
}

fn lists(content: &mut pb::EntryContent, violations: &mut Violations) {
    words("content.themes", &mut content.themes, 20, violations);
    words("content.keywords", &mut content.keywords, 50, violations);
    words("content.related_codes", &mut content.related_codes, 100, violations);
    at_most("content.formats", content.formats.len(), 20, violations);
    for format in &mut content.formats {
        format.r#type = violations.text("content.formats.type", &format.r#type, 1, 50);
        violations.known::<pb::FormatClass>("content.formats.format_class", format.format_class);
    }
    at_most("content.extras", content.extras.len(), 50, violations);
    let extras = std::mem::take(&mut content.extras);
    let count = extras.len();
    content.extras = extras
        .into_iter()
        .map(|(key, value)| {
            let key = violations.text("content.extras", &key, 1, 100);
            (key, violations.text("content.extras", &value, 0, 2_000))
        })
        .collect();
    violations.check(content.extras.len() == count, "content.extras", "names a header twice / 表头重复");
}

fn words(field: &str, words: &mut [String], most: usize, violations: &mut Violations) {
    at_most(field, words.len(), most, violations);
    for word in words {
        *word = violations.text(field, word, 1, 100);
    }
}

fn items(items: &mut [pb::Item], violations: &mut Violations) {
    at_most("content.items", items.len(), 1_000, violations);
    for item in items.iter_mut() {
        item.name = violations.text("content.items.name", &item.name, 1, 200);
        item.data_type = violations.text("content.items.data_type", &item.data_type, 0, 50);
        item.length = violations.text("content.items.length", &item.length, 0, 50);
    }
    let mut names: Vec<_> = items.iter().map(|item| item.name.as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        violations.add("content.items.name", format!("names {:?} twice / 信息项重复", twice[0]));
    }
}

fn at_most(field: &str, count: usize, most: usize, violations: &mut Violations) {
    if count > most {
        violations.add(field, format!("must not be more than {most}, is {count} / 不得超过{most}项"));
    }
}

fn date(field: &str, date: Option<Date>, violations: &mut Violations) -> Option<Date> {
    violations.date(field, date.as_ref()).map(date_to_proto)
}

fn sensitivities(values: &mut Vec<i32>, violations: &mut Violations) -> Vec<Sensitivity> {
    values.sort_unstable();
    values.dedup();
    let parse = |value: &i32| match pb::Sensitivity::try_from(*value) {
        Ok(pb::Sensitivity::StateSecret) => Some(Sensitivity::StateSecret),
        Ok(pb::Sensitivity::WorkSecret) => Some(Sensitivity::WorkSecret),
        Ok(pb::Sensitivity::TradeSecret) => Some(Sensitivity::TradeSecret),
        Ok(pb::Sensitivity::PersonalPrivacy) => Some(Sensitivity::PersonalPrivacy),
        Ok(pb::Sensitivity::ProviderSensitive) => Some(Sensitivity::ProviderSensitive),
        Ok(pb::Sensitivity::Unspecified) | Err(_) => {
            violations.add("content.sensitivities", format!("{value} is not a ground of art. 31 / 取值无效"));
            None
        }
    };
    values.iter().filter_map(parse).collect()
}

/// What a content states, of what packs may require.
pub fn statements(content: &pb::EntryContent) -> Vec<Statement> {
    use EntryField::*;
    let has_cycle = content.update_cycle() != pb::UpdateCycle::Unspecified;
    let stated = [
        (Title, !content.title.is_empty()),
        (Abstract, !content.r#abstract.is_empty()),
        (Items, !content.items.is_empty()),
        (Format, !content.formats.is_empty()),
        (UpdateFrequency, has_cycle || !content.update_cycle_words.is_empty()),
        (SharingClass, content.sharing_type() != pb::SharingType::Unspecified),
        (SharingMode, !content.sharing_mode.is_empty()),
        (SharingConditions, !content.sharing_conditions.is_empty()),
        (Grading, !content.grading.is_empty()),
    ];
    let fields = stated.into_iter().filter_map(|(field, is)| is.then_some(Statement::Field(field)));
    let assessed = !content.personal_information_assessment.is_empty();
    let assessment = Statement::Assessment(Assessment::PersonalInformation);
    fields.chain(assessed.then_some(assessment)).collect()
}

/// `None` for the type that is not yet said.
pub fn sharing(sharing: pb::SharingType) -> Option<Sharing> {
    match sharing {
        pb::SharingType::Unspecified => None,
        pb::SharingType::Unconditional => Some(Sharing::Unconditional),
        pb::SharingType::Conditional => Some(Sharing::Conditional),
        pb::SharingType::Withheld => Some(Sharing::Withheld),
    }
}

/// The stored name of a version's state; `None` for any.
pub fn version_state_name(state: pb::EntryVersionState) -> Option<&'static str> {
    use pb::EntryVersionState::*;
    match state {
        Unspecified => None,
        Draft => Some("DRAFT"),
        InReview => Some("IN_REVIEW"),
        Rejected => Some("REJECTED"),
        Registered => Some("REGISTERED"),
        Approved => Some("APPROVED"),
        Published => Some("PUBLISHED"),
        Superseded => Some("SUPERSEDED"),
    }
}
