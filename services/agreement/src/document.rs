//! The documents that the parties sign, as plain text. Rendering is a pure function of what was agreed; it runs once
//! for an agreement, and the bytes are what counts from then on.

use govshare_model::id::AgreementId;
use time::Date;

use crate::agreement::{Document, DocumentKind, Parties, Rendered};
use crate::case::{Case, Ground, NamedParties, Party, Resource};
use crate::terms::Terms;

/// Media type of all documents.
pub const MEDIA_TYPE: &str = "text/plain; charset=utf-8";

const AGREEMENT_TITLE: &str = "政务信息资源共享交换协议";
const CONFIDENTIALITY_TITLE: &str = "政务信息资源共享安全保密协议";
const POLICY: &str =
    "《北京市西城区政务信息资源共享管理办法（试行）》（西政办发〔2014〕14号，以下称《办法》）";
/// Indents what parties wrote, so that no line of theirs looks like a heading.
const INDENT: &str = "　　";

/// All that stands in the documents. The agreement's id is among it: signatures under a cancelled agreement are worth
/// nothing under the next one.
#[derive(Debug, Clone, Copy)]
pub struct Contents<'c> {
    pub id: AgreementId,
    pub case: &'c Case,
    pub resource: &'c Resource,
    pub parties: &'c NamedParties,
    pub terms: &'c Terms,
    /// Day of drafting, Asia/Shanghai.
    pub drafted: Date,
}

/// The agreement, and the confidentiality agreement where the resource has grounds for it (art. 31).
pub fn render(contents: &Contents<'_>, parties: &Parties) -> Vec<Rendered> {
    let mut texts = vec![(DocumentKind::Agreement, contents.agreement())];
    if contents.is_confidential() {
        texts.push((DocumentKind::Confidentiality, contents.confidentiality()));
    }
    let rendered = |(kind, text): (DocumentKind, String)| {
        let content = text.into_bytes();
        let document = Document {
            kind,
            sha256: sha256(&content),
            size: content.len() as i64,
            signatories: kind.signatories(parties),
        };
        Rendered { document, content }
    };
    texts.into_iter().map(rendered).collect()
}

/// Lower-case hexadecimal SHA-256.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes))
}

