//! Steps of a request, legal or not, as random sequences take them: on the machine here, and over gRPC in the tests of
//! the whole platform.

use proptest::prelude::*;

#[derive(Debug, Clone)]
pub enum Command {
    /// A new draft, for an entry or for what is wanted, under one of the packs.
    Begin {
        wanted: bool,
        national: bool,
    },
    Revise {
        approver: bool,
    },
    Submit {
        approver: bool,
    },
    Forward {
        listed: bool,
    },
    Settle,
    NameEntry,
    Propose {
        consent: bool,
        by: u8,
        conditions: bool,
        incomplete: bool,
    },
    Consent {
        by: u8,
    },
    Refuse {
        by: u8,
        silent: bool,
    },
    Withdraw,
    Agree,
    Object,
    Coordinate {
        anew: bool,
    },
    Liaise {
        by: u8,
    },
    SuperiorConsents,
    SuperiorRefuses {
        by: u8,
    },
    AskCity,
    City {
        provided: bool,
    },
    RequestSupplement,
    Supplement {
        complete: bool,
        approver: bool,
    },
    RequestExtension {
        days: u16,
    },
    DecideExtension {
        granted: bool,
    },
    Sweep,
    Escalate,
    Wait {
        days: i64,
    },
}

pub fn command() -> impl Strategy<Value = Command> {
    use Command::*;
    let by = || 0..3u8;
    let flag = any::<bool>;
    prop_oneof![
        2 => (flag(), flag()).prop_map(|(wanted, national)| Begin { wanted, national }),
        1 => flag().prop_map(|approver| Revise { approver }),
        6 => flag().prop_map(|approver| Submit { approver }),
        3 => flag().prop_map(|listed| Forward { listed }),
        1 => Just(Settle),
        2 => Just(NameEntry),
        8 => (flag(), by(), flag(), flag()).prop_map(|(consent, by, conditions, incomplete)| {
            Propose { consent, by, conditions: conditions && consent, incomplete: incomplete && !consent }
        }),
        4 => by().prop_map(|by| Consent { by }),
        6 => (by(), flag()).prop_map(|(by, silent)| Refuse { by, silent }),
        1 => Just(Withdraw),
        1 => Just(Agree),
        4 => Just(Object),
        4 => flag().prop_map(|anew| Coordinate { anew }),
        2 => by().prop_map(|by| Liaise { by }),
        1 => Just(SuperiorConsents),
        2 => by().prop_map(|by| SuperiorRefuses { by }),
        3 => Just(AskCity),
        3 => flag().prop_map(|provided| City { provided }),
        2 => Just(RequestSupplement),
        2 => (flag(), flag()).prop_map(|(complete, approver)| Supplement { complete, approver }),
        2 => (0..12u16).prop_map(|days| RequestExtension { days }),
        2 => flag().prop_map(|granted| DecideExtension { granted }),
        2 => Just(Sweep),
        2 => Just(Escalate),
        2 => (0..12i64).prop_map(|days| Wait { days }),
    ]
}
