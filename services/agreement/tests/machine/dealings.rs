//! What happens between user and provider under an agreement: deliveries outside the platform, and disclosures to third
//! parties.

use agreement::agreement::Agreement;
use agreement::disclosure::{self, Disclosure, Wish};
use agreement::outside_delivery::{self, OutsideDelivery};
use agreement::terms::Terms;
use govshare_model::id::{DisclosureId, OutsideDeliveryId};
use govshare_model::pack::DeliveryMode;
use proptest::prelude::*;
use time::macros::{date, datetime};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::support::{NOW, active, drafted};

const OVER: OffsetDateTime = datetime!(2027-01-01 00:00 +8);

fn by_mode(delivery_mode: Option<DeliveryMode>) -> Agreement {
    let agreement = active().0;
    Agreement { terms: Terms { delivery_mode, ..agreement.terms.clone() }, ..agreement }
}

fn record(
    agreement: &Agreement,
    on: Date,
    now: OffsetDateTime,
) -> Result<OutsideDelivery, outside_delivery::Rejection> {
    let id = OutsideDeliveryId(Uuid::nil());
    let recorded = OutsideDelivery::record(id, agreement, "光盘一张".to_owned(), on, now)?;
    Ok(recorded.delivery().clone())
}

#[test]
fn art26_a_delivery_outside_the_platform_needs_an_active_agreement_that_leaves_the_way_to_the_parties() {
    use outside_delivery::Rejection::*;
    let today = date!(2026 - 03 - 02);
    for mode in [None, Some(DeliveryMode::AsAgreed)] {
        assert_eq!(record(&by_mode(mode), today, NOW).map(|found| found.state.name()), Ok("RECORDED"));
    }
    for mode in [DeliveryMode::Interface, DeliveryMode::Batch, DeliveryMode::File] {
        assert_eq!(record(&by_mode(Some(mode)), today, NOW).err(), Some(ThroughPlatform));
    }
    let agreement = by_mode(None);
    assert_eq!(record(&agreement, date!(2026 - 03 - 01), NOW).err(), Some(OutsideValidity));
    assert_eq!(record(&agreement, date!(2026 - 03 - 03), NOW).err(), Some(OutsideValidity));
    let not_active = |state| Some(AgreementNotActive { state });
    assert_eq!(record(&agreement, today, OVER).err(), not_active("EXPIRED"));
    assert_eq!(record(&drafted(&[]).0, today, NOW).err(), not_active("AWAITING_SIGNATURES"));
}

#[test]
fn art26_the_user_speaks_once() {
    use outside_delivery::Rejection::*;
    let recorded = || record(&by_mode(None), date!(2026 - 03 - 02), NOW).expect("recorded");
    let confirmed = recorded().confirm(NOW).expect("recorded").delivery().clone();
    assert_eq!((confirmed.state.name(), confirmed.version), ("CONFIRMED", 2));
    assert_eq!(recorded().deny(String::new(), NOW).err(), Some(ReasonsMissing));
    assert_eq!((recorded().tasks().len(), confirmed.tasks().len()), (1, 0));
    let denied = recorded().deny("未收到".to_owned(), NOW).expect("recorded").delivery().clone();
    assert_eq!((denied.state.name(), denied.state.reasons()), ("DENIED", "未收到"));
    assert_eq!(confirmed.deny("未收到".to_owned(), NOW).err(), Some(WrongState { state: "CONFIRMED" }));
    assert_eq!(denied.confirm(NOW).err(), Some(WrongState { state: "DENIED" }));
}

fn requested(agreement: &Agreement, now: OffsetDateTime) -> Result<Disclosure, disclosure::Rejection> {
    let wish = Wish {
        third_party: "某研究院".to_owned(),
        scope: "脱敏后的汇总数".to_owned(),
        purpose: "政策研究".to_owned(),
    };
    let requested = Disclosure::request(DisclosureId(Uuid::nil()), agreement, wish, now)?;
    Ok(requested.disclosure().clone())
}

#[test]
fn art23_nothing_is_given_on_without_the_providers_consent() {
    use disclosure::Rejection::*;
    let (agreement, _) = active();
    let today = date!(2026 - 03 - 02);
    let asked = || requested(&agreement, NOW).expect("active");
    assert_eq!(asked().make(&agreement, today, NOW).err(), Some(NotConsented { state: "REQUESTED" }));
    assert_eq!(asked().refuse(String::new(), NOW).err(), Some(ReasonsMissing));
    assert_eq!(asked().tasks().len(), 1);
    let refused = asked().refuse("不宜公开".to_owned(), NOW).expect("asked").disclosure().clone();
    assert_eq!(refused.clone().make(&agreement, today, NOW).err(), Some(NotConsented { state: "REFUSED" }));
    assert_eq!(refused.consent(NOW).err(), Some(WrongState { state: "REFUSED" }));

    let consented = || asked().consent(NOW).expect("asked").disclosure().clone();
    let made = |on, now| consented().make(&agreement, on, now);
    assert_eq!(made(date!(2026 - 03 - 01), NOW).err(), Some(OutsideConsent), "before the consent");
    assert_eq!(made(date!(2026 - 03 - 03), NOW).err(), Some(OutsideConsent), "still to come");
    assert_eq!(made(today, OVER).err(), Some(AgreementNotActive { state: "EXPIRED" }));
    let made = made(today, NOW).expect("consented").disclosure().clone();
    assert_eq!((made.state.made_on(), made.version, made.tasks().len()), (Some(today), 3, 0));
    assert_eq!(made.make(&agreement, today, NOW).err(), Some(WrongState { state: "MADE" }));
    assert_eq!(requested(&agreement, OVER).err(), Some(AgreementNotActive { state: "EXPIRED" }));
}

proptest! {
    /// Whatever is tried in whatever order: what was made had been consented to, and a refusal is final.
    #[test]
    fn art23_whatever_is_tried_only_consent_leads_to_disclosure(
        steps in prop::collection::vec(0..4u8, 0..12),
    ) {
        let (agreement, _) = active();
        let mut disclosure = requested(&agreement, NOW).expect("active");
        let mut seen = vec![disclosure.state.name()];
        for step in steps {
            let before = disclosure.clone();
            let tried = match step {
                0 => disclosure.consent(NOW),
                1 => disclosure.refuse("不宜公开".to_owned(), NOW),
                2 => disclosure.refuse(String::new(), NOW),
                _ => disclosure.make(&agreement, date!(2026 - 03 - 02), NOW),
            };
            disclosure = match tried {
                Err(_) => before,
                Ok(transition) => {
                    prop_assert_eq!(transition.disclosure().version, before.version + 1);
                    seen.push(transition.disclosure().state.name());
                    transition.disclosure().clone()
                }
            };
        }
        let allowed: [&[&str]; 4] =
            [&["REQUESTED"], &["REQUESTED", "REFUSED"], &["REQUESTED", "CONSENTED"], &["REQUESTED", "CONSENTED", "MADE"]];
        prop_assert!(allowed.contains(&seen.as_slice()), "{:?}", seen);
    }
}
