use catalog::units::credit_code::{CreditCode, InvalidCreditCode};
use proptest::prelude::*;

/// The code that GB 32100-2015 calculates as its example, and two of well-known companies.
const CODES: [&str; 3] = ["91350100M000100Y43", "91110000802100433B", "91110108551385082Q"];
const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

#[test]
fn published_codes_are_valid() {
    for code in CODES {
        assert_eq!(code.parse::<CreditCode>().map(|code| code.to_string()), Ok(code.to_owned()));
    }
}

#[test]
fn letters_that_look_like_digits_and_lower_case_are_refused() {
    for wrong in ['I', 'O', 'S', 'V', 'Z', 'a', '-', '国'] {
        let code: String =
            CODES[0].chars().enumerate().map(|(i, c)| if i == 8 { wrong } else { c }).collect();
        assert_eq!(code.parse::<CreditCode>(), Err(InvalidCreditCode::Character(wrong)));
    }
}

#[test]
fn length_is_counted_in_characters() {
    assert_eq!("".parse::<CreditCode>(), Err(InvalidCreditCode::Length(0)));
    assert_eq!(CODES[0][1..].parse::<CreditCode>(), Err(InvalidCreditCode::Length(17)));
    assert_eq!("统一社会信用代码".parse::<CreditCode>(), Err(InvalidCreditCode::Length(8)));
}

proptest! {
    /// The standard's check character finds every single wrong character.
    #[test]
    fn one_wrong_character_is_always_found(code in 0..CODES.len(), place in 0_usize..18, wrong in 0_usize..31) {
        let wrong = ALPHABET.chars().nth(wrong).expect("31 characters");
        let right = CODES[code].chars().nth(place).expect("18 characters");
        let changed: String =
            CODES[code].chars().enumerate().map(|(i, c)| if i == place { wrong } else { c }).collect();
        prop_assert_eq!(changed.parse::<CreditCode>().is_ok(), wrong == right);
    }

    /// Seventeen characters have exactly one check character.
    #[test]
    fn each_stem_has_one_check_character(stem in "[0-9A-HJ-NPQRTUWXY]{17}") {
        let valid = ALPHABET.chars().filter(|check| format!("{stem}{check}").parse::<CreditCode>().is_ok());
        prop_assert_eq!(valid.count(), 1);
    }
}
