//! `govshare token`: a person of the sandbox, for trying the API out.

use clap::Args;
use govshare_model::Role;
use govshare_model::id::UnitId;
use serde_json::json;
use time::Duration;

use crate::args::{Global, role_of};
use crate::failure::Failure;
use crate::sandbox::person;

#[derive(Debug, Args)]
pub struct Token {
    /// The unit that the person belongs to.
    #[arg(long)]
    pub unit: UnitId,
    /// One or more roles, e.g. drafter,approver. Two roles in one person do not make four eyes.
    #[arg(long = "role", required = true, value_delimiter = ',', value_parser = role_of)]
    pub roles: Vec<Role>,
    /// The person's name for the platform; without it unit and roles.
    #[arg(long)]
    pub subject: Option<String>,
    /// Hours that the token is good for.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(i64).range(1..=8760))]
    pub hours: i64,
}

impl Token {
    pub fn run(self, global: &Global) -> Result<(), Failure> {
        let subject = self.subject.unwrap_or_else(|| match self.roles.as_slice() {
            [role] => person(&self.unit, *role),
            several => {
                let names: Vec<&str> = several.iter().map(|role| role.as_str()).collect();
                format!("{}.{}", self.unit, names.join("-"))
            }
        });
        let lifetime = Duration::hours(self.hours);
        let token = global.sandbox().issuer()?.mint(&subject, &self.unit, &self.roles, lifetime)?;
        global.output().say(&json!({ "token": &token, "subject": subject }), || token.clone());
        Ok(())
    }
}
