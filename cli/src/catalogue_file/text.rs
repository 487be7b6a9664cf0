//! Cleans the text of a cell: markup, entities, control characters, full-width forms, words that say nothing.

use super::vocabulary;

/// Half-width, lower case, without whitespace: the form in which headers and enumerated values are compared.
pub(super) fn fold(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !is_invisible(*c))
        .flat_map(|c| half_width(c).to_lowercase())
        .collect()
}

fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// Control, zero-width and text-direction characters, which a reader cannot see and an index should not hold.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The readable text of a cell: tags removed, entities decoded, invisible characters removed, runs of white
/// space made one space, empty lines dropped. Lines stay lines.
pub(super) fn clean(text: &str) -> String {
    let plain = if text.contains('<') { without_tags(text) } else { text.to_owned() };
    let plain = if plain.contains('&') { decode_entities(&plain) } else { plain };
    let mut lines = String::with_capacity(plain.len());
    for line in plain.split(['\n', '\r', '\u{2028}', '\u{2029}', '\u{85}']) {
        let start = lines.len();
        for word in line.split_whitespace() {
            let before = lines.len();
            if before == start && start > 0 {
                lines.push('\n');
            } else if before > start {
                lines.push(' ');
            }
            let word_start = lines.len();
            lines.extend(word.chars().filter(|c| !is_invisible(*c)));
            if lines.len() == word_start {
                lines.truncate(before);
            }
        }
    }
    lines
}

/// [`clean`] for a field that is one line, such as a title.
pub(super) fn clean_line(text: &str) -> String {
    let cleaned = clean(text);
    if cleaned.contains('\n') { cleaned.replace('\n', " ") } else { cleaned }
}

/// Without spaces beside Chinese characters, as a line break in a cell or a spread-out name leaves them: `市 教 育 局`.
pub(super) fn without_gaps(line: &str) -> String {
    let is_han = |c: Option<&char>| c.is_some_and(|c| matches!(c, '\u{3400}'..='\u{9fff}'));
    let characters: Vec<char> = line.chars().collect();
    let keeps = |(at, c): (usize, &char)| {
        let before = at.checked_sub(1).and_then(|before| characters.get(before));
        let gap = *c == ' ' && is_han(before) && is_han(characters.get(at + 1));
        (!gap).then_some(*c)
    };
    characters.iter().enumerate().filter_map(keeps).collect()
}

/// True for an empty cell and for the words that offices write into one (`-`, `无`, `null`, ...).
pub(super) fn says_nothing(cleaned: &str) -> bool {
    cleaned.is_empty() || (cleaned.len() <= 24 && vocabulary::is_placeholder(&fold(cleaned)))
}

/// The first `limit` characters, with an ellipsis where something was cut off.
pub(super) fn shortened(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// In bytes; a comment that does not end within it is text.
const LONGEST_COMMENT: usize = 4096;

/// Tags that begin a new line.
const LINE_TAGS: [&str; 16] = [
    "p", "br", "div", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "section", "article",
    "hr",
];
/// Other tags that editors leave in texts. A name outside both lists is text: `x<y and y>z`.
const INLINE_TAGS: [&str; 36] = [
    "a",
    "b",
    "i",
    "u",
    "s",
    "em",
    "strong",
    "span",
    "font",
    "img",
    "td",
    "th",
    "tbody",
    "thead",
    "tfoot",
    "col",
    "colgroup",
    "caption",
    "center",
    "small",
    "big",
    "sub",
    "sup",
    "pre",
    "code",
    "blockquote",
    "label",
    "input",
    "form",
    "video",
    "html",
    "body",
    "head",
    "h6",
    "script",
    "style",
];

/// Removes what is a tag or a comment by HTML's syntax; a lone `<` ("PM2.5 < 75") stays.
fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        plain.push_str(&rest[..start]);
        rest = &rest[start..];
        let closes = rest.starts_with("</");
        let Some((name, after)) = tag(rest) else {
            plain.push('<');
            rest = &rest[1..];
            continue;
        };
        rest = after;
        if LINE_TAGS.contains(&name.as_str()) {
            plain.push('\n');
        }
        if !closes && matches!(name.as_str(), "script" | "style") {
            let closing = format!("</{name}");
            rest = match find_ignoring_case(rest, &closing) {
                Some(end) => &rest[end..],
                None => "",
            };
        }
    }
    plain.push_str(rest);
    plain
}

