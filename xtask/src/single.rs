//! `cargo xtask dist --single-file`: the whole page as one HTML file, which also runs from `file:`.
//!
//! Browsers load neither modules nor WebAssembly from `file:`, and check no hashes there; what stands in the page itself they
//! run. Invariant: nothing is fetched by the file, and its scripts are those of `dist/`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::workspace::{self, Workspace};

/// The file's name below the target folder.
pub(crate) const NAME: &str = "aurora-live.html";
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Writes the file from the built `dist/` and returns its path.
pub(crate) fn write(workspace: &Workspace) -> Result<PathBuf> {
    let dist = workspace.dist();
    let page = workspace::read(&dist.join("index.html"))?;
    let glue = workspace::read(&only(&dist, "aurora-dashboard-", ".js")?)?;
    let wasm = only(&dist, "aurora-dashboard-", "_bg.wasm")?;
    let wasm = std::fs::read(&wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
    let text = inline(&page, &script(&glue, &wasm)?, |name| workspace::read(&dist.join(name)))?;
    let text = text.replacen("</body>", &format!("{}</body>", runbooks(&dist.join("runbooks"))?), 1);
    let target = workspace.target.join(NAME);
    workspace::write(&target, &text)?;
    Ok(target)
}

/// The one file of `dist` with that beginning and end.
fn only(dist: &Path, begin: &str, end: &str) -> Result<PathBuf> {
    let entries = std::fs::read_dir(dist).with_context(|| format!("cannot list {}", dist.display()))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut found = names.filter(|name| name.starts_with(begin) && name.ends_with(end));
    match (found.next(), found.next()) {
        (Some(name), None) => Ok(dist.join(name)),
        _ => {
            bail!("expected one {begin}…{end} in {}: build it again with `cargo xtask dist`", dist.display())
        }
    }
}

/// The runbooks as data, which the page looks for before it asks a server.
fn runbooks(folder: &Path) -> Result<String> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut names: Vec<_> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    let mut out = String::new();
    for name in names {
        let text = workspace::read(&folder.join(&name))?;
        if text.contains("</script") || text.contains("<!--") {
            bail!("{name} holds what cannot stand in a page: a closing script tag or a comment");
        }
        out.extend(["<script type=\"text/markdown\" data-runbook=\"", &name, "\">", &text, "</script>\n"]);
    }
    Ok(out)
}

/// The start of the application without imports: the bindings as they are, and the module as text.
fn script(glue: &str, wasm: &[u8]) -> Result<String> {
    let mut lines = Vec::new();
    let mut start = None;
    for line in glue.lines() {
        match line.strip_prefix("export ") {
            Some(names) if names.starts_with('{') => {
                let name =
                    names.split([',', '{', '}']).find_map(|name| name.trim().strip_suffix(" as default"));
                start = start.or(name.map(str::to_owned));
            }
            Some(item) => lines.push(item),
            None => lines.push(line),
        }
    }
    let start = start.context("the bindings export no default: has another wasm-bindgen written them?")?;
    let glue = lines.join("\n");
    if glue.contains("</script") || glue.lines().any(|line| line.starts_with("import ")) {
        bail!("the bindings hold what cannot stand in a page: a closing script tag or an import");
    }
    Ok(format!(
        "{glue}\nconst auroraBytes = Uint8Array.from(atob(\"{}\"), (letter) => letter.charCodeAt(0));\n\
         const auroraWasm = await {start}({{ module_or_path: auroraBytes }});\n\
         dispatchEvent(new CustomEvent(\"TrunkApplicationStarted\", {{ detail: {{ wasm: auroraWasm }} }}));\n",
        base64(wasm)
    ))
}

