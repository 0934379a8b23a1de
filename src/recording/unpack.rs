//! Gzip and zip through the browser's own decompressor. What is unpacked lies in blobs, which the browser may keep on
//! disk, and is read again from there.
//!
//! Invariants: at most [`LIMIT_BYTES`] of one file; where compressed bytes break off or are damaged, what was
//! unpacked before counts and the break is said; nothing encrypted is tried.

use js_sys::{Array, Function, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ReadableStreamDefaultReader, ReadableWritablePair};

use aurora_wire::zip::{self, Packing, ZipError};

use super::{
    given::{Given, Problem},
    pieces,
};
use crate::transport::array_of;

/// The most that one file may unpack to.
const LIMIT_BYTES: u64 = 8 << 30;
/// Pieces of a stream that are gathered before they become one blob.
const GATHER_BYTES: u64 = 8 << 20;

/// A file that was unpacked, and why not to its end, where it broke off.
pub(super) struct Unpacked {
    pub(super) blob: Blob,
    pub(super) broken: Option<String>,
}

/// How bytes are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// With a header and a checksum: one member.
    Gzip,
    /// Deflate alone.
    Deflate,
}

/// The browser's decompressor, by its name: web-sys does not have it yet.
fn decompressor(format: Format) -> Result<ReadableWritablePair, JsValue> {
    let name = match format {
        Format::Gzip => "gzip",
        Format::Deflate => "deflate-raw",
    };
    let made: Function = Reflect::get(&js_sys::global(), &"DecompressionStream".into())?.dyn_into()?;
    Ok(Reflect::construct(&made, &Array::of1(&name.into()))?.unchecked_into())
}

/// Unpacks `blob`, of which nothing may be left. `came` is told of each piece's length and says whether to go on.
pub(super) async fn unpack(
    blob: &Blob,
    format: Format,
    came: &dyn Fn(u64) -> bool,
) -> Result<Unpacked, JsValue> {
    let unpacked = blob.stream().pipe_through(&decompressor(format)?);
    let reader: ReadableStreamDefaultReader = unpacked.get_reader().unchecked_into();
    let (blobs, mut waiting) = (Array::new(), Array::new());
    let (mut bytes, mut gathered) = (0, 0);
    let mut broken = None;
    loop {
        let chunk: Uint8Array = match JsFuture::from(reader.read()).await {
            Ok(chunk) => match array_of(&chunk) {
                Some(chunk) => chunk,
                None => break,
            },
            Err(error) => {
                broken = Some(pieces::message(&error));
                break;
            }
        };
        let length = u64::from(chunk.length());
        bytes += length;
        gathered += length;
        waiting.push(&chunk);
        if gathered >= GATHER_BYTES {
            blobs.push(&blob_of(&waiting)?);
            (waiting, gathered) = (Array::new(), 0);
        }
        broken = too_long(bytes);
        if broken.is_some() || !came(length) {
            // What is left is not wanted; a stream that cannot be cancelled ends with the page.
            let _ = reader.cancel();
            break;
        }
    }
    blobs.push(&blob_of(&waiting)?);
    Ok(Unpacked { blob: Blob::new_with_blob_sequence(&blobs)?, broken })
}

/// What is wrong with so many unpacked bytes.
pub(super) fn too_long(bytes: u64) -> Option<String> {
    (bytes > LIMIT_BYTES).then(|| format!("it unpacks to more than {} GiB", LIMIT_BYTES >> 30))
}

fn blob_of(pieces: &Array) -> Result<JsValue, JsValue> {
    Blob::new_with_buffer_source_sequence(pieces).map(JsValue::from)
}

/// The files of the archive `zip`, each named by the archive and its path there.
pub(super) async fn files_of(zip: &Given, came: &dyn Fn(u64) -> bool) -> (Vec<Given>, Vec<Problem>) {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    let folder = zip.path.strip_suffix(".zip").unwrap_or(&zip.path);
    let entries = match list(&zip.blob).await {
        Ok(entries) => entries,
        Err(reason) => {
            problems.push(Problem::new(&zip.path, reason));
            return (files, problems);
        }
    };
    for entry in entries {
        let path = format!("{folder}/{}", entry.name);
        // Lock files and leftovers are named by whoever sorts the paths; only logs are worth unpacking.
        let file = entry.name.rsplit('/').next().unwrap_or_default();
        if aurora_wire::session::name::parse(file).is_none() {
            files.push(Given { path, blob: Blob::new().unwrap_or_else(|_| zip.blob.clone()) });
            continue;
        }
        match take(&zip.blob, &entry, came).await {
            Ok(Unpacked { blob, broken }) => {
                problems.extend(broken.map(|broken| {
                    let reason = format!("it breaks off: {broken}. What came before counts; pack it again");
                    Problem::new(&path, reason)
                }));
                files.push(Given { path, blob });
            }
            Err(reason) => problems.push(Problem::new(&path, reason)),
        }
    }
    (files, problems)
}

async fn list(zip: &Blob) -> Result<Vec<zip::Entry>, String> {
    let size = pieces::length(zip);
    let tail = read(zip, size.saturating_sub(zip::TAIL_BYTES), size).await?;
    let directory = zip::directory(&tail, size).map_err(told)?;
    let list = read(zip, directory.offset, directory.offset + directory.bytes).await?;
    zip::entries(&list, &directory).map_err(told)
}

async fn take(zip: &Blob, entry: &zip::Entry, came: &dyn Fn(u64) -> bool) -> Result<Unpacked, String> {
    match entry.packing {
        Packing::Stored | Packing::Deflated => {}
        Packing::Encrypted => return Err("it is encrypted: pack it without a password".to_owned()),
        Packing::Other(method) => {
            return Err(format!("it is packed by method {method}, which is not read: pack it with deflate"));
        }
    }
    let header = read(zip, entry.header, entry.header + zip::HEADER_BYTES).await?;
    let start = zip::data_offset(&header, entry).map_err(told)?;
    let packed = pieces::slice(zip, start, start + entry.packed_bytes).map_err(|error| unreadable(&error))?;
    if entry.packing == Packing::Stored {
        return Ok(Unpacked { blob: packed, broken: None });
    }
    let unpacked = unpack(&packed, Format::Deflate, came).await;
    unpacked.map_err(|error| unreadable(&error))
}

async fn read(blob: &Blob, start: u64, end: u64) -> Result<Vec<u8>, String> {
    pieces::bytes(blob, start, end).await.map_err(|error| unreadable(&error))
}

fn told(error: ZipError) -> String {
    error.to_string()
}

fn unreadable(error: &JsValue) -> String {
    format!("it cannot be read ({}): choose it again", pieces::message(error))
}
