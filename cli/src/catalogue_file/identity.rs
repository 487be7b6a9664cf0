//! What makes a row the same one in a second import, and what tells whether it has changed.

use aws_lc_rs::digest::{Context, SHA256};

use super::field::Field;
use super::row::CatalogueRow;
use super::vocabulary::{OpenToPublic, SharingType, UpdateCycle};

/// SHA-256.
pub(super) type Digest = [u8; 32];

/// Half a digest: enough to tell the rows of one file apart.
pub(super) type Key = [u8; 16];

pub(super) fn key(digest: Digest) -> Key {
    let mut key = [0; 16];
    key.copy_from_slice(&digest[..16]);
    key
}

/// Longest address that is an identity by itself, in bytes.
const LONGEST_ADDRESS: usize = 500;

/// Digest of texts, each with its length, so that no two lists of texts share their bytes.
pub(super) fn of(texts: &[&str]) -> Digest {
    let mut digest = Texts::new();
    texts.iter().for_each(|text| digest.add(text));
    digest.finish()
}

struct Texts(Context);

impl Texts {
    fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    fn add(&mut self, text: &str) {
        self.0.update(&(text.len() as u64).to_be_bytes());
        self.0.update(text.as_bytes());
    }

    /// Leaves no trace of a field that says nothing, so that a field added to the format later does not change the
    /// digest of rows without it.
    fn say<T: AsRef<str>>(&mut self, field: Field, values: impl IntoIterator<Item = T>) {
        let values: Vec<T> = values.into_iter().collect();
        if values.iter().all(|value| value.as_ref().is_empty()) {
            return;
        }
        self.add(field.name());
        self.0.update(&(values.len() as u64).to_be_bytes());
        values.iter().for_each(|value| self.add(value.as_ref()));
    }

    fn finish(self) -> Digest {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.0.finish().as_ref());
        bytes
    }
}

pub(super) fn hex(digest: Digest) -> String {
    hex::encode(digest)
}

pub(super) fn by_address(address: &str) -> String {
    if address.len() <= LONGEST_ADDRESS {
        format!("address:{address}")
    } else {
        format!("address-sha256:{}", hex(of(&[address])))
    }
}

/// `occurrence` counts from 1 the rows that share provider and title, in the file's order.
pub(super) fn by_name(name: Digest, occurrence: u32) -> String {
    format!("name-sha256:{}:{occurrence}", hex(name))
}

/// Digest of what the row says in the guideline's fields.
pub(super) fn content(row: &CatalogueRow) -> Digest {
    let mut digest = Texts::new();
    digest.say(Field::Title, [&row.title]);
    digest.say(Field::Abstract, [&row.abstract_]);
    digest.say(Field::Provider, [&row.provider]);
    digest.say(Field::CreditCode, &row.credit_code);
    digest.say(Field::Theme, &row.themes);
    digest.say(Field::Industry, &row.industries);
    digest.say(Field::Format, row.formats.iter().map(|format| &format.name));
    digest.say(Field::SharingType, row.sharing_type.map(SharingType::name));
    digest.say(Field::SharingConditions, [&row.sharing_conditions]);
    digest.say(Field::SharingMode, [&row.sharing_mode]);
    digest.say(Field::OpenToPublic, row.open_to_public.map(OpenToPublic::name));
    digest.say(Field::OpenConditions, [&row.open_conditions]);
    digest.say(Field::UpdateCycle, row.update_cycle.as_ref().map(UpdateCycle::to_string));
    digest.say(Field::Issued, row.issued.map(|date| date.to_string()));
    digest.say(Field::Modified, row.modified.map(|date| date.to_string()));
    digest.say(Field::Keywords, &row.keywords);
    digest.say(Field::Items, row.items.iter().map(|item| &item.name));
    digest.say(Field::ItemTypes, row.items.iter().map(|item| item.data_type.as_deref().unwrap_or_default()));
    digest.say(Field::ItemLengths, row.items.iter().map(|item| item.length.as_deref().unwrap_or_default()));
    digest.say(Field::RelatedCodes, &row.related_codes);
    digest.say(Field::SourceUri, &row.source_uri);
    digest.say(Field::ResourceCode, &row.resource_code);
    digest.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_texts_do_not_run_together() {
        assert_ne!(of(&["财政", "局预算"]), of(&["财政局", "预算"]));
        assert_ne!(of(&["甲"]), of(&["甲", ""]));
    }

    #[test]
    fn an_identity_fits_512_bytes() {
        assert_eq!(by_address("http://a.cn/1"), "address:http://a.cn/1");
        for length in [499, 500, 501, 2000] {
            assert!(by_address(&"x".repeat(length)).len() <= 512, "{length}");
        }
        assert!(by_name(of(&["某局", "某表"]), u32::MAX).len() <= 512);
    }
}
