//! The guideline's enumerations (发改高技〔2017〕1272号) and the words that offices use for their values.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::text::fold;

/// 共享类型: who among government units may have the resource. Says nothing about the public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharingType {
    /// 无条件共享
    Unconditional,
    /// 有条件共享
    Conditional,
    /// 不予共享
    Withheld,
}

/// 是否向社会开放: what the public may have. A portal's 开放属性 is this, never 共享类型.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenToPublic {
    Unconditional,
    Conditional,
    No,
}

/// 更新周期. A cycle outside the enumeration stays in its own words.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpdateCycle {
    RealTime,
    Daily,
    Weekly,
    Monthly,
    Quarterly,
    HalfYearly,
    Yearly,
    Irregular,
    Words(String),
}

/// Class of 信息资源格式.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormatClass {
    /// 电子文件
    ElectronicFile,
    /// 电子表格
    Spreadsheet,
    /// 数据库
    Database,
    /// 图形图像
    Image,
    /// 流媒体
    Stream,
    /// 自描述格式
    SelfDescribed,
    /// 服务接口
    Service,
}

impl SharingType {
    /// The value that a word stands for, e.g. `有条件共享` or `conditional`, whatever stands in brackets behind it.
    pub fn from_words(words: &str) -> Option<Self> {
        WORDS.sharing_type.get(bare(&fold(words))).copied()
    }

    /// The name in a mapping file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unconditional => "unconditional",
            Self::Conditional => "conditional",
            Self::Withheld => "withheld",
        }
    }
}

impl OpenToPublic {
    /// The value that a word stands for, e.g. `无条件开放`, `是` or `no`, whatever stands in brackets behind it.
    pub fn from_words(words: &str) -> Option<Self> {
        WORDS.open_to_public.get(bare(&fold(words))).copied()
    }

    /// The name in a mapping file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unconditional => "unconditional",
            Self::Conditional => "conditional",
            Self::No => "no",
        }
    }
}

impl UpdateCycle {
    /// The value that a word stands for, e.g. `每天` or `daily`; any other word is kept as [`Self::Words`].
    pub fn from_words(words: &str) -> Self {
        Self::enumerated(words).unwrap_or_else(|| Self::Words(words.to_owned()))
    }

    pub(super) fn enumerated(words: &str) -> Option<Self> {
        WORDS.update_cycle.get(&fold(words)).cloned()
    }
}

impl fmt::Display for UpdateCycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RealTime => "实时",
            Self::Daily => "每日",
            Self::Weekly => "每周",
            Self::Monthly => "每月",
            Self::Quarterly => "每季度",
            Self::HalfYearly => "每半年",
            Self::Yearly => "每年",
            Self::Irregular => "不定期",
            Self::Words(words) => words,
        })
    }
}

impl FormatClass {
    /// The class of a format's name, e.g. `xlsx`, `接口`; `None` for one that the table does not know.
    pub fn of(format: &str) -> Option<Self> {
        WORDS.format_class.get(&fold(format)).copied()
    }
}

/// Without a remark in brackets at the end: `不予共享(涉密)`.
fn bare(folded: &str) -> &str {
    folded.strip_suffix(')').and_then(|open| open.split_once('(')).map_or(folded, |(word, _)| word)
}

/// What stands in brackets at the end of a word of 共享类型; empty where nothing does.
pub(super) fn remark(words: &str) -> String {
    let open = words.trim_end().strip_suffix([')', '）']).and_then(|open| open.split_once(['(', '（']));
    let remark =
        open.filter(|(word, _)| SharingType::from_words(word).is_some()).map(|(_, remark)| remark.trim());
    remark.unwrap_or_default().to_owned()
}

pub(super) fn is_placeholder(folded: &str) -> bool {
    WORDS.placeholders.contains(folded)
}

pub(super) fn is_unsaid_theme(words: &str) -> bool {
    WORDS.unsaid_themes.contains(&fold(words))
}

/// `data/values.toml` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    placeholders: HashSet<String>,
    unsaid_themes: HashSet<String>,
    update_cycle: HashMap<UpdateCycle, Vec<String>>,
    sharing_type: HashMap<SharingType, Vec<String>>,
    open_to_public: HashMap<OpenToPublic, Vec<String>>,
    format_class: HashMap<FormatClass, Vec<String>>,
}

struct Words {
    placeholders: HashSet<String>,
    unsaid_themes: HashSet<String>,
    update_cycle: HashMap<String, UpdateCycle>,
    sharing_type: HashMap<String, SharingType>,
    open_to_public: HashMap<String, OpenToPublic>,
    format_class: HashMap<String, FormatClass>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let table: Table =
        toml::from_str(include_str!("../../data/values.toml")).expect("the shipped table is read by a test");
    Words {
        placeholders: table.placeholders.iter().map(|word| fold(word)).collect(),
        unsaid_themes: table.unsaid_themes.iter().map(|word| fold(word)).collect(),
        update_cycle: by_word(table.update_cycle),
        sharing_type: by_word(table.sharing_type),
        open_to_public: by_word(table.open_to_public),
        format_class: by_word(table.format_class),
    }
});

fn by_word<V: Clone>(table: HashMap<V, Vec<String>>) -> HashMap<String, V> {
    let mut by_word = HashMap::new();
    for (value, words) in table {
        by_word.extend(words.iter().map(|word| (fold(word), value.clone())));
    }
    by_word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_the_table_stands_for_one_value() {
        let table: Table = toml::from_str(include_str!("../../data/values.toml")).expect("values.toml");
        let counts = [
            (table.update_cycle.values().flatten().count(), WORDS.update_cycle.len()),
            (table.sharing_type.values().flatten().count(), WORDS.sharing_type.len()),
            (table.open_to_public.values().flatten().count(), WORDS.open_to_public.len()),
            (table.format_class.values().flatten().count(), WORDS.format_class.len()),
        ];
        for (written, distinct) in counts {
            assert_eq!(written, distinct);
        }
    }

    #[test]
    fn synonyms_meet_and_other_words_are_kept() {
        assert_eq!(UpdateCycle::from_words("每天"), UpdateCycle::Daily);
        assert_eq!(UpdateCycle::from_words("每半年"), UpdateCycle::HalfYearly);
        assert_eq!(UpdateCycle::from_words("每两年"), UpdateCycle::Words("每两年".into()));
        assert_eq!(SharingType::from_words("不予共享"), Some(SharingType::Withheld));
        assert_eq!(FormatClass::of("XLSX"), Some(FormatClass::Spreadsheet));
        assert_eq!(FormatClass::of("接口"), Some(FormatClass::Service));
        assert_eq!(FormatClass::of("虚构"), None);
    }

    #[test]
    fn openness_is_no_sharing_type() {
        for openness in ["无条件开放", "有条件开放", "不予开放"] {
            assert_eq!(SharingType::from_words(openness), None, "{openness}");
            assert!(OpenToPublic::from_words(openness).is_some(), "{openness}");
        }
        for sharing in ["无条件共享", "有条件共享", "不予共享"] {
            assert_eq!(OpenToPublic::from_words(sharing), None, "{sharing}");
        }
    }
}
