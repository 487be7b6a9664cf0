//! The parties of the case: complete in the register, with signing keys that the info office countersigned.

use govshare_model::Role;
use govshare_model::id::UnitId;
use govshare_proto::catalog::v1::UnitKeyState;

use super::credit_code;
use super::narration::{Narrator, ensure};
use super::stage::Stage;
use crate::failure::Failure;
use crate::keys::{self, INFO_OFFICE};
use crate::units::{self, Fields, Kind};

/// Units of article 12 that every sandbox has.
const DISTRICT: [&str; 3] = ["fagaiwei", "jiaowei", "renlishebaoju"];

/// Who takes part in the case, and one who does not.
pub struct Parties {
    pub provider: UnitId,
    pub applicant: UnitId,
    pub outsider: UnitId,
    pub info_office: UnitId,
}

pub fn info_office() -> UnitId {
    INFO_OFFICE.parse().expect("the constant is a unit id")
}

impl Parties {
    /// Applicant and outsider are two units of article 12 other than the provider.
    pub fn around(provider: &UnitId) -> Result<Parties, Failure> {
        let mut others = DISTRICT.iter().filter(|unit| **unit != provider.as_str());
        let mut other = || {
            let unit = others.next().ok_or_else(|| Failure::local("no unit is left"))?;
            unit.parse().map_err(Failure::local)
        };
        Ok(Parties {
            provider: provider.clone(),
            applicant: other()?,
            outsider: other()?,
            info_office: info_office(),
        })
    }

    /// Those who sign: the info office first, as its key countersigns the others'.
    pub fn signatories(&self) -> [&UnitId; 3] {
        [&self.info_office, &self.provider, &self.applicant]
    }
}

pub async fn register(stage: &Stage, narrator: &mut Narrator, parties: &Parties) -> Result<(), Failure> {
    for unit in parties.signatories() {
        complete(stage, narrator, unit).await?;
    }
    for unit in parties.signatories() {
        register_key(stage, narrator, parties, unit).await?;
    }
    Ok(())
}

/// Records kind and credit code of a unit that is still provisional.
async fn complete(stage: &Stage, narrator: &mut Narrator, unit: &UnitId) -> Result<(), Failure> {
    let clerk = stage.person(&info_office(), Role::InfoOffice)?;
    let known = units::get(&clerk.caller, unit.as_str()).await?;
    if !known.provisional {
        return Ok(());
    }
    let code = credit_code::invented(unit.as_str());
    let kind = (known.kind == 0).then_some(Kind::AdministrativeOrgan);
    let fields = Fields {
        kind,
        credit_code: Some(code.clone()),
        section: Some("信息科".to_owned()),
        ..Fields::default()
    };
    let complete = units::update(&clerk.caller, unit.as_str(), fields).await?;
    ensure(!complete.provisional, || format!("{unit} is still provisional with its credit code {code}"))?;
    let what = format!("completes {} ({unit}) with an invented credit code {code}", known.display_name);
    narrator.done(&clerk.name, what, "2", "");
    Ok(())
}

async fn register_key(
    stage: &Stage,
    narrator: &mut Narrator,
    parties: &Parties,
    unit: &UnitId,
) -> Result<(), Failure> {
    let key = stage.unit_key(unit)?;
    let signatory = stage.person(unit, Role::Signatory)?;
    let mut known = keys::register(&signatory.caller, unit, &key).await?;
    ensure(known.key_id == key.key_id(), || format!("{unit}'s key got the id {}", known.key_id))?;
    let short = &known.key_id[..12].to_owned();
    if known.state() == UnitKeyState::Pending {
        narrator.done(&signatory.name, format!("registers its key {short}"), "26", "PENDING");
        let root = stage.unit_key(&parties.info_office)?;
        let countersigner = stage.person(&parties.info_office, Role::Signatory)?;
        known = keys::countersign(&countersigner.caller, &known, &root).await?;
        narrator.done(&countersigner.name, format!("countersigns {unit}'s key {short}"), "26", "ACTIVE");
    } else {
        narrator.done(&signatory.name, format!("has its key {short} in the register"), "26", "ACTIVE");
    }
    ensure(known.state() == UnitKeyState::Active, || {
        format!("{unit}'s key is {}", known.state().as_str_name())
    })
}
