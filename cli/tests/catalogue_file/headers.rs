//! Which column is taken for which field, proposed or by a mapping file.

use govshare_cli::catalogue_file::{Error, Field, Mapping, SharingType, Source, Target, Why, propose};

use crate::files::{read, read_with, written};

/// Headers in the manner of several portals, with the fields that must be found in them.
const PORTALS: [(&str, &[(Field, &str)]); 8] = [
    (
        "名称,资源摘要,单位名称,主题,标签,更新周期,数据格式,数据量,浏览量,在线链接地址,首次发布时间,最后更新时间",
        &[
            (Field::Title, "名称"),
            (Field::Abstract, "资源摘要"),
            (Field::Provider, "单位名称"),
            (Field::Theme, "主题"),
            (Field::Keywords, "标签"),
            (Field::UpdateCycle, "更新周期"),
            (Field::Format, "数据格式"),
            (Field::SourceUri, "在线链接地址"),
            (Field::Issued, "首次发布时间"),
            (Field::Modified, "最后更新时间"),
        ],
    ),
    (
        "数据集名称,数据领域,国家主题分类,摘要,开放条件,更新频度,首次发布日期,更新日期,数据标签,数据提供方,应用场景,开放属性",
        &[
            (Field::Title, "数据集名称"),
            (Field::Theme, "数据领域"),
            (Field::Abstract, "摘要"),
            (Field::OpenConditions, "开放条件"),
            (Field::UpdateCycle, "更新频度"),
            (Field::Issued, "首次发布日期"),
            (Field::Modified, "更新日期"),
            (Field::Keywords, "数据标签"),
            (Field::Provider, "数据提供方"),
            (Field::OpenToPublic, "开放属性"),
        ],
    ),
    (
        "序号,数据集标题,数据描述,来源部门,主题分类,所属行业,更新频率,开放等级,数据总量,发布时间,更新时间,详情页URL",
        &[
            (Field::Title, "数据集标题"),
            (Field::Abstract, "数据描述"),
            (Field::Provider, "来源部门"),
            (Field::Theme, "主题分类"),
            (Field::Industry, "所属行业"),
            (Field::UpdateCycle, "更新频率"),
            (Field::OpenToPublic, "开放等级"),
            (Field::Issued, "发布时间"),
            (Field::Modified, "更新时间"),
            (Field::SourceUri, "详情页URL"),
        ],
    ),
    (
        "目录编码,目录名称,数据资源摘要,数源单位,统一社会信用代码,共享属性,共享条件,开放属性,更新周期,数据项,资源格式",
        &[
            (Field::ResourceCode, "目录编码"),
            (Field::Title, "目录名称"),
            (Field::Abstract, "数据资源摘要"),
            (Field::Provider, "数源单位"),
            (Field::CreditCode, "统一社会信用代码"),
            (Field::SharingType, "共享属性"),
            (Field::SharingConditions, "共享条件"),
            (Field::OpenToPublic, "开放属性"),
            (Field::UpdateCycle, "更新周期"),
            (Field::Items, "数据项"),
            (Field::Format, "资源格式"),
        ],
    ),
    (
        "目录名称(必填),*提供单位,目录描述,领域名称,行业名称,开放类型,资源格式类型,更新频率,创建时间,关键字",
        &[
            (Field::Title, "目录名称(必填)"),
            (Field::Provider, "*提供单位"),
            (Field::Abstract, "目录描述"),
            (Field::Theme, "领域名称"),
            (Field::Industry, "行业名称"),
            (Field::OpenToPublic, "开放类型"),
            (Field::Format, "资源格式类型"),
            (Field::UpdateCycle, "更新频率"),
            (Field::Issued, "创建时间"),
            (Field::Keywords, "关键字"),
        ],
    ),
    (
        "资源标题,数据资源编码,数据简介,所属主题,数据提供方名称,开放方式,最近更新,数据更新周期,资源地址,是否向社会开放",
        &[
            (Field::Title, "资源标题"),
            (Field::ResourceCode, "数据资源编码"),
            (Field::Abstract, "数据简介"),
            (Field::Theme, "所属主题"),
            (Field::Provider, "数据提供方名称"),
            (Field::Modified, "最近更新"),
            (Field::UpdateCycle, "数据更新周期"),
            (Field::SourceUri, "资源地址"),
            (Field::OpenToPublic, "是否向社会开放"),
        ],
    ),
    (
        "信息资源名称,信息资源摘要,责任单位,共享类型,共享方式,公开属性,更新频次,修改日期,文件格式,关联资源代码",
        &[
            (Field::Title, "信息资源名称"),
            (Field::Abstract, "信息资源摘要"),
            (Field::Provider, "责任单位"),
            (Field::SharingType, "共享类型"),
            (Field::SharingMode, "共享方式"),
            (Field::OpenToPublic, "公开属性"),
            (Field::UpdateCycle, "更新频次"),
            (Field::Modified, "修改日期"),
            (Field::Format, "文件格式"),
            (Field::RelatedCodes, "关联资源代码"),
        ],
    ),
    (
        "identifier,Title,Description,Publisher,dct:issued,Last Modified,theme,format,Keyword,landingPage,Update_Frequency",
        &[
            (Field::ResourceCode, "identifier"),
            (Field::Title, "Title"),
            (Field::Abstract, "Description"),
            (Field::Provider, "Publisher"),
            (Field::Issued, "dct:issued"),
            (Field::Modified, "Last Modified"),
            (Field::Theme, "theme"),
            (Field::Format, "format"),
            (Field::Keywords, "Keyword"),
            (Field::SourceUri, "landingPage"),
            (Field::UpdateCycle, "Update_Frequency"),
        ],
    ),
];

