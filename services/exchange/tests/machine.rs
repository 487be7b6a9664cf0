//! The pure parts: uploads, tickets, agreements, deliveries, and the table of who may do what.

mod machine {
    mod agreement;
    mod delivery;
    mod policy;
    mod samples;
    mod ticket;
    mod upload;
}