impl Contents<'_> {
    fn agreement(&self) -> String {
        let mut text = self.head(AGREEMENT_TITLE);
        text.party("甲方（申请方、使用方）", &self.parties.applicant);
        text.party("乙方（提供方）", &self.parties.provider);
        text.party("丙方（区政府信息办）", &self.parties.info_office);
        text.line("");
        text.line(&format!(
            "依据{POLICY}第二十六条第（一）项，乙方已书面同意甲方的共享申请，甲、乙、丙三方订立本协议。"
        ));
        text.line("");
        text.line("一、共享资源");
        self.resource(&mut text);
        text.line("二、信息项");
        self.items(&mut text);
        text.line("三、用途（《办法》第二十三条）");
        text.paragraph(&self.terms.purpose);
        text.paragraph(
            "甲方获取的信息只用于本单位履行职责或者上列用途，不得擅自向第三方提供，不得用于任何其他目的。",
        );
        text.line("四、提供方式");
        text.paragraph(&self.terms.delivery);
        text.line("五、有效期");
        self.validity(&mut text);
        text.line("六、留存（《办法》第二十三条）");
        text.paragraph(&self.terms.retention);
        text.paragraph("甲方对留存的信息承担管理、安全与保密责任。");
        text.line("七、提供义务（《办法》第二十一条）");
        text.paragraph("乙方按本协议约定的时限和范围提供信息。甲方在获取信息的同时，有义务按约定的时限和范围向其他单位提供本单位采集的政务信息资源。");
        text.line("八、瑕疵告知（《办法》第二十二条）");
        text.paragraph("乙方明确告知信息具有瑕疵的，由甲方承担相应的使用风险。");
        text.line("九、安全保障（《办法》第二十九条）");
        text.paragraph("各方建立健全信息采集、存储、共享、使用过程中的安全保障制度。");
        text.line("十、安全等级（《办法》第三十条）");
        text.paragraph("提供方、使用方和传输方严格管理权限，不得擅自降低相关系统的安全等级。");
        text.line("十一、安全保密（《办法》第三十一条）");
        if self.is_confidential() {
            text.paragraph(&format!(
                "本资源涉及{}，甲、乙双方另行签订《{CONFIDENTIALITY_TITLE}》；该协议与本协议均签署完毕之前，不提供信息。",
                self.grounds().join("、")
            ));
        } else {
            text.paragraph("本资源不涉及须签订安全保密协议的情形。");
        }
        text.line("十二、签署与生效");
        text.paragraph("各方以经登记且有效的单位密钥对本文件的全部字节签名。全部文件均由应签署的各方签署后，本协议生效。");
        text.0
    }

    fn confidentiality(&self) -> String {
        let mut text = self.head(CONFIDENTIALITY_TITLE);
        text.party("提供方", &self.parties.provider);
        text.party("使用方", &self.parties.applicant);
        text.line("");
        text.line(&format!("依据{POLICY}第三十一条，共享双方在法律、法规、规章允许提供的范围内订立本协议。"));
        text.line("");
        text.line("一、签订事由（《办法》第三十一条）");
        text.paragraph("本资源涉及下列情形：");
        text.list(&self.grounds());
        text.line("二、共享资源");
        self.resource(&mut text);
        text.line("三、信息项");
        self.items(&mut text);
        text.line("四、使用范围（《办法》第二十三条）");
        text.paragraph(&self.terms.purpose);
        text.paragraph("使用方只在上列范围内使用信息，不得擅自向第三方提供，不得用于任何其他目的。");
        text.line("五、留存与保密（《办法》第二十三条）");
        text.paragraph(&self.terms.retention);
        text.paragraph(
            "使用方对留存的信息承担管理、安全与保密责任；有效期届满后仍有留存的，责任不因此免除。",
        );
        text.line("六、安全保障（《办法》第二十九条、第三十条）");
        text.paragraph("双方建立健全安全保障制度，严格管理权限，不得擅自降低相关系统的安全等级。");
        text.line("七、有效期");
        self.validity(&mut text);
        text.line("八、签署");
        text.paragraph("双方以经登记且有效的单位密钥对本文件的全部字节签名。");
        text.0
    }

    fn head(&self, title: &str) -> Text {
        let mut text = Text(String::new());
        text.line(title);
        text.line("");
        text.line(&format!("协议编号：{}", self.id));
        text.line(&format!("申请编号：{}（{}）", plain(&self.case.number), self.case.id));
        text.line(&format!("起草日期：{}", day(self.drafted)));
        text.line(&if self.is_confidential() {
            format!("文件份数：2（《{AGREEMENT_TITLE}》《{CONFIDENTIALITY_TITLE}》）")
        } else {
            format!("文件份数：1（《{AGREEMENT_TITLE}》）")
        });
        text.line("");
        text
    }

    fn resource(&self, text: &mut Text) {
        text.paragraph(&format!("资源名称：{}", self.resource.title));
        text.paragraph(&format!("目录条目：{}", self.case.entry));
        text.paragraph(&format!("条目版本：第{}版", self.case.entry_version));
    }

    fn items(&self, text: &mut Text) {
        if self.terms.items.is_empty() {
            text.paragraph("本资源的全部信息项。");
        } else {
            text.list(&self.terms.items);
        }
    }

    fn validity(&self, text: &mut Text) {
        let (from, until) = (day(self.terms.valid_from), day(self.terms.valid_until));
        text.paragraph(&format!("自{from}起至{until}止，首日和末日计算在内（北京时间）。"));
    }

    fn is_confidential(&self) -> bool {
        !self.resource.grounds.is_empty()
    }

    fn grounds(&self) -> Vec<&'static str> {
        let words = |ground: &Ground| match ground {
            Ground::TradeSecret => "商业秘密",
            Ground::PersonalPrivacy => "个人隐私",
            Ground::ProviderSensitive => "共享信息提供方认为敏感的信息",
        };
        self.resource.grounds.iter().map(words).collect()
    }
}

struct Text(String);

impl Text {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn party(&mut self, part: &str, party: &Party) {
        let name = plain(&party.name).replace('\n', " ");
        self.line(&format!("{part}：{name}（{}）", party.unit));
    }

    fn paragraph(&mut self, words: &str) {
        for line in plain(words).lines() {
            self.line(&format!("{INDENT}{line}"));
        }
    }

    fn list(&mut self, items: &[impl AsRef<str>]) {
        for (number, item) in (1..).zip(items) {
            self.paragraph(&format!("（{number}）{}", item.as_ref()));
        }
    }
}

/// Without characters that break or reorder lines unseen: what is signed reads the same everywhere.
fn plain(words: &str) -> String {
    let unseen = |c: char| {
        matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
            || (c.is_control() && c != '\n')
    };
    words.chars().map(|c| if c == '\t' { ' ' } else { c }).filter(|c| !unseen(*c)).collect()
}

fn day(date: Date) -> String {
    format!("{}年{}月{}日", date.year(), u8::from(date.month()), date.day())
}
