//! What a zip archive holds, and where: its central directory, with the 64-bit sizes of large archives.
//!
//! Invariants: nothing is unpacked here, and nothing is read that the caller did not hand over; every length is
//! checked before it is believed, and no bytes make it panic; at most [`MAX_ENTRIES`] entries in at most
//! [`MAX_DIRECTORY_BYTES`]. Names are only names: they are never joined to a path.

/// How much of an archive's end has to be handed to [`directory`], where it has that much: the longest comment, and
/// the records that stand before it.
pub const TAIL_BYTES: u64 = 65_535 + END_BYTES as u64 + LOCATOR_BYTES as u64 + END64_BYTES as u64;
/// The largest directory that is read.
pub const MAX_DIRECTORY_BYTES: u64 = 16 << 20;
/// The most files that an archive may hold.
pub const MAX_ENTRIES: u64 = 65_536;
/// How much of an entry's beginning has to be handed to [`data_offset`].
pub const HEADER_BYTES: u64 = 30;

const END: u32 = 0x0605_4b50;
const END_BYTES: usize = 22;
const END64: u32 = 0x0606_4b50;
const END64_BYTES: usize = 56;
const LOCATOR: u32 = 0x0706_4b50;
const LOCATOR_BYTES: usize = 20;
const CENTRAL: u32 = 0x0201_4b50;
const CENTRAL_BYTES: usize = 46;
const LOCAL: u32 = 0x0403_4b50;
const IN_64_BITS: u32 = u32::MAX;
const SIZES_64: u16 = 1;
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;

/// Why an archive cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZipError {
    /// No end of a central directory.
    #[error("it is no zip archive, or its end is missing: copy it again, whole")]
    NotAZip,
    /// A length or place that the archive cannot have.
    #[error("its list of files is damaged: copy or pack it again")]
    Damaged,
    /// Parts of the archive are in other files.
    #[error("it is one volume of several: pack the session into one archive")]
    Volumes,
    /// More than is read.
    #[error("its list of files is longer than {MAX_ENTRIES} files or 16 MiB: pack fewer files")]
    TooLarge,
}

/// Where the list of files stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directory {
    /// Offset of its first byte.
    pub offset: u64,
    /// Its length in bytes.
    pub bytes: u64,
    /// How many files it lists.
    pub entries: u64,
}

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// As it is.
    Stored,
    /// Deflate without a header.
    Deflated,
    /// With a password.
    Encrypted,
    /// In a way that is not read, by its number.
    Other(u16),
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path inside the archive, with `/` between folders.
    pub name: String,
    /// How it is packed.
    pub packing: Packing,
    /// Bytes in the archive.
    pub packed_bytes: u64,
    /// Bytes unpacked.
    pub bytes: u64,
    /// Offset of its header in the archive.
    pub header: u64,
}

/// Finds the list of files. `tail` is the archive's end, [`TAIL_BYTES`] of it or all; `bytes` the archive's length.
///
/// # Errors
/// [`ZipError`] where there is no such list, or one that cannot be in this archive.
pub fn directory(tail: &[u8], bytes: u64) -> Result<Directory, ZipError> {
    let last = tail.len().checked_sub(END_BYTES).ok_or(ZipError::NotAZip)?;
    let at = (0..=last).rev().find(|at| is_end(tail, *at)).ok_or(ZipError::NotAZip)?;
    let end = Fields(tail.get(at..).unwrap_or_default());
    let (disk, first_disk) = (end.u16(4)?, end.u16(6)?);
    let (entries, size, offset) = (end.u16(10)?, end.u32(12)?, end.u32(16)?);
    let is_large = entries == u16::MAX || size == IN_64_BITS || offset == IN_64_BITS;
    let found = match large(tail, at, bytes)? {
        Some(found) => found,
        None if is_large => return Err(ZipError::Damaged),
        None if disk != 0 || first_disk != 0 => return Err(ZipError::Volumes),
        None => Directory { offset: offset.into(), bytes: size.into(), entries: entries.into() },
    };
    if found.entries > MAX_ENTRIES || found.bytes > MAX_DIRECTORY_BYTES {
        return Err(ZipError::TooLarge);
    }
    match found.offset.checked_add(found.bytes) {
        Some(end) if end <= bytes => Ok(found),
        _ => Err(ZipError::Damaged),
    }
}

/// Whether the end record stands at `at`: its comment reaches to the archive's last byte.
fn is_end(tail: &[u8], at: usize) -> bool {
    let fields = Fields(tail.get(at..).unwrap_or_default());
    fields.u32(0) == Ok(END)
        && fields.u16(20).is_ok_and(|comment| at + END_BYTES + usize::from(comment) == tail.len())
}

