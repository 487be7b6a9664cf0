//! A catalogue of any size in the shape of real ones: what districts, offices, things and years are called, how
//! titles, abstracts and items are put together, how issues crowd on few days. The n-th entry is always the same.

use catalog::search::{Document, Filter, Sharing, Text};
use govshare_model::id::{EntryId, UnitId};
use time::{Date, Duration, Month};
use uuid::Uuid;

/// The n-th entry as PostgreSQL and the index both get it.
pub fn entry(n: u64) -> Document {
    let mut draw = Draw::new(n);
    let place = PLACES[draw.below_skewed(PLACES.len())];
    let bureau = draw.below_skewed(BUREAUS.len());
    let title = title(&mut draw, place);
    let items: Vec<&str> = (0..3 + draw.below(6)).map(|_| ITEMS[draw.below_skewed(ITEMS.len())]).collect();
    let summary = match draw.below(8) {
        0 | 1 => title.clone(),
        2 => String::new(),
        3 => format!("{place}{}{title}的公示", BUREAUS[bureau]),
        4 => format!("该数据由{place}{}提供，包含{}等属性字段。", BUREAUS[bureau], items.join("、")),
        _ => format!("{title}，包含{}等信息。", items[..items.len().min(4)].join("、")),
    };
    let unit = unit(PLACES.iter().position(|other| *other == place).unwrap_or_default(), bureau);
    let sharing = if draw.below(10) < 7 { Sharing::Active } else { Sharing::OnApplication };
    let issued = day_of_issue(&mut draw);
    Document {
        entry_id: EntryId(id(n, &mut draw)),
        issued,
        title: Text::new(&title),
        provider: Text::new(&format!("{place}{}", BUREAUS[bureau])),
        items: Text::of_items(items),
        summary: Text::new(&summary),
        filters: vec![Filter::Unit(unit), Filter::Sharing(sharing)],
    }
}

/// UUIDv7 as bulk registration gives them: some twenty a millisecond.
fn id(n: u64, draw: &mut Draw) -> Uuid {
    let random = (u128::from(draw.next()) << 64 | u128::from(draw.next())).to_be_bytes();
    let milliseconds = 1_700_000_000_000 + n / 20;
    uuid::Builder::from_unix_timestamp_millis(milliseconds, random.first_chunk().expect("16 bytes"))
        .into_uuid()
}

fn title(draw: &mut Draw, place: &str) -> String {
    let thing = THINGS[draw.below_skewed(THINGS.len())];
    let form = FORMS[draw.below_skewed(FORMS.len())];
    let indicator = INDICATORS[draw.below_skewed(INDICATORS.len())];
    let year = 2023 - draw.below_skewed(14);
    let number = draw.below(400) + 1;
    match draw.below(12) {
        0 | 1 => format!("{place}{thing}{form}"),
        2 => format!("{year}年{place}{thing}{form}"),
        3 => format!("{year}年1-{}月{indicator}", draw.below(11) + 2),
        4 => format!("{place}{thing}{form}（{year}年第{number}号）"),
        5 => format!("{thing}{indicator}（{year}{:02}）", draw.below(12) + 1),
        6 => format!("{place}数字平台_{thing}_{indicator}"),
        7 => format!("{}{}{thing}{form}", draw.name(), PREMISES[draw.below_skewed(PREMISES.len())]),
        8 => format!("{place}{}{}{form}", draw.name(), PREMISES[draw.below_skewed(PREMISES.len())]),
        9 => format!("{thing}{form}{number}"),
        10 => format!("关于{year}年{thing}{indicator}的公示"),
        _ => format!("{indicator}{form}"),
    }
}

fn unit(place: usize, bureau: usize) -> UnitId {
    format!("unit-{place}-{bureau}").parse().expect("letters, digits and dashes")
}

/// Offices issue much of a catalogue on the few days before somebody looks at it.
fn day_of_issue(draw: &mut Draw) -> Date {
    let first = Date::from_calendar_date(2014, Month::August, 1).expect("a date");
    let day = if draw.below(2) == 0 { draw.below(24) * 181 } else { draw.below(4_400) };
    first + Duration::days(day as i64)
}

/// A sequence of numbers that looks random and follows from `n` (SplitMix64).
pub struct Draw(u64);