/// The lower-case name of the tag that `text` begins with (empty for a comment), and what follows it.
fn tag(text: &str) -> Option<(String, &str)> {
    if let Some(comment) = text.strip_prefix("<!--") {
        let end = comment.as_bytes().windows(3).take(LONGEST_COMMENT).position(|bytes| bytes == b"-->")?;
        return Some((String::new(), &comment[end + 3..]));
    }
    let body = text[1..].strip_prefix('/').unwrap_or(&text[1..]);
    if !body.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let name_end = body.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(body.len());
    let boundary = body[name_end..].chars().next()?;
    let end = body.find(['<', '>'])?;
    let name = body[..name_end].to_ascii_lowercase();
    let office_markup = boundary == ':';
    let known = LINE_TAGS.contains(&name.as_str()) || INLINE_TAGS.contains(&name.as_str());
    let name_ends = matches!(boundary, '>' | '/') || boundary.is_whitespace();
    (body.as_bytes()[end] == b'>' && (office_markup || known && name_ends)).then(|| (name, &body[end + 1..]))
}

fn find_ignoring_case(text: &str, ascii: &str) -> Option<usize> {
    text.as_bytes().windows(ascii.len()).position(|window| window.eq_ignore_ascii_case(ascii.as_bytes()))
}

/// The longest name below with its `;`.
const LONGEST_ENTITY: usize = 10;

fn decode_entities(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        plain.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.bytes().take(LONGEST_ENTITY).position(|byte| byte == b';');
        match end.and_then(|end| entity(&rest[1..end]).map(|c| (c, end))) {
            Some((c, end)) => {
                plain.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                plain.push('&');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" | "ensp" | "emsp" | "thinsp" => ' ',
        "ldquo" => '“',
        "rdquo" => '”',
        "lsquo" => '‘',
        "rsquo" => '’',
        "mdash" => '—',
        "ndash" => '–',
        "hellip" => '…',
        "middot" => '·',
        "bull" => '•',
        "times" => '×',
        "divide" => '÷',
        "deg" => '°',
        "permil" => '‰',
        "laquo" => '«',
        "raquo" => '»',
        "copy" => '©',
        "reg" => '®',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_removed_and_text_is_kept() {
        let cases = [
            ("<p>安顺市人民政府门户网</p>\r\n", "安顺市人民政府门户网"),
            ("<p>&nbsp; &nbsp; 公共出行</p>", "公共出行"),
            ("<P STYLE=\"color:red\">甲</P><br/>乙", "甲\n乙"),
            ("R&D人员 &amp; 经费", "R&D人员 & 经费"),
            ("PM2.5 < 75 且 a<b", "PM2.5 < 75 且 a<b"),
            ("x<y and y>z", "x<y and y>z"),
            ("<!-- 注 -->甲<script>alert('乙')</SCRIPT>丙", "甲丙"),
            ("甲&#20057;&#x4e19;&unknown;", "甲乙丙&unknown;"),
            ("\u{feff}甲\u{0}\u{200b}乙\u{3000}\u{a0}丙 \u{200b} 丁", "甲乙 丙 丁"),
            ("\n\n 甲 \n\n\n 乙\n", "甲\n乙"),
            ("&", "&"),
            ("<", "<"),
            ("<p", "<p"),
        ];
        for (raw, readable) in cases {
            assert_eq!(clean(raw), readable, "{raw:?}");
        }
    }

    #[test]
    fn full_width_forms_fold_to_half_width() {
        assert_eq!(fold(" ＵＲＬ　地址（必填）\n"), "url地址(必填)");
    }

    #[test]
    fn placeholders_say_nothing_and_words_do() {
        for nothing in ["", "-", "无", "／", "NULL", "暂无", "Ｎ/Ａ", "#REF!"] {
            assert!(says_nothing(&clean(nothing)), "{nothing:?}");
        }
        for something in ["无锡市", "0", "无条件", "-1"] {
            assert!(!says_nothing(&clean(something)), "{something:?}");
        }
    }

    #[test]
    fn shortening_counts_characters() {
        assert_eq!(shortened("一二三", 3), "一二三");
        assert_eq!(shortened("一二三四", 3), "一二三…");
    }
}
