//! `cargo xtask dist`: the release build, and what a visitor downloads.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::args::Args;
use crate::system::{self, BROTLI};
use crate::workspace::{self, Workspace};
use crate::{dashboard, process, single};

/// Formats that are compressed already.
const COMPRESSED: [&str; 5] = ["png", "woff2", "jpg", "webp", "ico"];

/// One file's sizes in bytes.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    name: String,
    raw: usize,
    brotli: usize,
    gzip: usize,
}

/// Builds `dist/` and prints its sizes as a Markdown table.
pub(crate) fn main(workspace: &Workspace, words: Vec<String>) -> Result<()> {
    let args = Args::parse(words, &[], &["--precompress", "--single-file"])?;
    system::ensure(&[&BROTLI])?;
    dashboard::build(workspace)?;
    let mut rows = Vec::new();
    for file in files(&workspace.dist())? {
        let row = measure(&workspace.dist(), &file, args.has("--precompress"))?;
        rows.push(row);
    }
    print!("{}", table(rows));
    if args.has("--single-file") {
        println!("\n{}", single::write(workspace)?.display());
    }
    Ok(())
}

/// Every file below `folder` but the compressed copies, sorted.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if !path.extension().is_some_and(|extension| extension == "br" || extension == "gz") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn measure(dist: &Path, file: &Path, keep: bool) -> Result<Row> {
    let name = file.strip_prefix(dist).unwrap_or(file).display().to_string();
    let raw = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?.len();
    if file.extension().is_some_and(|extension| COMPRESSED.iter().any(|format| extension == *format)) {
        return Ok(Row { name, raw, brotli: raw, gzip: raw });
    }
    let brotli =
        process::output(Command::new(BROTLI.require()?).args(["-q", "11", "-w", "24", "-c"]).arg(file))?;
    let gzip = process::output(Command::new("gzip").args(["-9", "-n", "-c"]).arg(file))?;
    if keep {
        workspace::write(&PathBuf::from(format!("{}.br", file.display())), &brotli)?;
        workspace::write(&PathBuf::from(format!("{}.gz", file.display())), &gzip)?;
    }
    Ok(Row { name, raw, brotli: brotli.len(), gzip: gzip.len() })
}

fn table(mut rows: Vec<Row>) -> String {
    let total =
        rows.iter().fold(Row { name: "**all**".into(), raw: 0, brotli: 0, gzip: 0 }, |sum, row| Row {
            name: sum.name,
            raw: sum.raw + row.raw,
            brotli: sum.brotli + row.brotli,
            gzip: sum.gzip + row.gzip,
        });
    rows.push(total);
    let head = "| file | raw, bytes | brotli 11 | gzip 9 |\n|---|---:|---:|---:|\n".to_owned();
    rows.iter().fold(head, |text, Row { name, raw, brotli, gzip }| {
        format!("{text}| {name} | {} | {} | {} |\n", grouped(*raw), grouped(*brotli), grouped(*gzip))
    })
}

/// `1234567` as `1,234,567`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_grouped(number: usize, text: &str) {
        assert_eq!(grouped(number), text);
    }

    #[test]
    fn thousands_are_grouped() {
        check_grouped(0, "0");
        check_grouped(999, "999");
        check_grouped(1_000, "1,000");
        check_grouped(1_234_567, "1,234,567");
    }

    #[test]
    fn the_table_ends_with_the_sum() {
        let row = |name: &str, raw| Row { name: name.into(), raw, brotli: raw / 2, gzip: raw / 2 };
        let text = table(vec![row("a.js", 1_000), row("b.css", 10)]);
        assert_eq!(text.lines().last(), Some("| **all** | 1,010 | 505 | 505 |"));
    }

    #[test]
    fn compressed_copies_are_not_files_of_their_own() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.js", "a.js.br", "a.js.gz", "b.css"] {
            std::fs::write(dir.path().join(name), "x").unwrap();
        }
        let names: Vec<_> =
            files(dir.path()).unwrap().into_iter().map(|file| file.file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["a.js", "b.css"]);
    }
}
