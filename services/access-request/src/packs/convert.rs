//! Packs and notices between contract and domain.

use govshare_model::calendar::{CalendarError, HolidayYear};
use govshare_model::pack::{InForce, Pack, PackError, Text};
use govshare_proto::access_request::v1 as pb;
use service_kit::validate::{date_to_proto, time_to_proto};
use service_kit::{Failure, Reason, Refusal, Violations};
use time::{Date, OffsetDateTime};

use crate::access_request::dry_run::Difference;

/// Contradictions that one refusal names.
const MOST_NAMED: usize = 30;

fn bilingual(text: &Text) -> pb::BilingualText {
    pb::BilingualText { zh: text.zh.clone(), en: text.en.clone() }
}

pub(super) fn summary(pack: &Pack) -> pb::PolicyPack {
    pb::PolicyPack {
        pack_id: pack.id.clone(),
        version: pack.version.cast_signed(),
        number: pack.number.clone(),
        title: Some(bilingual(&pack.title)),
        ..Default::default()
    }
}

/// A pack with every provision.
pub(super) fn whole(pack: &Pack) -> pb::PolicyPack {
    let provisions = pack.provisions().into_iter().map(|provision| pb::Provision {
        key: provision.key,
        value: provision.value,
        article: provision.article.within_its_text().to_owned(),
        interpretation: provision.interpretation.map(bilingual),
    });
    pb::PolicyPack { provisions: provisions.collect(), ..summary(pack) }
}

/// `pack` with the days of `entry`.
pub(super) fn in_force(pack: pb::PolicyPack, entry: &InForce) -> pb::PolicyPack {
    pb::PolicyPack {
        in_force_from: Some(date_to_proto(entry.from)),
        in_force_until: entry.until.map(date_to_proto),
        ..pack
    }
}

/// Reads a pack that somebody hands in.
pub(super) fn pack(text: &str) -> Result<Pack, Refusal> {
    Pack::from_toml(text).map_err(|error| {
        let mut violations = Violations::new();
        match error {
            PackError::Malformed(error) => violations.add("toml", error.to_string()),
            PackError::Contradictions(found) => {
                for one in found.iter().take(MOST_NAMED) {
                    violations.add(one.key.clone(), one.problem.to_string());
                }
            }
        }
        Refusal::new(Reason::PolicyPackInvalid, "the text is no policy pack", "文本不是有效的规则包")
            .violations(violations.into_found())
            .article("36")
    })
}

pub(super) fn invalid_notice(error: &CalendarError) -> Refusal {
    let mut violations = Violations::new();
    match error {
        CalendarError::Malformed(error) => violations.add("toml", error.to_string()),
        CalendarError::Contradictions(found) => {
            for one in found.iter().take(MOST_NAMED) {
                violations.add("toml", one.to_string());
            }
        }
    }
    Refusal::new(
        Reason::HolidayNoticeInvalid,
        "the holiday notice contradicts itself or its neighbours",
        "节假日安排自相矛盾或者与相邻年份矛盾",
    )
    .violations(violations.into_found())
    .article("36")
}

pub(super) fn notice(year: &HolidayYear, loaded: Option<OffsetDateTime>) -> pb::HolidayNotice {
    let days = year.off.iter().flat_map(|span| {
        std::iter::successors(Some(span.from), |day: &Date| day.next_day()).take_while(|day| *day <= span.to)
    });
    pb::HolidayNotice {
        year: year.year,
        numbers: year.notices.iter().map(|notice| notice.number.clone()).collect(),
        off_days: days.map(date_to_proto).collect(),
        worked_days: year.worked.iter().copied().map(date_to_proto).collect(),
        load_time: loaded.map(time_to_proto),
    }
}

pub(super) fn difference(difference: Difference) -> pb::CaseDifference {
    let not_taken = difference.not_taken.map(|rejection| match Failure::from(rejection) {
        Failure::Refused(refusal) => {
            pb::BilingualText { zh: refusal.chinese().to_owned(), en: refusal.english().to_owned() }
        }
        other => pb::BilingualText { zh: other.to_string(), en: other.to_string() },
    });
    pb::CaseDifference {
        access_request_id: difference.id.to_string(),
        case_number: difference.number,
        policy_pack: difference.pack,
        answer_due: Some(date_to_proto(difference.due)),
        other_answer_due: difference.other_due.map(|due| date_to_proto(due.date)),
        other_answer_due_provisional: difference.other_due.is_some_and(|due| due.provisional),
        missing_fields: difference.missing.into_iter().map(str::to_owned).collect(),
        not_taken,
    }
}
