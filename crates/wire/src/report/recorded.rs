//! The lines of a recording, on their way into a report.

use aurora_domain::{Event, Ts, report::Recorder, rules::Group};

use crate::{
    recording::{Key, Taking},
    rules::{Rules, SHIPPED},
};

/// The rules by which incidents are told where nobody chose others: the shipped ones but for those of a testnet.
pub fn shipped_groups() -> Vec<Group> {
    // They are tested to be readable.
    let shipped = Rules::from_json(SHIPPED).map(Rules::into_groups).unwrap_or_default();
    shipped.into_iter().filter(|group| !group.name.starts_with("testnet")).collect()
}

/// Takes the lines of one session as `aurora-feed report` does.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// What judges them.
    pub recorder: Recorder,
    /// The paths of all parts inside the session's directory.
    pub files: Vec<String>,
}

impl Taking for Recorded {
    fn begin(&mut self, _: Ts) {}

    fn is_ready(&mut self, key: &Key, go_on: &mut dyn FnMut() -> bool) -> bool {
        key.at.is_none_or(|at| self.recorder.pass(at, go_on))
    }

    fn take(&mut self, key: Key, _: &[u8], event: &Event<'_>) {
        let file = usize::try_from(key.part).ok().and_then(|part| self.files.get(part));
        self.recorder.line((file.map_or("", String::as_str), key.number), key.at, event);
    }

    fn reject(&mut self, _: Key) {
        self.recorder.reject(1);
    }
}

#[cfg(test)]
mod tests {
    use aurora_domain::{
        Source,
        report::{Course, GA, Report},
    };

    use super::*;
    use crate::{
        decode,
        recording::{Merge, Part, Step},
        report::canonical,
    };

    const START: i64 = 1_795_197_000;

    /// Orders every ten seconds with a breaker that opens and some minutes of silence, from `start` seconds on.
    fn text(start: i64) -> String {
        let line = |second: i64, code: &str| {
            let at = (START + start + second) * 1_000_000_000;
            format!("{{\"ts_ns\":{at},\"run_id\":\"r\",\"event_code\":\"{code}\",\"oid\":\"{second}\"}}\n")
        };
        let order = |second: i64| line(second, "ORDER.SUBMIT") + &line(second + 1, "ORDER.FILL");
        let orders = |from: i64| (0..6).map(|number| order(from + number * 10)).collect::<String>();
        orders(0) + &line(65, "CIRCUIT_BREAKER.OPEN") + "no JSON\n" + &orders(300)
    }

    fn recorder(name: &str) -> Recorder {
        Recorder::new(name, &shipped_groups())
    }

    /// Line by line, as the command line does.
    fn at_once(name: &str, text: &str, course: &mut Course) {
        let mut recorder = recorder(name);
        for (number, line) in (1..).zip(text.lines()) {
            match decode(Source::Events, number, line.as_bytes()) {
                Ok(event) => recorder.line(("aurora_events.jsonl", number), event.ts, &event),
                Err(_) => recorder.reject(1),
            }
        }
        recorder.finish(course);
    }

    /// In the smallest slices, as in a page that is always busy. Returns how many there were.
    fn in_slices(name: &str, text: &str, course: &mut Course) -> usize {
        let part = Part { source: Source::Events, bytes: text.len() as u64, unfinished: false };
        let mut merge = Merge::new(vec![part]).anew();
        let mut recorded =
            Recorded { recorder: recorder(name), files: vec!["aurora_events.jsonl".to_owned()] };
        let mut slices = 0;
        loop {
            match merge.run_into(&mut recorded, None, &mut || false) {
                Step::Needs(want) => {
                    let rest = &text.as_bytes()[usize::try_from(want.offset).unwrap()..];
                    merge.supply(want.log, rest.len(), |room| room.copy_from_slice(rest));
                }
                Step::Paused => slices += 1,
                Step::Ended => break,
                other => panic!("{other:?}"),
            }
        }
        recorded.recorder.finish(course);
        slices
    }

    fn canonical_of(course: &Course) -> String {
        canonical(&Report::of(course, course.whole().unwrap(), &GA))
    }

    #[test]
    fn a_recording_read_in_slices_gives_the_report_of_one_read_at_once() {
        let (mut whole, mut piecemeal) = (Course::default(), Course::default());
        at_once("one", &text(0), &mut whole);
        let slices = in_slices("one", &text(0), &mut piecemeal);
        assert!(slices > 300, "each second of a silence is judged in a slice of its own: {slices}");
        let canonical = canonical_of(&whole);
        assert_eq!(canonical_of(&piecemeal), canonical);
        assert!(canonical.contains("CircuitBreakerOpen"), "{canonical}");
        assert!(canonical.contains("\"rejected_lines\":1"), "{canonical}");
    }

    #[test]
    fn courses_that_are_joined_are_one_course() {
        let (mut both, mut first, mut second) = (Course::default(), Course::default(), Course::default());
        for course in [&mut both, &mut first] {
            at_once("one", &text(0), course);
        }
        for course in [&mut both, &mut second] {
            // Their minutes overlap.
            at_once("two", &text(120), course);
        }
        let mut joined = second;
        joined.join(&first);
        assert_eq!(canonical_of(&joined), canonical_of(&both));
    }
}
