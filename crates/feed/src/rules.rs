//! Rule files on disk: YAML as Prometheus reads it, or JSON.
//!
//! Invariants: several files are in force together or not at all; what is refused is named with its file. A file has at
//! most [`MAX_FILE_BYTES`].

mod choice;
mod follow;

use std::{
    fs::File as Handle,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use aurora_wire::rules::{File, Rules, RulesError};

pub use choice::RuleChoice;
pub(crate) use choice::{InForce, Origin};
pub(crate) use follow::{Look, RuleFiles};

/// The longest rule file, in bytes.
pub const MAX_FILE_BYTES: u64 = 1 << 20;

/// Why rule files are not in force.
#[derive(Debug, thiserror::Error)]
pub enum RuleFileError {
    /// It cannot be read.
    #[error("rule file {}: {source}; check the path and that it may be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is too long.
    #[error("rule file {}: over 1 MiB; split it or leave rules out", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// It has not the structure of a rule file.
    #[error("rule file {}: {why}", path.display())]
    Structure {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        why: String,
    },
    /// One of its groups or rules is refused.
    #[error("rule file {}: {source}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// Which one, where, and why.
        source: RulesError,
    },
    /// No shipped group has that name.
    #[error("--rule-groups {name}: no shipped group is called so; there are {known}")]
    UnknownGroup {
        /// The name.
        name: String,
        /// All names, with commas.
        known: String,
    },
    /// Each file is in order, all together are not.
    #[error("rule files together: {source}")]
    Together {
        /// What is in the way.
        source: RulesError,
    },
}

/// Reads rule files into one.
///
/// # Errors
/// The first file that cannot be in force, and why.
pub fn read(paths: &[PathBuf]) -> Result<Rules, RuleFileError> {
    let files: Vec<Rules> = paths.iter().map(|path| read_one(path)).collect::<Result<_, _>>()?;
    let groups = files.iter().flat_map(|rules| rules.file().groups.iter().cloned()).collect();
    Rules::try_from(File { groups }).map_err(|source| RuleFileError::Together { source })
}

fn read_one(path: &Path) -> Result<Rules, RuleFileError> {
    let file = parse(path, &text(path)?)?;
    Rules::try_from(file).map_err(|source| RuleFileError::Refused { path: path.to_owned(), source })
}

fn text(path: &Path) -> Result<String, RuleFileError> {
    let unreadable = |source| RuleFileError::Unreadable { path: path.to_owned(), source };
    let mut text = String::new();
    let handle = Handle::open(path).map_err(unreadable)?;
    handle.take(MAX_FILE_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(RuleFileError::TooLong { path: path.to_owned() });
    }
    Ok(text)
}

/// The structure of a file: JSON where its name ends so, else YAML.
fn parse(path: &Path, text: &str) -> Result<File, RuleFileError> {
    let parsed = if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
        serde_json::from_str(text).map_err(|error| error.to_string())
    } else {
        serde_saphyr::from_str(text).map_err(|error| error.without_snippet().to_string())
    };
    parsed.map_err(|why| RuleFileError::Structure { path: path.to_owned(), why })
}

#[cfg(test)]
mod tests;
