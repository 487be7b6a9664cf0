//! Ids are read strictly and print as they were read.

use govshare_model::id::{CaseId, InvalidId, UnitId};
use proptest::prelude::*;

#[test]
fn a_unit_id_is_a_slug_of_2_to_63_characters() {
    let longest = "a".repeat(63);
    for good in ["aa", "jiaowei", "xin-xi-ban", "b2", &longest] {
        assert_eq!(good.parse::<UnitId>().expect("a slug").as_str(), good);
    }
    let too_long = "a".repeat(64);
    for bad in ["", "a", "2b", "-ab", "Jiaowei", "jiao wei", "教委", "jiaowei\n", &too_long] {
        assert_eq!(bad.parse::<UnitId>(), Err(InvalidId::NotASlug(bad.to_owned())), "{bad:?}");
    }
}

#[test]
fn a_text_that_is_no_uuid_is_no_id() {
    assert_eq!("case-1".parse::<CaseId>(), Err(InvalidId::NotAUuid("case-1".to_owned())));
}

proptest! {
    #[test]
    fn an_id_prints_as_it_is_read(bits in any::<u128>()) {
        let id = CaseId(uuid::Uuid::from_u128(bits));
        prop_assert_eq!(id.to_string().parse::<CaseId>(), Ok(id));
    }
}
