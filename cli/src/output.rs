//! What a command says: a table for people, or one JSON object for programs (canonical proto JSON with the field
//! names of the contracts).

use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::sync::LazyLock;

use comfy_table::{ContentArrangement, Table, presets};
use govshare_proto::{
    access_request, agreement, attachment, audit, catalog, evaluation, exchange, security_review,
};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, ReflectMessage, SerializeOptions, Value};
use serde_json::Value as Json;
use time::{OffsetDateTime, UtcOffset};

/// The contracts, to show any message by its field names.
pub static CONTRACTS: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(govshare_proto::DESCRIPTORS).expect("the build made these descriptors")
});

/// A message that commands show.
pub trait Shown: Message {
    /// Full name in the contracts.
    const NAME: &'static str;
}

macro_rules! shown {
    ($($package:ident: $($message:ident),+;)+) => {
        $($(impl Shown for $package::v1::$message {
            const NAME: &'static str =
                concat!("govshare.", stringify!($package), ".v1.", stringify!($message));
        })+)+
        #[cfg(test)]
        const ALL_SHOWN: &[&str] = &[$($(<$package::v1::$message as Shown>::NAME),+),+];
    };
}

shown! {
    catalog: Unit, UnitKey, Entry, SharedDatabase, ListUnitsResponse, ListUnitKeysResponse, ListEntriesResponse,
        ListSharedDatabasesResponse, SearchEntriesResponse, DiffEntryVersionsResponse, ListEntryWarningsResponse,
        ListUpdateSchedulesResponse, UpdateSchedule, ItemFindings, ListClassificationNodesResponse, Explanation,
        ListExplanationsResponse, CollectionPlan, Regulation, ListRegulationsResponse, ArchiveRecord,
        ListArchiveRecordsResponse, ListAttachmentsResponse;
    attachment: Attachment;
    access_request: AccessRequest, ListAccessRequestsResponse, ListTasksResponse, PolicyPack, ListPolicyPacksResponse,
        DryRunPolicyPackResponse, HolidayNotice, ListHolidayNoticesResponse, Note, ListNotesResponse;
    agreement: Agreement, ListAgreementsResponse, OutsideDelivery, ListOutsideDeliveriesResponse, Disclosure,
        ListDisclosuresResponse;
    security_review: Restriction, ListRestrictionsResponse, SecrecyRules, ListSecrecyRulesResponse,
        InformationSystem, ListInformationSystemsResponse;
    exchange: DataVersion, Defect, ListDefectsResponse, CreateTicketResponse, ListDataVersionsResponse, ListDeliveriesResponse;
    audit: ListEventsResponse;
    evaluation: GetUnitIndicatorsResponse, ListUnitIndicatorsResponse, GetUnitPeriodResponse, Feedback,
        ListFeedbackResponse, ListSelfEvaluationsResponse, YearlyEvaluation, ListYearlyEvaluationsResponse, ListUnitResultsResponse,
        VerifyYearlyEvaluationResponse, CheckYearlyEvaluationsResponse, ListPriorityUnitsResponse,
        ListInspectionsResponse, ListViolationsResponse, ListPlansResponse, Plan;
}

/// How a command speaks.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    pub json: bool,
}

impl Output {
    /// One record, field by field.
    pub fn record<M: Shown>(&self, message: &M) {
        let message = reflect(message);
        if self.json {
            return self.object(&to_json(&message));
        }
        let mut table = plain_table();
        let mut lines = Vec::new();
        flatten("", &message, &mut lines);
        for (field, value) in lines {
            table.add_row([field, value]);
        }
        print(&table);
    }

    /// A reply whose repeated field `of` is the table's rows; `columns` are fields of a row, nested ones with dots.
    pub fn list<M: Shown>(&self, reply: &M, of: &str, columns: &[&str]) {
        let reply = reflect(reply);
        if self.json {
            return self.object(&to_json(&reply));
        }
        print(&rows(&reply, of, columns));
        let more = reply.get_field_by_name("next_page_token");
        if more.is_some_and(|token| token.as_str().is_some_and(|token| !token.is_empty())) {
            eprintln!("there are more; --limit says how many to list (0: all)");
        }
    }

    /// JSON on standard output, for programs.
    pub fn object(&self, value: &Json) {
        print(&format_args!("{value:#}"));
    }

    /// `value` for programs, `words` for people.
    pub fn say(&self, value: &Json, words: impl FnOnce() -> String) {
        if self.json { self.object(value) } else { print(&words()) }
    }
}