/// Puts what the page links to into the page.
fn inline(page: &str, script: &str, read: impl Fn(&str) -> Result<String>) -> Result<String> {
    let mut out = String::with_capacity(page.len() + script.len());
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        let (before, tag_on) = rest.split_at(at);
        out.push_str(before);
        let (tag, after) = tag_on.split_once('>').context("a tag in index.html is never closed")?;
        let name = |attribute: &str| {
            let value = tag.split_once(&format!("{attribute}=\""))?.1.split('"').next()?;
            Some(value.trim_start_matches("./").to_owned())
        };
        rest = after;
        if tag.starts_with("<link rel=\"stylesheet\"") {
            let file = name("href").context("a stylesheet without an address")?;
            out.extend(["<style>", &read(&file)?, "</style>"]);
        } else if tag.starts_with("<script") && tag.contains("type=\"module\"") {
            rest = after.split_once("</script>").context("a script is never closed")?.1;
            out.extend(["<script type=\"module\">", script, "</script>"]);
        } else if let (true, Some(file)) = (tag.starts_with("<script"), name("src")) {
            rest = after.split_once("</script>").context("a script is never closed")?.1;
            out.extend(["<script>", &read(&file)?, "</script>"]);
        } else if !tag.starts_with("<link") {
            out.push_str(tag);
            out.push('>');
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let word = (0..3).fold(0_u32, |word, at| word << 8 | u32::from(three.get(at).copied().unwrap_or(0)));
        for digit in 0..4 {
            let letter = DIGITS.get((word >> (18 - 6 * digit) & 63) as usize).copied().unwrap_or(b'=');
            text.push(char::from(if digit <= three.len() { letter } else { b'=' }));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_as_atob_reads_them() {
        for (bytes, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("\u{ff}~?", "w79+Pw=="),
        ] {
            assert_eq!(base64(bytes.as_bytes()), expected);
        }
    }

    #[test]
    fn everything_that_the_page_links_to_stands_in_it() {
        let page = "<!doctype html><head><meta charset=\"utf-8\" /><script src=\"./boot-1.js\" integrity=\"x\"></script>\
            <link rel=\"stylesheet\" href=\"./app-1.css\" integrity=\"x\"/><link rel=\"icon\" href=\"./i.svg\"/>\
            <script type=\"module\" src=\"./start-1.js\"></script><link rel=\"preload\" href=\"./x\"></head><body>text</body>";
        let glue = "export class A {}\nasync function begin() {}\nexport { initSync, begin as default };\n";
        let script = script(glue, b"foo").unwrap();
        let inlined = inline(page, &script, |name| Ok(format!("/* {name} */"))).unwrap();
        assert!(
            inlined.contains("<script>/* boot-1.js */</script><style>/* app-1.css */</style>"),
            "{inlined}"
        );
        assert!(inlined.contains("await begin({ module_or_path: auroraBytes })"), "{inlined}");
        assert!(inlined.contains("atob(\"Zm9v\")"), "{inlined}");
        assert!(
            !inlined.contains("export") && !inlined.contains("href") && !inlined.contains("src="),
            "{inlined}"
        );
        assert!(
            inlined.contains("<meta charset=\"utf-8\" />") && inlined.ends_with("<body>text</body>"),
            "{inlined}"
        );
    }

    #[test]
    fn runbooks_stand_in_the_page_as_data() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("B.md"), "# B\n").unwrap();
        std::fs::write(dir.path().join("A.md"), "# A <b>\n").unwrap();
        let expected = "<script type=\"text/markdown\" data-runbook=\"A.md\"># A <b>\n</script>\n\
            <script type=\"text/markdown\" data-runbook=\"B.md\"># B\n</script>\n";
        assert_eq!(runbooks(dir.path()).unwrap(), expected);
        std::fs::write(dir.path().join("C.md"), "</script>").unwrap();
        assert!(runbooks(dir.path()).is_err());
    }

    #[test]
    fn bindings_that_cannot_be_inlined_are_refused() {
        assert!(script("function a() {}", b"").is_err());
        assert!(script("import x from './y.js';\nexport { a as default };", b"").is_err());
    }
}
