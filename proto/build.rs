//! Compiles every contract under `govshare/` with protox, so that no protoc has to be installed.

use std::path::{Path, PathBuf};
use std::{env, fs};

use prost::Message;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=govshare");
    println!("cargo:rerun-if-changed=vendor");
    let mut contracts = Vec::new();
    collect(Path::new("govshare"), &mut contracts)?;
    contracts.sort();

    let files = protox::compile(&contracts, [".", "vendor"])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.binpb"), files.encode_to_vec())?;
    tonic_prost_build::configure()
        .bytes(".govshare.exchange.v1.PublishDataVersionRequest")
        .bytes(".govshare.exchange.v1.DownloadResponse")
        .btree_map(".")
        .include_file("contracts.rs")
        .compile_fds(files)?;
    Ok(())
}

fn collect(folder: &Path, contracts: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for item in fs::read_dir(folder)? {
        let path = item?.path();
        if path.is_dir() {
            collect(&path, contracts)?;
        } else if path.extension().is_some_and(|suffix| suffix == "proto") {
            contracts.push(path);
        }
    }
    Ok(())
}
