//! Printable forms: what stands in a record stands on the page, and nothing in it becomes markup.

use govshare_model::pack::Pack;
use service_kit::form::{Form, basis};

#[test]
fn a_form_shows_every_row_and_escapes_what_people_wrote() {
    let form = Form {
        title: "西城区政务信息资源共享申请单".to_owned(),
        number: "2026-000001".to_owned(),
        seals: vec!["申请单位（盖章）".to_owned()],
        basis: "依据西政办发〔2014〕14号第二十六条".to_owned(),
        ..Form::default()
    }
    .row("申请方", "区发展改革委")
    .row("用途", "核定<script>alert(1)</script>服务人口 & 规划\n第二行");
    let page = form.html();
    for part in [
        "<h1>西城区政务信息资源共享申请单</h1>",
        "编号：2026-000001",
        "<th scope=\"row\">申请方</th><td>区发展改革委</td>",
        "核定&lt;script&gt;alert(1)&lt;&#x2f;script&gt;服务人口 &amp; 规划\n第二行",
        "申请单位（盖章）",
        "第二十六条",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert!(!page.contains("<script"));
}

#[test]
fn what_a_form_does_not_have_leaves_no_trace() {
    let page = Form { title: "书面说明".to_owned(), ..Form::default() }.row("理由", "").html();
    assert!(page.contains("<td></td>"));
    for absent in ["编号", "class=\"seals\"", "class=\"basis\""] {
        assert!(!page.contains(absent), "{absent}: {page}");
    }
}

#[test]
fn a_printed_form_says_what_its_bytes_are() {
    let form =
        Form {
            title: "书面说明".to_owned(), number: "教委说〔2026〕3号".to_owned(), ..Form::default()
        };
    let print = form.print();
    assert_eq!(print.content, form.html().into_bytes());
    assert_eq!(print.content_type, "text/html; charset=utf-8");
    assert_eq!(print.file_name, "书面说明 教委说〔2026〕3号.html");
    assert_eq!(print.sha256.len(), 64);
    assert_ne!(print.sha256, Form::default().print().sha256);
    assert_eq!(Form { number: String::new(), ..form }.print().file_name, "书面说明.html");
}

#[test]
fn the_basis_of_a_form_is_the_text_and_article_of_its_pack() {
    let [district, decree] = ["xicheng-2014", "national-2025"].map(|id| Pack::builtin(id).expect("it ships"));
    assert_eq!(
        basis(district, Some(&district.refusal.reasons_required.article)),
        "依据《北京市西城区政务信息资源共享管理办法（试行）》（西政办发〔2014〕14号）第二十六条第（二）项"
    );
    let aspects = &decree.evaluation.aspects.article;
    assert_eq!(basis(decree, Some(aspects)), "依据《政务数据共享条例》（国务院令第809号）第三十八条");
    assert_eq!(basis(decree, None), "依据《政务数据共享条例》（国务院令第809号）");
}
