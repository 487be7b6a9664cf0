//! The command line: what all commands share, and the groups of commands.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand};
use govshare_model::Role;
use govshare_model::id::UnitId;
use time::{Date, Month};

use crate::connect::{self, Caller};
use crate::failure::Failure;
use crate::output::Output;
use crate::sandbox::Sandbox;
use crate::{
    agreements, attachments, audit, catalog, databases, demo, evaluation, exchange, keys, policy, registers,
    requests, reviews, todo, tokens, units,
};

/// 政务信息资源共享: catalogue, applications, agreements and exchange from the command line.
#[derive(Debug, Parser)]
#[command(name = "govshare", version, propagate_version = true)]
pub struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes a token for a person of the sandbox and prints it.
    Token(tokens::Token),
    /// The catalogue: import, review, publication, search (art. 14-16).
    #[command(subcommand)]
    Catalog(catalog::Command),
    /// Applications for resources and their answers (art. 26).
    #[command(subcommand)]
    Request(requests::Command),
    /// The policy packs in force, and the holidays that working days are counted by (art. 36).
    #[command(subcommand)]
    Policy(policy::Command),
    /// The agreement of the three parties, and its signatures (art. 26, 31).
    #[command(subcommand)]
    Agreement(agreements::Command),
    /// Restrictions from general sharing, secrecy rules, security levels (art. 9, 24, 30).
    #[command(subcommand)]
    Review(reviews::Command),
    /// Units' signing keys.
    #[command(subcommand)]
    Key(keys::Command),
    /// Publishing and taking data (art. 5, 25).
    #[command(subcommand)]
    Exchange(exchange::Command),
    /// Files that belong to written documents (附件).
    #[command(subcommand)]
    Attachment(attachments::Command),
    /// What happened, as the audit has it.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Indicators of the units, the yearly evaluation, feedback on data (art. 28, 32).
    #[command(subcommand)]
    Evaluation(evaluation::Command),
    /// The register of units (art. 2, 13).
    #[command(subcommand)]
    Unit(units::Command),
    /// The register of shared databases (art. 5, 12).
    #[command(subcommand)]
    Database(databases::Command),
    /// What waits for you, in every service.
    Todo(todo::Todo),
    /// Registers (台账) as workbooks.
    Register(registers::WriteRegister),
    /// One sharing case from catalogue to delivery, with what is refused on the way.
    Demo(demo::Demo),
}

/// What every command takes.
#[derive(Debug, Args)]
pub struct Global {
    /// The gateway; without it that of the sandbox in --dir, else http://127.0.0.1:8080.
    #[arg(long, global = true, env = "GOVSHARE_ENDPOINT", value_name = "URL")]
    pub endpoint: Option<String>,
    /// Certificates (PEM) that an https endpoint is verified with; without it the system's.
    #[arg(long, global = true, env = "GOVSHARE_CA", value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Directory of the sandbox.
    #[arg(long, global = true, env = "GOVSHARE_DIR", default_value = ".govshare")]
    pub dir: PathBuf,
    /// Who you are: a token, or a file that holds one.
    #[arg(long, global = true, value_name = "FILE|JWT", conflicts_with = "person")]
    pub token: Option<String>,
    /// Who you are in the sandbox, e.g. jiaowei.drafter.
    #[arg(long = "as", id = "person", global = true, value_name = "UNIT.ROLE")]
    pub person: Option<Person>,
    /// One JSON object for programs instead of tables.
    #[arg(long, global = true)]
    pub json: bool,
}

/// A person of the sandbox: unit and role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub unit: UnitId,
    pub role: Role,
}

impl FromStr for Person {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (unit, role) = text.rsplit_once('.').ok_or("must be UNIT.ROLE, e.g. jiaowei.drafter")?;
        Ok(Person { unit: unit.parse().map_err(|error| format!("unit: {error}"))?, role: role_of(role)? })
    }
}

/// A role by its name in tokens.
pub fn role_of(text: &str) -> Result<Role, String> {
    Role::from_text(text).ok_or_else(|| {
        let known: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
        format!("{text:?} is no role; roles are {}", known.join(", "))
    })
}

