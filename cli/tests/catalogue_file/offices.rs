//! Ways in which offices lay out a catalogue, each read as a person would read it.

use govshare_cli::catalogue_file::{Field, OpenToPublic, Reason, SharingType, Source, propose};
use rust_xlsxwriter::{Format, Workbook};

use crate::files::{read, read_with, written};

fn titles(text: &str) -> Vec<String> {
    read(written(text).path()).accepted.into_iter().map(|row| row.title).collect()
}

#[test]
fn rows_that_repeat_a_resource_for_each_item_are_one_resource() {
    let text = "资源名称,资源代码,提供方,信息项名称,数据类型,信息项描述\n\
        婚姻登记,A1,区民政局,姓名,字符型,双方\n\
        婚姻登记,A1,区民政局,登记日期,日期型,\n\
        婚姻登记,A2,区民政局,姓名,字符型,离婚\n\
        婚姻登记,,,证号,字符型,补发\n";
    let outcome = read(written(text).path());
    let found: Vec<_> = outcome
        .accepted
        .iter()
        .map(|row| (row.resource_code.as_deref(), row.items.len(), row.extras["信息项描述"].as_str()))
        .collect();
    assert_eq!(found, [(Some("A1"), 2, "双方"), (Some("A2"), 2, "离婚\n补发")]);
    assert!(outcome.refused.is_empty());
    assert_eq!(outcome.accepted[0].items[1].data_type.as_deref(), Some("日期型"));

    let lists = "资源名称,提供方,信息项\n企业,区工商局,名称、代码\n企业,区工商局,地址、电话\n";
    assert_eq!(titles(lists), ["企业", "企业"], "a list in each row is a resource in each row");
}

#[test]
fn sharing_types_are_read_with_their_remarks_and_by_the_offices_own_words() {
    let text = "资源名称,提供方,共享类型\n\
        甲,区教委,不予共享（涉及个人隐私）\n乙,区教委,有条件共享(经提供方同意)\n丙,区教委,主动共享\n丁,区教委,3\n";
    let rows = read(written(text).path()).accepted;
    let found: Vec<_> = rows.iter().map(|row| (row.sharing_type, row.sharing_conditions.as_str())).collect();
    use SharingType::{Conditional, Unconditional, Withheld};
    assert_eq!(
        found,
        [
            (Some(Withheld), "涉及个人隐私"),
            (Some(Conditional), "经提供方同意"),
            (Some(Unconditional), ""),
            (None, "")
        ]
    );
    assert_eq!(
        (rows[3].warnings[0].field, rows[3].warnings[0].value.as_str()),
        (Some(Field::SharingType), "3")
    );
    let file = written(text);
    let source = Source::open(file.path()).expect("a catalogue");
    let mapping = format!("{}\n[values.sharing_type]\n\"3\" = \"withheld\"\n", propose(&source).mapping());
    let mapping = govshare_cli::catalogue_file::Mapping::parse(&mapping).expect("valid");
    let rows = read_with(file.path(), &mapping).accepted;
    assert_eq!((rows[3].sharing_type, rows[3].warnings.len()), (Some(Withheld), 0));
}

#[test]
fn only_a_column_of_units_names_the_provider() {
    let text = "资源名称,数据来源,填报单位,计量单位,可共享部门\n\
        人口,自建系统产生,区统计局,万人,全市各单位\n产值,手工填报,区统计局,亿元,区税务局\n";
    let file = written(text);
    let proposal = propose(&Source::open(file.path()).expect("a catalogue"));
    assert_eq!(proposal.column(Field::Provider), Some("填报单位"));
    let file = written("资源名称,数据来源\n人口,区统计局\n产值,区发改委\n");
    let proposal = propose(&Source::open(file.path()).expect("a catalogue"));
    assert_eq!(proposal.column(Field::Provider), Some("数据来源"), "where it says units");
    let rows = read(written("资源名称,提供方\n人口,区 教\u{3000}育 局\n").path()).accepted;
    assert_eq!(rows[0].provider, "区教育局");
}

