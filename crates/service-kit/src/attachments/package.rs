//! What a ZIP package holds, by its central directory (PKWARE APPNOTE 4.3.12 and 4.3.16): OFD and office documents
//! are told apart by their members. Nothing is unpacked.

const LOCAL_HEADER: &[u8] = b"PK\x03\x04";
const DIRECTORY_ENTRY: &[u8] = b"PK\x01\x02";
const DIRECTORY_END: &[u8] = b"PK\x05\x06";
/// Length of the end record without its comment, and of a directory entry without name, extra field and comment.
const END_BYTES: usize = 22;
const ENTRY_BYTES: usize = 46;

/// Names of the members; `None` if the bytes are no ZIP package from the first to the last. One that needs ZIP64 is
/// larger than what is read here.
pub(super) fn members(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    if !bytes.starts_with(LOCAL_HEADER) {
        return None;
    }
    let end = directory_end(bytes)?;
    let count = short(bytes, end + 10)?;
    let mut at = usize::try_from(long(bytes, end + 16)?).ok()?;
    let mut names = Vec::with_capacity(count);
    for _ in 0..count {
        let entry = bytes.get(at..end)?;
        if !entry.starts_with(DIRECTORY_ENTRY) {
            return None;
        }
        let (name, extra, comment) = (short(entry, 28)?, short(entry, 30)?, short(entry, 32)?);
        names.push(entry.get(ENTRY_BYTES..ENTRY_BYTES + name)?);
        at += ENTRY_BYTES + name + extra + comment;
    }
    Some(names)
}

/// Where the end record begins: its comment reaches to the last byte.
fn directory_end(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().checked_sub(END_BYTES)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    (first..=last).rev().find(|at| {
        bytes[*at..].starts_with(DIRECTORY_END)
            && short(bytes, at + 20).is_some_and(|comment| at + END_BYTES + comment == bytes.len())
    })
}

fn short(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at + 2)?.try_into().ok()?;
    Some(usize::from(u16::from_le_bytes(bytes)))
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