/// A day written as 2026-12-31.
pub fn day(text: &str) -> Result<Date, String> {
    let parsed = || {
        let mut parts = text.splitn(3, '-');
        let year = parts.next()?.parse().ok()?;
        let month = Month::try_from(parts.next()?.parse::<u8>().ok()?).ok()?;
        Date::from_calendar_date(year, month, parts.next()?.parse().ok()?).ok()
    };
    parsed().ok_or_else(|| format!("{text:?} is no day such as 2026-12-31"))
}

/// A day as the contracts carry it.
pub fn day_to_proto(day: Date) -> govshare_proto::google::r#type::Date {
    let (year, month, day) = day.to_calendar_date();
    govshare_proto::google::r#type::Date { year, month: i32::from(u8::from(month)), day: i32::from(day) }
}

impl Global {
    pub fn output(&self) -> Output {
        Output { json: self.json }
    }

    pub fn sandbox(&self) -> Sandbox {
        Sandbox::at(&self.dir)
    }

    /// Where the gateway is.
    pub fn gateway(&self) -> String {
        let named = self.endpoint.clone().or_else(|| self.sandbox().gateway);
        named.unwrap_or_else(|| "http://127.0.0.1:8080".to_owned())
    }

    /// The platform as the person whom --token or --as names.
    pub async fn caller(&self) -> Result<Caller, Failure> {
        let token = match (&self.token, &self.person) {
            (Some(token), _) => read_token(token)?,
            (None, Some(person)) => self.sandbox().token(&person.unit, person.role)?,
            (None, None) => {
                return Err(Failure::usage(
                    "who are you? Say it with --token FILE, or in the sandbox with --as UNIT.ROLE",
                ));
            }
        };
        self.caller_with(&token).await
    }

    /// The platform as whom --token or --as names, else as this person of the sandbox.
    pub async fn caller_or(&self, unit: &UnitId, role: Role) -> Result<Caller, Failure> {
        if self.token.is_some() || self.person.is_some() {
            return self.caller().await;
        }
        self.caller_with(&self.sandbox().token(unit, role)?).await
    }

    async fn caller_with(&self, token: &str) -> Result<Caller, Failure> {
        Caller::new(connect::connect(&self.gateway(), self.ca.as_deref()).await?, token)
    }
}

