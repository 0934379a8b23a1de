//! The tail against real files, polled by hand: no thread, no clock.

use std::{
    fs,
    io::{Read as _, Write as _},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use super::*;
use crate::status::{Condition, Status};

/// A directory and what follows it from the first read on.
struct Bench {
    dir: tempfile::TempDir,
    status: Arc<Status>,
    follow: Option<Follow<Arc<Status>>>,
    now: Duration,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let status = Arc::new(Status::new(dir.path()));
        Self { dir, status, follow: None, now: Duration::ZERO }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn append(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    fn follow(&mut self) -> &mut Follow<Arc<Status>> {
        let start = || Follow::new(self.dir.path().to_path_buf(), Vec::new(), Arc::clone(&self.status));
        self.follow.get_or_insert_with(start)
    }

    /// Polls until there is nothing new.
    fn poll_all(&mut self) -> Vec<Batch> {
        let (now, mut batches) = (self.now, Vec::new());
        while self.follow().poll(now, &mut batches) {}
        batches
    }

    /// Polls until there is nothing new, then lets time pass. Lines as `log:line`, faults as `log!kind`.
    fn read(&mut self) -> Vec<String> {
        let mut batches = self.poll_all();
        self.now += Duration::from_millis(1_100);
        batches.append(&mut self.poll_all());
        let mut out = Vec::new();
        for batch in batches {
            out.extend(batch.lines().map(|(_, line)| format!("{}:{line}", batch.source.name())));
            out.extend(batch.faults.iter().map(|f| format!("{}!{:?}", batch.source.name(), f.kind)));
        }
        out
    }

    /// Looks at a directory in which every look finds another name.
    fn poll_while_names_change(&mut self) {
        let (root, mut count) = (self.dir.path().to_path_buf(), 0);
        disk::seam::set_interrupt(Some(Box::new(move || {
            count += 1;
            fs::write(root.join(format!("note {count}")), "").unwrap();
        })));
        let (now, mut batches) = (self.now, Vec::new());
        for _ in 0..3 {
            self.follow().poll(now, &mut batches);
        }
        disk::seam::set_interrupt(None);
        assert!(batches.is_empty(), "{batches:?}");
    }

    fn check(&mut self, expected: &[&str]) {
        assert_eq!(self.read(), expected);
    }
}

const EVENTS: &str = "aurora_events.jsonl";
const ROTATED: &str = "aurora_events.jsonl.20261120.180000.part1.jsonl";

fn gzip(bench: &Bench, name: &str) {
    let mut text = Vec::new();
    fs::File::open(bench.path(name)).unwrap().read_to_end(&mut text).unwrap();
    let file = fs::File::create(bench.path(&format!("{name}.gz"))).unwrap();
    let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    encoder.write_all(&text).unwrap();
    encoder.finish().unwrap();
    fs::remove_file(bench.path(name)).unwrap();
}

#[test]
fn growth_is_read_and_a_partial_line_waits_for_its_newline() {
    let mut bench = Bench::new();
    bench.append(EVENTS, "a\nb");
    bench.check(&["aurora_events:a"]);
    bench.append(EVENTS, "c");
    bench.check(&[]);
    bench.append(EVENTS, "\nd\n");
    bench.check(&["aurora_events:bc", "aurora_events:d"]);
}

#[test]
fn a_rotated_file_is_read_to_its_end_before_the_new_one() {
    let mut bench = Bench::new();
    bench.append(EVENTS, "a\n");
    bench.check(&["aurora_events:a"]);
    bench.append(EVENTS, "b\n");
    bench.rename(EVENTS, ROTATED);
    bench.append(EVENTS, "c\n");
    bench.check(&["aurora_events:b", "aurora_events:c"]);
}

#[test]
fn a_part_comes_before_a_file_that_lost_its_name_before_either_was_read() {
    let mut bench = Bench::new();
    bench.append(ROTATED, "a\n");
    bench.append(EVENTS, "b\n");
    bench.poll_while_names_change();
    fs::remove_file(bench.path(EVENTS)).unwrap();
    bench.append(EVENTS, "c\n");
    bench.check(&["aurora_events:a", "aurora_events:b", "aurora_events:c"]);
}

#[test]
fn a_file_without_a_successor_is_still_read() {
    let mut bench = Bench::new();
    bench.append(EVENTS, "a\n");
    bench.check(&["aurora_events:a"]);
    bench.rename(EVENTS, ROTATED);
    bench.append(ROTATED, "b\n");
    bench.check(&["aurora_events:b"]);
    gzip(&bench, ROTATED);
    bench.append(EVENTS, "c\n");
    bench.check(&["aurora_events:c"]);
}

#[test]
fn what_a_writer_adds_after_the_rotation_comes_before_newer_lines_at_any_size() {
    let mut bench = Bench::new();
    bench.append(EVENTS, "a\n");
    bench.check(&["aurora_events:a"]);
    bench.rename(EVENTS, ROTATED);
    bench.check(&[]);
    // More than two reads can take.
    let line = "b".repeat(700);
    bench.append(ROTATED, &format!("{line}\n").repeat(900));
    bench.append(EVENTS, "c\n");
    let mut expected = vec![format!("aurora_events:{line}"); 900];
    expected.push("aurora_events:c".to_owned());
    assert_eq!(bench.read(), expected);
}

#[test]
fn what_writers_add_to_two_rotated_files_comes_in_the_order_of_the_files() {
    let mut bench = Bench::new();
    let names = [ROTATED, "aurora_events.jsonl.20261120.180001.part2.jsonl"];
    for name in names {
        bench.append(EVENTS, "a\n");
        bench.poll_all();
        bench.rename(EVENTS, name);
    }
    bench.poll_all();
    // More than two reads can take.
    let line = "b".repeat(700);
    bench.append(names[0], &format!("{line}\n").repeat(900));
    bench.append(names[1], "c\n");
    let mut expected = vec![format!("aurora_events:{line}"); 900];
    expected.push("aurora_events:c".to_owned());
    assert_eq!(bench.read(), expected);
}

#[test]
fn what_a_writer_adds_after_the_rotation_is_not_lost() {
    let mut bench = Bench::new();
    bench.append(EVENTS, "a\n");
    bench.check(&["aurora_events:a"]);
    bench.rename(EVENTS, ROTATED);
    bench.append(EVENTS, "c\n");
    bench.check(&["aurora_events:c"]);
    bench.append(ROTATED, "b\nunfinished");
    bench.check(&["aurora_events:b"]);
    bench.check(&["aurora_events:unfinished"]);
}

#[test]
fn a_truncated_file_is_read_from_its_beginning() {
    let mut bench = Bench::new();
    bench.append(EVENTS, "long line\nunfinished");
    bench.check(&["aurora_events:long line"]);
    fs::write(bench.path(EVENTS), "").unwrap();
    bench.append(EVENTS, "b\n");
    bench.check(&["aurora_events:b"]);
}

#[test]
fn a_replacement_of_equal_size_is_another_file() {
    let mut bench = Bench::new();
    bench.append(EVENTS, "a\n");
    bench.check(&["aurora_events:a"]);
    fs::remove_file(bench.path(EVENTS)).unwrap();
    bench.append(EVENTS, "b\n");
    bench.check(&["aurora_events:b"]);
}

#[test]
fn history_comes_first_gzipped_parts_too_and_in_order() {
    let mut bench = Bench::new();
    for number in [8, 10] {
        let name = format!("aurora_events.jsonl.20261120.180000.part{number}.jsonl");
        bench.append(&name, &format!("part {number}"));
        gzip(&bench, &name);
    }
    bench.append(EVENTS, "live\n");
    bench.append("orders.jsonl.old", "old\n");
    bench.append("aurora_events.jsonl.lock", "no\n");
    bench.check(&["orders:old", "aurora_events:part 8", "aurora_events:part 10", "aurora_events:live"]);
    assert_eq!(bench.status.condition(), (Condition::Ok, None));
}

#[test]
fn broken_lines_are_reported_between_good_ones() {
    let mut bench = Bench::new();
    bench.append(EVENTS, "a\n");
    let mut file = fs::OpenOptions::new().append(true).open(bench.path(EVENTS)).unwrap();
    file.write_all(b"\xff\n\0\0b\n").unwrap();
    file.write_all(&vec![b'x'; crate::session::MAX_LINE_BYTES + 1]).unwrap();
    file.write_all(b"\nc\n").unwrap();
    let mut read = bench.read();
    read.sort();
    let expected = [
        "aurora_events!NotUtf8",
        "aurora_events!NulRun",
        "aurora_events!Oversized",
        "aurora_events:a",
        "aurora_events:b",
        "aurora_events:c",
    ];
    assert_eq!(read, expected);
}

#[test]
fn a_log_that_is_no_file_is_said_and_read_once_it_is_one() {
    let mut bench = Bench::new();
    bench.append("orders.jsonl", "a\n");
    fs::create_dir(bench.path(EVENTS)).unwrap();
    bench.check(&["orders:a"]);
    let (condition, message) = bench.status.condition();
    assert_eq!(condition, Condition::Degraded);
    assert!(message.unwrap().contains("not a regular file"));
    fs::remove_dir(bench.path(EVENTS)).unwrap();
    bench.append(EVENTS, "b\n");
    bench.check(&["aurora_events:b"]);
    assert_eq!(bench.status.condition(), (Condition::Ok, None));
}

#[test]
fn a_damaged_part_does_not_hold_up_the_rest() {
    let mut bench = Bench::new();
    bench.append(&format!("{ROTATED}.gz"), "this is no gzip");
    bench.append(EVENTS, "a\n");
    bench.check(&["aurora_events:a"]);
    assert_eq!(bench.status.condition().0, Condition::Degraded);
}