#[test]
fn headers_of_many_portals_find_their_fields() {
    for (headers, fields) in PORTALS {
        let file = written(format!("{headers}\n"));
        let proposal = propose(&Source::open(file.path()).expect(headers));
        for (field, header) in fields {
            assert_eq!(proposal.column(*field), Some(*header), "{field} in {headers}");
        }
        let claimed =
            proposal.columns.iter().filter(|column| matches!(column.target, Target::Field(_))).count();
        assert_eq!(claimed, fields.len(), "no other field in {proposal}");
        let printed = Mapping::parse(&proposal.to_string()).expect("a proposal is a mapping file");
        assert_eq!(printed, proposal.mapping());
    }
}

#[test]
fn every_column_has_a_stated_fate() {
    let file = written("标题,提供单位,提供部门,联系电话,浏览量,甲乙丙\n人口,区卫生局,区统计局,010-1,7,丁\n");
    let proposal = propose(&Source::open(file.path()).expect("readable"));
    let fates: Vec<_> = proposal.columns.iter().map(|column| (column.target, column.why.clone())).collect();
    let beaten = Why::Beaten { field: Field::Provider, by: "提供单位".into() };
    assert_eq!(
        fates[2..],
        [
            (Target::Extra, beaten),
            (Target::Drop, Why::Known),
            (Target::Extra, Why::Known),
            (Target::Extra, Why::Unknown),
        ]
    );
    let row = &read(file.path()).accepted[0];
    let extras: Vec<_> = row.extras.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(extras, [("提供部门", "区统计局"), ("浏览量", "7"), ("甲乙丙", "丁")]);
}

#[test]
fn values_speak_where_headers_do_not() {
    let file = written(
        "名称,单位,甲,乙,地址,更新时间,丙\n\
         一,区教委,http://a.cn/1,2023-01-05,二龙路1号,每年,无条件共享\n\
         二,区教委,http://a.cn/2,2023-01-06,二龙路2号,每月,有条件共享\n",
    );
    let proposal = propose(&Source::open(file.path()).expect("readable"));
    let targets: Vec<String> = proposal.columns.iter().map(|column| column.target.to_string()).collect();
    assert_eq!(
        targets,
        ["title", "provider", "source_uri", "issued", "extra", "update_cycle", "sharing_type"]
    );
}

#[test]
fn a_mapping_file_overrides_and_is_checked_against_the_file() {
    let file = written("某市目录\n甲,乙,丙\n人口,常住,x\n");
    let mapping = |text: &str| Mapping::parse(text).expect("valid");
    let given = mapping(
        "[columns]\n\"甲\" = \"title\"\n\"乙\" = \"abstract\"\n[defaults]\nprovider = \"区卫生局\"\nsharing_type = \"conditional\"",
    );
    let rows = read_with(file.path(), &given).accepted;
    assert_eq!((rows[0].row, rows[0].title.as_str(), rows[0].provider.as_str()), (3, "人口", "区卫生局"));
    assert_eq!((rows[0].sharing_type, rows[0].extras["丙"].as_str()), (Some(SharingType::Conditional), "x"));

    let error = Source::open_with(file.path(), &mapping("[columns]\n\"丁\" = \"title\""))
        .expect_err("no such column");
    assert!(matches!(&error, Error::NoSuchColumn { missing, .. } if missing == &["丁"]), "{error}");
    let untitled = mapping("[columns]\n\"甲\" = \"provider\"");
    let source = Source::open_with(file.path(), &untitled).expect("readable");
    let error = source.rows(&untitled).err().expect("no title");
    assert!(matches!(error, Error::Unmapped { field: Field::Title, .. }), "{error}");
}
