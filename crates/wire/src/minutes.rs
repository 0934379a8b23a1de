//! One-minute aggregates in bytes, with who speaks in their session.
//!
//! Invariant: [`VERSION`] rises with every change of what is stored, or how; a test holds a fingerprint of each version.
//! New figures and ways of measuring do not change it: a program that does not know them says so.

use aurora_domain::{
    aggregate::Speakers,
    minutes::Minute,
    parts::{Broken, Sink as _, Source as _},
};

use crate::stored::{Format, LoadError, Reader};

/// The version of the layout.
pub const VERSION: u32 = 1;

const FORMAT: Format = Format { name: "file of minutes", magic: *b"AURORAmm", version: VERSION };

/// Minutes of one session.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredMinutes {
    /// The id of the last event that is in them.
    pub as_of: u64,
    /// Who speaks in the session.
    pub speakers: Speakers,
    /// The minutes, in the order in which they were saved.
    pub minutes: Vec<Minute>,
}

/// `minutes` in bytes, with the session's speakers and the id of the last event that is in them.
pub fn save<'m>(
    minutes: impl IntoIterator<Item = &'m Minute, IntoIter: ExactSizeIterator>,
    speakers: &Speakers,
    as_of: u64,
) -> Vec<u8> {
    let minutes = minutes.into_iter();
    FORMAT.save(|writer| {
        writer.unsigned(as_of);
        speakers.save(writer);
        writer.unsigned(minutes.len() as u64);
        minutes.for_each(|minute| minute.save(writer));
    })
}

/// The inverse of [`save`].
///
/// # Errors
/// [`LoadError`] where the bytes are something else, of another version, damaged, or have figures that this program does
/// not know.
pub fn load(bytes: &[u8]) -> Result<StoredMinutes, LoadError> {
    FORMAT.load(bytes, |reader| {
        let (as_of, speakers) = (reader.unsigned()?, Speakers::load(reader)?);
        Ok(StoredMinutes { as_of, speakers, minutes: load_minutes(reader)? })
    })
}

fn load_minutes(reader: &mut Reader<'_>) -> Result<Vec<Minute>, Broken> {
    let length = reader.unsigned()?;
    (0..length).map(|_| Minute::load(reader)).collect()
}
