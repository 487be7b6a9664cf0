//! Whether bytes are what they are said to be: real documents are, others and broken ones are not.

use proptest::prelude::*;
use rust_xlsxwriter::Workbook;
use service_kit::attachments::MediaType::{self, *};

/// A ZIP package with empty members of these names.
pub fn package(names: &[&str]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for name in names {
        let length = u16::try_from(name.len()).expect("short").to_le_bytes();
        directory.extend(b"PK\x01\x02\x14\0\x14\0");
        directory.extend([0; 20]);
        directory.extend(length);
        directory.extend([0; 12]);
        directory.extend(u32::try_from(bytes.len()).expect("small").to_le_bytes());
        directory.extend(name.as_bytes());
        bytes.extend(b"PK\x03\x04\x14\0");
        bytes.extend([0; 20]);
        bytes.extend(length);
        bytes.extend([0; 2]);
        bytes.extend(name.as_bytes());
    }
    let count = u16::try_from(names.len()).expect("few").to_le_bytes();
    let begins = u32::try_from(bytes.len()).expect("small").to_le_bytes();
    let length = u32::try_from(directory.len()).expect("small").to_le_bytes();
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend(count);
    bytes.extend(count);
    bytes.extend(length);
    bytes.extend(begins);
    bytes.extend([0; 2]);
    bytes
}

fn xlsx() -> Vec<u8> {
    let mut book = Workbook::new();
    book.add_worksheet().write(0, 0, "学校").expect("written");
    book.save_to_buffer().expect("a workbook")
}

/// Bytes of each type.
fn samples() -> Vec<(MediaType, Vec<u8>)> {
    vec![
        (Pdf, b"%PDF-1.7\n1 0 obj\n".to_vec()),
        (Ofd, package(&["OFD.xml", "Doc_0/Document.xml"])),
        (Png, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01".to_vec()),
        (Jpeg, b"\xff\xd8\xff\xe0\0\x10JFIF\0".to_vec()),
        (Docx, package(&["[Content_Types].xml", "_rels/.rels", "word/document.xml"])),
        (Xlsx, xlsx()),
        (Text, "涉密情况说明\r\n".as_bytes().to_vec()),
        (Csv, b"\xd1\xa7\xd0\xa3,\xc8\xcb\xca\xfd\r\n".to_vec()),
    ]
}

#[test]
fn bytes_fit_their_own_type_and_no_other() {
    let texts = [Text, Csv];
    for (own, bytes) in samples() {
        for asked in MediaType::ALL {
            // The head of a PDF is text as well.
            let expected = asked == own || (texts.contains(&asked) && (texts.contains(&own) || own == Pdf));
            assert_eq!(asked.fits(&bytes), expected, "{own:?} as {asked:?}");
        }
    }
}

#[test]
fn what_only_looks_like_a_document_is_none() {
    let macros = package(&["[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"]);
    let binary_sheet = package(&["[Content_Types].xml", "xl/workbook.bin"]);
    let mut behind_a_program = b"MZ\x90\0".to_vec();
    behind_a_program.extend(package(&["[Content_Types].xml", "word/document.xml"]));
    for (media_type, bytes) in [
        (Docx, macros),
        (Docx, package(&["word/document.xml"])),
        (Docx, behind_a_program),
        (Xlsx, binary_sheet),
        (Ofd, package(&["ofd.txt"])),
        (Pdf, b"MZ\x90\0%PDF-1.7".to_vec()),
        (Png, b"\x89PNG\r\n\x1a\n".to_vec()),
        (Text, b"a\0b".to_vec()),
        (Text, b"\x1b[31m".to_vec()),
        (Csv, b"\xff\xfe\xd1".to_vec()),
    ] {
        assert!(!media_type.fits(&bytes), "{media_type:?}: {}", bytes.escape_ascii());
    }
}

#[test]
fn a_package_with_a_comment_is_read_and_a_truncated_one_is_not() {
    let whole = xlsx();
    let mut commented = whole.clone();
    let at = commented.len() - 2;
    commented[at] = 5;
    commented.extend(b"hello");
    assert!(Xlsx.fits(&commented));
    for length in 0..whole.len() {
        assert!(!Xlsx.fits(&whole[..length]), "cut to {length} of {} bytes", whole.len());
    }
}

#[test]
fn a_file_name_ends_as_its_type_says() {
    for (media_type, name, fits) in [
        (Pdf, "说明.pdf", true),
        (Pdf, "说明.PDF", true),
        (Jpeg, "扫描件.jpeg", true),
        (Pdf, "说明.pdf.exe", false),
        (Text, "pdf", false),
        (Text, "txt", false),
    ] {
        assert_eq!(media_type.goes_with(name), fits, "{name} as {media_type:?}");
    }
    for taken in MediaType::ALL {
        assert_eq!(MediaType::from_text(taken.as_str()), Some(taken));
    }
    assert_eq!(MediaType::from_text("application/x-msdownload"), None);
}

proptest! {
    #[test]
    fn any_bytes_are_judged_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for media_type in MediaType::ALL {
            media_type.fits(&bytes);
        }
    }

    #[test]
    fn a_package_with_changed_bytes_is_judged_without_a_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let mut bytes = package(&["[Content_Types].xml", "word/document.xml", "OFD.xml"]);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        for media_type in [Docx, Xlsx, Ofd] {
            media_type.fits(&bytes);
        }
    }
}
