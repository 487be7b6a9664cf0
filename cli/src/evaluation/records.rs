//! Inspections, violations and plans as far as one may see them (art. 7, 8, 33, 34).

use clap::Subcommand;
use govshare_proto::evaluation::v1 as pb;

use crate::connect::{Caller, pages};
use crate::failure::Failure;
use crate::output::Output;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists inspections, newest first (art. 33).
    Inspections {
        /// How many to list; 0: all.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Lists the violations that concern you, newest first (art. 34).
    Violations {
        /// How many to list; 0: all.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Lists plans, newest first (art. 7, 8).
    Plans {
        /// How many to list; 0: all.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Shows a plan with its items.
    Plan { plan: String },
}

const INSPECTIONS: &[&str] =
    &["inspection_id", "unit_id", "supervisor_unit_id", "subject", "visit_date", "state", "statement_due"];
const VIOLATIONS: &[&str] = &["violation_id", "unit_id", "state", "kind", "answer_due", "department_unit_id"];
const PLANS: &[&str] = &["plan_id", "title", "edition", "first_year", "last_year", "state", "issue_time"];

pub async fn run(command: Command, caller: &Caller, output: Output) -> Result<(), Failure> {
    match command {
        Command::Inspections { limit } => {
            let (inspections, next_page_token) = pages(limit, |page_size, page_token| async move {
                let wanted = pb::ListInspectionsRequest { page_size, page_token, ..Default::default() };
                let page = caller.inspections().list_inspections(wanted).await?.into_inner();
                Ok((page.inspections, page.next_page_token))
            })
            .await?;
            let reply = pb::ListInspectionsResponse { inspections, next_page_token };
            output.list(&reply, "inspections", INSPECTIONS);
        }
        Command::Violations { limit } => {
            let (violations, next_page_token) = pages(limit, |page_size, page_token| async move {
                let wanted = pb::ListViolationsRequest { page_size, page_token, ..Default::default() };
                let page = caller.violations().list_violations(wanted).await?.into_inner();
                Ok((page.violations, page.next_page_token))
            })
            .await?;
            let reply = pb::ListViolationsResponse { violations, next_page_token };
            output.list(&reply, "violations", VIOLATIONS);
        }
        Command::Plans { limit } => {
            let (plans, next_page_token) = pages(limit, |page_size, page_token| async move {
                let wanted = pb::ListPlansRequest { page_size, page_token, ..Default::default() };
                let page = caller.plans().list_plans(wanted).await?.into_inner();
                Ok((page.plans, page.next_page_token))
            })
            .await?;
            output.list(&pb::ListPlansResponse { plans, next_page_token }, "plans", PLANS);
        }
        Command::Plan { plan } => {
            let wanted = pb::GetPlanRequest { plan_id: plan };
            output.record(&caller.plans().get_plan(wanted).await?.into_inner().plan.unwrap_or_default());
        }
    }
    Ok(())
}
