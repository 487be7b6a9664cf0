//! A row of a catalogue file as the platform takes it, and the way back from a refused field to its column.

use std::collections::BTreeMap;

use govshare_proto::catalog::v1 as pb;

use crate::args::day_to_proto;
use crate::catalogue_file::{
    CatalogueRow, Field, FormatClass, Mapping, OpenToPublic, SharingType, UpdateCycle,
};

/// Headers of columns that name grounds of art. 31. The guideline has no such field, so they reach us as extras.
const GROUNDS_HEADERS: [&str; 5] = ["敏感情形", "敏感类型", "敏感依据", "涉敏情形", "保密依据"];
/// Under these headers the platform keeps what the guideline names and its contract has no field for.
const INDUSTRIES: &str = "所属行业";
const CREDIT_CODE: &str = "提供方代码";
/// What newer rules want an entry to state (decree 809, art. 13).
const GRADING: &str = "分类分级";
const PERSONAL_INFORMATION_ASSESSMENT: &str = "个人信息保护影响评估";

/// The row as it is sent.
pub fn to_proto(row: CatalogueRow) -> pb::RegisterEntriesRow {
    let mut extras = row.extras;
    let sensitivities = take_grounds(&mut extras);
    let industries = Some(row.industries.join("；")).filter(|text| !text.is_empty());
    for (name, value) in [(INDUSTRIES, industries), (CREDIT_CODE, row.credit_code)] {
        if let Some(value) = value {
            extras.entry(name.to_owned()).or_insert(value);
        }
    }
    let grading = extras.remove(GRADING).unwrap_or_default();
    let personal_information_assessment = extras.remove(PERSONAL_INFORMATION_ASSESSMENT).unwrap_or_default();
    let (update_cycle, update_cycle_words) = update_cycle(row.update_cycle);
    let content = pb::EntryContent {
        title: row.title,
        r#abstract: row.abstract_,
        resource_code: row.resource_code.unwrap_or_default(),
        themes: row.themes,
        formats: row
            .formats
            .into_iter()
            .map(|format| pb::Format { format_class: format_class(format.class).into(), r#type: format.name })
            .collect(),
        items: row
            .items
            .into_iter()
            .map(|item| pb::Item {
                name: item.name,
                data_type: item.data_type.unwrap_or_default(),
                length: item.length.unwrap_or_default(),
            })
            .collect(),
        sharing_type: row.sharing_type.map(pb::SharingType::from).unwrap_or_default().into(),
        sharing_conditions: row.sharing_conditions,
        sharing_mode: row.sharing_mode,
        public_openness: openness(row.open_to_public).into(),
        open_conditions: row.open_conditions,
        update_cycle: update_cycle.into(),
        update_cycle_words,
        issue_date: row.issued.map(day_to_proto),
        modify_date: row.modified.map(day_to_proto),
        keywords: row.keywords,
        related_codes: row.related_codes,
        source_uri: row.source_uri.unwrap_or_default(),
        grading,
        personal_information_assessment,
        sensitivities: sensitivities.into_iter().map(i32::from).collect(),
        extras,
    };
    pb::RegisterEntriesRow { source_key: row.identity, provider_name: row.provider, content: Some(content) }
}

/// Grounds of art. 31 that an extra names; a cell with a word that is none of them stays an extra as well.
fn take_grounds(extras: &mut BTreeMap<String, String>) -> Vec<pb::Sensitivity> {
    let mut grounds = Vec::new();
    for header in GROUNDS_HEADERS {
        let Some(cell) = extras.get(header) else { continue };
        let words = cell.split(['、', '，', ',', '；', ';', '|', '\n']).map(str::trim);
        let read: Vec<Option<pb::Sensitivity>> = words.filter(|word| !word.is_empty()).map(ground).collect();
        if read.iter().all(Option::is_some) {
            extras.remove(header);
        }
        grounds.extend(read.into_iter().flatten());
    }
    grounds.sort_by_key(|ground| i32::from(*ground));
    grounds.dedup();
    grounds
}

fn ground(word: &str) -> Option<pb::Sensitivity> {
    match word {
        "国家秘密" | "涉密" => Some(pb::Sensitivity::StateSecret),
        "商业秘密" => Some(pb::Sensitivity::TradeSecret),
        "个人隐私" | "个人信息" => Some(pb::Sensitivity::PersonalPrivacy),
        "敏感" | "提供方认为敏感" | "敏感信息" => Some(pb::Sensitivity::ProviderSensitive),
        _ => None,
    }
}

impl From<SharingType> for pb::SharingType {
    fn from(sharing_type: SharingType) -> Self {
        match sharing_type {
            SharingType::Unconditional => Self::Unconditional,
            SharingType::Conditional => Self::Conditional,
            SharingType::Withheld => Self::Withheld,
        }
    }
}

fn openness(openness: Option<OpenToPublic>) -> pb::PublicOpenness {
    match openness {
        None => pb::PublicOpenness::Unspecified,
        Some(OpenToPublic::Unconditional) => pb::PublicOpenness::Unconditional,
        Some(OpenToPublic::Conditional) => pb::PublicOpenness::Conditional,
        Some(OpenToPublic::No) => pb::PublicOpenness::Closed,
    }
}

/// The enumerated cycle, or its words.
fn update_cycle(cycle: Option<UpdateCycle>) -> (pb::UpdateCycle, String) {
    let enumerated = match cycle {
        None => pb::UpdateCycle::Unspecified,
        Some(UpdateCycle::RealTime) => pb::UpdateCycle::RealTime,
        Some(UpdateCycle::Daily) => pb::UpdateCycle::Daily,
        Some(UpdateCycle::Weekly) => pb::UpdateCycle::Weekly,
        Some(UpdateCycle::Monthly) => pb::UpdateCycle::Monthly,
        Some(UpdateCycle::Quarterly) => pb::UpdateCycle::Quarterly,
        Some(UpdateCycle::HalfYearly) => pb::UpdateCycle::HalfYearly,
        Some(UpdateCycle::Yearly) => pb::UpdateCycle::Yearly,
        Some(UpdateCycle::Irregular) => pb::UpdateCycle::Irregular,
        Some(UpdateCycle::Words(words)) => return (pb::UpdateCycle::Unspecified, words),
    };
    (enumerated, String::new())
}

fn format_class(class: Option<FormatClass>) -> pb::FormatClass {
    match class {
        None => pb::FormatClass::Unspecified,
        Some(FormatClass::ElectronicFile) => pb::FormatClass::ElectronicFile,
        Some(FormatClass::Spreadsheet) => pb::FormatClass::Spreadsheet,
        Some(FormatClass::Database) => pb::FormatClass::Database,
        Some(FormatClass::Image) => pb::FormatClass::Image,
        Some(FormatClass::Stream) => pb::FormatClass::StreamingMedia,
        Some(FormatClass::SelfDescribed) => pb::FormatClass::SelfDescribing,
        Some(FormatClass::Service) => pb::FormatClass::ServiceInterface,
    }
}

/// The column that a refused field of a row comes from; the field's own name where no column holds it.
pub fn column(field: &str, mapping: &Mapping) -> String {
    let path = field.rsplit_once("content.").map_or(field, |(_, path)| path);
    let name = path.split(['[', '.']).next().unwrap_or(path);
    if name == "sensitivities" {
        let header = GROUNDS_HEADERS.into_iter().find(|header| mapping.columns.contains_key(*header));
        return header.unwrap_or(field).to_owned();
    }
    let known = match name {
        "provider_name" => Some(Field::Provider),
        "title" => Some(Field::Title),
        "abstract" => Some(Field::Abstract),
        "resource_code" => Some(Field::ResourceCode),
        "themes" => Some(Field::Theme),
        "formats" => Some(Field::Format),
        "items" => Some(Field::Items),
        "sharing_type" => Some(Field::SharingType),
        "sharing_conditions" => Some(Field::SharingConditions),
        "sharing_mode" => Some(Field::SharingMode),
        "public_openness" => Some(Field::OpenToPublic),
        "open_conditions" => Some(Field::OpenConditions),
        "update_cycle" | "update_cycle_words" => Some(Field::UpdateCycle),
        "issue_date" => Some(Field::Issued),
        "modify_date" => Some(Field::Modified),
        "keywords" => Some(Field::Keywords),
        "related_codes" => Some(Field::RelatedCodes),
        "source_uri" => Some(Field::SourceUri),
        _ => None,
    };
    known.and_then(|known| mapping.column(known)).unwrap_or(field).to_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::catalogue_file::{Source, propose};

    fn read(text: &str) -> (Vec<pb::RegisterEntriesRow>, Mapping) {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(text.as_bytes()).expect("disk");
        let source = Source::open(file.path()).expect("a catalogue");
        let mapping = propose(&source).mapping();
        let rows = source.rows(&mapping).expect("mapped");
        (rows.map(|row| to_proto(row.expect("a good row"))).collect(), mapping)
    }

    #[test]
    fn fields_enumerations_and_words_arrive_as_the_contract_has_them() {
        let (rows, _) = read(
            "名称,提供方,提供方代码,所属行业,格式,共享类型,开放属性,更新周期,发布日期,信息项,备注\n\
             人口,区卫生局,91350100M000100Y43,卫生,xlsx,有条件共享,无条件开放,每两年,2026-03-09,姓名、性别,甲\n",
        );
        let content = rows[0].content.clone().expect("content");
        assert_eq!((rows[0].provider_name.as_str(), content.title.as_str()), ("区卫生局", "人口"));
        assert!(!rows[0].source_key.is_empty());
        assert_eq!(content.sharing_type(), pb::SharingType::Conditional);
        assert_eq!(content.public_openness(), pb::PublicOpenness::Unconditional);
        let cycle = (content.update_cycle(), content.update_cycle_words.as_str());
        assert_eq!(cycle, (pb::UpdateCycle::Unspecified, "每两年"));
        assert_eq!(content.formats[0].format_class(), pb::FormatClass::Spreadsheet);
        assert_eq!(content.items.len(), 2);
        let extras: Vec<_> =
            content.extras.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(extras, [("备注", "甲"), ("所属行业", "卫生"), ("提供方代码", "91350100M000100Y43")]);
    }

    #[test]
    fn grounds_of_article_31_are_read_and_other_words_stay() {
        let (rows, _) = read(
            "名称,提供方,敏感情形\n甲,某局,个人隐私、商业秘密\n乙,某局,个人隐私；待定\n丙,某局,国家秘密\n丁,某局,\n",
        );
        let found: Vec<_> = rows
            .iter()
            .map(|row| {
                let content = row.content.as_ref().expect("content");
                (content.sensitivities().collect::<Vec<_>>(), content.extras.len())
            })
            .collect();
        use pb::Sensitivity::{PersonalPrivacy, StateSecret, TradeSecret};
        assert_eq!(
            found,
            [
                (vec![TradeSecret, PersonalPrivacy], 0),
                (vec![PersonalPrivacy], 1),
                (vec![StateSecret], 0),
                (vec![], 0),
            ]
        );
    }

    #[test]
    fn a_refused_field_is_told_by_the_offices_own_column() {
        let (_, mapping) = read("资源名称,责任单位,信息项名称,敏感情形\n甲,某局,姓名,无\n");
        assert_eq!(column("content.title", &mapping), "资源名称");
        assert_eq!(column("rows[3].content.items[0].name", &mapping), "信息项名称");
        assert_eq!(column("provider_name", &mapping), "责任单位");
        assert_eq!(column("content.sensitivities", &mapping), "敏感情形");
        assert_eq!(column("content.extras", &mapping), "content.extras");
    }
}
