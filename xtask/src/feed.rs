//! Owns building the feed in release mode and where its binary is.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// Builds `aurora-feed` and returns its path.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf> {
    process::run(process::cargo().current_dir(&workspace.root).args([
        "build",
        "--release",
        "-p",
        "aurora-feed",
    ]))?;
    let binary =
        workspace.target.join("release").join(format!("aurora-feed{}", std::env::consts::EXE_SUFFIX));
    if !binary.is_file() {
        bail!("cargo built aurora-feed but {} is not there", binary.display());
    }
    Ok(binary)
}
