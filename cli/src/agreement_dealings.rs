//! `govshare agreement delivery` and `govshare agreement disclosure`: what happens between user and provider outside the
//! platform (art. 23, 26).

use clap::Subcommand;
use govshare_proto::agreement::v1 as pb;
use time::Date;

use crate::args::{Global, day, day_to_proto};
use crate::connect::{pages, request_id};
use crate::failure::Failure;

/// Deliveries outside the platform, as the parties agreed (art. 26(一)).
#[derive(Debug, Subcommand)]
pub enum Delivery {
    /// Records what the provider handed over.
    Record {
        agreement: String,
        /// What was handed over, and how.
        #[arg(long)]
        description: String,
        /// Day of the delivery.
        #[arg(long, value_parser = day)]
        on: Date,
    },
    /// Confirms that it was received.
    Confirm { delivery: String },
    /// Denies that it was received like this.
    Deny {
        delivery: String,
        #[arg(long)]
        reasons: String,
    },
    /// Lists such deliveries, newest first.
    List {
        #[arg(long, default_value = "")]
        agreement: String,
        /// How many to list; 0: all.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
}

/// Disclosures to third parties, with the provider's consent (art. 23).
#[derive(Debug, Subcommand)]
pub enum Disclosure {
    /// Asks the provider for consent.
    Request {
        agreement: String,
        /// Who is to get it.
        #[arg(long)]
        third_party: String,
        /// What is to be given.
        #[arg(long)]
        scope: String,
        /// What for, and on which basis.
        #[arg(long)]
        purpose: String,
    },
    /// Consents in the provider's name.
    Consent { disclosure: String },
    /// Refuses with written reasons.
    Refuse {
        disclosure: String,
        #[arg(long)]
        reasons: String,
    },
    /// Records that it was given after the consent.
    Record {
        disclosure: String,
        #[arg(long, value_parser = day)]
        on: Date,
    },
    /// Lists disclosures, newest first.
    List {
        #[arg(long, default_value = "")]
        agreement: String,
        /// How many to list; 0: all.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
}

pub async fn delivery(command: Delivery, global: &Global) -> Result<(), Failure> {
    let (caller, output) = (global.caller().await?, global.output());
    let mut client = caller.outside_deliveries();
    let shown = match command {
        Delivery::Record { agreement, description, on } => {
            let wanted = pb::RecordOutsideDeliveryRequest {
                agreement_id: agreement,
                description,
                delivered_on: Some(day_to_proto(on)),
                request_id: request_id(),
            };
            client.record_outside_delivery(wanted).await?.into_inner().outside_delivery
        }
        Delivery::Confirm { delivery } => {
            let wanted =
                pb::ConfirmOutsideDeliveryRequest { outside_delivery_id: delivery, request_id: request_id() };
            client.confirm_outside_delivery(wanted).await?.into_inner().outside_delivery
        }
        Delivery::Deny { delivery, reasons } => {
            let wanted = pb::DenyOutsideDeliveryRequest {
                outside_delivery_id: delivery,
                reasons,
                request_id: request_id(),
            };
            client.deny_outside_delivery(wanted).await?.into_inner().outside_delivery
        }
        Delivery::List { agreement, limit } => {
            let (outside_deliveries, next_page_token) = pages(limit, |page_size, page_token| {
                let (mut client, agreement_id) = (caller.outside_deliveries(), agreement.clone());
                async move {
                    let wanted =
                        pb::ListOutsideDeliveriesRequest { agreement_id, page_size, page_token, state: 0 };
                    let page = client.list_outside_deliveries(wanted).await?.into_inner();
                    Ok((page.outside_deliveries, page.next_page_token))
                }
            })
            .await?;
            let columns = &["delivered_on", "state", "applicant_unit_id", "provider_unit_id", "description"];
            let reply = pb::ListOutsideDeliveriesResponse { outside_deliveries, next_page_token };
            output.list(&reply, "outside_deliveries", columns);
            return Ok(());
        }
    };
    output.record(&shown.unwrap_or_default());
    Ok(())
}

pub async fn disclosure(command: Disclosure, global: &Global) -> Result<(), Failure> {
    let (caller, output) = (global.caller().await?, global.output());
    let mut client = caller.disclosures();
    let shown = match command {
        Disclosure::Request { agreement, third_party, scope, purpose } => {
            let wanted = pb::RequestDisclosureRequest {
                agreement_id: agreement,
                third_party,
                scope,
                purpose,
                request_id: request_id(),
            };
            client.request_disclosure(wanted).await?.into_inner().disclosure
        }
        Disclosure::Consent { disclosure } => {
            let wanted = pb::ConsentDisclosureRequest { disclosure_id: disclosure, request_id: request_id() };
            client.consent_disclosure(wanted).await?.into_inner().disclosure
        }
        Disclosure::Refuse { disclosure, reasons } => {
            let wanted =
                pb::RefuseDisclosureRequest { disclosure_id: disclosure, reasons, request_id: request_id() };
            client.refuse_disclosure(wanted).await?.into_inner().disclosure
        }
        Disclosure::Record { disclosure, on } => {
            let wanted = pb::RecordDisclosureRequest {
                disclosure_id: disclosure,
                disclosed_on: Some(day_to_proto(on)),
                request_id: request_id(),
            };
            client.record_disclosure(wanted).await?.into_inner().disclosure
        }
        Disclosure::List { agreement, limit } => {
            let (disclosures, next_page_token) = pages(limit, |page_size, page_token| {
                let (mut client, agreement_id) = (caller.disclosures(), agreement.clone());
                async move {
                    let wanted = pb::ListDisclosuresRequest { agreement_id, page_size, page_token, state: 0 };
                    let page = client.list_disclosures(wanted).await?.into_inner();
                    Ok((page.disclosures, page.next_page_token))
                }
            })
            .await?;
            let columns = &["state", "third_party", "scope", "applicant_unit_id", "disclosure_id"];
            let reply = pb::ListDisclosuresResponse { disclosures, next_page_token };
            output.list(&reply, "disclosures", columns);
            return Ok(());
        }
    };
    output.record(&shown.unwrap_or_default());
    Ok(())
}
