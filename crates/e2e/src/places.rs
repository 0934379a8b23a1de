//! Owns where programs and files are: what `cargo xtask test` says in the environment, else the usual places.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// The workspace root.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Recorded sessions that the bot wrote, where this machine has them.
#[must_use]
pub fn recorded_session(name: &str) -> Option<PathBuf> {
    Some(root().join("../shared/sessions").join(name)).filter(|folder| folder.is_dir())
}

/// The feed's binary.
///
/// # Errors
/// When it is not built.
pub fn feed() -> Result<PathBuf> {
    built("AURORA_FEED_BIN", root().join("target/release/aurora-feed"))
}

/// The built dashboard.
///
/// # Errors
/// When it is not built.
pub fn dist() -> Result<PathBuf> {
    let dist = built("AURORA_DIST", root().join("dist"))?;
    built("AURORA_DIST_INDEX", dist.join("index.html"))?;
    Ok(dist)
}

/// The whole page in one file.
///
/// # Errors
/// When it is not built.
pub fn single_file() -> Result<PathBuf> {
    built("AURORA_SINGLE_FILE", root().join("target/aurora-live.html"))
}

/// Where screenshots are kept.
///
/// # Errors
/// When the folder cannot be made.
pub fn screenshots() -> Result<PathBuf> {
    let chosen = std::env::var_os("AURORA_E2E_OUTPUT").map(PathBuf::from);
    let folder = chosen.unwrap_or_else(|| root().join("target/e2e-screenshots"));
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}

/// A program: the one `variable` names, else the first of `names` on PATH or beside the system's daemons.
///
/// # Errors
/// When it is nowhere.
pub fn program(variable: &str, names: &[&str]) -> Result<PathBuf> {
    if let Some(chosen) = std::env::var_os(variable) {
        return Ok(chosen.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]).collect();
    let found = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    match found.into_iter().find(|file| file.is_file()) {
        Some(file) => Ok(file),
        None => bail!("no {} on PATH: `cargo xtask test` installs it, or set {variable}", names.join(" or ")),
    }
}

/// A TCP port on loopback that nothing listens on.
///
/// # Errors
/// When there is none.
pub fn free_port() -> Result<u16> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

fn built(variable: &str, usual: PathBuf) -> Result<PathBuf> {
    let path = std::env::var_os(variable).map_or(usual, PathBuf::from);
    if !path.exists() {
        bail!("{} is not built: run `cargo xtask test`, which builds everything first", path.display());
    }
    std::path::absolute(&path).with_context(|| format!("{} has no absolute path", path.display()))
}