/// A token as it is given: itself (three parts between dots, no such file) or in a file.
fn read_token(given: &str) -> Result<String, Failure> {
    match std::fs::read_to_string(given) {
        Ok(token) => Ok(token.trim().to_owned()),
        Err(_) if given.split('.').count() == 3 && !given.contains(['/', ' ']) => Ok(given.to_owned()),
        Err(error) => Err(Failure::usage(format!("--token {given}: {error}, and it is no JWT either"))),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(std::iter::once("govshare").chain(line.split_whitespace()))
    }

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn commands_are_taken_as_they_are_documented() {
        for line in [
            "token --unit jiaowei --role drafter,approver",
            "catalog import file.csv --create-units --sharing-type conditional --report refused.csv",
            "catalog import file.xlsx --print-mapping",
            "catalog search 人口 登记 --sharing-type conditional --all --json",
            "catalog review --unit jiaowei --step pass --as jiaowei.reviewer",
            "catalog publish",
            "catalog code e 3070010",
            "catalog explanation create 案件线索 --reasons 正在办理 --as jiaowei.drafter",
            "catalog explanation print x --out . --as jiaowei.drafter",
            "catalog archive create 台账 --from 2026-01-01 --until 2026-02-28 --system 学籍系统 --due 2026-06-30",
            "catalog archive done r --number D001 --as jiaowei.drafter",
            "catalog archive object r --objection 缺页 --as danganju.approver",
            "catalog archive list --state to-archive --until 2026-12-31",
            "attachment add explanation/x a.pdf --as jiaowei.drafter",
            "attachment get review/x 0198 --out .",
            "unit update jiaowei --short-name 教委",
            "catalog plan create 2026年 --name 住户调查 --item 住址 --survey",
            "catalog regulation create management-measures 管理办法 text.md --database jiaoyu",
            "catalog diff e 1 2",
            "catalog calendar --late --until 2026-12-31",
            "catalog updated e --day 2026-03-01 --as jiaowei.drafter",
            "catalog duplicates 小学在校生人数 --item 学校 --item 人数",
            "request create e --purpose 规划 --item 姓名 --item 性别 --until 2026-12-31 --as jiaowei.drafter",
            "request propose c refusal --reasons 超出范围",
            "request list --state answer-proposed --overdue",
            "agreement sign a --kind confidentiality --key unit.pem --token t.jwt",
            "agreement replace a renewal --purpose p --delivery d --from 2026-01-01 --until 2027-01-01 --retention r",
            "agreement suspend a --grounds g --mend-until 2026-04-30 --as jiaowei.approver",
            "agreement attest a destroyed --statement s --as fagaiwei.approver",
            "agreement delivery record a --description d --on 2026-03-03 --as jiaowei.drafter",
            "agreement disclosure request a --third-party t --scope s --purpose p --as fagaiwei.drafter",
            "review restrict --unit jiaowei --basis law --words w --as jiaowei.drafter",
            "review approve --as baomiju.secrecy-bureau",
            "review system level s --level 2 --authority b --document n --dated 2026-03-02 --as jiaowei.approver",
            "key countersign --unit jiaowei 0a1b",
            "exchange download a --out data.csv --force",
            "exchange download --ticket t --from http://127.0.0.1:8110",
            "audit show c",
            "evaluation report --year 2026 --format xlsx -o report.xlsx --as info-office.info-office",
            "evaluation feedback submit e --aspect accuracy --problem 不符 --item 人数 --as jiaowei.drafter",
            "evaluation feedback propose f to-be-corrected --text 将更正",
            "evaluation period jiaowei 2026-03",
            "unit update jiaowei --credit-code 91350100M000100Y43",
            "demo --catalog file.csv --dir elsewhere",
            "demo --full --out reports --json",
        ] {
            parse(line).map_err(|error| format!("{line}: {error}")).expect("documented");
        }
    }

    #[test]
    fn contradictions_are_errors_of_usage() {
        for (line, word) in [
            ("token --unit Jiaowei --role drafter", "2 to 63 characters"),
            ("token --unit jiaowei --role king", "roles are drafter"),
            ("request list --as jiaowei.drafter --token t.jwt", "cannot be used with"),
            ("request list --as jiaowei", "UNIT.ROLE"),
            ("request create e --until 2026-02-30", "2026-12-31"),
            ("exchange download --ticket t", "--from"),
            ("exchange download", "AGREEMENT"),
            ("exchange download a --ticket t --from http://x", "cannot be used with"),
            ("catalog import f --print-mapping --dry-run", "cannot be used with"),
            ("request refuse c", "--reasons"),
            ("demo --full --catalog file.csv", "cannot be used with"),
            ("demo --out reports", "--full"),
        ] {
            let error = parse(line).map(|_| ()).expect_err(line);
            assert_eq!(error.exit_code(), 2, "{line}");
            assert!(error.to_string().contains(word), "{line}: {error}");
        }
    }

    #[test]
    fn a_person_is_a_unit_whose_name_may_hold_no_dot_and_a_role() {
        let person: Person = "info-office.info-office".parse().expect("a person");
        assert_eq!((person.unit.as_str(), person.role), ("info-office", Role::InfoOffice));
        assert!("info-office.".parse::<Person>().is_err());
    }

    #[test]
    fn a_token_is_taken_as_it_is_or_from_a_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("t.jwt");
        std::fs::write(&path, "aa.bb.cc\n").expect("disk");
        assert_eq!(read_token(&path.to_string_lossy()).expect("a file"), "aa.bb.cc");
        assert_eq!(read_token("dd.ee.ff").expect("a token"), "dd.ee.ff");
        assert!(read_token("no-such-file.jwt").is_err());
        assert!(read_token("/no/such.file.jwt").is_err());
    }
}