impl Draw {
    pub fn new(n: u64) -> Self {
        Self(n.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(2014))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Small numbers more often than large ones, as words of a language are used.
    pub fn below_skewed(&mut self, end: usize) -> usize {
        let unit = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        ((unit * unit * end as f64) as usize).min(end - 1)
    }

    /// A name of two characters, of which there are many.
    fn name(&mut self) -> String {
        [(); 2]
            .map(|()| NAME_CHARACTERS.chars().nth(self.below(NAME_CHARACTERS.chars().count())))
            .iter()
            .flatten()
            .collect()
    }
}

pub const PLACES: &[&str] = &[
    "西城区",
    "东城区",
    "朝阳区",
    "海淀区",
    "丰台区",
    "云岩区",
    "南明区",
    "花溪区",
    "安顺市",
    "遵义市",
    "毕节市",
    "铜仁市",
    "宿州市",
    "池州市",
    "青阳县",
    "石台县",
    "泗县",
    "灵璧县",
    "萧县",
    "砀山县",
    "西秀区",
    "平坝区",
    "普定县",
    "镇宁县",
    "关岭县",
    "紫云县",
    "红花岗区",
    "汇川区",
    "播州区",
    "桐梓县",
    "绥阳县",
    "正安县",
    "道真县",
    "务川县",
    "凤冈县",
    "湄潭县",
    "余庆县",
    "习水县",
    "赤水市",
    "仁怀市",
    "大方县",
    "黔西市",
    "金沙县",
    "织金县",
    "纳雍县",
    "威宁县",
    "赫章县",
    "碧江区",
    "万山区",
    "江口县",
    "玉屏县",
    "石阡县",
    "思南县",
    "印江县",
    "德江县",
    "沿河县",
    "松桃县",
    "兴义市",
    "兴仁市",
    "普安县",
    "晴隆县",
    "贞丰县",
    "望谟县",
    "册亨县",
    "安龙县",
    "凯里市",
    "黄平县",
    "施秉县",
    "三穗县",
    "镇远县",
    "岑巩县",
    "天柱县",
    "锦屏县",
    "剑河县",
    "台江县",
    "黎平县",
    "榕江县",
    "从江县",
    "雷山县",
    "麻江县",
    "丹寨县",
    "都匀市",
    "福泉市",
    "荔波县",
    "贵定县",
    "瓮安县",
    "独山县",
    "平塘县",
    "罗甸县",
    "长顺县",
    "龙里县",
    "惠水县",
    "三都县",
    "钟山区",
    "水城区",
    "盘州市",
];

const BUREAUS: &[&str] = &[
    "统计局",
    "大数据发展管理局",
    "教育局",
    "市场监督管理局",
    "住房和城乡建设局",
    "人力资源和社会保障局",
    "交通运输局",
    "卫生健康委员会",
    "民政局",
    "自然资源局",
    "生态环境局",
    "应急管理局",
    "农业农村局",
    "文化和旅游局",
    "财政局",
    "司法局",
    "公安局",
    "发展和改革委员会",
    "工业和信息化局",
    "商务局",
    "水务局",
    "林业局",
    "审计局",
    "城市管理综合执法局",
    "住房公积金管理中心",
    "气象局",
    "税务局",
    "残疾人联合会",
    "红十字会",
    "档案局",
    "医疗保障局",
    "退役军人事务局",
    "民族宗教事务局",
    "信访局",
    "体育局",
    "机关事务管理局",
    "政务服务中心",
    "烟草专卖局",
    "供销合作社",
    "消防救援支队",
];

pub const THINGS: &[&str] = &[
    "企业",
    "食品经营许可",
    "规模以上工业企业",
    "学校",
    "医疗机构",
    "行政许可",
    "行政处罚",
    "建设工程施工许可",
    "财政预算",
    "部门预算及“三公”经费预算",
    "人口",
    "药品经营企业",
    "道路运输企业",
    "房地产开发企业",
    "社会组织",
    "养老机构",
    "幼儿园",
    "土地使用权出让",
    "环境影响评价",
    "公积金缴存单位",
    "就业困难人员",
    "城乡居民最低生活保障",
    "残疾人补贴",
    "农产品质量安全",
    "旅游景区",
    "酒店住宿",
    "文物保护单位",
    "非物质文化遗产",
    "公共图书馆",
    "体育场馆",
    "公交线路",
    "停车场",
    "加油站",
    "充电桩",
    "水质监测",
    "空气质量",
    "饮用水源地",
    "防洪工程",
    "森林资源",
    "易地扶贫搬迁",
    "特种设备",
    "危险化学品",
    "计量器具",
    "律师事务所",
    "公证机构",
    "法律援助",
    "人民调解委员会",
    "政府采购",
    "招标投标",
    "国有资产",
    "科技企业孵化器",
    "专利授权",
    "高新技术企业",
    "对外贸易经营者",
    "外商投资企业",
    "重点项目",
    "固定资产投资",
    "社会消费品零售",
    "农村专业合作社",
    "畜禽养殖",
    "种植基地",
    "病虫害防治",
    "气象观测",
    "地质灾害隐患点",
    "应急避难场所",
    "消防安全重点单位",
    "志愿服务",
    "退役军人优待",
    "职业培训",
    "技能鉴定",
    "劳动保障监察",
    "工伤认定",
    "医保定点药店",
    "疫苗接种",
    "传染病监测",
    "献血点",
    "婚姻登记",
    "殡葬服务",
    "行政区划",
    "地名门牌",
    "不动产登记",
    "测绘成果",
    "矿业权",
    "燃气经营",
    "供水管网",
    "污水处理",
    "垃圾分类",
    "园林绿化",
    "户外广告",
    "违法建设",
    "物业服务",
    "保障性住房",
    "老旧小区改造",
    "电梯维保",
    "烟草零售",
    "酒类经营",
    "网吧",
    "娱乐场所",
];

const FORMS: &[&str] = &[
    "信息",
    "名单",
    "情况",
    "统计表",
    "一览表",
    "公示信息",
    "明细",
    "登记信息",
    "名录",
    "数据",
    "目录",
    "台账",
    "基本信息",
    "汇总表",
    "备案登记情况",
    "年度报告",
    "检查结果",
    "办事指南",
    "分布",
    "项目清单",
];

pub const INDICATORS: &[&str] = &[
    "规模以上工业增加值",
    "地区生产总值（GDP）",
    "固定资产投资完成情况",
    "社会消费品零售总额",
    "一般公共预算收入",
    "居民消费价格指数",
    "城镇居民人均可支配收入",
    "农村居民人均可支配收入",
    "进出口总额",
    "主要产品产量",
    "房屋施工面积",
    "商品房销售额",
    "用电量",
    "货物运输量",
    "旅客周转量",
    "粮食播种面积",
    "生猪存栏数",
    "常住人口",
    "城镇化率",
    "登记失业率",
    "在校学生数",
    "专任教师数",
    "卫生技术人员数",
    "床位数",
    "专利申请量",
    "能源消费量",
    "PM2.5浓度",
    "优良天数比例",
    "森林覆盖率",
    "投诉举报数",
    "客流量",
    "运单量",
    "POI兴趣点",
    "信用评级",
    "缴存额",
    "参保人数",
    "补贴发放金额",
    "检测合格率",
    "空置率",
    "贷款余额",
];

const PREMISES: &[&str] = &[
    "食品经营部",
    "小学",
    "中学",
    "大药房",
    "超市",
    "农民专业合作社",
    "建筑工程有限公司",
    "餐饮店",
    "卫生室",
    "幼儿园",
    "酒店",
    "汽车维修厂",
    "物流有限公司",
    "养殖场",
    "茶业有限公司",
    "科技有限公司",
    "诊所",
    "加油站",
    "商贸有限公司",
    "村民委员会",
];

const ITEMS: &[&str] = &[
    "名称",
    "地址",
    "联系电话",
    "序号",
    "企业名称",
    "法定代表人",
    "统一社会信用代码",
    "年份",
    "指标",
    "单位",
    "数值",
    "备注",
    "区县",
    "所在乡镇",
    "许可证号",
    "发证日期",
    "有效期至",
    "经营范围",
    "项目名称",
    "项目地址",
    "施工面积",
    "竣工日期",
    "建设单位",
    "受理时间",
    "办理结果",
    "状态",
    "类别",
    "等级",
    "负责人",
    "注册资本",
    "成立日期",
    "行业代码",
    "人数",
    "性别",
    "年龄段",
    "姓名",
    "学校类型",
    "班级数",
    "教师数",
    "床位数",
    "收费标准",
    "服务时间",
    "经度",
    "纬度",
    "邮编",
    "面积",
    "用途",
    "产权单位",
    "金额",
    "资金来源",
    "同比增长",
    "累计值",
    "本月值",
    "计量单位",
    "检测项目",
    "检测结果",
    "采样时间",
    "排放浓度",
    "车牌号",
    "线路名称",
    "起点",
    "终点",
    "首班时间",
    "末班时间",
    "票价",
    "药品名称",
    "生产厂家",
    "批准文号",
    "品种",
    "产量",
    "播种面积",
    "养殖规模",
    "违法行为",
    "处罚依据",
    "处罚结果",
    "处罚机关",
    "决定书文号",
    "招标编号",
    "中标单位",
    "合同金额",
    "专利号",
    "申请人",
    "授权日期",
];

const NAME_CHARACTERS: &str = "安宝昌成诚春达德东恩发丰福富光广贵国海恒宏洪鸿华辉惠吉佳嘉建江金锦晶景聚凯康乐利联良林龙隆茂美民明茗宁\
    平齐千乾庆荣瑞润三森盛石世顺四泰腾天田通同旺伟文五祥晓欣新信鑫星兴旭雅阳耀亿益艺永优友余裕誉元源远悦云运泽长振正志中众卓梓";