/// A line on standard output. A reader that has seen enough (`| head`) is no failure.
pub fn print(line: &dyn Display) {
    match writeln!(std::io::stdout(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("cannot write to standard output: {error}");
            std::process::exit(1);
        }
        _ => {}
    }
}

/// The table of [`Output::list`].
pub fn listed<M: Shown>(reply: &M, of: &str, columns: &[&str]) -> Table {
    rows(&reflect(reply), of, columns)
}

/// What [`Output::list`] shows, row by row.
pub fn cells_of(reply: &DynamicMessage, of: &str, columns: &[&str]) -> Vec<Vec<String>> {
    let records = reply.get_field_by_name(of);
    let records = records.as_ref().and_then(|records| records.as_list()).unwrap_or_default();
    let records = records.iter().filter_map(Value::as_message);
    records.map(|record| columns.iter().map(|column| field(record, column)).collect()).collect()
}

fn rows(reply: &DynamicMessage, of: &str, columns: &[&str]) -> Table {
    let headers = columns.iter().map(|column| column.rsplit('.').next().unwrap_or(column).to_owned());
    table(headers.collect(), cells_of(reply, of, columns))
}

/// A table as people read it.
pub fn table(headers: Vec<String>, rows: Vec<Vec<String>>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(headers);
    table.add_rows(rows);
    table
}

fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table
}

/// The name of a state or other enumeration value without what all values of it begin with.
pub fn short(value: &str, prefix: &str) -> String {
    value.strip_prefix(prefix).unwrap_or(value).to_owned()
}

fn reflect<M: Shown>(message: &M) -> DynamicMessage {
    let descriptor = CONTRACTS.get_message_by_name(M::NAME).expect("a test finds every shown message");
    DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice())
        .expect("the same contract made these bytes")
}

fn to_json(message: &DynamicMessage) -> Json {
    let options = SerializeOptions::new().use_proto_field_name(true).skip_default_fields(false);
    message
        .serialize_with_options(serde_json::value::Serializer, &options)
        .expect("proto JSON has a form for every message")
}

/// A field of a message, nested ones with dots, those of repeated messages one after the other; empty where it is not
/// set.
fn field(message: &DynamicMessage, path: &str) -> String {
    let (name, rest) = path.split_once('.').map_or((path, ""), |(name, rest)| (name, rest));
    let Some(descriptor) = message.descriptor().get_field_by_name(name) else { return String::new() };
    if descriptor.supports_presence() && !message.has_field(&descriptor) {
        return String::new();
    }
    let value = message.get_field(&descriptor);
    match &*value {
        Value::Message(inner) if !rest.is_empty() => field(inner, rest),
        Value::List(values) if !rest.is_empty() => {
            let inner = values.iter().filter_map(Value::as_message);
            inner.map(|message| field(message, rest)).collect::<Vec<_>>().join(", ")
        }
        value => text(value, &descriptor.kind()),
    }
}

/// Every set field of a message with its path.
fn flatten(path: &str, message: &DynamicMessage, lines: &mut Vec<(String, String)>) {
    for (descriptor, value) in message.fields() {
        let name = format!("{path}{}", descriptor.name());
        match value {
            Value::Message(inner) if !is_value(inner) => flatten(&format!("{name}."), inner, lines),
            Value::List(values) if values.iter().any(|value| value.as_message().is_some()) => {
                for (number, inner) in values.iter().filter_map(Value::as_message).enumerate() {
                    flatten(&format!("{name}[{number}]."), inner, lines);
                }
            }
            value => lines.push((name, text(value, &descriptor.kind()))),
        }
    }
}

/// Messages that are one value to a reader.
fn is_value(message: &DynamicMessage) -> bool {
    matches!(message.descriptor().full_name(), "google.protobuf.Timestamp" | "google.type.Date")
}

fn text(value: &Value, kind: &Kind) -> String {
    match (value, kind) {
        (Value::String(text), _) => text.clone(),
        (Value::Bytes(bytes), _) => hex::encode(bytes),
        (Value::EnumNumber(number), Kind::Enum(descriptor)) => match descriptor.get_value(*number) {
            Some(_) if *number == 0 => String::new(),
            Some(known) => {
                let zero = descriptor.get_value(0).map(|zero| zero.name().to_owned()).unwrap_or_default();
                short(known.name(), zero.trim_end_matches("UNSPECIFIED"))
            }
            None => number.to_string(),
        },
        (Value::List(values), _) => {
            values.iter().map(|value| text(value, kind)).collect::<Vec<_>>().join(", ")
        }
        (Value::Map(pairs), _) => {
            let mut lines: Vec<String> = pairs
                .iter()
                .map(|(key, value)| format!("{}={}", key.as_str().unwrap_or_default(), text(value, kind)))
                .collect();
            lines.sort();
            lines.join(", ")
        }
        (Value::Message(message), _) if is_value(message) => moment(message),
        (Value::Message(message), _) => {
            let parts: Vec<String> =
                message.fields().map(|(descriptor, value)| text(value, &descriptor.kind())).collect();
            parts.join(" ")
        }
        (value, _) => value.to_string(),
    }
}