#[test]
fn the_kind_of_openness_goes_before_a_yes_and_conditions_are_conditions() {
    let text = "资源名称,提供方,是否开放,开放类型,开放条件\n\
        甲,区教委,是,有条件开放,登录\n乙,区教委,是,无条件开放,无条件\n丙,区教委,否,不予开放,\n";
    let rows = read(written(text).path()).accepted;
    let openness: Vec<_> = rows.iter().filter_map(|row| row.open_to_public).collect();
    assert_eq!(openness, [OpenToPublic::Conditional, OpenToPublic::Unconditional, OpenToPublic::No]);
    let text = "资源名称,提供方,是否向社会开放,开放条件\n甲,区教委,是,无条件开放\n乙,区教委,是,登录\n";
    let rows = read(written(text).path()).accepted;
    let openness: Vec<_> = rows.iter().filter_map(|row| row.open_to_public).collect();
    assert_eq!(openness, [OpenToPublic::Unconditional, OpenToPublic::Conditional]);
}

#[test]
fn conditions_and_grounds_in_two_columns_are_both_kept() {
    let text = "资源名称,提供方,共享类型,共享条件,不予共享依据\n\
        甲,区教委,有条件共享,凭函,\n乙,区教委,不予共享,,《保密法》\n丙,区教委,不予共享,仅限办案,《保密法》\n";
    let rows = read(written(text).path()).accepted;
    let conditions: Vec<_> = rows.iter().map(|row| row.sharing_conditions.as_str()).collect();
    assert_eq!(conditions, ["凭函", "《保密法》", "仅限办案\n《保密法》"]);
}

#[test]
fn notes_and_totals_below_the_table_are_no_resources() {
    let text = "序号,资源名称,提供方\n1,人口,区统计局\n合计,1,\n注：以上由统计局提供,,2023年5月1日\n填表人：李四,审核人：王五,甲\n";
    let outcome = read(written(text).path());
    assert_eq!(outcome.accepted.len(), 1);
    let notes = outcome.refused.iter().filter(|refused| refused.reason == Reason::Note).count();
    assert_eq!((outcome.refused.len(), notes), (3, 3));
}

#[test]
fn an_address_that_the_rows_share_tells_none_of_them() {
    let names = ["甲", "乙", "丙", "丁", "戊"];
    let rows: Vec<_> = names.iter().map(|name| format!("{name},区教委,http://data.gov.cn/")).collect();
    assert_eq!(titles(&format!("资源名称,提供方,访问地址\n{}\n", rows.join("\n"))), names);
}

#[test]
fn group_names_over_general_ones_are_read_together() {
    let text =
        "信息资源,,提供方,,共享属性,\n名称,代码,名称,代码,类型,条件\n人口,A1,区卫生局,,有条件共享,凭函\n";
    let outcome = read(written(text).path());
    assert_eq!(outcome.accepted.len(), 1);
    let row = &outcome.accepted[0];
    assert_eq!((row.title.as_str(), row.provider.as_str()), ("人口", "区卫生局"));
    assert_eq!(
        (row.resource_code.as_deref(), row.sharing_type),
        (Some("A1"), Some(SharingType::Conditional))
    );
    assert_eq!(row.sharing_conditions, "凭函");
}

#[test]
fn a_cell_merged_over_several_resources_belongs_to_each() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (row, cells) in
        [["提供部门", "资源名称"], ["", "学校"], ["", "教师"], ["", "学生"], ["区公安局", "户籍"]]
            .iter()
            .enumerate()
    {
        for (column, cell) in cells.iter().enumerate() {
            sheet.write_string(row as u32, column as u16, *cell).expect("written");
        }
    }
    sheet.merge_range(1, 0, 3, 0, "区教委", &Format::new()).expect("merged");
    let file = tempfile::Builder::new().suffix(".xlsx").tempfile().expect("a file");
    workbook.save(file.path()).expect("saved");
    let outcome = read(file.path());
    let found: Vec<_> =
        outcome.accepted.iter().map(|row| (row.provider.as_str(), row.title.as_str())).collect();
    assert_eq!(found, [("区教委", "学校"), ("区教委", "教师"), ("区教委", "学生"), ("区公安局", "户籍")]);
}

#[test]
fn a_long_side_column_of_items_is_cut_and_said() {
    let mut text = "资源名称,提供方,信息项名称,信息项描述\n".to_owned();
    for item in 0..130 {
        let named = if item == 0 { "人口,区统计局" } else { "," };
        text.push_str(&format!("{named},项{item},{}\n", "述".repeat(30)));
    }
    let outcome = read(written(&text).path());
    let row = &outcome.accepted[0];
    assert_eq!((outcome.accepted.len(), row.items.len()), (1, 130));
    assert_eq!(row.extras["信息项描述"].chars().count(), 2_000);
    assert_eq!((row.warnings.len(), row.warnings[0].column.as_str()), (1, "信息项描述"));
}
