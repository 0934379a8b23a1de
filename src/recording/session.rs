//! The sessions among what was handed over, each a list of parts that are blobs of plain lines.

use aurora_wire::{
    recording::Part,
    session::{Gathered, Member, SessionFiles, Unread, gather},
};
use web_sys::Blob;

use super::{
    given::{Given, Problem, Taken},
    gzip, pieces,
    unpack::{self, Unpacked},
};

/// One session, ready to be read.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    /// Its folder's name, or that of its only file.
    pub(crate) name: String,
    /// Its parts in reading order.
    pub(crate) parts: Vec<PartFile>,
    /// Files of it that cannot be read to their end.
    pub(crate) incomplete: Vec<String>,
}

/// One part.
#[derive(Clone, Debug)]
pub(crate) struct PartFile {
    /// Its path as it was handed over.
    pub(crate) path: String,
    /// Its lines.
    pub(crate) blob: Blob,
    /// What it is a part of.
    pub(crate) part: Part,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub(crate) sessions: Vec<Files>,
    pub(crate) problems: Vec<Problem>,
}

const NOT_A_LOG: &str = "it is no session log: those are called aurora_events.jsonl, orders.jsonl, orders_success.jsonl, \
    orders_denied.jsonl and orders_failed.jsonl, with .old, a time and part, or .gz behind";
const NOTHING: &str =
    "no session was found: open the folder that the bot writes its logs to, files of it, or a .zip of them";

/// Unpacks archives and compressed parts and finds the sessions. `came` is told of each unpacked piece's length and
/// says whether to go on.
pub(crate) async fn find(taken: Taken, came: &dyn Fn(u64) -> bool) -> Found {
    let Taken { files, mut problems } = taken;
    let mut plain = Vec::new();
    for file in files {
        if is_zip(&file.path) {
            let (inside, broken) = unpack::files_of(&file, came).await;
            plain.extend(inside);
            problems.extend(broken);
        } else {
            plain.push(file);
        }
    }
    let paths: Vec<&str> = plain.iter().map(|file| file.path.as_str()).collect();
    let Gathered { sessions, unread } = gather(&paths);
    for (place, why) in unread {
        let reason = match why {
            Unread::NotALog => NOT_A_LOG,
            Unread::PlainBeside => "the same part stands beside it uncompressed, and that one is read",
            Unread::Twice => {
                "a file of the same name came before it: open the two sessions one after the other"
            }
        };
        if let Some(path) = paths.get(place) {
            problems.push(Problem::new(path, reason));
        }
    }
    if sessions.is_empty() {
        problems.push(Problem::new("Nothing to read", NOTHING));
    }
    let mut found = Found { sessions: Vec::new(), problems };
    for session in sessions {
        let files = ready(&session, &plain, came, &mut found.problems).await;
        // Where nothing of it can be read, the problems say so.
        if !files.parts.is_empty() {
            found.sessions.push(files);
        }
    }
    found
}

/// By its end alone, as the names of parts are.
fn is_zip(path: &str) -> bool {
    path.len() > 4 && path.get(path.len() - 4..).is_some_and(|end| end.eq_ignore_ascii_case(".zip"))
}

async fn ready(
    session: &SessionFiles,
    plain: &[Given],
    came: &dyn Fn(u64) -> bool,
    problems: &mut Vec<Problem>,
) -> Files {
    let (mut parts, mut incomplete) = (Vec::new(), Vec::new());
    for member in &session.parts {
        let Some(given) = plain.get(member.place) else { continue };
        let read = part_of(*member, given, came).await;
        if !matches!(read, Ok((_, None))) {
            incomplete.push(given.path.clone());
        }
        match read {
            Ok((part, broken)) => {
                problems.extend(broken.map(|reason| Problem::new(&given.path, reason)));
                parts.push(part);
            }
            Err(reason) => problems.push(Problem::new(&given.path, reason)),
        }
    }
    Files { name: name_of(session, plain), parts, incomplete }
}

async fn part_of(
    member: Member,
    given: &Given,
    came: &dyn Fn(u64) -> bool,
) -> Result<(PartFile, Option<String>), String> {
    let Member { source, gz, live, .. } = member;
    let (blob, broken) = if gz {
        let failed = |error| format!("it cannot be unpacked ({}): copy it again", pieces::message(&error));
        let Unpacked { blob, broken } = gzip::unpack(&given.blob, came).await.map_err(failed)?;
        let broken = broken
            .map(|broken| format!("it breaks off ({broken}): its lines before that count; copy it again"));
        (blob, broken)
    } else {
        (given.blob.clone(), None)
    };
    let part = Part { source, bytes: pieces::length(&blob), unfinished: live || broken.is_some() };
    Ok((PartFile { path: given.path.clone(), blob, part }, broken))
}

/// The folder's own name; without a folder the only file's, else what they are.
fn name_of(session: &SessionFiles, plain: &[Given]) -> String {
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    if !session.folder.is_empty() {
        return last(&session.folder);
    }
    match session.parts.as_slice() {
        [only] => plain.get(only.place).map(|given| last(&given.path)).unwrap_or_default(),
        parts => format!("{} files", parts.len()),
    }
}
