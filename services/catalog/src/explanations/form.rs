//! The written explanation (书面说明) as it is printed (art. 16(2)).

use govshare_model::calendar::shanghai_date;
use govshare_model::pack::Pack;
use service_kit::form::{Form, basis, day};
use time::OffsetDateTime;

use super::explanation::{Explanation, State};

/// The paper of an explanation under the pack of its filing; a draft has neither number nor date yet.
pub fn form(explanation: &Explanation, pack: Option<&Pack>, unit: &str, info_office: &str) -> Form {
    let filing = explanation.state.filing();
    let content = &explanation.content;
    let form = Form {
        title: "政务信息资源不列入目录的书面说明".to_owned(),
        number: filing.and_then(|filing| filing.number.clone()).unwrap_or_default(),
        seals: vec!["说明单位（盖章）".to_owned()],
        basis: pack
            .map(|pack| basis(pack, Some(&pack.entry.not_shared_basis_required.article)))
            .unwrap_or_default(),
        ..Form::default()
    }
    .row("说明单位", unit)
    .row("报送", info_office)
    .row("信息类别", &content.subject)
    .row("不能登记的理由", &content.reasons)
    .row("法律或文件依据", &content.basis)
    .row("报送日期", filing.map(|filing| in_words(filing.at)).unwrap_or_default());
    match &explanation.state {
        State::Draft | State::Filed(_) => form,
        State::Withdrawn { at, reason, .. } => form.row("撤回", format!("{}：{reason}", in_words(*at))),
    }
}

fn in_words(at: OffsetDateTime) -> String {
    day(shanghai_date(at))
}
