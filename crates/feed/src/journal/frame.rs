//! Events as they go over the wire: `id`, `event`, `data`, encoded once for all clients.

use bytes::Bytes;

/// Encoded frames with consecutive ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frames {
    /// Id of the first frame.
    pub(crate) first: u64,
    /// All frames, one after the other.
    pub(crate) bytes: Bytes,
    /// Where each frame ends in `bytes`.
    pub(crate) ends: Vec<u32>,
}

impl Frames {
    /// How many frames there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The same frames in pieces of at most `max_bytes`, unless one frame alone is larger, and `max_frames`.
    /// They share the bytes.
    pub(crate) fn split(self, max_bytes: usize, max_frames: usize) -> Vec<Self> {
        if self.bytes.len() <= max_bytes && self.len() <= max_frames {
            return vec![self];
        }
        let mut pieces = Vec::new();
        let (mut first, mut start, mut rest) = (self.first, 0, self.ends.as_slice());
        while !rest.is_empty() {
            let room = start + max_bytes;
            let fit = rest.partition_point(|end| *end as usize <= room).clamp(1, max_frames.max(1));
            let (piece, behind) = rest.split_at_checked(fit).unwrap_or((rest, &[]));
            let end = piece.last().map_or(start, |end| *end as usize);
            let base = u32::try_from(start).unwrap_or(u32::MAX);
            let ends = piece.iter().map(|end| end - base).collect();
            pieces.push(Self { first, bytes: self.bytes.slice(start..end), ends });
            (first, start, rest) = (first + piece.len() as u64, end, behind);
        }
        pieces
    }
}

/// Encodes frames.
#[derive(Debug)]
pub(crate) struct FrameWriter {
    first: u64,
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl FrameWriter {
    /// `first` is the id of the first frame.
    pub(crate) fn new(first: u64) -> Self {
        Self { first, bytes: Vec::new(), ends: Vec::new() }
    }

    /// Adds one event. `data` holds no newline; a carriage return, which would end a line of the stream and
    /// is white space in JSON, becomes a space.
    pub(crate) fn push(&mut self, kind: &str, data: &str) {
        let id = self.first + self.ends.len() as u64;
        self.bytes.extend_from_slice(b"id: ");
        self.bytes.extend_from_slice(id.to_string().as_bytes());
        self.bytes.extend_from_slice(b"\nevent: ");
        self.bytes.extend_from_slice(kind.as_bytes());
        self.bytes.extend_from_slice(b"\ndata: ");
        let start = self.bytes.len();
        self.bytes.extend_from_slice(data.as_bytes());
        for byte in self.bytes.iter_mut().skip(start) {
            if *byte == b'\r' {
                *byte = b' ';
            }
        }
        self.bytes.extend_from_slice(b"\n\n");
        self.ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
    }

    /// The frames, or `None` where there are none.
    pub(crate) fn finish(self) -> Option<Frames> {
        if self.ends.is_empty() {
            return None;
        }
        Some(Frames { first: self.first, bytes: self.bytes.into(), ends: self.ends })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_carry_id_kind_and_the_line_as_it_stands() {
        let mut writer = FrameWriter::new(7);
        writer.push("orders", "{\"a\": \"ü\"}");
        writer.push("aurora_events", "{\"b\":\r1}");
        let frames = writer.finish().unwrap();
        let expected = "id: 7\nevent: orders\ndata: {\"a\": \"ü\"}\n\n\
                        id: 8\nevent: aurora_events\ndata: {\"b\": 1}\n\n";
        assert_eq!(std::str::from_utf8(&frames.bytes).unwrap(), expected);
        assert_eq!((frames.len(), frames.ends[1] as usize), (2, expected.len()));
    }

    fn check_split(max_bytes: usize, max_frames: usize, lengths: &[usize]) {
        let mut writer = FrameWriter::new(1);
        for line in ["{}", "{\"long\": \"0123456789\"}", "{}", "{}", "{}"] {
            writer.push("orders", line);
        }
        let whole = writer.finish().unwrap();
        let pieces = whole.clone().split(max_bytes, max_frames);
        assert_eq!(pieces.iter().map(Frames::len).collect::<Vec<_>>(), lengths);
        let joined: Vec<u8> = pieces.iter().flat_map(|piece| piece.bytes.to_vec()).collect();
        assert_eq!(joined, whole.bytes);
        for piece in pieces {
            assert!(piece.bytes.starts_with(format!("id: {}\n", piece.first).as_bytes()));
            assert_eq!(*piece.ends.last().unwrap() as usize, piece.bytes.len());
        }
    }

    #[test]
    fn frames_are_split_between_frames_alone() {
        check_split(usize::MAX >> 1, 5, &[5]);
        check_split(1, 5, &[1, 1, 1, 1, 1]);
        check_split(70, 5, &[1, 1, 2, 1]);
        check_split(1_000, 2, &[2, 2, 1]);
    }

    #[test]
    fn no_events_are_no_frames() {
        assert_eq!(FrameWriter::new(1).finish(), None);
    }
}