/// The same from the 64-bit record, where the archive has one.
fn large(tail: &[u8], end: usize, bytes: u64) -> Result<Option<Directory>, ZipError> {
    let Some(at) = end.checked_sub(LOCATOR_BYTES) else { return Ok(None) };
    let locator = Fields(tail.get(at..).unwrap_or_default());
    if locator.u32(0) != Ok(LOCATOR) {
        return Ok(None);
    }
    if locator.u32(16)? > 1 {
        return Err(ZipError::Volumes);
    }
    let before_tail = bytes.checked_sub(tail.len() as u64).ok_or(ZipError::Damaged)?;
    let within = locator.u64(8)?.checked_sub(before_tail).ok_or(ZipError::Damaged)?;
    let within = usize::try_from(within).map_err(|_| ZipError::Damaged)?;
    let record = Fields(tail.get(within..at).ok_or(ZipError::Damaged)?);
    if record.u32(0)? != END64 {
        return Err(ZipError::Damaged);
    }
    Ok(Some(Directory { entries: record.u64(32)?, bytes: record.u64(40)?, offset: record.u64(48)? }))
}

/// The files that `list`, the bytes of `directory`, names. Folders are left out.
///
/// # Errors
/// [`ZipError::Damaged`] where the list ends early or gives what the archive cannot have.
pub fn entries(list: &[u8], directory: &Directory) -> Result<Vec<Entry>, ZipError> {
    let mut entries = Vec::new();
    let mut rest = list;
    for _ in 0..directory.entries.min(MAX_ENTRIES) {
        let (entry, length) = entry(rest, directory.offset)?;
        rest = rest.get(length..).ok_or(ZipError::Damaged)?;
        if !entry.name.ends_with('/') {
            entries.push(entry);
        }
    }
    Ok(entries)
}

fn entry(list: &[u8], limit: u64) -> Result<(Entry, usize), ZipError> {
    let fields = Fields(list);
    if fields.u32(0)? != CENTRAL {
        return Err(ZipError::Damaged);
    }
    let (name, extra) = (usize::from(fields.u16(28)?), usize::from(fields.u16(30)?));
    let length = CENTRAL_BYTES + name + extra + usize::from(fields.u16(32)?);
    let text = list.get(CENTRAL_BYTES..CENTRAL_BYTES + name).ok_or(ZipError::Damaged)?;
    let extra = list.get(CENTRAL_BYTES + name..CENTRAL_BYTES + name + extra).ok_or(ZipError::Damaged)?;
    let mut large = sizes(extra);
    let mut whole = |value: u32| match value {
        IN_64_BITS => large.next().ok_or(ZipError::Damaged),
        value => Ok(value.into()),
    };
    // The order in which the 64-bit field has them.
    let (bytes, packed_bytes, header) =
        (whole(fields.u32(24)?)?, whole(fields.u32(20)?)?, whole(fields.u32(42)?)?);
    if header.checked_add(packed_bytes).is_none_or(|end| end > limit) {
        return Err(ZipError::Damaged);
    }
    let packing = match (fields.u16(8)? & ENCRYPTED, fields.u16(10)?) {
        (0, 0) => Packing::Stored,
        (0, 8) => Packing::Deflated,
        (0, other) => Packing::Other(other),
        _ => Packing::Encrypted,
    };
    let name = String::from_utf8_lossy(text).replace('\\', "/");
    Ok((Entry { name, packing, packed_bytes, bytes, header }, length))
}

/// The values of the field with 64-bit sizes, none where there is no such field.
fn sizes(mut extra: &[u8]) -> impl Iterator<Item = u64> {
    let mut found: &[u8] = &[];
    while let (Ok(kind), Ok(length)) = (Fields(extra).u16(0), Fields(extra).u16(2)) {
        let end = 4 + usize::from(length);
        if kind == SIZES_64 {
            found = extra.get(4..end).unwrap_or_default();
            break;
        }
        extra = extra.get(end..).unwrap_or_default();
    }
    found.chunks_exact(8).map(|eight| eight.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

/// Where the packed bytes of `entry` begin; `header` is what stands at [`Entry::header`].
///
/// # Errors
/// [`ZipError::Damaged`] where no file's header stands there.
pub fn data_offset(header: &[u8], entry: &Entry) -> Result<u64, ZipError> {
    let fields = Fields(header);
    if fields.u32(0)? != LOCAL {
        return Err(ZipError::Damaged);
    }
    let length = HEADER_BYTES + u64::from(fields.u16(26)?) + u64::from(fields.u16(28)?);
    entry.header.checked_add(length).ok_or(ZipError::Damaged)
}

/// Numbers at offsets of a record, the lowest byte first.
#[derive(Clone, Copy)]
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn bytes<const N: usize>(self, at: usize) -> Result<[u8; N], ZipError> {
        let bytes = self.0.get(at..).and_then(|rest| rest.first_chunk::<N>());
        bytes.copied().ok_or(ZipError::Damaged)
    }

    fn u16(self, at: usize) -> Result<u16, ZipError> {
        self.bytes(at).map(u16::from_le_bytes)
    }

    fn u32(self, at: usize) -> Result<u32, ZipError> {
        self.bytes(at).map(u32::from_le_bytes)
    }

    fn u64(self, at: usize) -> Result<u64, ZipError> {
        self.bytes(at).map(u64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests;