fn moment(message: &DynamicMessage) -> String {
    let number = |name: &str| {
        let value = message.get_field_by_name(name);
        value.and_then(|value| value.as_i64().or(value.as_i32().map(i64::from))).unwrap_or_default()
    };
    match message.descriptor().full_name() {
        "google.type.Date" => {
            format!("{:04}-{:02}-{:02}", number("year"), number("month"), number("day"))
        }
        "google.protobuf.Timestamp" => shanghai(number("seconds")),
        _ => message.to_string(),
    }
}

/// A moment as the district's clocks show it.
pub fn shanghai(seconds: i64) -> String {
    let zone = UtcOffset::from_hms(8, 0, 0).expect("Asia/Shanghai is eight hours ahead");
    let Ok(moment) = OffsetDateTime::from_unix_timestamp(seconds) else { return seconds.to_string() };
    let local = moment.to_offset(zone);
    let (hour, minute, second) = local.to_hms();
    format!("{} {hour:02}:{minute:02}:{second:02}", local.date())
}

#[cfg(test)]
mod tests {
    use govshare_proto::catalog::v1::{Entry, EntryContent, EntryState, EntryVersion, Item, SharingType};
    use govshare_proto::google::r#type::Date;

    use super::*;

    fn entry() -> Entry {
        let content = EntryContent {
            title: "学校名录".to_owned(),
            sharing_type: SharingType::Conditional.into(),
            issue_date: Some(Date { year: 2026, month: 3, day: 9 }),
            items: vec![Item { name: "名称".to_owned(), ..Item::default() }],
            keywords: vec!["学校".to_owned(), "教育".to_owned()],
            extras: [("区域".to_owned(), "西城".to_owned())].into(),
            ..EntryContent::default()
        };
        let published = EntryVersion { version: 2, content: Some(content), ..EntryVersion::default() };
        Entry {
            entry_id: "e".to_owned(),
            state: EntryState::Published.into(),
            published: Some(published),
            create_time: Some(prost_types::Timestamp { seconds: 1_411_574_400, nanos: 0 }),
            ..Entry::default()
        }
    }

    #[test]
    fn every_shown_message_is_in_the_contracts() {
        for name in ALL_SHOWN {
            assert!(CONTRACTS.get_message_by_name(name).is_some(), "{name}");
        }
    }

    #[test]
    fn people_see_set_fields_with_short_enumerations_days_and_local_time() {
        let mut lines = Vec::new();
        flatten("", &reflect(&entry()), &mut lines);
        let lines: Vec<String> = lines.into_iter().map(|(field, value)| format!("{field} {value}")).collect();
        for expected in [
            "state PUBLISHED",
            "published.version 2",
            "published.content.sharing_type CONDITIONAL",
            "published.content.issue_date 2026-03-09",
            "published.content.items[0].name 名称",
            "published.content.keywords 学校, 教育",
            "published.content.extras 区域=西城",
            "create_time 2014-09-25 00:00:00",
        ] {
            assert!(lines.iter().any(|line| line == expected), "{expected}: {lines:#?}");
        }
        assert!(!lines.iter().any(|line| line.starts_with("latest")), "{lines:#?}");
    }

    #[test]
    fn a_column_reaches_into_nested_messages_and_is_empty_where_nothing_is() {
        let entry = reflect(&entry());
        assert_eq!(field(&entry, "published.content.title"), "学校名录");
        assert_eq!(field(&entry, "published.content.items.name"), "名称");
        assert_eq!(field(&entry, "latest.content.title"), "");
        assert_eq!(field(&entry, "no_such_field"), "");
    }

    #[test]
    fn programs_get_the_contracts_field_names_and_values() {
        let json = to_json(&reflect(&entry()));
        assert_eq!(json["entry_id"], "e");
        assert_eq!(json["state"], "ENTRY_STATE_PUBLISHED");
        assert_eq!(json["published"]["content"]["sharing_type"], "SHARING_TYPE_CONDITIONAL");
        assert_eq!(json["provider_unit_id"], "", "a field is there even where it says nothing");
        assert_eq!(json["create_time"], "2014-09-24T16:00:00Z");
    }
}
