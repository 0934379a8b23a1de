//! Archives as packers write them, with 64-bit sizes too, and archives that were damaged in every way.

#![expect(clippy::cast_possible_truncation, reason = "lengths and counts of a test are small")]

use proptest::prelude::*;

use super::*;

/// One file to pack.
#[derive(Clone, Copy)]
struct File<'a> {
    name: &'a str,
    data: &'a [u8],
    flags: u16,
    method: u16,
}

const fn stored<'a>(name: &'a str, data: &'a [u8]) -> File<'a> {
    File { name, data, flags: 0, method: 0 }
}

fn put(zip: &mut Vec<u8>, numbers: &[(u64, usize)]) {
    for (number, bytes) in numbers {
        zip.extend_from_slice(&number.to_le_bytes()[..*bytes]);
    }
}

/// An archive as a packer writes it; `large` puts every size and place into 64-bit fields.
fn pack(files: &[File<'_>], large: bool, comment: &[u8]) -> Vec<u8> {
    let mut zip = Vec::new();
    let mut list = Vec::new();
    for file in files {
        let (header, size, name) = (zip.len() as u64, file.data.len() as u64, file.name.len() as u64);
        let (flags, method) = (u64::from(file.flags), u64::from(file.method));
        let head = [(20, 2), (flags, 2), (method, 2), (0, 8)];
        put(&mut zip, &[(LOCAL.into(), 4)]);
        put(&mut zip, &head);
        put(&mut zip, &[(size, 4), (size, 4), (name, 2), (3, 2)]);
        zip.extend_from_slice(file.name.as_bytes());
        zip.extend_from_slice(b"xyz");
        zip.extend_from_slice(file.data);
        let shown = |value: u64| if large { u64::from(IN_64_BITS) } else { value };
        put(&mut list, &[(CENTRAL.into(), 4), (20, 2)]);
        put(&mut list, &head);
        put(&mut list, &[(shown(size), 4), (shown(size), 4), (name, 2), (if large { 32 } else { 0 }, 2)]);
        put(&mut list, &[(0, 2), (0, 2), (0, 2), (0, 4), (shown(header), 4)]);
        list.extend_from_slice(file.name.as_bytes());
        if large {
            put(
                &mut list,
                &[(9, 2), (0, 2), (SIZES_64.into(), 2), (24, 2), (size, 8), (size, 8), (header, 8)],
            );
        }
    }
    let (offset, size, count) = (zip.len() as u64, list.len() as u64, files.len() as u64);
    zip.extend(list);
    if large {
        let record = zip.len() as u64;
        put(
            &mut zip,
            &[(END64.into(), 4), (44, 8), (45, 2), (45, 2), (0, 4), (0, 4), (count, 8), (count, 8)],
        );
        put(&mut zip, &[(size, 8), (offset, 8), (LOCATOR.into(), 4), (0, 4), (record, 8), (1, 4)]);
    }
    let shown = |value: u64, none: u64| if large { none } else { value };
    put(&mut zip, &[(END.into(), 4), (0, 2), (0, 2), (shown(count, 0xffff), 2), (shown(count, 0xffff), 2)]);
    let none = u64::from(IN_64_BITS);
    put(&mut zip, &[(shown(size, none), 4), (shown(offset, none), 4), (comment.len() as u64, 2)]);
    zip.extend_from_slice(comment);
    zip
}

/// Reads as the page does: the tail, the list, each file's header.
fn read(zip: &[u8]) -> Result<Vec<(Entry, Vec<u8>)>, ZipError> {
    let slice =
        |from: u64, to: u64| &zip[from.min(zip.len() as u64) as usize..to.min(zip.len() as u64) as usize];
    let bytes = zip.len() as u64;
    let directory = directory(slice(bytes.saturating_sub(TAIL_BYTES), bytes), bytes)?;
    let list = entries(slice(directory.offset, directory.offset + directory.bytes), &directory)?;
    list.into_iter()
        .map(|entry| {
            let at = data_offset(slice(entry.header, entry.header + HEADER_BYTES), &entry)?;
            let data = slice(at, at.saturating_add(entry.packed_bytes)).to_vec();
            Ok((entry, data))
        })
        .collect()
}

const FILES: [File<'static>; 3] = [
    stored("s/aurora_events.jsonl", b"{}\n"),
    stored("s/", b""),
    File { name: "s\\orders.jsonl", data: b"packed", flags: 0, method: 8 },
];

fn check(zip: &[u8]) {
    let read = read(zip).unwrap();
    let found: Vec<_> =
        read.iter().map(|(entry, data)| (entry.name.as_str(), entry.packing, data.as_slice())).collect();
    assert_eq!(
        found,
        [
            ("s/aurora_events.jsonl", Packing::Stored, &b"{}\n"[..]),
            ("s/orders.jsonl", Packing::Deflated, b"packed"),
        ]
    );
}

#[test]
fn files_are_found_and_folders_left_out() {
    check(&pack(&FILES, false, b""));
    check(&pack(&FILES, false, &vec![b'c'; 65_535]));
}

#[test]
fn sizes_of_64_bits_are_read() {
    check(&pack(&FILES, true, b"comment"));
}

#[test]
fn a_password_and_unknown_packing_are_told() {
    let files = [File { flags: 1, ..stored("a", b"x") }, File { method: 14, ..stored("b", b"x") }];
    let packings: Vec<Packing> =
        read(&pack(&files, false, b"")).unwrap().iter().map(|(entry, _)| entry.packing).collect();
    assert_eq!(packings, [Packing::Encrypted, Packing::Other(14)]);
}

#[test]
fn what_is_no_archive_is_told() {
    assert_eq!(read(b"").unwrap_err(), ZipError::NotAZip);
    assert_eq!(read(&[b'{'; 1000]).unwrap_err(), ZipError::NotAZip);
    let whole = pack(&FILES, false, b"");
    assert_eq!(read(&whole[..whole.len() - 1]).unwrap_err(), ZipError::NotAZip);
    assert_eq!(read(&whole[40..]).unwrap_err(), ZipError::Damaged);
}

#[test]
fn more_files_than_are_read_are_refused() {
    let mut zip = pack(&FILES, true, b"");
    let end = zip.len() - END_BYTES - LOCATOR_BYTES - END64_BYTES;
    zip[end + 32..end + 40].copy_from_slice(&(MAX_ENTRIES + 1).to_le_bytes());
    assert_eq!(read(&zip).unwrap_err(), ZipError::TooLarge);
}

proptest! {
    #[test]
    fn damaged_archives_are_refused_or_read_within_bounds(
        large in any::<bool>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut zip = pack(&FILES, large, b"c");
        for (at, byte) in damage {
            let at = at.index(zip.len());
            zip[at] = byte;
        }
        if is_cut {
            zip.truncate(cut.index(zip.len()));
        }
        if let Ok(files) = read(&zip) {
            prop_assert!(files.len() <= zip.len() / CENTRAL_BYTES);
            for (entry, data) in files {
                prop_assert!(entry.packed_bytes <= zip.len() as u64);
                prop_assert!(data.len() as u64 <= entry.packed_bytes);
            }
        }
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        drop(read(&bytes));
        let directory = Directory { offset: 1 << 40, bytes: bytes.len() as u64, entries: 1000 };
        drop(entries(&bytes, &directory));
    }
}
