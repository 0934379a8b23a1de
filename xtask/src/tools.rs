//! Owns the cargo-installed tools: which versions, where they are kept, and installing them when missing.
//!
//! A tool lives in `target/tools/NAME-VERSION/bin`, so versions never mix and nothing outside the project changes. One
//! of exactly the right version on PATH is used as it is. wasm-bindgen-cli has no version here: it must equal the
//! library's, which Cargo.lock holds.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

const TRUNK: &str = "0.21.14";
const CARGO_DENY: &str = "0.20.2";
const CARGO_MACHETE: &str = "0.9.2";

/// A command line tool from crates.io.
#[derive(Debug)]
pub(crate) struct Tool {
    package: &'static str,
    version: String,
    /// The first one answers `--version`; all are used.
    binaries: &'static [&'static str],
    /// What to compile it with: tools that run for seconds are built quickly, ones that work hard are not left at 0.
    opt_level: &'static str,
}

impl Tool {
    /// Bundles the dashboard.
    pub(crate) fn trunk() -> Self {
        Self { package: "trunk", version: TRUNK.into(), binaries: &["trunk"], opt_level: "0" }
    }

    /// Makes the JavaScript beside the wasm, and runs the browser tests.
    pub(crate) fn wasm_bindgen(workspace: &Workspace) -> Result<Self> {
        Ok(Self {
            package: "wasm-bindgen-cli",
            version: workspace.locked_version("wasm-bindgen")?,
            binaries: &["wasm-bindgen", "wasm-bindgen-test-runner"],
            opt_level: "1",
        })
    }

    /// Checks licences, sources and bans.
    pub(crate) fn cargo_deny() -> Self {
        Self { package: "cargo-deny", version: CARGO_DENY.into(), binaries: &["cargo-deny"], opt_level: "0" }
    }

    /// Finds dependencies that nothing uses.
    pub(crate) fn cargo_machete() -> Self {
        let binaries = &["cargo-machete"];
        Self { package: "cargo-machete", version: CARGO_MACHETE.into(), binaries, opt_level: "0" }
    }

    /// The folder of the tool's binaries, installing them when they are nowhere.
    pub(crate) fn ensure(&self, workspace: &Workspace) -> Result<PathBuf> {
        if let Some(folder) = self.locate(workspace) {
            return Ok(folder);
        }
        self.install(workspace)?;
        self.locate(workspace)
            .with_context(|| format!("{} was installed but its binaries are missing", self.package))
    }

    fn home(&self, workspace: &Workspace) -> PathBuf {
        workspace.target.join("tools").join(format!("{}-{}", self.package, self.version))
    }

    fn locate(&self, workspace: &Workspace) -> Option<PathBuf> {
        let kept = self.home(workspace).join("bin");
        if self.all_in(&kept) {
            return Some(kept);
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).find(|folder| self.all_in(folder) && self.is_right_version(folder))
    }

    fn all_in(&self, folder: &Path) -> bool {
        self.binaries.iter().all(|binary| folder.join(executable(binary)).is_file())
    }

    fn is_right_version(&self, folder: &Path) -> bool {
        let Some(binary) = self.binaries.first() else { return false };
        let asked = Command::new(folder.join(executable(binary)))
            .arg("--version")
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output();
        asked.is_ok_and(|said| names_version(&String::from_utf8_lossy(&said.stdout), &self.version))
    }

    fn install(&self, workspace: &Workspace) -> Result<()> {
        println!("      installing {} {} (minutes, once)", self.package, self.version);
        let build = workspace.target.join("tools").join("build");
        let mut command = process::cargo();
        command
            .current_dir(&workspace.root)
            .args(["install", "--locked", self.package, "--version", &self.version, "--root"])
            .arg(self.home(workspace))
            .env("CARGO_TARGET_DIR", &build)
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
            .env("CARGO_PROFILE_RELEASE_STRIP", "true")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", self.opt_level);
        process::run(&mut command).with_context(|| {
            format!("{} {} could not be installed from crates.io", self.package, self.version)
        })?;
        std::fs::remove_dir_all(&build)
            .with_context(|| format!("{} is not needed any more but stays", build.display()))
    }
}

/// PATH with `folders` before what is there.
pub(crate) fn path_with(folders: &[PathBuf]) -> Result<OsString> {
    let old = std::env::var_os("PATH").unwrap_or_default();
    let all = folders.iter().cloned().chain(std::env::split_paths(&old));
    std::env::join_paths(all).context("a tool's folder cannot stand in PATH")
}

/// The first folder of PATH that holds `program`, with the program.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    find_in(std::env::var_os("PATH").as_deref().unwrap_or_default(), program)
}

fn find_in(path: &OsStr, program: &str) -> Option<PathBuf> {
    std::env::split_paths(path).map(|folder| folder.join(executable(program))).find(|file| file.is_file())
}

fn executable(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}

fn names_version(said: &str, version: &str) -> bool {
    said.split_whitespace().any(|word| word == version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_version(said: &str, version: &str, right: bool) {
        assert_eq!(names_version(said, version), right, "{said:?} for {version}");
    }

    #[test]
    fn only_exactly_the_wanted_version_is_right() {
        check_version("trunk 0.21.14\n", "0.21.14", true);
        check_version("wasm-bindgen 0.2.129 (abc 2026)", "0.2.129", true);
        check_version("trunk 0.21.140\n", "0.21.14", false);
        check_version("trunk 0.21.14-beta.1\n", "0.21.14", false);
        check_version("", "0.21.14", false);
    }

    #[test]
    fn a_tool_kept_in_the_target_folder_is_found_by_its_version() {
        let dir = tempfile::tempdir().unwrap();
        let workspace = Workspace { root: dir.path().into(), target: dir.path().join("target") };
        let tool = Tool {
            package: "no-such-tool",
            version: "1.2.3".into(),
            binaries: &["no-such-tool"],
            opt_level: "0",
        };
        assert_eq!(tool.locate(&workspace), None);
        let bin = dir.path().join("target/tools/no-such-tool-1.2.3/bin");
        std::fs::create_dir_all(&bin).unwrap();
        std::fs::write(bin.join(executable("no-such-tool")), "").unwrap();
        assert_eq!(tool.locate(&workspace), Some(bin));
    }
}
