//! demo
use crate::args::Global; use crate::failure::Failure;
#[derive(Debug, clap::Args)] pub struct Demo {}
impl Demo { pub async fn run(self, _: &Global) -> Result<(), Failure> { Ok(()) } }
