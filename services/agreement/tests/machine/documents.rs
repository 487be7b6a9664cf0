//! The documents: what stands in them, and that the same agreement renders to the same bytes.

use agreement::agreement::{DocumentKind, Rendered};
use agreement::case::{Ground, NamedParties, Party};
use agreement::document::sha256;
use agreement::terms::Terms;

use crate::support::{case, content, draft, drafted, parties, resource, terms};

fn text(documents: &[Rendered], kind: DocumentKind) -> String {
    String::from_utf8(content(documents, kind).to_vec()).expect("rendered as UTF-8")
}

fn assert_line(text: &str, wanted: &str) {
    assert!(text.lines().any(|line| line == wanted), "no line {wanted:?} in:\n{text}");
}

#[test]
fn the_agreement_names_case_parties_resource_terms_and_duties() {
    let (_, documents) = drafted(&[]);
    let text = text(&documents, DocumentKind::Agreement);
    assert!(text.starts_with("政务信息资源共享交换协议\n"), "{text}");
    for line in [
        "协议编号：0192f0c1-0000-7000-8000-000000000003",
        "申请编号：2026-000012（0192f0c1-0000-7000-8000-000000000001）",
        "起草日期：2026年3月2日",
        "文件份数：1（《政务信息资源共享交换协议》）",
        "甲方（申请方、使用方）：区教委（jiaowei）",
        "乙方（提供方）：区卫生局（weishengju）",
        "丙方（区政府信息办）：区政府信息办（info-office）",
        "　　资源名称：托幼机构卫生评价结果",
        "　　目录条目：0192f0c1-0000-7000-8000-000000000002",
        "　　条目版本：第3版",
        "　　（1）机构名称",
        "　　（2）评价等级",
        "　　幼儿园招生资格审核",
        "　　通过区交换平台每季度提供一次",
        "　　自2026年3月2日起至2026年12月31日止，首日和末日计算在内（北京时间）。",
        "　　有效期届满后三十日内删除全部副本",
        "　　本资源不涉及须签订安全保密协议的情形。",
    ] {
        assert_line(&text, line);
    }
    for article in ["第二十一条", "第二十二条", "第二十三条", "第二十六条", "第二十九条", "第三十条"]
    {
        assert!(text.contains(article), "{article} is not named");
    }
    assert_eq!(documents.len(), 1);
}

#[test]
fn art31_grounds_add_the_confidentiality_agreement_of_provider_and_user() {
    let (agreement, documents) = drafted(&[Ground::PersonalPrivacy, Ground::ProviderSensitive]);
    assert_eq!(documents.len(), 2);
    let main = text(&documents, DocumentKind::Agreement);
    assert_line(&main, "文件份数：2（《政务信息资源共享交换协议》《政务信息资源共享安全保密协议》）");
    assert!(main.contains("本资源涉及个人隐私、共享信息提供方认为敏感的信息，甲、乙双方另行签订"), "{main}");
    let confidentiality = text(&documents, DocumentKind::Confidentiality);
    assert!(confidentiality.starts_with("政务信息资源共享安全保密协议\n"), "{confidentiality}");
    for line in [
        "提供方：区卫生局（weishengju）",
        "使用方：区教委（jiaowei）",
        "　　（1）个人隐私",
        "　　（2）共享信息提供方认为敏感的信息",
        "　　资源名称：托幼机构卫生评价结果",
    ] {
        assert_line(&confidentiality, line);
    }
    assert!(confidentiality.contains("第三十一条"));
    let signatories = |at: usize| -> Vec<_> {
        agreement.documents[at].signatories.iter().map(ToString::to_string).collect()
    };
    assert_eq!(signatories(0), ["jiaowei", "weishengju", "info-office"]);
    assert_eq!(signatories(1), ["weishengju", "jiaowei"]);
}

#[test]
fn the_same_agreement_renders_to_the_same_bytes_and_names_their_digest_and_size() {
    let grounds = [Ground::TradeSecret];
    let ((_, first), (_, second)) = (drafted(&grounds), drafted(&grounds));
    assert_eq!(first, second);
    for rendered in first {
        assert_eq!(rendered.document.sha256, sha256(&rendered.content));
        assert_eq!(rendered.document.size, rendered.content.len() as i64);
    }
}

#[test]
fn an_empty_list_of_items_means_the_whole_resource() {
    let whole = Terms { items: Vec::new(), ..terms() };
    let transition = draft(&case(), &resource(&[]), &parties(), whole).expect("all was asked for");
    let (_, named) = drafted(&[]);
    assert_ne!(transition.agreement().documents[0].sha256, named[0].document.sha256);
}

#[test]
fn what_parties_write_never_looks_like_a_heading_and_hides_nothing() {
    let sly = Terms {
        purpose: "统计\n\n五、有效期\n\t自2020年起\u{202e}倒\u{2028}断".to_owned(), ..terms()
    };
    let named = parties();
    let sly_name =
        Party { name: "区教委\n乙方（提供方）：他人".to_owned(), ..named.applicant.clone() };
    let sly_parties = NamedParties { applicant: sly_name, ..named };
    let transition = draft(&case(), &resource(&[]), &sly_parties, sly).expect("only its looks are wrong");
    let (_, documents) = transition
        .happened()
        .find_map(|(version, happened)| match happened {
            agreement::agreement::Happened::Drafted { documents } => Some((version, documents.clone())),
            _ => None,
        })
        .expect("drafting renders");
    let text = text(&documents, DocumentKind::Agreement);
    assert_eq!(text.lines().filter(|line| line.starts_with("五、有效期")).count(), 1, "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("乙方")).count(), 1, "{text}");
    assert_line(&text, "　　五、有效期");
    assert!(!text.contains(['\u{202e}', '\u{2028}', '\t']));
}
