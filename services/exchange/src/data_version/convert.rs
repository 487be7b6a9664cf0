//! Between contract and domain, for data versions and their uploads.

use govshare_model::id::EntryId;
use govshare_proto::exchange::v1 as pb;
use govshare_proto::exchange::v1::publish_data_version_request;
use service_kit::Violations;
use service_kit::validate::time_to_proto;

use super::DataVersion;
use super::upload::{Header, Part};

/// Parses the header of an upload; `None` after `violations` heard of every bad field.
pub fn header(
    header: &pb::PublishDataVersionHeader,
    max_bytes: u64,
    violations: &mut Violations,
) -> Option<(EntryId, Header)> {
    let entry = violations.parse("entry_id", &header.entry_id);
    let file_name = violations.text("file_name", &header.file_name, 1, 255);
    let one_name = !file_name.contains(['/', '\\', '\n', '\t']) && file_name != "." && file_name != "..";
    violations.check(one_name, "file_name", "must be one file name without path / 须为不含路径的文件名");
    violations.check(
        is_media_type(&header.media_type),
        "media_type",
        "must be type/subtype of 3 to 100 characters, such as text/csv / 须为媒体类型，如 text/csv",
    );
    let size = u64::try_from(header.size_bytes).ok().filter(|size| (1..=max_bytes).contains(size));
    violations.check(
        size.is_some(),
        "size_bytes",
        format!("must be 1 to {max_bytes} / 文件大小须为1至{max_bytes}字节"),
    );
    let sha256 = sha256(&header.sha256);
    violations.check(
        sha256.is_some(),
        "sha256",
        "must be 64 lower-case hexadecimal digits / 须为64位小写十六进制数",
    );
    let media_type = header.media_type.clone();
    Some((entry?, Header { file_name, media_type, size: size?, sha256: sha256? }))
}

/// What a message after the header carries.
pub fn part(message: pb::PublishDataVersionRequest) -> Part {
    match message.part {
        Some(publish_data_version_request::Part::Header(_)) => Part::Header,
        Some(publish_data_version_request::Part::Chunk(chunk)) => Part::Chunk(chunk),
        None => Part::Nothing,
    }
}

/// `type/subtype` of token characters (RFC 9110, 8.3.1), without parameters.
fn is_media_type(text: &str) -> bool {
    let is_token = |token: &str| {
        !token.is_empty() && token.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
    };
    text.len() <= 100
        && text.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
}

fn sha256(text: &str) -> Option<[u8; 32]> {
    let lower_case = !text.contains(|c: char| c.is_ascii_uppercase());
    let mut digest = [0; 32];
    hex::decode_to_slice(text, &mut digest).ok().filter(|()| lower_case).map(|()| digest)
}

pub fn to_proto(version: &DataVersion) -> pb::DataVersion {
    pb::DataVersion {
        data_version_id: version.id.to_string(),
        entry_id: version.entry.to_string(),
        provider_unit_id: version.provider.to_string(),
        version: version.version,
        file_name: version.content.file_name().to_owned(),
        media_type: version.content.media_type().to_owned(),
        size_bytes: version.content.size().cast_signed(),
        sha256: hex::encode(version.content.sha256()),
        publish_time: Some(time_to_proto(version.published)),
    }
}
