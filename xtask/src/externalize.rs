//! `cargo xtask externalize-init`, trunk's post-build hook: the built page gets no inline code.
//!
//! trunk starts the wasm from an inline module script, which `script-src 'self'` forbids. The script moves as it is
//! into `start-HASH.js` beside it. What else a strict policy would silently block (inline styles, handlers, scripts) is
//! an error here, where somebody reads it.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::workspace;

/// Stands in trunk's start script and in no other.
const MARK: &str = "TrunkApplicationStarted";

/// A page without inline code, and the start script that was taken out.
#[derive(Debug, PartialEq, Eq)]
struct Page {
    html: String,
    script: String,
    script_name: String,
}

/// Works on the staging folder that trunk names in the environment.
pub(crate) fn main() -> Result<()> {
    let staging = std::env::var_os("TRUNK_STAGING_DIR");
    let staging =
        staging.context("TRUNK_STAGING_DIR is not set: this is started by trunk (see Trunk.toml)")?;
    if std::env::var("TRUNK_PROFILE").is_ok_and(|profile| profile == "debug") {
        return Ok(()); // `trunk serve` adds inline scripts of its own and sends no policy
    }
    let base = std::env::var("TRUNK_PUBLIC_URL").unwrap_or_else(|_| "./".to_owned());
    rewrite(Path::new(&staging), &base)
}

fn rewrite(staging: &Path, base: &str) -> Result<()> {
    let index = staging.join("index.html");
    let html = workspace::read(&index)?;
    let page = externalize(&html, base).with_context(|| format!("in {}", index.display()))?;
    workspace::write(&staging.join(&page.script_name), &page.script)?;
    workspace::write(&index, &page.html)
}

fn externalize(html: &str, base: &str) -> Result<Page> {
    let scripts = inline_scripts(html)?;
    let mut starts = scripts.iter().filter(|script| script.body.contains(MARK));
    let (Some(start), None) = (starts.next(), starts.next()) else {
        bail!(
            "expected one inline script with {MARK} as trunk 0.21 writes it, found {}: has another version of trunk \
             built this, or is the `rel=\"rust\"` link missing in index.html?",
            scripts.iter().filter(|script| script.body.contains(MARK)).count()
        );
    };
    if scripts.len() > 1 {
        bail!(
            "{} inline scripts besides trunk's: move them into files, the policy blocks them",
            scripts.len() - 1
        );
    }
    let script = format!("{}\n", start.body.trim());
    let script_name = format!("start-{:016x}.js", fnv1a(script.as_bytes()));
    let tag = format!("<script type=\"module\" src=\"{base}{script_name}\"></script>");
    let (before, after) = (html.get(..start.begin), html.get(start.end..));
    let html = [before.unwrap_or_default(), &tag, after.unwrap_or_default()].concat();
    refuse_blocked(&html)?;
    Ok(Page { html, script, script_name })
}

/// A `<script>` element without `src`, as byte offsets into the page.
struct Inline<'a> {
    begin: usize,
    end: usize,
    body: &'a str,
}

fn inline_scripts(html: &str) -> Result<Vec<Inline<'_>>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(begin) = html.get(at..).and_then(|rest| rest.find("<script")).map(|offset| at + offset) {
        let rest = html.get(begin..).unwrap_or_default();
        let (tag, content) = rest.split_once('>').context("a <script tag is never closed")?;
        let (body, _) = content.split_once("</script>").context("a <script> has no </script>")?;
        let end = begin + tag.len() + 1 + body.len() + "</script>".len();
        // Data blocks are not run, so no policy is about them.
        let is_data = tag.contains("application/json") || tag.contains("application/ld+json");
        if !tag.contains(" src=") && !is_data {
            found.push(Inline { begin, end, body });
        }
        at = end;
    }
    Ok(found)
}

fn refuse_blocked(html: &str) -> Result<()> {
    let tags = html.split('<').skip(1).filter_map(|rest| rest.split('>').next());
    for tag in tags.filter(|tag| !tag.starts_with('!')) {
        let attributes = tag.split_whitespace().skip(1);
        let blocked = attributes.filter(|word| word.starts_with("style=") || is_handler(word)).count() > 0;
        if blocked || tag == "style" || tag.starts_with("style ") {
            bail!("`<{tag}>` is inline style or code, which the policy blocks: move it into a file");
        }
    }
    Ok(())
}

fn is_handler(attribute: &str) -> bool {
    let name = attribute.split('=').next().unwrap_or_default();
    attribute.contains('=')
        && name.len() > 2
        && name.starts_with("on")
        && name.bytes().all(|b| b.is_ascii_lowercase())
}

/// 64-bit FNV-1a: only a name that changes with the content, the same on every machine.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    const INIT: &str = "import init, * as bindings from './a-1.js';\nconst wasm = await init('./a-1_bg.wasm');\n\
                        dispatchEvent(new CustomEvent(\"TrunkApplicationStarted\", {detail: {wasm}}));";

    fn page(head: &str, body: &str) -> String {
        format!("<!doctype html><html><head>{head}</head><body>{body}</body></html>")
    }

    fn with_init(body: &str) -> String {
        page(&format!("<script type=\"module\" nonce=\"x\">\n{INIT}\n</script>"), body)
    }

    #[test]
    fn the_start_script_moves_into_a_file_named_by_its_content() {
        let made = externalize(&with_init("<p>hello</p>"), "./").unwrap();
        assert_eq!(made.script, format!("{INIT}\n"));
        let tag = format!("<script type=\"module\" src=\"./{}\"></script>", made.script_name);
        assert_eq!(made.html, page(&tag, "<p>hello</p>"));
        assert_eq!(made.script_name.len(), "start-0123456789abcdef.js".len());
        let other = externalize(&with_init("").replace("a-1", "a-2"), "./").unwrap();
        assert_ne!(made.script_name, other.script_name);
    }

    #[test]
    fn scripts_with_a_source_and_data_blocks_stay() {
        let body = "<script src=\"x.js\"></script><script type=\"application/json\">{}</script>";
        assert!(externalize(&with_init(body), "/base/").unwrap().html.contains(body));
    }

    fn check_refused(html: &str, says: &str) {
        let error = format!("{:#}", externalize(html, "./").unwrap_err());
        assert!(error.contains(says), "{error}");
    }

    #[test]
    fn what_the_policy_would_block_is_refused() {
        check_refused(&page("", ""), "found 0");
        check_refused(&page(&format!("<script>{INIT}</script><script>{INIT}</script>"), ""), "found 2");
        check_refused(&with_init("<script>alert(1)</script>"), "1 inline scripts besides trunk's");
        check_refused(&with_init("<p style=\"color:red\">"), "<p style=");
        check_refused(&with_init("<style>p{}</style>"), "<style>");
        check_refused(&with_init("<a onclick=\"x()\">"), "<a onclick=");
        check_refused("<script type=\"module\">", "no </script>");
    }

    #[test]
    fn the_staging_folder_gets_the_file_and_the_new_page() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("index.html"), with_init("")).unwrap();
        rewrite(dir.path(), "./").unwrap();
        let made = externalize(&with_init(""), "./").unwrap();
        assert_eq!(std::fs::read_to_string(dir.path().join("index.html")).unwrap(), made.html);
        assert_eq!(std::fs::read_to_string(dir.path().join(made.script_name)).unwrap(), made.script);
    }
}
