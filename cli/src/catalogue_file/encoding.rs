//! Tells in which encoding a text file is written, and decodes its fields without guessing.

use std::fmt;
use std::io::{self, Read};

/// Encoding of a delimited file. GB18030 contains GBK and GB 2312.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Gb18030,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::Gb18030 => "GB18030",
        })
    }
}

impl Encoding {
    /// Reads all of `input`, and counts its lines. UTF-8 where that is valid, also with a few damaged places (their
    /// rows are refused later); else GB18030.
    pub(super) fn detect(mut input: impl Read, line_end: u8) -> io::Result<(Self, u64)> {
        let mut buffer = vec![0; 1 << 16];
        let mut filled = 0;
        let (mut characters, mut damaged, mut lines) = (0u64, 0u64, 0u64);
        loop {
            let read = input.read(&mut buffer[filled..])?;
            lines += buffer[filled..filled + read].iter().filter(|byte| **byte == line_end).count() as u64;
            filled += read;
            let mut rest = &buffer[..filled];
            loop {
                match std::str::from_utf8(rest) {
                    Ok(text) => {
                        characters += non_ascii(text.as_bytes());
                        rest = &[];
                        break;
                    }
                    Err(error) => {
                        let (valid, invalid) = rest.split_at(error.valid_up_to());
                        characters += non_ascii(valid);
                        rest = invalid;
                        let Some(length) = error.error_len() else { break };
                        damaged += 1;
                        rest = &rest[length..];
                    }
                }
            }
            if read == 0 {
                damaged += u64::from(!rest.is_empty());
                break;
            }
            let unfinished = filled - rest.len()..filled;
            filled = rest.len();
            buffer.copy_within(unfinished, 0);
        }
        // Chinese text in GBK is about four parts invalid to one part valid when taken for UTF-8.
        let utf8 = damaged == 0 || characters > 4 * damaged;
        Ok((if utf8 { Self::Utf8 } else { Self::Gb18030 }, lines))
    }

    /// The bytes come back where they are no text in this encoding.
    pub(super) fn decode(self, bytes: Vec<u8>) -> Result<String, Vec<u8>> {
        match self {
            Self::Utf8 => String::from_utf8(bytes).map_err(|error| error.into_bytes()),
            Self::Gb18030 => {
                match encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(&bytes) {
                    Some(text) => Ok(text.into_owned()),
                    None => Err(bytes),
                }
            }
        }
    }

    /// The text with U+FFFD in place of what cannot be decoded, to show where it is.
    pub(super) fn decode_lossily(self, bytes: &[u8]) -> String {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Self::Gb18030 => encoding_rs::GB18030.decode_without_bom_handling(bytes).0.into_owned(),
        }
    }
}

/// Number of characters beyond ASCII in valid UTF-8.
fn non_ascii(valid: &[u8]) -> u64 {
    valid.iter().filter(|byte| **byte >= 0xc0).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gbk(text: &str) -> Vec<u8> {
        encoding_rs::GB18030.encode(text).0.into_owned()
    }

    fn detect(bytes: &[u8]) -> (Encoding, u64) {
        Encoding::detect(bytes, b'\n').expect("memory can be read")
    }

    #[test]
    fn utf8_also_with_damage_and_gb18030() {
        let text = "标题,摘要,提供单位\n人口信息,常住人口,区卫生局\n".repeat(4000);
        assert_eq!(detect(text.as_bytes()), (Encoding::Utf8, 8000));
        assert_eq!(detect(&gbk(&text)), (Encoding::Gb18030, 8000));
        let damaged = [text.as_bytes(), b"\xff\xfe\n", &gbk("人口信息\n"), text.as_bytes()].concat();
        assert_eq!(detect(&damaged), (Encoding::Utf8, 16002));
        assert_eq!(detect(b"ascii"), (Encoding::Utf8, 0));
    }

    #[test]
    fn what_is_cut_off_at_the_end_is_damage() {
        assert_eq!(detect(&"标".as_bytes()[..2]), (Encoding::Gb18030, 0));
    }

    #[test]
    fn undecodable_bytes_are_no_text() {
        assert_eq!(Encoding::Gb18030.decode(gbk("镕㐀𠀀")), Ok("镕㐀𠀀".to_owned()));
        assert_eq!(Encoding::Gb18030.decode(vec![b'a', 0xff]), Err(vec![b'a', 0xff]));
        assert_eq!(Encoding::Gb18030.decode_lossily(&[b'a', 0xff]), "a\u{fffd}");
        assert_eq!(Encoding::Utf8.decode(gbk("标题")), Err(gbk("标题")));
    }
}
