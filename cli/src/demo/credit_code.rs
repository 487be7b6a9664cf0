//! Invented unified social credit codes (GB 32100-2015) for units that an imported catalogue names without one.

use aws_lc_rs::digest::{SHA256, digest};

/// The standard's characters; the place of each is its value.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// The characters of an organization code (GB 11714), of which the first ten are digits.
const ORGANIZATION: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// Registered as an organ (机构编制, 机关) in Xicheng.
const BEFORE_ORGANIZATION: &str = "11110102";

/// A code of valid form for `unit`: always the same one, and not likely that of another.
pub fn invented(unit: &str) -> String {
    let hash = digest(&SHA256, unit.as_bytes());
    // Digits only, as GB 32100 leaves out some letters that GB 11714 has.
    let body: String = hash.as_ref()[..8].iter().map(|byte| char::from(b'0' + byte % 10)).collect();
    let unchecked = format!("{BEFORE_ORGANIZATION}{body}{}", organization_check(&body));
    let check = credit_check(&unchecked);
    format!("{unchecked}{check}")
}

/// GB 11714: the weighted sum of eight characters and the check character is a multiple of 11.
fn organization_check(body: &str) -> char {
    const WEIGHTS: [usize; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let value = |byte| ORGANIZATION.iter().position(|known| *known == byte).unwrap_or_default();
    let sum: usize = body.bytes().zip(WEIGHTS).map(|(byte, weight)| value(byte) * weight).sum();
    match (11 - sum % 11) % 11 {
        10 => 'X',
        digit => char::from(ORGANIZATION[digit]),
    }
}

/// GB 32100: the weighted sum of all 18 characters is a multiple of 31.
fn credit_check(unchecked: &str) -> char {
    let value = |byte| ALPHABET.iter().position(|known| *known == byte).unwrap_or_default();
    let (mut weight, mut sum) = (1, 0);
    for byte in unchecked.bytes() {
        sum += value(byte) * weight;
        weight = weight * 3 % 31;
    }
    char::from(ALPHABET[(31 - sum % 31) % 31])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Codes of the standards' own examples and of well-known bodies.
    #[test]
    fn check_characters_are_those_of_published_codes() {
        assert_eq!(credit_check("91350100M000100Y4"), '3');
        assert_eq!(organization_check("D2143569"), 'X');
    }

    proptest! {
        #[test]
        fn an_invented_code_has_the_form_and_both_check_characters(unit in "[a-z][a-z0-9-]{1,62}") {
            let code = invented(&unit);
            prop_assert_eq!(code.len(), 18);
            prop_assert!(code.starts_with(BEFORE_ORGANIZATION));
            prop_assert_eq!(code.chars().nth(16), Some(organization_check(&code[8..16])));
            prop_assert_eq!(code.chars().nth(17), Some(credit_check(&code[..17])));
            prop_assert_eq!(&invented(&unit), &code);
        }
    }

    #[test]
    fn the_importer_takes_an_invented_code_as_valid() {
        use crate::catalogue_file::{Source, propose};
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("catalogue.csv");
        let code = invented("weishengju");
        std::fs::write(&path, format!("名称,提供方,提供方代码\n人口,区卫生局,{code}\n")).expect("disk");
        let source = Source::open(&path).expect("a catalogue");
        let mapping = propose(&source).mapping();
        let row = source.rows(&mapping).expect("mapped").next().expect("one row").expect("a good one");
        assert_eq!(row.credit_code, Some(code));
    }
}
