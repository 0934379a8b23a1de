//! What the reader hands over: files that are picked or dropped, and the files of folders that are dropped.
//!
//! Invariants: a path has `/` between folders and is only a name; at most [`LIMIT`] files and [`DEPTH`] folders deep, what is beyond
//! is said.

use js_sys::{Array, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, DataTransfer, File, FileList, FileSystemDirectoryEntry, FileSystemEntry, FileSystemFileEntry,
};

use crate::browser;

/// The most files that are looked at.
pub(crate) const LIMIT: usize = 20_000;
/// How deep folders are looked into.
const DEPTH: usize = 8;

/// One file by its path.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    /// Its path from what was handed over, such as `session/orders.jsonl`.
    pub(crate) path: String,
    /// Its bytes.
    pub(crate) blob: Blob,
}

/// Something that is not read, and why, in a sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The file or folder.
    pub(crate) path: String,
    /// What is wrong with it.
    pub(crate) reason: String,
}

impl Problem {
    pub(crate) fn new(path: &str, reason: impl Into<String>) -> Self {
        Self { path: path.to_owned(), reason: reason.into() }
    }
}

/// Files, and what could not be taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Taken {
    pub(crate) files: Vec<Given>,
    pub(crate) problems: Vec<Problem>,
}

impl Taken {
    fn file(&mut self, path: String, file: &File) {
        self.files.push(Given { path, blob: file.clone().into() });
    }
}

/// The files of an input element; those of a folder with their paths in it.
pub(crate) fn picked(list: &FileList) -> Taken {
    let mut taken = Taken::default();
    for index in 0..list.length() {
        let Some(file) = list.get(index) else { continue };
        if taken.files.len() >= LIMIT {
            taken.problems.push(too_many("the folder"));
            break;
        }
        let within = Reflect::get(&file, &"webkitRelativePath".into()).ok().and_then(|path| path.as_string());
        let path = within.filter(|path| !path.is_empty()).unwrap_or_else(|| file.name());
        taken.file(path, &file);
    }
    taken
}

/// What was dropped. Its items are taken at once, for they end with the event; folders are listed afterwards.
pub(crate) fn dropped(transfer: &DataTransfer) -> impl Future<Output = Taken> + use<> {
    let items = transfer.items();
    let mut entries: Vec<FileSystemEntry> = Vec::new();
    let mut taken = Taken::default();
    for index in 0..items.length() {
        let Some(item) = items.get(index).filter(|item| item.kind() == "file") else { continue };
        let entry = item.webkit_get_as_entry().ok().flatten();
        match (entry, item.get_as_file().ok().flatten()) {
            (Some(folder), _) if !folder.is_file() => entries.push(folder),
            // As a file, not by its entry: that may not be read by a page that is a file itself.
            (_, Some(file)) => taken.file(file.name(), &file),
            (Some(file), None) => entries.push(file),
            (None, None) => {}
        }
    }
    async move {
        for entry in entries {
            walk(entry, &mut taken).await;
        }
        taken
    }
}

/// Takes everything below `root`.
async fn walk(root: FileSystemEntry, taken: &mut Taken) {
    let mut waiting = vec![(root, 0)];
    while let Some((entry, depth)) = waiting.pop() {
        let path = entry.full_path().trim_start_matches('/').to_owned();
        if taken.files.len() >= LIMIT {
            taken.problems.push(too_many(&path));
            return;
        }
        if entry.is_file() {
            match file_of(entry.unchecked_ref()).await {
                Ok(file) => taken.file(path, &file),
                Err(_refused) => taken.problems.push(Problem::new(&path, UNREADABLE)),
            }
        } else if entry.is_directory() {
            if depth >= DEPTH {
                let reason = format!("it is more than {DEPTH} folders deep: open the session's own folder");
                taken.problems.push(Problem::new(&path, reason));
            } else if let Err(_refused) = list(entry.unchecked_ref(), depth, &mut waiting).await {
                let reason = if browser::is_served() { UNREADABLE } else { CLOSED_TO_FILES };
                taken.problems.push(Problem::new(&path, reason));
            }
        }
    }
}

const UNREADABLE: &str =
    "the browser may not read it: check its permissions, or copy it elsewhere and open that";

const CLOSED_TO_FILES: &str = "a page that is a file itself may not look into folders that are dropped: choose the folder, or drop the files in it";

fn too_many(path: &str) -> Problem {
    Problem::new(
        path,
        format!("more than {LIMIT} files: those beyond are not read. Open one session's folder"),
    )
}

async fn file_of(entry: &FileSystemFileEntry) -> Result<File, JsValue> {
    let promise = Promise::new(&mut |resolve, reject| {
        entry.file_with_callback_and_callback(resolve.unchecked_ref(), reject.unchecked_ref());
    });
    JsFuture::from(promise).await?.dyn_into()
}

/// Browsers list a folder a hundred names at a time, until they give none.
async fn list(
    folder: &FileSystemDirectoryEntry,
    depth: usize,
    into: &mut Vec<(FileSystemEntry, usize)>,
) -> Result<(), JsValue> {
    let reader = folder.create_reader();
    loop {
        let promise = Promise::new(&mut |resolve, reject| {
            let asked = reader
                .read_entries_with_callback_and_callback(resolve.unchecked_ref(), reject.unchecked_ref());
            if asked.is_err() {
                // The only thing to do with a promise that cannot be asked for.
                let _ = reject.call0(&JsValue::NULL);
            }
        });
        let names: Array = JsFuture::from(promise).await?.dyn_into()?;
        if names.length() == 0 {
            return Ok(());
        }
        // Unchecked: browsers call the class of an entry by names of their own.
        into.extend(names.iter().map(|entry| (entry.unchecked_into(), depth + 1)));
    }
}
