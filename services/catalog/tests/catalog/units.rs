use catalog::units::policy;
use catalog::units::short_name::{InvalidShortName, ShortName};
use catalog::units::unit::{Field, Happened, Kind, Record, Rejection, Unit};
use govshare_model::Role;

use crate::{minute, person};

fn record(name: &str) -> Record {
    Record { name: name.to_owned(), kind: Some(Kind::AdministrativeOrgan), ..Record::default() }
}

fn unit() -> Unit {
    let id = "jiaowei".parse().expect("a slug");
    Unit::create(id, record("区教委"), false, minute(0)).expect("a good record").unit().clone()
}

#[test]
fn a_unit_is_provisional_until_its_credit_code_is_recorded() {
    let unit = unit();
    assert_eq!(unit.standing(), "PROVISIONAL");
    let code = "91350100M000100Y43".parse().expect("a code");
    let record = Record { credit_code: Some(code), ..unit.record.clone() };
    let updated = unit.update(record, false, minute(1)).expect("allowed").expect("a change");
    assert_eq!(updated.unit().standing(), "REGISTERED");
    assert_eq!(updated.happened(), &Happened::Updated(vec![Field::CreditCode]));
    assert_eq!(updated.unit().version, 2);
    assert_eq!(updated.unit().updated, minute(1));
}

#[test]
fn only_a_provisional_unit_may_leave_its_kind_open() {
    let id = || "ab".parse().expect("a slug");
    let open = Record { kind: None, ..record("某局") };
    assert!(Unit::create(id(), open.clone(), false, minute(0)).is_ok());
    let coded = Record { credit_code: "91350100M000100Y43".parse().ok(), ..open };
    assert_eq!(Unit::create(id(), coded, false, minute(0)), Err(Rejection::KindMissing));
}

#[test]
fn a_name_stands_once_among_a_units_own() {
    let twice = Record { aliases: vec!["教委".to_owned(), "区教委".to_owned()], ..record("区教委") };
    let refused = unit().update(twice, false, minute(1));
    assert_eq!(refused, Err(Rejection::NameTwice("区教委".to_owned())));
}

#[test]
fn the_same_record_is_no_change() {
    let unit = unit();
    assert_eq!(unit.clone().update(unit.record.clone(), false, minute(9)), Ok(None));
}

#[test]
fn an_update_takes_the_named_fields_only() {
    let new =
        Record { section: "信息科".to_owned(), aliases: vec!["教委".to_owned()], ..record("新名") };
    let merged = record("区教委").with(&[Field::Section], new.clone());
    assert_eq!(merged, Record { section: "信息科".to_owned(), ..record("区教委") });
    assert_eq!(record("区教委").with(&Field::ALL, new.clone()), new);
}

#[test]
fn the_id_of_a_provisional_unit_follows_from_its_name() {
    let made = Unit::create_provisional("安顺市统计局".to_owned(), minute(0));
    // printf 安顺市统计局 | sha256sum
    assert_eq!(made.unit().id.as_str(), "u-b6065f5d038350b9");
    assert_eq!(made.unit().standing(), "PROVISIONAL");
}

#[test]
fn a_unit_keeps_its_section_and_contacts_itself() {
    let approver = person("jiaowei", "a", &[Role::Approver]);
    let officer = person("info-office", "o", &[Role::InfoOffice]);
    for field in Field::ALL {
        let own = matches!(field, Field::Section | Field::Contacts);
        assert_eq!(policy::may_change(&approver, field), own, "{}", field.name());
        assert!(policy::may_change(&officer, field), "{}", field.name());
    }
}

#[test]
fn a_unit_gets_its_credit_code_only_with_its_responsible_section_where_the_pack_asks_for_it() {
    let code = || "91350100M000100Y43".parse().ok();
    let coded = Record { credit_code: code(), ..record("区教委") };
    let id = || "ab".parse().expect("a slug");
    assert_eq!(Unit::create(id(), coded.clone(), true, minute(0)), Err(Rejection::SectionMissing));
    assert_eq!(unit().update(coded.clone(), true, minute(1)), Err(Rejection::SectionMissing));
    assert!(
        unit()
            .update(Record { aliases: vec!["教委".to_owned()], ..record("区教委") }, true, minute(1))
            .is_ok()
    );
    let complete = Record { section: "信息科".to_owned(), ..coded };
    assert!(Unit::create(id(), complete, true, minute(0)).is_ok());
}

#[test]
fn a_units_documents_are_numbered_with_its_short_name_or_else_the_end_of_its_name() {
    let named = |name: &str, short: Option<&str>| {
        let short_name = short.map(|short| short.parse().expect("a short name"));
        let record = Record { short_name, ..record(name) };
        let made = Unit::create("jiaowei".parse().expect("a slug"), record, false, minute(0));
        made.expect("a good record").unit().document_prefix().to_string()
    };
    assert_eq!(named("区教委", Some("教委")), "教委");
    assert_eq!(named("区教委", None), "区教委");
    assert_eq!(named("北京市西城区教育委员会", None), "西城区教育委员会");
    assert_eq!(named("第 110 号（临时）指挥部", None), "第号临时指挥部");
    assert_eq!(named("110", None), "jiaowei");
}

#[test]
fn a_short_name_is_one_to_eight_characters_or_letters() {
    for good in ["教", "教委", "ABC", "西城区教育委员会"] {
        assert_eq!(good.parse::<ShortName>().map(|name| name.to_string()), Ok(good.to_owned()));
    }
    assert_eq!("".parse::<ShortName>(), Err(InvalidShortName::Length(0)));
    assert_eq!("北京市西城区教育委".parse::<ShortName>(), Err(InvalidShortName::Length(9)));
    for wrong in ['1', ' ', '〔', '-', '\n'] {
        assert_eq!(format!("教{wrong}委").parse::<ShortName>(), Err(InvalidShortName::Character(wrong)));
    }
}

#[test]
fn a_renamed_unit_keeps_its_former_name_and_a_registered_one_its_credit_code() {
    let renamed = unit().update(record("区教育局"), false, minute(1)).expect("allowed").expect("a change");
    assert_eq!(renamed.unit().record.aliases, ["区教委"]);
    assert_eq!(renamed.happened(), &Happened::Updated(vec![Field::DisplayName, Field::Aliases]));
    let back = Record { aliases: vec!["区教育局".to_owned()], ..record("区教委") };
    let back = renamed.unit().clone().update(back, false, minute(2)).expect("allowed").expect("a change");
    assert_eq!(back.unit().record.aliases, ["区教育局"]);

    let coded = Record { credit_code: "91350100M000100Y43".parse().ok(), ..record("区教委") };
    let coded = unit().update(coded, false, minute(1)).expect("allowed").expect("a change").unit().clone();
    assert_eq!(coded.update(record("区教委"), false, minute(2)), Err(Rejection::CreditCodeGone));
}
