//! `govshare unit`: the register of units (art. 2, 13).

use clap::{Args, Subcommand, ValueEnum};
use govshare_proto::catalog::v1 as pb;
use prost_types::FieldMask;

use crate::args::Global;
use crate::connect::{Caller, pages, request_id};
use crate::failure::Failure;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists units by id.
    List {
        /// Only the unit of this name or alias; can be repeated.
        #[arg(long = "name")]
        names: Vec<String>,
        /// How many to list; 0: all.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Shows one unit.
    Show { unit: String },
    /// Registers a unit; one without a kind is provisional (info office).
    Create {
        /// 2 to 63 characters of a-z, 0-9 and -.
        unit: String,
        #[command(flatten)]
        fields: Fields,
    },
    /// Changes what is given, and nothing else; `--credit-code` makes a provisional unit a full one.
    Update {
        unit: String,
        #[command(flatten)]
        fields: Fields,
    },
}

/// What the register says of a unit.
#[derive(Debug, Clone, Default, Args)]
pub struct Fields {
    /// Full name.
    #[arg(long)]
    pub name: Option<String>,
    #[arg(long, value_enum)]
    pub kind: Option<Kind>,
    /// Another name that catalogues call it by; can be repeated. An update replaces all of them.
    #[arg(long = "alias")]
    pub aliases: Vec<String>,
    /// Responsible section (责任科室).
    #[arg(long)]
    pub section: Option<String>,
    /// Unified social credit code, 18 characters (GB 32100).
    #[arg(long)]
    pub credit_code: Option<String>,
    /// Short name in document numbers (机关代字), 1 to 8 Chinese characters or letters.
    #[arg(long)]
    pub short_name: Option<String>,
}

/// Kinds of unit (art. 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// 行政机关
    AdministrativeOrgan,
    /// 垂直管理机关
    VerticalOrgan,
    /// 派出机关
    DispatchedOrgan,
    /// 法律、法规授权的组织
    AuthorizedOrganization,
    /// 依法受委托的组织
    EntrustedOrganization,
}

impl From<Kind> for pb::UnitKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::AdministrativeOrgan => Self::AdministrativeOrgan,
            Kind::VerticalOrgan => Self::VerticalOrgan,
            Kind::DispatchedOrgan => Self::DispatchedOrgan,
            Kind::AuthorizedOrganization => Self::AuthorizedOrganization,
            Kind::EntrustedOrganization => Self::EntrustedOrganization,
        }
    }
}

const COLUMNS: &[&str] = &["unit_id", "display_name", "kind", "provisional", "section", "aliases"];

pub async fn run(command: Command, global: &Global) -> Result<(), Failure> {
    let caller = global.caller().await?;
    let output = global.output();
    match command {
        Command::List { names, limit } => {
            let (units, next_page_token) = list(&caller, names, limit).await?;
            output.list(&pb::ListUnitsResponse { units, next_page_token }, "units", COLUMNS);
        }
        Command::Show { unit } => output.record(&get(&caller, &unit).await?),
        Command::Create { unit, fields } => {
            let (unit, _) = fields.named(unit);
            let wanted = pb::CreateUnitRequest { unit: Some(unit), request_id: request_id() };
            let reply = caller.units().create_unit(wanted).await?.into_inner();
            output.record(&reply.unit.unwrap_or_default());
        }
        Command::Update { unit, fields } => output.record(&update(&caller, &unit, fields).await?),
    }
    Ok(())
}

pub async fn list(
    caller: &Caller,
    names: Vec<String>,
    limit: usize,
) -> Result<(Vec<pb::Unit>, String), Failure> {
    pages(limit, |page_size, page_token| {
        let (mut client, names) = (caller.units(), names.clone());
        async move {
            let wanted = pb::ListUnitsRequest { page_size, page_token, names };
            let page = client.list_units(wanted).await?.into_inner();
            Ok((page.units, page.next_page_token))
        }
    })
    .await
}

pub async fn get(caller: &Caller, unit_id: &str) -> Result<pb::Unit, Failure> {
    let wanted = pb::GetUnitRequest { unit_id: unit_id.to_owned() };
    Ok(caller.units().get_unit(wanted).await?.into_inner().unit.unwrap_or_default())
}

/// Changes the fields that are given.
pub async fn update(caller: &Caller, unit_id: &str, fields: Fields) -> Result<pb::Unit, Failure> {
    let (unit, paths) = fields.named(unit_id.to_owned());
    if paths.is_empty() {
        return Err(Failure::usage("nothing to change: name a field, e.g. --credit-code"));
    }
    let paths = paths.into_iter().map(str::to_owned).collect();
    let wanted = pb::UpdateUnitRequest {
        unit: Some(unit),
        update_mask: Some(FieldMask { paths }),
        request_id: request_id(),
    };
    Ok(caller.units().update_unit(wanted).await?.into_inner().unit.unwrap_or_default())
}

impl Fields {
    /// The unit with these fields, and the paths of those that are given.
    fn named(self, unit_id: String) -> (pb::Unit, Vec<&'static str>) {
        let given = [
            ("display_name", self.name.is_some()),
            ("kind", self.kind.is_some()),
            ("aliases", !self.aliases.is_empty()),
            ("section", self.section.is_some()),
            ("credit_code", self.credit_code.is_some()),
            ("short_name", self.short_name.is_some()),
        ];
        let paths = given.into_iter().filter(|(_, given)| *given).map(|(path, _)| path).collect();
        let unit = pb::Unit {
            unit_id,
            display_name: self.name.unwrap_or_default(),
            kind: self.kind.map(pb::UnitKind::from).unwrap_or_default().into(),
            aliases: self.aliases,
            section: self.section.unwrap_or_default(),
            credit_code: self.credit_code.unwrap_or_default(),
            short_name: self.short_name.unwrap_or_default(),
            ..pb::Unit::default()
        };
        (unit, paths)
    }
}
