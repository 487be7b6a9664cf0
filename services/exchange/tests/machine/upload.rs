use bytes::Bytes;
use exchange::data_version::upload::{Header, MAX_CHUNK_BYTES, Part, Rejection, Upload};
use proptest::prelude::*;

use super::samples::{content, header, sha256};

/// Feeds chunks and gives what was passed on to the store, or the refusal.
fn upload(header: Header, chunks: impl IntoIterator<Item = Bytes>) -> Result<Vec<u8>, Rejection> {
    let mut upload = Upload::begin(header);
    let mut stored = Vec::new();
    for chunk in chunks {
        stored.extend_from_slice(&upload.accept(Part::Chunk(chunk))?);
    }
    let content = upload.finish()?;
    assert_eq!(content.size(), stored.len() as u64);
    assert_eq!(content.sha256(), sha256(&stored));
    Ok(stored)
}

#[test]
fn a_second_header_and_an_empty_message_are_refused() {
    let mut upload = Upload::begin(header(b"abc"));
    assert_eq!(upload.accept(Part::Header), Err(Rejection::HeaderRepeated));
    assert_eq!(upload.accept(Part::Nothing), Err(Rejection::PartMissing));
}

#[test]
fn a_chunk_of_one_mebibyte_passes_and_a_larger_one_is_refused_at_once() {
    let bytes = Bytes::from(vec![7; MAX_CHUNK_BYTES + 1]);
    let whole = upload(header(&bytes), [bytes.slice(..MAX_CHUNK_BYTES), bytes.slice(MAX_CHUNK_BYTES..)]);
    assert_eq!(whole.map(|stored| stored.len()), Ok(MAX_CHUNK_BYTES + 1));
    let mut upload = Upload::begin(header(&bytes));
    let refused = upload.accept(Part::Chunk(bytes));
    assert_eq!(refused, Err(Rejection::ChunkTooLarge { bytes: MAX_CHUNK_BYTES + 1 }));
}

#[test]
fn content_keeps_what_the_header_said() {
    let content = content(b"abc");
    assert_eq!((content.file_name(), content.media_type()), ("学校名录.csv", "text/csv"));
}

/// Cuts `bytes` at the given places, empty chunks included.
fn cut(bytes: &[u8], places: &[prop::sample::Index]) -> Vec<Bytes> {
    let mut places: Vec<usize> = places.iter().map(|place| place.index(bytes.len() + 1)).collect();
    places.sort_unstable();
    let mut chunks = Vec::new();
    let mut start = 0;
    for place in places.into_iter().chain([bytes.len()]) {
        chunks.push(Bytes::copy_from_slice(&bytes[start..place]));
        start = place;
    }
    chunks
}

proptest! {
    #[test]
    fn the_same_bytes_pass_however_they_are_cut(
        bytes in prop::collection::vec(any::<u8>(), 1..5000),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        prop_assert_eq!(upload(header(&bytes), cut(&bytes, &places)), Ok(bytes));
    }

    #[test]
    fn one_changed_bit_is_found_however_it_is_cut(
        bytes in prop::collection::vec(any::<u8>(), 1..5000),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let mut changed = bytes.clone();
        changed[at.index(bytes.len())] ^= 1_u8 << bit;
        let refused = upload(header(&bytes), cut(&changed, &places));
        let (announced, received) = (sha256(&bytes), sha256(&changed));
        prop_assert_eq!(refused, Err(Rejection::OtherDigest { announced, received }));
    }

    #[test]
    fn missing_bytes_are_found_at_the_end(
        bytes in prop::collection::vec(any::<u8>(), 1..5000),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        kept in any::<prop::sample::Index>(),
    ) {
        let kept = kept.index(bytes.len());
        let refused = upload(header(&bytes), cut(&bytes[..kept], &places));
        let (announced, received) = (bytes.len() as u64, kept as u64);
        prop_assert_eq!(refused, Err(Rejection::OtherSize { announced, received }));
    }

    #[test]
    fn too_many_bytes_are_refused_with_the_chunk_that_brings_them(
        bytes in prop::collection::vec(any::<u8>(), 1..5000),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        more in 1_usize..5000,
    ) {
        let mut upload = Upload::begin(header(&bytes));
        for chunk in cut(&bytes, &places) {
            prop_assert!(upload.accept(Part::Chunk(chunk)).is_ok());
        }
        let refused = upload.accept(Part::Chunk(Bytes::from(vec![0; more])));
        let (announced, received) = (bytes.len() as u64, (bytes.len() + more) as u64);
        prop_assert_eq!(refused, Err(Rejection::OtherSize { announced, received }));
    }
}
