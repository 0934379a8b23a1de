//! Noticing that the token file changed, and putting what it says in force.
//!
//! Invariants: a file that cannot be used leaves the token that is in force as it is, and is said, once and
//! in the feed's condition. The clock is an argument, and so is when to look.

use std::{path::PathBuf, sync::Arc, time::SystemTime};

use tokio::sync::watch;
use tracing::{info, warn};

use super::{Access, Token, file};
use crate::stamp::Stamp;

/// A token file that is looked at again and again.
#[derive(Debug)]
pub(crate) struct TokenFile {
    path: PathBuf,
    /// Of what was last read, successfully or not.
    stamp: Option<Stamp>,
    /// What was wrong the last time.
    trouble: Option<String>,
}

/// What a look at the token file found.
#[derive(Debug)]
pub(crate) enum Look {
    /// Nothing new.
    Same,
    /// A token, the same or another.
    Token(Token),
    /// The file cannot be used, for a reason that was not said yet.
    Trouble(String),
}

impl TokenFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, stamp: None, trouble: None }
    }

    /// Looks whether the file changed, and reads it where it may have.
    pub(crate) fn look(&mut self, now: SystemTime) -> Look {
        let stamp = std::fs::metadata(&self.path).ok().map(|metadata| Stamp::of(&metadata));
        if stamp.is_some() && stamp == self.stamp && !stamp.is_some_and(|stamp| stamp.is_unsettled(now)) {
            return Look::Same;
        }
        self.stamp = stamp;
        match file::read(&self.path) {
            Ok((token, stamp)) => {
                self.stamp = Some(stamp);
                self.trouble = None;
                Look::Token(token)
            }
            Err(error) => {
                let trouble = error.to_string();
                if self.trouble.as_ref() == Some(&trouble) {
                    return Look::Same;
                }
                self.trouble = Some(trouble.clone());
                Look::Trouble(trouble)
            }
        }
    }
}

/// Keeps `access` at what the file says, with a look after each value of `looks`, until its sender is gone.
/// After each look `told` hears what is wrong with the file, if anything is.
pub(crate) async fn keep_current(
    mut file: TokenFile,
    access: Arc<Access>,
    mut looks: watch::Receiver<()>,
    told: impl Fn(Option<String>),
) {
    while looks.changed().await.is_ok() {
        let looked = tokio::task::spawn_blocking(move || {
            let look = file.look(SystemTime::now());
            (file, look)
        });
        let Ok((same_file, look)) = looked.await else {
            warn!("looking at the token file failed: the token stays as it is until the feed is restarted");
            return;
        };
        file = same_file;
        apply(&access, look);
        told(access.trouble());
    }
}

fn apply(access: &Access, look: Look) {
    match look {
        Look::Same => {}
        Look::Token(token) => {
            if access.set_trouble(None) {
                info!("the token file can be used again");
            }
            if access.replace(token) {
                info!("the auth token changed: streams that were opened with the old one are ended");
            }
        }
        Look::Trouble(trouble) => {
            let trouble = format!("{trouble}. The token from before stays in force");
            warn!("{trouble}");
            access.set_trouble(Some(trouble));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

    use super::*;

    fn write(path: &Path, text: &str, mode: u32) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// What a look finds, in one word.
    fn look(file: &mut TokenFile, now: SystemTime) -> &'static str {
        match file.look(now) {
            Look::Same => "same",
            Look::Token(_) => "token",
            Look::Trouble(_) => "trouble",
        }
    }

    #[test]
    fn a_file_is_read_again_when_it_changes_and_trouble_is_said_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        let later = SystemTime::now() + Duration::from_mins(1);
        let mut file = TokenFile::new(path.clone());
        assert_eq!([look(&mut file, later), look(&mut file, later)], ["trouble", "same"]);
        write(&path, "one", 0o600);
        assert_eq!([look(&mut file, later), look(&mut file, later)], ["token", "same"]);
        write(&path, "another", 0o644);
        assert_eq!([look(&mut file, later), look(&mut file, later)], ["trouble", "same"]);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(look(&mut file, later), "token");
        let new = dir.path().join("new");
        write(&new, "another", 0o600);
        fs::rename(&new, &path).unwrap();
        assert_eq!([look(&mut file, later), look(&mut file, later)], ["token", "same"]);
        fs::remove_file(&path).unwrap();
        assert_eq!([look(&mut file, later), look(&mut file, later)], ["trouble", "same"]);
    }

    #[test]
    fn a_file_that_just_changed_is_read_until_its_times_would_show_a_change() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        write(&path, "one", 0o600);
        let mut file = TokenFile::new(path);
        let now = SystemTime::now();
        assert_eq!([look(&mut file, now), look(&mut file, now)], ["token", "token"]);
        assert_eq!(look(&mut file, now + Duration::from_mins(1)), "same");
    }

    #[tokio::test]
    async fn a_bad_file_leaves_the_token_in_force() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        write(&path, "one", 0o600);
        let access = Arc::new(Access::new(Some(file::read(&path).unwrap().0), Duration::from_hours(24)));
        let (trigger, looks) = watch::channel(());
        let (tell, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let told = move |trouble| tell.send(trouble).unwrap();
        let keeping =
            tokio::spawn(keep_current(TokenFile::new(path.clone()), Arc::clone(&access), looks, told));
        write(&path, "", 0o600);
        trigger.send_replace(());
        assert!(heard.recv().await.unwrap().unwrap().contains("empty"));
        assert!(access.is_token("one"));
        write(&path, "two", 0o600);
        trigger.send_replace(());
        assert_eq!(heard.recv().await.unwrap(), None);
        drop(trigger);
        keeping.await.unwrap();
        assert!(access.is_token("two"));
    }
}
