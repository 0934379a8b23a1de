//! Owns pictures of the page: taking them, telling them apart, and a fingerprint that is small enough for a text file.
//!
//! A fingerprint is the mean colour of each field of a coarse grid. It changes where a card moves, grows, disappears or
//! changes colour, and not with a letter.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::places;

/// Fields of the grid from left to right; they are squares.
const COLUMNS: u32 = 8;
/// A colour component is one of so many letters.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// So many letters a component of one field may differ, of 64.
const FIELD_TOLERANCE: usize = 4;
/// So many letters all components may differ on average.
const MEAN_TOLERANCE: f64 = 0.5;
const PATIENCE: Duration = Duration::from_secs(20);
/// A page that was loaded again looks like before within so long, or it looks different.
const DRAWN_WITHIN: Duration = Duration::from_secs(3);
/// Where things are that change by themselves, in pixels of the whole page.
const BOXES: &str = "return Array.from(document.querySelectorAll(arguments[0]), e => e.getBoundingClientRect())
    .filter(box => box.width > 0).map(box => [box.left + scrollX, box.top + scrollY, box.right + scrollX, box.bottom + scrollY]);";
const SIZE: &str = "const page = document.documentElement; return [page.clientWidth, Math.max(page.scrollHeight, page.clientHeight)];";
/// The largest side of a picture that Chromium can take, in pixels.
const LARGEST: u32 = 16_000;

/// A picture in RGB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    pixels: Vec<[u8; 3]>,
}

/// A picture that was taken before and lies in a file: what is needed to tell whether another one is the same.
#[derive(Clone, Debug)]
pub struct Kept {
    file: PathBuf,
    boxes: Vec<[f64; 4]>,
    hash: u64,
    /// As [`Picture::fingerprint`].
    pub fingerprint: String,
}

impl Kept {
    /// How `now` differs from it, in words; empty where it does not.
    ///
    /// # Errors
    /// When it differs and the file cannot be read.
    pub fn compared_with(&self, now: &Picture) -> Result<String> {
        if now.hash() == self.hash {
            return Ok(String::new());
        }
        let mut before = Picture::decode(&std::fs::read(&self.file)?)?;
        self.boxes.iter().for_each(|covered| before.cover(*covered));
        Ok(now.compared_with(&before))
    }
}

impl Picture {
    async fn take(page: &Browser, name: &str, moving: &str) -> Result<(Self, Vec<[f64; 4]>)> {
        let size: (u32, u32) = serde_json::from_value(page.run(SIZE, vec![]).await?)?;
        let clip = json!({ "x": 0, "y": 0, "width": size.0, "height": size.1.min(LARGEST), "scale": 1 });
        let params =
            json!({ "format": "png", "captureBeyondViewport": true, "optimizeForSpeed": true, "clip": clip });
        let answer = page.devtools("Page.captureScreenshot", params).await?;
        let data = answer.get("data").and_then(Value::as_str).context("Chromium gave no picture")?;
        let bytes = BASE64_STANDARD.decode(data)?;
        let path = file(name)?;
        std::fs::write(&path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
        let mut picture = Self::decode(&bytes)?;
        let boxes: Vec<[f64; 4]> = serde_json::from_value(page.run(BOXES, vec![moving.into()]).await?)?;
        for covered in &boxes {
            picture.cover(*covered);
        }
        Ok((picture, boxes))
    }

    /// Takes one of the whole page when two in a row are the same: everything that was to be drawn is drawn. It is kept
    /// as NAME.png, and what `moving` selects is covered: it changes by itself.
    ///
    /// # Errors
    /// When it cannot be taken, and after 20 seconds in which the page never stood still.
    pub async fn of_still_page(page: &Browser, name: &str, moving: &str) -> Result<Kept> {
        let deadline = Instant::now() + PATIENCE;
        let (mut before, _) = Self::take(page, name, moving).await?;
        loop {
            let (now, boxes) = Self::take(page, name, moving).await?;
            if now == before {
                return Ok(Kept {
                    file: file(name)?,
                    boxes,
                    hash: now.hash(),
                    fingerprint: now.fingerprint(),
                });
            }
            if Instant::now() > deadline {
                bail!("{name} never stands still: {}", now.compared_with(&before));
            }
            before = now;
        }
    }

    /// Takes one of the whole page when it is the same as `kept`, or else says how it differs. It is kept as NAME.png.
    ///
    /// # Errors
    /// When it cannot be taken.
    pub async fn differs_from(kept: &Kept, page: &Browser, name: &str, moving: &str) -> Result<String> {
        let deadline = Instant::now() + DRAWN_WITHIN;
        loop {
            let (now, _) = Self::take(page, name, moving).await?;
            let said = kept.compared_with(&now)?;
            if said.is_empty() || Instant::now() > deadline {
                return Ok(said);
            }
        }
    }

    fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.width, &self.pixels).hash(&mut hasher);
        hasher.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self> {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info()?;
        let mut data = vec![0; reader.output_buffer_size().context("a picture that is too large")?];
        let info = reader.next_frame(&mut data)?;
        let samples = info.color_type.samples();
        if samples < 3 {
            bail!("a picture without colours");
        }
        let pixels = data.chunks_exact(samples).filter_map(|pixel| pixel.first_chunk().copied()).collect();
        Ok(Self { width: info.width, pixels })
    }

