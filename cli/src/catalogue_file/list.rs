//! Splits cells that hold several values: formats, keywords, themes, items, codes.

use serde::Serialize;

use super::text::{fold, says_nothing};
use super::vocabulary::FormatClass;

/// A format as the office names it, in lower case, and the guideline's class of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Format {
    pub name: String,
    /// `None` for a format that the guideline's classes do not tell.
    pub class: Option<FormatClass>,
}

/// 信息项: one column of the data that an entry describes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Item {
    pub name: String,
    /// 数据类型, in the office's words.
    pub data_type: Option<String>,
    /// 长度, in the office's words.
    pub length: Option<String>,
}

const STRONG: [char; 6] = [',', '，', ';', '；', '|', '\n'];

/// Formats of `xlsx,xls`, `['xls', 'api']`, `XLS、接口` and the like.
pub(super) fn formats(cell: &str) -> Vec<Format> {
    let separators = |c: char| STRONG.contains(&c) || c.is_whitespace() || matches!(c, '、' | '/' | '+');
    let names = cell.trim_matches(['[', ']', '{', '}', '(', ')']).split(separators);
    let names = names.map(|name| fold(name.trim_matches(['\'', '"', '‘', '’', '“', '”', ' ', '.', '*'])));
    distinct(names).map(|name| Format { class: FormatClass::of(&name), name }).collect()
}

/// Themes and industries: a name such as 农、林、牧、渔业 is one.
pub(super) fn themes(cell: &str) -> Vec<String> {
    distinct(unlisted(cell).split(STRONG).map(bare)).collect()
}

/// Keywords: one a line where there are several lines; else split at any separator, at spaces only without one.
pub(super) fn keywords(cell: &str) -> Vec<String> {
    let cell = unlisted(cell);
    let any = |c: char| STRONG.contains(&c) || c == '、';
    let words: Vec<String> = if cell.contains('\n') {
        distinct(cell.split('\n').map(bare)).collect()
    } else if cell.contains(any) {
        distinct(cell.split(any).map(bare)).collect()
    } else {
        distinct(cell.split_whitespace().map(bare)).collect()
    };
    words
}

/// Resource codes: no separator can be part of one.
pub(super) fn codes(cell: &str) -> Vec<String> {
    let separators = |c: char| STRONG.contains(&c) || c.is_whitespace() || c == '、';
    distinct(unlisted(cell).split(separators).map(bare)).collect()
}

/// Names of items, split outside brackets: 年龄(岁,周) is one.
pub(super) fn names(cell: &str) -> Vec<String> {
    let mut depth = 0_i32;
    let separates = |c: char| {
        match c {
            '(' | '（' | '[' | '【' => depth += 1,
            ')' | '）' | ']' | '】' => depth = (depth - 1).max(0),
            _ => {}
        }
        c == '\n' || depth == 0 && (STRONG.contains(&c) || c == '、')
    };
    unlisted(cell).split(separates).map(bare).filter(|name| !says_nothing(name)).collect()
}

/// Items of parallel lists. Types and lengths count only where there is one for every name.
pub(super) fn items(names_cell: &str, types_cell: &str, lengths_cell: &str) -> Vec<Item> {
    let item_names = names(names_cell);
    let parallel = |cell: &str| -> Vec<Option<String>> {
        let values = if item_names.len() == 1 { vec![cell.trim().to_owned()] } else { names(cell) };
        if values.len() != item_names.len() {
            return vec![None; item_names.len()];
        }
        values.into_iter().map(|value| (!says_nothing(&value)).then_some(value)).collect()
    };
    let (types, lengths) = (parallel(types_cell), parallel(lengths_cell));
    let zipped = item_names.into_iter().zip(types).zip(lengths);
    zipped.map(|((name, data_type), length)| Item { name, data_type, length }).collect()
}

/// A unified social credit code in its written form: 18 characters of GB 32100's alphabet, with the right check
/// character.
pub(super) fn credit_code(cell: &str) -> Option<String> {
    const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let code = fold(cell).to_ascii_uppercase();
    let digits: Option<Vec<usize>> =
        code.bytes().map(|byte| ALPHABET.iter().position(|known| *known == byte)).collect();
    let digits = digits.filter(|digits| digits.len() == 18)?;
    let mut weight = 1;
    let mut sum = 0;
    for digit in &digits[..17] {
        sum += digit * weight;
        weight = weight * 3 % 31;
    }
    ((31 - sum % 31) % 31 == digits[17]).then_some(code)
}

/// Without the brackets of a list in Python's or JSON's notation, `['xls', 'api']`.
fn unlisted(cell: &str) -> &str {
    let inner = cell.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.filter(|inner| inner.contains(['\'', '"'])).unwrap_or(cell)
}

fn bare(name: &str) -> String {
    name.trim().trim_matches(['\'', '"']).trim().to_owned()
}

fn distinct(values: impl Iterator<Item = String>) -> impl Iterator<Item = String> {
    let mut seen = std::collections::HashSet::new();
    values.filter(move |value| !says_nothing(value) && seen.insert(value.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_formats() {
        let names = |cell| formats(cell).into_iter().map(|format| format.name).collect::<Vec<_>>();
        assert_eq!(names("xlsx,csv,xls"), ["xlsx", "csv", "xls"]);
        assert_eq!(names("['xls', 'api']"), ["xls", "api"]);
        assert_eq!(names(r#"["JSON","Xml"]"#), ["json", "xml"]);
        assert_eq!(names(".XLS、接口/RDF xls"), ["xls", "接口", "rdf"]);
        assert_eq!(names("-"), Vec::<String>::new());
        assert_eq!(formats("xls")[0].class, Some(FormatClass::Spreadsheet));
    }

    #[test]
    fn an_industry_with_enumeration_commas_is_one() {
        assert_eq!(themes("农、林、牧、渔业"), ["农、林、牧、渔业"]);
        assert_eq!(themes("教育；医疗, 教育"), ["教育", "医疗"]);
    }

    #[test]
    fn lists_of_keywords() {
        assert_eq!(keywords("位置\n公共厕所\n信息"), ["位置", "公共厕所", "信息"]);
        assert_eq!(keywords("农业、水利\n农、林、牧、渔业"), ["农业、水利", "农、林、牧、渔业"]);
        assert_eq!(keywords("教育、学校，名单"), ["教育", "学校", "名单"]);
        assert_eq!(keywords("教育 学校"), ["教育", "学校"]);
    }

    #[test]
    fn items_with_types_and_lengths_in_parallel() {
        let item = |name: &str, data_type: Option<&str>, length: Option<&str>| Item {
            name: name.into(),
            data_type: data_type.map(Into::into),
            length: length.map(Into::into),
        };
        let found = items("姓名、年龄(岁,周)", "字符型,数值型", "50");
        assert_eq!(found, [item("姓名", Some("字符型"), None), item("年龄(岁,周)", Some("数值型"), None)]);
        assert_eq!(items("金额", "数值型", "10,2"), [item("金额", Some("数值型"), Some("10,2"))]);
        assert_eq!(items("", "字符型", ""), []);
    }

    #[test]
    fn credit_codes_are_checked() {
        assert_eq!(credit_code(" 91350100m000100y43 ").as_deref(), Some("91350100M000100Y43"));
        for wrong in ["91350100M000100Y44", "91350100M000100Y4", "91350100M000100I43", ""] {
            assert_eq!(credit_code(wrong), None, "{wrong}");
        }
    }
}
