//! The articles of 西政办发〔2014〕14号, each with its rule in one line.

/// What an article rules.
#[derive(Debug, PartialEq, Eq)]
pub struct Article {
    pub number: u8,
    pub zh: &'static str,
    pub en: &'static str,
    /// Whether it asks something of the platform.
    pub asks: bool,
}

/// Chapters by their first article.
const CHAPTERS: [(u8, &str); 8] = [
    (1, "第一章 总则 · Chapter 1, General"),
    (7, "第二章 政务信息资源共享工作职责 · Chapter 2, Duties"),
    (14, "第三章 政务信息资源目录 · Chapter 3, The catalogue"),
    (17, "第四章 政务信息资源采集更新 · Chapter 4, Collection and updates"),
    (21, "第五章 政务信息资源共享 · Chapter 5, Sharing"),
    (29, "第六章 政务信息资源安全 · Chapter 6, Security"),
    (32, "第七章 评估监督 · Chapter 7, Evaluation and supervision"),
    (35, "第八章 附则 · Chapter 8, Closing provisions"),
];

const fn asks(number: u8, zh: &'static str, en: &'static str) -> Article {
    Article { number, zh, en, asks: true }
}

const fn asks_nothing(number: u8, zh: &'static str, en: &'static str) -> Article {
    Article { number, zh, en, asks: false }
}

/// All of them, in order.
pub const ARTICLES: [Article; 37] = [
    asks_nothing(1, "目的依据，无须平台办理。", "Purpose of the measures (目的依据); nothing to carry out."),
    asks(
        2,
        "适用本办法的各单位，按类别登记。",
        "The units (各单位) that the measures apply to are registered with their kind.",
    ),
    asks(
        3,
        "什么是政务信息资源和共享：以目录条目描述，汇入共享数据库。",
        "What is shared is described: resources by entries of the catalogue, collected in shared databases.",
    ),
    asks_nothing(
        4,
        "统筹集约、责权统一、按需共享、保障安全四项原则，由以下各条落实。",
        "Principles (统筹集约, 责权统一, 按需共享, 保障安全); the articles that carry them out follow.",
    ),
    asks(
        5,
        "基础库、共享专题数据库、领域协同库；区交换平台支撑发布和获取。",
        "Base, thematic and domain databases (基础库, 共享专题库, 领域协同库) are registered; the exchange platform \
         publishes and takes data.",
    ),
    asks(
        6,
        "共享绩效突出的单位申报的项目和有利于共享的项目，优先列入项目计划。",
        "Units with outstanding sharing, and projects that further it, come first in the project plan.",
    ),
    asks(
        7,
        "专项工作组制定与发布规划和年度计划，协调重大事项。",
        "Plan and yearly plan (规划, 年度计划) are issued by the working group, which coordinates major matters.",
    ),
    asks(
        8,
        "区政府信息办编制年度计划草案，会同有关单位研究重大问题，审核牵头单位的技术方案。",
        "The info office drafts the yearly plan, consults, reviews lead units' technical schemes and reports.",
    ),
    asks(
        9,
        "区保密局指导各单位制定保密制度。",
        "Units set up secrecy rules (保密制度) under the secrecy bureau's guidance.",
    ),
    asks(
        10,
        "采集中的统计调查项目由区统计局审批，另有规定的除外。",
        "A collection that is a statistical survey (统计调查项目) needs the statistics bureau's approval.",
    ),
    asks(
        11,
        "区档案局监督指导政务信息资源归档。",
        "The archives bureau supervises the archiving (归档) of resources.",
    ),
    asks(
        12,
        "各共享数据库的牵头单位；具体管理办法报专项工作组批准后施行。",
        "Lead units (牵头单位) of each shared database; their management measures are approved by the working group.",
    ),
    asks(
        13,
        "各单位的权利和义务；明确责任科室和工作人员。",
        "Rights and duties of the units; each names its responsible section and staff (责任科室和工作人员).",
    ),
    asks(
        14,
        "目录是资源提供与使用的标准依据。",
        "The catalogue (目录) is the standard by which resources are provided and used.",
    ),
    asks(
        15,
        "区政府信息办建立目录编制的标准和规范：分类与代码。",
        "The info office sets the standards of the catalogue: classification and codes.",
    ),
    asks(
        16,
        "各单位编制、审查、登记、更新目录并作保密审查；不能登记的书面说明。",
        "Units compile, review for secrecy, register and update their entries; what cannot be listed is explained in \
         writing (书面说明).",
    ),
    asks(
        17,
        "各单位制定采集、发布、维护的规范和程序。",
        "Each unit lays down its procedures for collection, publication and maintenance.",
    ),
    asks(
        18,
        "其他单位已采集的，通过共享获取；确需自行采集的，说明必要性。",
        "What another unit already collects is taken by sharing; a necessary own collection is recorded with its need.",
    ),
    asks(
        19,
        "按目录规定的形式和时限及时更新；逾期未更新的予以公示。",
        "The provider updates in the form and time that the entry states; late updates are found and shown.",
    ),
    asks(
        20,
        "采集的信息数字化记录、存储、使用和归档。",
        "What is collected is recorded digitally and archived.",
    ),
    asks(
        21,
        "获取资源的单位，有义务按约定的时限和范围提供本单位的资源。",
        "Whoever takes must also give, in the agreed time and scope.",
    ),
    asks(
        22,
        "提供方明确告知瑕疵的，使用方承担使用风险。",
        "A user who was clearly told of a defect (瑕疵) bears the risk of use.",
    ),
    asks(
        23,
        "只用于履行职责或约定用途，不得擅自向第三方提供；留存信息承担管理责任。",
        "Use only for the own duty or the agreed purpose, nothing to third parties, and duties for what is kept.",
    ),
    asks(
        24,
        "主动共享与依申请共享；不宜普遍共享的经区保密局批准后报信息办备案。",
        "Active sharing (主动共享) and sharing on application (依申请共享); restriction is approved by the secrecy bureau \
         and filed.",
    ),
    asks(
        25,
        "主动共享的，由提供方在区交换平台发布，其他单位自行获取。",
        "Actively shared resources are published on the exchange platform and taken without application.",
    ),
    asks(
        26,
        "申请单；十五个工作日内答复；同意的签三方协议，不同意的书面说明理由；异议协调；转送。",
        "Application form, answer within 15 working days, agreement of three or written refusal, objection, unknown \
         provider.",
    ),
    asks(
        27,
        "上级机关管理的资源：联系上级，不予提供的书面说明，必要时报请市里协调。",
        "A resource of the provider's superior body: liaison, written statement, coordination by the city.",
    ),
    asks(
        28,
        "发现问题的，填写使用情况反馈表；提供方核实处理、书面反馈并备案。",
        "Problems found in data are reported on the feedback form, verified, answered in writing and filed.",
    ),
    asks(
        29,
        "采集、存储、共享、使用全过程的安全保障。",
        "Collection, storage, sharing and use are secured; nobody sees or does what is not theirs.",
    ),
    asks(
        30,
        "不得擅自降低相关系统的安全等级。",
        "Nobody lowers the security level of a system without authority.",
    ),
    asks(
        31,
        "国家秘密不上平台；商业秘密、个人隐私和敏感资源签订安全保密协议。",
        "State secrets stay off the platform; secrets, privacy and sensitive resources need a confidentiality agreement \
         (安全保密协议).",
    ),
    asks(
        32,
        "各单位定期自评；信息办每年至少评估一次并向区政府报告。",
        "Units evaluate themselves; the info office evaluates the district at least once a year and reports.",
    ),
    asks(
        33,
        "区政府办公室、区人力社保局、区政府法制办监督检查和评估考核。",
        "District office, personnel bureau and legal office inspect and assess.",
    ),
    asks(
        34,
        "违反规定或不作为、不配合的，专项工作组调查核实后由有关部门追究。",
        "Violations are investigated by the working group and handed to the competent department.",
    ),
    asks(
        35,
        "各单位制定实施细则，提交专项工作组审核批准后施行。",
        "Units' implementing rules (实施细则) are approved by the working group.",
    ),
    asks(
        36,
        "由区政府信息办负责解释：每个数字和选择都可查到条款和解释。",
        "The info office interprets: every figure and choice is readable with its article and interpretation.",
    ),
    asks_nothing(37, "自2014年8月1日起施行。", "In force since 2014-08-01."),
];

