//! The fields of the guideline that a column can hold, and how offices call them.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use super::text::fold;

macro_rules! fields {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// A field of a catalogue entry. What each may hold is said at [`super::CatalogueRow`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Field { $($(#[$doc])* $variant),+ }

        impl Field {
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name in a mapping file.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

fields! {
    /// 信息资源名称
    Title = "title",
    /// 信息资源摘要
    Abstract = "abstract",
    /// 信息资源提供方
    Provider = "provider",
    /// 提供方代码: 统一社会信用代码 (GB 32100)
    CreditCode = "credit_code",
    /// 主题 or 信息资源分类
    Theme = "theme",
    /// 所属行业
    Industry = "industry",
    /// 信息资源格式
    Format = "format",
    /// 共享类型
    SharingType = "sharing_type",
    /// 共享条件
    SharingConditions = "sharing_conditions",
    /// 共享方式
    SharingMode = "sharing_mode",
    /// 是否向社会开放; a portal's 开放属性
    OpenToPublic = "open_to_public",
    /// 开放条件
    OpenConditions = "open_conditions",
    /// 更新周期
    UpdateCycle = "update_cycle",
    /// 发布日期
    Issued = "issued",
    /// 更新时间
    Modified = "modified",
    /// 关键字
    Keywords = "keywords",
    /// 信息项: the names, in one cell or one a row
    Items = "items",
    /// 数据类型 of the names in `items`, in their order
    ItemTypes = "item_types",
    /// 长度 of the names in `items`, in their order
    ItemLengths = "item_lengths",
    /// 关联资源代码
    RelatedCodes = "related_codes",
    /// Where the entry stands in the portal that it comes from
    SourceUri = "source_uri",
    /// 信息资源代码
    ResourceCode = "resource_code",
}

impl Field {
    /// Several columns may say it, each something: conditions of sharing, and the grounds on which it is refused.
    pub(super) fn takes_several_columns(self) -> bool {
        self == Self::SharingConditions
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What becomes of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    Field(Field),
    /// Kept beside the row under its own header.
    Extra,
    /// Left out: a person's contact.
    Drop,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => field.fmt(f),
            Self::Extra => f.write_str("extra"),
            Self::Drop => f.write_str("drop"),
        }
    }
}

/// The name is none of [`Field::ALL`], `extra`, `drop`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownTarget;

impl FromStr for Target {
    type Err = UnknownTarget;
    fn from_str(name: &str) -> Result<Self, UnknownTarget> {
        match name {
            "extra" => Ok(Self::Extra),
            "drop" => Ok(Self::Drop),
            _ => name.parse().map(Self::Field),
        }
    }
}

impl FromStr for Field {
    type Err = UnknownTarget;
    fn from_str(name: &str) -> Result<Self, UnknownTarget> {
        Self::ALL.iter().copied().find(|field| field.name() == name).ok_or(UnknownTarget)
    }
}

/// A header's best reading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reading {
    pub target: Target,
    /// 1.0 for a name of the table; below it the part of the header that such a name makes up.
    pub confidence: f32,
    /// Place within the field's names: where two columns claim a field, the lower wins.
    pub rank: usize,
    /// The header means other things, too: 数据来源 may be a system.
    pub is_vague: bool,
}

/// Names that mean the field in some catalogues only, so that the values have to bear them out.
const VAGUE: [&str; 3] = ["数据来源", "来源", "单位"];

/// Below it a resemblance says nothing.
const LEAST_RESEMBLANCE: f32 = 0.3;

/// What a header means by its words alone.
pub(super) fn read_header(header: &str) -> Option<Reading> {
    let key = header_key(header);
    if let Some(&(target, rank)) = NAMES.get(&key) {
        let is_vague = VAGUE.contains(&key.as_str());
        return Some(Reading { target, confidence: 1.0, rank, is_vague });
    }
    let length = key.chars().count() as f32;
    NAMES
        .iter()
        .filter(|(name, _)| name.len() >= 4)
        .filter_map(|(name, &(target, rank))| {
            // In Chinese the head of a compound stands last: of two equally long names the later one counts.
            let at = key.rfind(name.as_str())?;
            Some((name.chars().count(), at, Reading { target, confidence: 0.0, rank, is_vague: false }))
        })
        .max_by_key(|(characters, at, reading)| (*characters, *at, std::cmp::Reverse(reading.rank)))
        .map(|(characters, _, reading)| Reading { confidence: 0.9 * characters as f32 / length, ..reading })
        .filter(|reading| reading.confidence >= LEAST_RESEMBLANCE)
}

