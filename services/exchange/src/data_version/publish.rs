//! The upload of a data version: streamed into the object store, checked on the way, visible only with its row.

use std::sync::Arc;
use std::time::Duration;

use govshare_model::id::{DataVersionId, EntryId, UnitId};
use govshare_proto::exchange::v1 as pb;
use govshare_proto::exchange::v1::publish_data_version_request::Part as PbPart;
use prost::Message;
use service_kit::call::Caller;
use service_kit::shares::Shares;
use service_kit::{Begin, Call, Database, Failure, Violations};
use tokio::sync::Semaphore;
use tonic::{Status, Streaming};
use uuid::Uuid;

use super::DataVersion;
use super::convert;
use super::store::Versions;
use super::upload::{Content, Header, Rejection, Upload};
use crate::basis::Entry;
use crate::error;
use crate::objects::{Objects, Writing};
use crate::policy;
use crate::upstreams::Catalog;

/// An uploader who sends nothing for so long is given up.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);

pub struct Publisher {
    pub database: Database,
    pub versions: Versions,
    pub objects: Objects,
    pub catalog: Catalog,
    /// Uploads at once; more are shed.
    pub places: Arc<Semaphore>,
    /// What of these one unit has.
    pub units: Shares<UnitId>,
    pub max_file_bytes: u64,
}

type Upcoming = Streaming<pb::PublishDataVersionRequest>;

impl Publisher {
    /// Carries out one call. No transaction is open while bytes come in.
    pub async fn publish(
        &self,
        caller: &Caller,
        mut messages: Upcoming,
    ) -> Result<pb::PublishDataVersionResponse, Status> {
        let _place = self.places.try_acquire().map_err(|_| error::overloaded())?;
        let unit = caller.actor.unit.clone();
        let _share = self.units.take(unit).ok_or_else(error::unit_overloaded)?;
        let (call, entry_id, header) = self.announced(caller, &mut messages).await?;
        let entry = self.catalog.entry(entry_id).await?;
        policy::authorize_publication(&call.actor, &entry.provider, entry_id, entry.published().is_ok())?;
        if let Begin::Replay(reply) = self.database.begin(&call).await? {
            return Ok(reply);
        }
        entry.published().map_err(Failure::from)?;

        let id = DataVersionId(Uuid::now_v7());
        let content = self.receive(id, header, &mut messages).await?;
        Ok(self.commit(&call, id, entry_id, entry, content).await?)
    }

    /// Reads the first message, which has to be the header.
    async fn announced(
        &self,
        caller: &Caller,
        messages: &mut Upcoming,
    ) -> Result<(Call, EntryId, Header), Status> {
        let first = next(messages).await?.and_then(|message| message.part);
        let Some(PbPart::Header(header)) = first else {
            return Err(Failure::from(Rejection::HeaderMissing).into());
        };
        let mut violations = Violations::new();
        let call = Call::over(caller, &header.encode_to_vec(), &header.request_id, &mut violations)?;
        let announced = convert::header(&header, self.max_file_bytes, &mut violations);
        violations.finish().map_err(Failure::from)?;
        let (entry, header) = announced.ok_or_else(|| Failure::internal("a bad field was not named"))?;
        Ok((call, entry, header))
    }

    /// Stores the bytes under `id`. After an error nothing of them is left.
    async fn receive(
        &self,
        id: DataVersionId,
        header: Header,
        messages: &mut Upcoming,
    ) -> Result<Content, Status> {
        let mut upload = Upload::begin(header);
        let mut writing = self.objects.write(id).await?;
        let copied = copy(messages, &mut upload, &mut writing).await;
        let checked = copied.and_then(|()| Ok(upload.finish().map_err(Failure::from)?));
        match checked {
            Ok(content) => {
                writing.finish().await?;
                Ok(content)
            }
            Err(status) => {
                writing.abort().await;
                Err(status)
            }
        }
    }

    /// Makes the stored object the next version. Whether a commit that failed took place is not known, so then
    /// the object stays, and the sweeper removes it if there is no row.
    async fn commit(
        &self,
        call: &Call,
        id: DataVersionId,
        entry_id: EntryId,
        entry: Entry,
        content: Content,
    ) -> Result<pb::PublishDataVersionResponse, Failure> {
        let mut tx = match self.database.begin(call).await? {
            Begin::Replay(reply) => {
                self.objects.remove(id).await;
                return Ok(reply);
            }
            Begin::Fresh(tx) => tx,
        };
        let number = self.versions.next_number(&mut tx, entry_id).await?;
        let now = self.database.clock().now();
        let publication = DataVersion::publish(id, entry_id, entry.provider, number, content, now);
        self.versions.save(&mut tx, &publication, &call.actor).await?;
        let data_version = Some(convert::to_proto(publication.version()));
        tx.commit(call, pb::PublishDataVersionResponse { data_version }).await
    }
}

async fn copy(messages: &mut Upcoming, upload: &mut Upload, writing: &mut Writing) -> Result<(), Status> {
    while let Some(message) = next(messages).await? {
        let chunk = upload.accept(convert::part(message)).map_err(Failure::from)?;
        writing.write(chunk).await?;
    }
    Ok(())
}

async fn next(messages: &mut Upcoming) -> Result<Option<pb::PublishDataVersionRequest>, Status> {
    match tokio::time::timeout(LONGEST_SILENCE, messages.message()).await {
        Ok(message) => message,
        Err(_) => Err(Status::deadline_exceeded("nothing more of the upload came")),
    }
}
