//! `govshare key`: units' signing keys, made here, registered, countersigned by the info office, revoked.

use std::path::PathBuf;

use clap::Subcommand;
use govshare_model::id::UnitId;
use govshare_proto::catalog::v1 as pb;
use serde_json::json;

use crate::args::Global;
use crate::connect::{Caller, pages, request_id};
use crate::failure::Failure;
use crate::signing::{ALGORITHM, SigningKey, key_id, key_statement};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes a private key in a new file.
    Create { file: PathBuf },
    /// Registers the public half of a key for your unit; it waits for the info office.
    Register {
        #[arg(long)]
        unit: UnitId,
        /// Private key (PEM); in the sandbox the unit's own without it.
        #[arg(long)]
        key: Option<PathBuf>,
    },
    /// Countersigns a unit's pending key with the info office's key.
    Countersign {
        /// The unit whose key it is.
        #[arg(long)]
        unit: UnitId,
        /// Id of the pending key.
        key_id: String,
        /// The info office's private key (PEM); in the sandbox its own without it.
        #[arg(long)]
        key: Option<PathBuf>,
    },
    /// Lists all keys that a unit ever had.
    List { unit: UnitId },
    /// Ends a key: no signature with it counts from now on.
    Revoke {
        key_id: String,
        #[arg(long)]
        reason: String,
    },
}

/// The info office's unit in the sandbox.
pub const INFO_OFFICE: &str = "info-office";

pub async fn run(command: Command, global: &Global) -> Result<(), Failure> {
    let output = global.output();
    match command {
        Command::Create { file } => {
            let key = SigningKey::create(&file)?;
            let made = json!({ "key_id": key.key_id(), "file": file });
            output.say(&made, || format!("key {} in {}", key.key_id(), file.display()));
        }
        Command::Register { unit, key } => {
            let path = key.unwrap_or_else(|| global.sandbox().unit_key(&unit));
            let key = SigningKey::read(&path)?;
            output.record(&register(&global.caller().await?, &unit, &key).await?);
        }
        Command::Countersign { unit, key_id, key } => {
            let info_office = INFO_OFFICE.parse().map_err(Failure::local)?;
            let path = key.unwrap_or_else(|| global.sandbox().unit_key(&info_office));
            let key = SigningKey::read(&path)?;
            let caller = global.caller().await?;
            let keys = list(&caller, &unit).await?;
            let pending = keys.into_iter().find(|known| known.key_id == key_id);
            let pending = pending.ok_or_else(|| Failure::local(format!("{unit} has no key {key_id}")))?;
            output.record(&countersign(&caller, &pending, &key).await?);
        }
        Command::List { unit } => {
            let keys = list(&global.caller().await?, &unit).await?;
            let columns = &["key_id", "state", "algorithm", "register_time", "countersign_time", "end_time"];
            let reply = pb::ListUnitKeysResponse { keys, next_page_token: String::new() };
            output.list(&reply, "keys", columns);
        }
        Command::Revoke { key_id, reason } => {
            let wanted = pb::RevokeUnitKeyRequest { key_id, reason, request_id: request_id() };
            let reply = global.caller().await?.units().revoke_unit_key(wanted).await?.into_inner();
            output.record(&reply.key.unwrap_or_default());
        }
    }
    Ok(())
}

/// Registers the public half of `key` for the caller's unit.
pub async fn register(caller: &Caller, unit: &UnitId, key: &SigningKey) -> Result<pb::UnitKey, Failure> {
    let wanted = pb::RegisterUnitKeyRequest {
        unit_id: unit.to_string(),
        algorithm: ALGORITHM.to_owned(),
        public_key: key.public().to_vec(),
        request_id: request_id(),
    };
    Ok(caller.units().register_unit_key(wanted).await?.into_inner().key.unwrap_or_default())
}

/// Countersigns a unit's pending key with the info office's `key`.
pub async fn countersign(
    caller: &Caller,
    pending: &pb::UnitKey,
    key: &SigningKey,
) -> Result<pb::UnitKey, Failure> {
    if key_id(&pending.public_key) != pending.key_id {
        return Err(Failure::local(format!("key {} has another public key than its id", pending.key_id)));
    }
    let wanted = pb::CountersignUnitKeyRequest {
        key_id: pending.key_id.clone(),
        countersign_key_id: key.key_id(),
        signature: key.sign(&key_statement(&pending.unit_id, &pending.public_key)),
        request_id: request_id(),
    };
    Ok(caller.units().countersign_unit_key(wanted).await?.into_inner().key.unwrap_or_default())
}

/// All keys that a unit ever had, newest first.
pub async fn list(caller: &Caller, unit: &UnitId) -> Result<Vec<pb::UnitKey>, Failure> {
    let (keys, _) = pages(0, |page_size, page_token| {
        let mut client = caller.units();
        async move {
            let wanted = pb::ListUnitKeysRequest { unit_id: unit.to_string(), page_size, page_token };
            let page = client.list_unit_keys(wanted).await?.into_inner();
            Ok((page.keys, page.next_page_token))
        }
    })
    .await?;
    Ok(keys)
}
