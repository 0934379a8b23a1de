//! Owns building the dashboard into `dist/`, and not building it again when nothing changed.
//!
//! Invariant: the stamp is taken of the inputs before a build and of the output after it, so an edit made meanwhile
//! leads to another build, and so does a `dist/` that something else wrote.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::process::Command;
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result, bail};

use crate::tools::{self, Tool};
use crate::workspace::{self, Workspace};
use crate::{process, toolchain};

/// Environment variables that the build takes the stream's address from, in order.
const BUILD_VARIABLES: [&str; 3] = ["AURORA_SSE_URL", "VITE_SSE_URL", "REACT_APP_SSE_URL"];
/// What stands in the workspace but not in the built page.
const NOT_INPUTS: [&str; 9] =
    ["target", "dist", "docs", "tests", "deploy", "tools", "xtask", "crates/feed", "crates/e2e"];

/// Of the documents, these are copied into the page.
const RUNBOOKS: &str = "docs/runbooks";

/// Builds `dist/` in release mode unless it is up to date.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let inputs = inputs(workspace)?;
    let stamp = workspace.target.join("dashboard.stamp");
    let up_to_date = |stamped: &str| output(workspace).is_ok_and(|output| stamped == text(inputs, output));
    if std::fs::read_to_string(&stamp).is_ok_and(|stamped| up_to_date(&stamped)) {
        println!("      dist/ is up to date");
        return Ok(());
    }
    toolchain::ensure_wasm_target()?;
    let folders = [Tool::trunk().ensure(workspace)?, Tool::wasm_bindgen(workspace)?.ensure(workspace)?];
    trunk(workspace, &tools::path_with(&folders)?)?;
    workspace::write(&stamp, text(inputs, output(workspace)?))
}

/// Makes sure that everything a build needs is there.
pub(crate) fn ensure_tools(workspace: &Workspace) -> Result<()> {
    toolchain::ensure_wasm_target()?;
    Tool::trunk().ensure(workspace)?;
    Tool::wasm_bindgen(workspace)?.ensure(workspace)?;
    Ok(())
}

fn trunk(workspace: &Workspace, path: &std::ffi::OsStr) -> Result<()> {
    if !workspace.root.join("index.html").is_file() {
        bail!("{} has no index.html to build", workspace.root.display());
    }
    let mut command = Command::new("trunk");
    command.current_dir(&workspace.root).args(["build", "--release"]);
    command.env("PATH", path).env("TRUNK_SKIP_VERSION_CHECK", "true");
    // trunk reads NO_COLOR as a boolean and refuses the usual `1`.
    if std::env::var_os("NO_COLOR").is_some() {
        command.env_remove("NO_COLOR").args(["--color", "never"]);
    }
    process::run(&mut command)
}

fn inputs(workspace: &Workspace) -> Result<u64> {
    let mut hash = DefaultHasher::new();
    for variable in BUILD_VARIABLES {
        std::env::var_os(variable).hash(&mut hash);
    }
    hash_folder(&workspace.root, Path::new(""), is_input, &mut hash)?;
    hash_folder(&workspace.root, Path::new(RUNBOOKS), |_| true, &mut hash)?;
    Ok(hash.finish())
}

fn output(workspace: &Workspace) -> Result<u64> {
    let mut hash = DefaultHasher::new();
    hash_folder(&workspace.dist(), Path::new(""), |path| !has_extension(path, &["br", "gz"]), &mut hash)?;
    Ok(hash.finish())
}

fn text(inputs: u64, output: u64) -> String {
    format!("{inputs:016x} {output:016x}\n")
}

fn is_input(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let hidden = name.starts_with('.') && name != ".cargo";
    !hidden && !has_extension(path, &["md"]) && !NOT_INPUTS.iter().any(|not| path == Path::new(not))
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    extensions.iter().any(|extension| path.extension().is_some_and(|has| has == *extension))
}

/// Feeds path, size and modification time of every file in `root` below `folder`, in a fixed order, to `hash`; of
/// those that `counts`, given the path from `root`.
fn hash_folder(
    root: &Path,
    folder: &Path,
    counts: fn(&Path) -> bool,
    hash: &mut DefaultHasher,
) -> Result<()> {
    let absolute = root.join(folder);
    let listing =
        std::fs::read_dir(&absolute).with_context(|| format!("cannot list {}", absolute.display()))?;
    let mut entries = listing.collect::<std::io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = folder.join(entry.file_name());
        if !counts(&path) {
            continue;
        }
        let about = entry.metadata().with_context(|| format!("cannot read {}", entry.path().display()))?;
        if about.is_dir() {
            hash_folder(root, &path, counts, hash)?;
        } else {
            let modified = about.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
            (path, about.len(), modified).hash(hash);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash_of(folder: &Path) -> u64 {
        let mut hash = DefaultHasher::new();
        hash_folder(folder, Path::new(""), is_input, &mut hash).unwrap();
        hash.finish()
    }

    fn check(changed: &str, counts: bool) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(changed);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(dir.path().join("Cargo.toml"), "").unwrap();
        let before = hash_of(dir.path());
        std::fs::write(&file, "new").unwrap();
        assert_eq!(hash_of(dir.path()) != before, counts, "{changed}");
    }

    #[test]
    fn only_a_change_of_what_the_page_is_made_of_counts() {
        check("src/app.rs", true);
        check("crates/domain/src/lib.rs", true);
        check("src/feed/view.rs", true);
        check("style/main.css", true);
        check(".cargo/config.toml", true);
        check("crates/feed/src/main.rs", false);
        check("target/debug/x", false);
        check("README.md", false);
        check(".git/index", false);
    }
}
