//! Owns the development tools that come from npm: `tools/NAME` says which and in what version, `target/npm/NAME` holds
//! them. Nothing that is shipped needs any of them, so where npm is absent they are left out with a word.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::workspace::Workspace;
use crate::{process, tools};

const FILES: [&str; 2] = ["package.json", "package-lock.json"];

/// Installs `tools/NAME` as its lock file has it, and returns the folder; none where npm is not on PATH.
pub(crate) fn ensure(workspace: &Workspace, name: &str) -> Result<Option<PathBuf>> {
    let Some(npm) = tools::on_path("npm") else { return Ok(None) };
    let (wanted, kept) = (workspace.root.join("tools").join(name), workspace.target.join("npm").join(name));
    let read = |folder: &PathBuf, file| std::fs::read(folder.join(file)).ok();
    // The copy is made last, so it is there once everything is.
    let is_there = FILES.into_iter().all(|file| read(&wanted, file) == read(&kept.join("installed"), file));
    if is_there {
        return Ok(Some(kept));
    }
    let copy = |to: PathBuf| {
        std::fs::create_dir_all(&to).with_context(|| format!("cannot create {}", to.display()))?;
        for file in FILES {
            let from = wanted.join(file);
            std::fs::copy(&from, to.join(file)).with_context(|| format!("cannot copy {}", from.display()))?;
        }
        anyhow::Ok(())
    };
    copy(kept.clone())?;
    let words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    process::run(Command::new(npm).current_dir(&kept).args(words))?;
    copy(kept.join("installed"))?;
    Ok(Some(kept))
}

/// Where a file of one of its packages is, once it is installed.
pub(crate) fn script(workspace: &Workspace, name: &str, file: &str) -> PathBuf {
    workspace.target.join("npm").join(name).join("node_modules").join(file)
}

/// The same for tests that do without where it cannot be had.
pub(crate) fn ensure_if_possible(workspace: &Workspace, name: &str) {
    match ensure(workspace, name) {
        Ok(Some(_)) => {}
        Ok(None) => println!("      npm is not on PATH: tests that need {name} are left out"),
        Err(error) => println!("      {name} cannot be had, tests that need it are left out: {error:#}"),
    }
}