/// A header in the form of the table: folded, without what stands in brackets and without marks.
pub(super) fn header_key(header: &str) -> String {
    let folded = fold(header);
    let mut depth = 0_u32;
    let key: String = folded
        .chars()
        .filter(|c| match c {
            '(' | '[' | '{' | '【' | '〔' | '「' | '《' => {
                depth += 1;
                false
            }
            ')' | ']' | '}' | '】' | '〕' | '」' | '》' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0 && c.is_alphanumeric(),
        })
        .collect();
    if key.is_empty() { folded.chars().filter(|c| c.is_alphanumeric()).collect() } else { key }
}

static NAMES: LazyLock<HashMap<String, (Target, usize)>> = LazyLock::new(|| {
    let table = shipped_table();
    table
        .into_iter()
        .flat_map(|(target, names)| {
            names.into_iter().enumerate().map(move |(rank, name)| (header_key(&name), (target, rank)))
        })
        .collect()
});

fn shipped_table() -> HashMap<Target, Vec<String>> {
    let table: HashMap<String, Vec<String>> =
        toml::from_str(include_str!("../../data/headers.toml")).expect("the shipped table is read by a test");
    table
        .into_iter()
        .map(|(target, names)| (target.parse().expect("the shipped table is read by a test"), names))
        .collect()
}

/// Headers of a row that the table knows well enough to call the row a header.
pub(super) fn recognised(cells: &[String]) -> HashSet<Field> {
    cells
        .iter()
        .filter(|cell| cell.len() <= 90)
        .filter_map(|cell| read_header(cell))
        .filter(|reading| reading.confidence >= 0.6)
        .filter_map(|reading| match reading.target {
            Target::Field(field) => Some(field),
            Target::Extra | Target::Drop => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_the_table_belongs_to_one_target() {
        let table = shipped_table();
        assert_eq!(table.len(), Field::ALL.len() + 2, "every field has names");
        let names: usize = table.values().map(Vec::len).sum();
        assert_eq!(names, NAMES.len());
    }

    #[test]
    fn headers_are_read_through_marks_and_widths() {
        let cases = [
            ("标题", Target::Field(Field::Title)),
            ("*信息资源名称（必填）", Target::Field(Field::Title)),
            ("【数据提供方】：", Target::Field(Field::Provider)),
            ("　数据 摘要\n", Target::Field(Field::Abstract)),
            ("Update_Frequency", Target::Field(Field::UpdateCycle)),
            ("详情页ＵＲＬ", Target::Field(Field::SourceUri)),
            ("开放属性", Target::Field(Field::OpenToPublic)),
            ("共享属性", Target::Field(Field::SharingType)),
            ("提供方单位全称", Target::Field(Field::Provider)),
            ("数据提供单位名称", Target::Field(Field::Provider)),
            ("业务联系人电话", Target::Drop),
            ("数据量(条)", Target::Extra),
            ("本年度累计下载次数", Target::Extra),
        ];
        for (header, target) in cases {
            assert_eq!(read_header(header).map(|reading| reading.target), Some(target), "{header}");
        }
        for header in ["", "（）", "甲乙丙丁", "Lorem ipsum"] {
            assert_eq!(read_header(header), None, "{header}");
        }
    }

    #[test]
    fn names_of_targets_are_read_back() {
        for field in Field::ALL {
            assert_eq!(field.name().parse(), Ok(Target::Field(*field)));
        }
        assert_eq!("drop".parse(), Ok(Target::Drop));
        assert_eq!("titel".parse::<Target>(), Err(UnknownTarget));
    }
}
