//! Owns what the Rust toolchain itself must have: the wasm32 target, rustfmt and clippy.
//!
//! rust-toolchain.toml names them, but rustup adds them by itself only where automatic installation is on.

use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::process;

/// The target that the dashboard is built for.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// Adds the wasm32 target where it is missing.
pub(crate) fn ensure_wasm_target() -> Result<()> {
    let sysroot = process::output_text(Command::new("rustc").args(["--print", "sysroot"]))?;
    let libraries = std::path::Path::new(sysroot.trim()).join("lib/rustlib").join(WASM).join("lib");
    if libraries.is_dir() {
        return Ok(());
    }
    rustup(&["target", "add", WASM], "the Rust target wasm32-unknown-unknown is missing")
}

/// Adds rustfmt and clippy where they are missing.
pub(crate) fn ensure_components() -> Result<()> {
    for (subcommand, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        let mut probe = process::cargo();
        probe
            .args([subcommand, "--version"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if !probe.status().is_ok_and(|status| status.success()) {
            rustup(&["component", "add", component], &format!("the Rust component {component} is missing"))?;
        }
    }
    Ok(())
}

fn rustup(words: &[&str], missing: &str) -> Result<()> {
    process::run(Command::new("rustup").args(words)).with_context(|| {
        format!(
            "{missing}: install it with `rustup {}`, or with your system's package manager",
            words.join(" ")
        )
    })
}
