//! Registers the seed's units and shared databases through the gateway, as the info office; what is there stays.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use govshare_model::Role;
use govshare_model::id::UnitId;
use govshare_proto::catalog::v1 as pb;
use govshare_proto::catalog::v1::shared_database_service_client::SharedDatabaseServiceClient;
use govshare_proto::catalog::v1::unit_service_client::UnitServiceClient;
use govshare_proto::google::r#type::Date;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use uuid::Uuid;

use crate::Cluster;
use crate::error::Error;
use crate::seed_data::{DatabaseKind, Seed, SeedUnit, SharedDatabase, UnitKind};

/// Everything that a list of this size needs one page for.
const PAGE: i32 = 1000;
/// Creations at once.
const AT_ONCE: usize = 4;
const TRIES: u32 = 7;

#[derive(Clone)]
struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

type Client = InterceptedService<Channel, Bearer>;

impl Cluster {
    /// Registers what of `seed` is not registered yet.
    pub async fn plant(&self, seed: &Seed) -> Result<(), Error> {
        let failed = |status: Status| Error::Seed(status.message().to_owned());
        let info_office: UnitId = "info-office".parse().map_err(|error| Error::Seed(format!("{error}")))?;
        let token = self.token(&info_office, Role::InfoOffice)?;
        let bearer = Bearer(format!("Bearer {token}").parse().map_err(|_| Error::Seed("token".to_owned()))?);
        let channel = Channel::from_shared(self.gateway_endpoint())
            .map_err(|error| Error::Seed(error.to_string()))?
            .connect()
            .await
            .map_err(|error| Error::Seed(error.to_string()))?;
        let units = UnitServiceClient::with_interceptor(channel.clone(), bearer.clone());
        let databases = SharedDatabaseServiceClient::with_interceptor(channel, bearer);

        let names = seed.units.iter().map(|unit| unit.name.clone()).collect();
        let known = pb::ListUnitsRequest { page_size: PAGE, names, ..Default::default() };
        let known = units.clone().list_units(known).await.map_err(failed)?.into_inner().units;
        let known: BTreeSet<_> = known.into_iter().map(|unit| unit.unit_id).collect();
        let missing = seed.units.iter().filter(|unit| !known.contains(unit.id.as_str()));
        let create = missing.map(|unit| patiently(|| create_unit(units.clone(), unit)));
        stream::iter(create).buffer_unordered(AT_ONCE).try_collect::<()>().await.map_err(failed)?;

        let known = pb::ListSharedDatabasesRequest { page_size: PAGE, ..Default::default() };
        let known = databases.clone().list_shared_databases(known).await.map_err(failed)?.into_inner();
        let known: BTreeSet<_> =
            known.shared_databases.into_iter().map(|known| known.shared_database_id).collect();
        let missing = seed.databases.iter().filter(|database| !known.contains(&database.id));
        let create = missing.map(|database| patiently(|| create_database(databases.clone(), database)));
        stream::iter(create).buffer_unordered(AT_ONCE).try_collect::<()>().await.map_err(failed)?;
        Ok(())
    }
}

/// Repeats a creation while the services, which have just started, are not all reached.
async fn patiently<F: Future<Output = Result<(), Status>>>(create: impl Fn() -> F) -> Result<(), Status> {
    let mut pause = Duration::from_millis(50);
    for _ in 0..TRIES {
        match create().await {
            Err(status) if matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded) => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            done => return done,
        }
    }
    create().await
}

async fn create_unit(mut client: UnitServiceClient<Client>, unit: &SeedUnit) -> Result<(), Status> {
    let kind = match unit.kind {
        UnitKind::AdministrativeOrgan => pb::UnitKind::AdministrativeOrgan,
        UnitKind::VerticalOrgan => pb::UnitKind::VerticalOrgan,
        UnitKind::DispatchedOrgan => pb::UnitKind::DispatchedOrgan,
        UnitKind::AuthorizedOrganization => pb::UnitKind::AuthorizedOrganization,
        UnitKind::EntrustedOrganization => pb::UnitKind::EntrustedOrganization,
    };
    let record = pb::Unit {
        unit_id: unit.id.to_string(),
        display_name: unit.name.clone(),
        aliases: unit.aliases.clone(),
        kind: kind.into(),
        credit_code: unit.credit_code.clone(),
        short_name: unit.short_name.clone(),
        section: "信息科".to_owned(),
        ..Default::default()
    };
    let request = pb::CreateUnitRequest { unit: Some(record), request_id: Uuid::now_v7().to_string() };
    there_already(client.create_unit(request).await.map(|_| ()))
}

async fn create_database(
    mut client: SharedDatabaseServiceClient<Client>,
    database: &SharedDatabase,
) -> Result<(), Status> {
    let kind = match database.kind {
        DatabaseKind::Base => pb::SharedDatabaseKind::Base,
        DatabaseKind::Thematic => pb::SharedDatabaseKind::Thematic,
        DatabaseKind::Collaborative => pb::SharedDatabaseKind::Collaborative,
    };
    let day = database.effective;
    let start = Date { year: day.year(), month: i32::from(u8::from(day.month())), day: i32::from(day.day()) };
    let leads = database.leads.iter().map(|lead| pb::Lead {
        unit_id: lead.to_string(),
        start_date: Some(start),
        end_date: None,
    });
    let record = pb::SharedDatabase {
        shared_database_id: database.id.clone(),
        display_name: database.name.clone(),
        kind: kind.into(),
        leads: leads.collect(),
        basis: format!("第十二条{}", database.clause),
        ..Default::default()
    };
    let request = pb::CreateSharedDatabaseRequest {
        shared_database: Some(record),
        request_id: Uuid::now_v7().to_string(),
    };
    there_already(client.create_shared_database(request).await.map(|_| ()))
}

/// Another start of the same sandbox may have come first.
fn there_already(created: Result<(), Status>) -> Result<(), Status> {
    match created {
        Err(status) if status.code() == Code::AlreadyExists => Ok(()),
        other => other,
    }
}