    fn height(&self) -> u32 {
        u32::try_from(self.pixels.len()).unwrap_or(u32::MAX) / self.width.max(1)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels of a picture")]
    fn cover(&mut self, [left, top, right, bottom]: [f64; 4]) {
        let columns = left.max(0.0) as usize..right.ceil().max(0.0) as usize;
        let rows = top.max(0.0) as usize..bottom.ceil().max(0.0) as usize;
        for row in self.pixels.chunks_mut(self.width as usize).take(rows.end).skip(rows.start) {
            for pixel in row.iter_mut().take(columns.end).skip(columns.start) {
                *pixel = [127; 3];
            }
        }
    }

    /// How it differs from `other`, in words; empty where it does not.
    #[must_use]
    pub fn compared_with(&self, other: &Self) -> String {
        if self == other {
            return String::new();
        }
        if (self.width, self.height()) != (other.width, other.height()) {
            return format!(
                "{} × {} pixels instead of {} × {}",
                self.width,
                self.height(),
                other.width,
                other.height()
            );
        }
        let differing = |(at, (one, other)): (usize, (&[u8; 3], &[u8; 3]))| (one != other).then_some(at);
        let places: Vec<usize> =
            self.pixels.iter().zip(&other.pixels).enumerate().filter_map(differing).collect();
        let width = self.width as usize;
        let columns = places.iter().map(|at| at % width);
        let (left, right) = (columns.clone().min().unwrap_or(0), columns.max().unwrap_or(0));
        let (top, bottom) = (places.first().unwrap_or(&0) / width, places.last().unwrap_or(&0) / width);
        format!("{} pixels between ({left}, {top}) and ({right}, {bottom})", places.len())
    }

    /// The mean colour of each field of the grid, as letters: rows from the top, after the picture's size.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let side = (self.width / COLUMNS).max(1);
        let mut text = format!("{}x{} ", self.width, self.height());
        for band in self.pixels.chunks((side * self.width) as usize) {
            let mut sums = vec![([0_u64; 3], 0_u64); COLUMNS as usize];
            for row in band.chunks(self.width as usize) {
                for (pixels, (sum, count)) in row.chunks(side as usize).zip(&mut sums) {
                    for pixel in pixels {
                        for (sum, part) in sum.iter_mut().zip(pixel) {
                            *sum += u64::from(*part);
                        }
                        *count += 1;
                    }
                }
            }
            for (sum, count) in sums {
                for part in sum {
                    let letter = usize::try_from(part / count.max(1) / 4).unwrap_or(0);
                    text.push(char::from(LETTERS.get(letter).copied().unwrap_or(b'?')));
                }
            }
        }
        text
    }
}

fn file(name: &str) -> Result<PathBuf> {
    Ok(places::screenshots()?.join(format!("{name}.png")))
}

/// How a fingerprint differs from the one that is `kept`; empty where it is the same but for what no reader would see.
#[must_use]
pub fn difference(kept: &str, now: &str) -> String {
    let split = |text: &str| {
        text.split_once(' ').map(|(size, fields)| (size.to_owned(), fields.to_owned())).unwrap_or_default()
    };
    let ((kept_size, kept), (size, now)) = (split(kept), split(now));
    if kept_size != size {
        return format!("it is {size} and was {kept_size}");
    }
    let level = |letter: u8| LETTERS.iter().position(|known| *known == letter).unwrap_or(0);
    let gaps: Vec<usize> =
        kept.bytes().zip(now.bytes()).map(|(one, other)| level(one).abs_diff(level(other))).collect();
    let mean = gaps.iter().sum::<usize>() as f64 / gaps.len().max(1) as f64;
    let mut said = String::new();
    let far = gaps.chunks(3).enumerate().filter(|(_, field)| field.iter().any(|gap| *gap > FIELD_TOLERANCE));
    for (field, gap) in far {
        let _ = write!(
            said,
            "field {}:{} differs by {gap:?}; ",
            field / COLUMNS as usize,
            field % COLUMNS as usize
        );
    }
    if mean > MEAN_TOLERANCE {
        let _ = write!(said, "on average fields differ by {mean:.2}");
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(width: u32, height: u32, color: [u8; 3]) -> Picture {
        Picture { width, pixels: vec![color; (width * height) as usize] }
    }

    #[test]
    fn a_fingerprint_tells_a_card_that_changed_and_not_a_letter() {
        let page = plain(80, 30, [240; 3]);
        let (mut letter, mut card) = (page.clone(), page.clone());
        letter.cover([3.0, 3.0, 5.0, 6.0]);
        card.cover([20.0, 0.0, 40.0, 10.0]);
        assert_eq!(page.fingerprint().len(), "80x30 ".len() + 8 * 3 * 3);
        assert_eq!(difference(&page.fingerprint(), &letter.fingerprint()), "");
        assert_ne!(difference(&page.fingerprint(), &card.fingerprint()), "");
        assert_ne!(difference(&page.fingerprint(), &plain(80, 31, [240; 3]).fingerprint()), "");
        assert_ne!(difference(&page.fingerprint(), &plain(80, 30, [240, 240, 230]).fingerprint()), "");
    }

    #[test]
    fn what_differs_is_named_by_its_place() {
        let page = plain(10, 10, [0; 3]);
        let mut other = page.clone();
        other.cover([2.0, 3.0, 4.0, 5.0]);
        assert_eq!(page.compared_with(&page), "");
        assert_eq!(page.compared_with(&other), "4 pixels between (2, 3) and (3, 4)");
    }
}