impl Article {
    /// The chapter that begins with this article.
    pub fn chapter(&self) -> Option<&'static str> {
        CHAPTERS.iter().find(|(first, _)| *first == self.number).map(|(_, title)| *title)
    }

    pub fn heading(&self) -> String {
        format!("第{}条 · Article {}", chinese(self.number), self.number)
    }
}

/// A number below 100 as laws write it.
fn chinese(number: u8) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let (tens, ones) = (usize::from(number / 10) % 10, usize::from(number % 10));
    match tens {
        0 => DIGITS[ones].to_owned(),
        1 => format!("十{}", DIGITS[ones]),
        _ => format!("{}十{}", DIGITS[tens], DIGITS[ones]),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Documented {
        article: Vec<Rule>,
    }

    #[derive(Deserialize)]
    struct Rule {
        number: u8,
        rule: String,
        #[serde(default = "yes")]
        asks: bool,
    }

    fn yes() -> bool {
        true
    }

    #[test]
    fn the_articles_are_those_that_the_coverage_page_is_made_of() {
        let documented: Documented =
            toml::from_str(include_str!("../../../../docs/articles.toml")).expect("docs/articles.toml");
        let documented: Vec<_> =
            documented.article.iter().map(|known| (known.number, known.rule.as_str(), known.asks)).collect();
        let ours: Vec<_> = ARTICLES.iter().map(|ours| (ours.number, ours.en, ours.asks)).collect();
        assert_eq!(ours, documented);
    }

    #[test]
    fn headings_read_as_in_the_policy() {
        let headings: Vec<String> = [1, 10, 14, 20, 37].map(|number| ARTICLES[number - 1].heading()).into();
        let expected = [
            "第一条 · Article 1",
            "第十条 · Article 10",
            "第十四条 · Article 14",
            "第二十条 · Article 20",
            "第三十七条 · Article 37",
        ];
        assert_eq!(headings, expected);
        assert_eq!(ARTICLES.iter().filter(|article| article.chapter().is_some()).count(), 8);
    }
}
