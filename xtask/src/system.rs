//! Owns programs that come from the operating system: finding them, and installing them where that needs no question.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::{process, tools};

/// A program that a system package provides.
#[derive(Debug)]
pub(crate) struct Program {
    /// Names it may have, in order of preference.
    names: &'static [&'static str],
    /// Where it may stand outside PATH.
    elsewhere: &'static [&'static str],
    /// The Debian package.
    package: &'static str,
}

/// The browser.
pub(crate) const CHROMIUM: Program = Program {
    names: &["chromium", "chromium-browser", "google-chrome"],
    elsewhere: &[],
    package: "chromium",
};
/// What drives the browser.
pub(crate) const CHROMEDRIVER: Program = Program {
    names: &["chromedriver"],
    elsewhere: &["/usr/lib/chromium/chromedriver", "/usr/lib/chromium-browser/chromedriver"],
    package: "chromium-driver",
};
/// The web server in front of the feed.
pub(crate) const NGINX: Program =
    Program { names: &["nginx"], elsewhere: &["/usr/sbin/nginx"], package: "nginx-light" };
/// What judges `/metrics`.
pub(crate) const PROMTOOL: Program = Program { names: &["promtool"], elsewhere: &[], package: "prometheus" };
/// What takes alerts.
pub(crate) const ALERTMANAGER: Program = Program {
    names: &["prometheus-alertmanager", "alertmanager"],
    elsewhere: &[],
    package: "prometheus-alertmanager",
};
/// A client of the stream that is not ours.
pub(crate) const CURL: Program = Program { names: &["curl"], elsewhere: &[], package: "curl" };
/// The compressor whose sizes are reported.
pub(crate) const BROTLI: Program = Program { names: &["brotli"], elsewhere: &[], package: "brotli" };

impl Program {
    /// Where it is, if anywhere.
    pub(crate) fn find(&self) -> Option<PathBuf> {
        let elsewhere = || self.elsewhere.iter().map(PathBuf::from).find(|file| file.is_file());
        self.names.iter().find_map(|name| tools::on_path(name)).or_else(elsewhere)
    }

    /// Where it is, or an error that names the package.
    pub(crate) fn require(&self) -> Result<PathBuf> {
        match self.find() {
            Some(file) => Ok(file),
            None => bail!("{}", instructions(&[self.package])),
        }
    }
}

/// Installs those of `programs` that are missing, through apt as root or with passwordless sudo; elsewhere fails with
/// what to install.
pub(crate) fn ensure(programs: &[&Program]) -> Result<()> {
    let missing: Vec<&str> =
        programs.iter().filter(|program| program.find().is_none()).map(|program| program.package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let Some(sudo) = apt_prefix() else { bail!("{}", instructions(&missing)) };
    println!("      installing {}", missing.join(", "));
    process::run(apt(sudo).args(["update", "-q"]))?;
    process::run(apt(sudo).args(["install", "-y", "-q", "--no-install-recommends"]).args(&missing))?;
    for program in programs {
        program.require()?;
    }
    Ok(())
}

/// Installs those of `programs` that are missing where that can be done without asking, and else says which tests are
/// left out: they pass with a word where their program is absent.
pub(crate) fn ensure_if_possible(programs: &[&Program]) -> Result<()> {
    let missing: Vec<&str> =
        programs.iter().filter(|program| program.find().is_none()).map(|program| program.package).collect();
    if missing.is_empty() || apt_prefix().is_some() {
        return ensure(programs);
    }
    println!("      missing: {}; what needs them is left out", missing.join(", "));
    Ok(())
}

/// The words before `apt-get`, or nothing where it cannot be used without asking.
fn apt_prefix() -> Option<&'static [&'static str]> {
    tools::on_path("apt-get")?;
    let is_root = process::output_text(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if is_root {
        return Some(&["env"]);
    }
    let mut probe = Command::new("sudo");
    probe.args(["-n", "true"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    probe.status().is_ok_and(|status| status.success()).then_some(&["sudo", "-n", "env"])
}

fn apt(prefix: &[&str]) -> Command {
    let (program, words) = prefix.split_first().unwrap_or((&"env", &[]));
    let mut command = Command::new(program);
    command.args(words).args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    command
}

fn instructions(packages: &[&str]) -> String {
    let list = packages.join(" ");
    if cfg!(target_os = "macos") {
        return format!(
            "missing: {list}. Install Chromium, ChromeDriver, nginx and brotli, for example with Homebrew: \
                        `brew install --cask chromium chromedriver` and `brew install nginx brotli`, then try again"
        );
    }
    format!(
        "missing: {list}. On Debian run `apt-get install {list}` as root; elsewhere install the programs of these \
         names with your package manager, then try again"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_with_its_package() {
        let program = Program {
            names: &["no-such-program"],
            elsewhere: &["/no/such/file"],
            package: "no-such-package",
        };
        assert_eq!(program.find(), None);
        let said = program.require().unwrap_err().to_string();
        assert!(said.starts_with("missing: no-such-package."), "{said}");
    }
}
