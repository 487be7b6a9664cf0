//! The documents: what stands in them, and that the same agreement renders to the same bytes.

use agreement::agreement::lifecycle::ReplacementKind;
use agreement::agreement::{DocumentKind, Rendered};
use agreement::case::Matter;
use agreement::case::{Ground, NamedParties, Party};
use agreement::document::sha256;
use agreement::terms::{GiveBack, Terms};
use govshare_model::pack::DeliveryMode;

use crate::support::{
    NOW, NUMBER, active, case, content, draft, drafted, drafter, pack, parties, rendered, resource, terms,
};

fn html(documents: &[Rendered], kind: DocumentKind) -> String {
    String::from_utf8(content(documents, kind).to_vec()).expect("rendered as UTF-8")
}

/// What one reads: a line for each paragraph, heading, item of a list and row of a table.
fn text(documents: &[Rendered], kind: DocumentKind) -> String {
    let html = html(documents, kind);
    let (_, body) = html.split_once("<body>").expect("a body");
    let mut text = String::new();
    for part in body.split('<') {
        let (tag, words) = part.split_once('>').unwrap_or(("", part));
        if matches!(tag, "/p" | "/h1" | "/h2" | "/li" | "/tr") {
            text.push('\n');
        }
        text.push_str(words.trim_matches('\n'));
    }
    let decoded =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#x2f;", "/"), ("&amp;", "&")];
    decoded.iter().fold(text, |text, (escaped, plain)| text.replace(escaped, plain))
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
        "资源名称：托幼机构卫生评价结果",
        "目录条目：0192f0c1-0000-7000-8000-000000000002",
        "条目版本：第3版",
        "机构名称",
        "评价等级",
        "幼儿园招生资格审核",
        "通过区交换平台每季度提供一次",
        "自2026年3月2日起至2026年12月31日止，首日和末日计算在内（北京时间）。",
        "有效期届满后三十日内删除全部副本",
        "本资源不涉及须签订安全保密协议的情形。",
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
        "个人隐私",
        "共享信息提供方认为敏感的信息",
        "资源名称：托幼机构卫生评价结果",
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
        purpose: "统计\n\n<h2>五、有效期</h2>\n\t自2020年起\u{202e}倒\u{2028}断<script>alert(1)</script>"
            .to_owned(),
        ..terms()
    };
    let named = parties();
    let sly_name =
        Party { name: "区教委\n乙方（提供方）：他人".to_owned(), ..named.applicant.clone() };
    let sly_parties = NamedParties { applicant: sly_name, ..named };
    let transition = draft(&case(), &resource(&[]), &sly_parties, sly).expect("only its looks are wrong");
    let documents = rendered(&transition);
    let html = html(&documents, DocumentKind::Agreement);
    assert_eq!(html.matches("<h2>五、有效期").count(), 1, "{html}");
    assert!(!html.contains("<script"), "{html}");
    let text = text(&documents, DocumentKind::Agreement);
    assert_line(&text, "<h2>五、有效期</h2>");
    assert_eq!(text.lines().filter(|line| line.starts_with("五、有效期")).count(), 1, "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("乙方（提供方）")).count(), 1, "{text}");
    assert!(!text.contains(['\u{202e}', '\u{2028}', '\t']));
}

/// Terms that fill every place of the templates.
fn full_terms() -> Terms {
    Terms {
        delivery_mode: Some(DeliveryMode::Batch),
        frequency: "每季度首月10日前".to_owned(),
        give_back: vec![GiveBack {
            what: "招生计划".to_owned(),
            scope: "全区公办幼儿园，2026年度".to_owned(),
            time: "每年3月31日前".to_owned(),
        }],
        ..terms()
    }
}

#[test]
fn art21_the_agreement_names_what_the_taker_gives_in_which_time_and_scope() {
    let transition = draft(&case(), &resource(&[]), &parties(), full_terms()).expect("all is in order");
    let text = text(&rendered(&transition), DocumentKind::Agreement);
    assert_line(&text, "招生计划全区公办幼儿园，2026年度每年3月31日前");
    assert_line(&text, "提供方式：批量交换");
    assert_line(&text, "提供频率：每季度首月10日前");
}

/// The exact bytes: whoever changes a template sees what will be signed from then on.
#[test]
fn each_pack_has_its_own_wording_and_it_never_changes_unseen() {
    let grounds = [Ground::TradeSecret, Ground::PersonalPrivacy];
    let (case, resource, parties) = (case(), resource(&grounds), parties());
    for id in ["xicheng-2014", "national-2025"] {
        let matter =
            Matter { number: NUMBER, case: &case, resource: &resource, parties: &parties, pack: pack(id) };
        let former = active().0;
        let transition = former
            .draft_replacement(
                crate::support::id(),
                ReplacementKind::Amendment,
                &matter,
                full_terms(),
                &drafter(),
                NOW,
            )
            .expect("all is in order");
        let documents = rendered(&transition);
        let kinds: Vec<_> = documents.iter().map(|rendered| rendered.document.kind).collect();
        let confidential = kinds.contains(&DocumentKind::Confidentiality);
        assert_eq!(confidential, id == "xicheng-2014", "the decree knows no confidentiality agreement");
        for kind in kinds {
            insta::assert_snapshot!(format!("{id}-{}", kind.as_str()), html(&documents, kind));
        }
    }
}

#[test]
fn a_pack_without_wording_of_its_own_is_named_by_its_title_and_number() {
    let own = govshare_model::pack::Pack {
        id: "other-2030".to_owned(),
        number: "某令第1号".to_owned(),
        ..pack("national-2025").clone()
    };
    let (case, resource, parties) = (case(), resource(&[]), parties());
    let matter = Matter { number: NUMBER, case: &case, resource: &resource, parties: &parties, pack: &own };
    let transition =
        agreement::agreement::Agreement::draft(crate::support::id(), &matter, terms(), &drafter(), NOW);
    let text = text(&rendered(&transition.expect("all is in order")), DocumentKind::Agreement);
    assert!(text.contains("（某令第1号）") && !text.contains("《条例》"), "{text}");
}
