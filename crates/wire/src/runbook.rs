//! Runbooks: the part of Markdown that they are written in.
//!
//! Headings, paragraphs, numbered steps, items and fenced code; in a line code, strong text and links. Invariant: everything that is not one of these is
//! text, so nothing becomes markup that a reader of the source would not see.

/// A part of a runbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A heading: 1 for the title, 2 for a section, 3 for one of several alerts.
    Heading(u8, String),
    /// A paragraph.
    Text(Vec<Span>),
    /// A numbered step.
    Step(u32, Vec<Span>),
    /// An item of a list.
    Item(Vec<Span>),
    /// Commands, as they are.
    Code(String),
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// As it is.
    Plain(String),
    /// Between backticks.
    Code(String),
    /// Between pairs of asterisks.
    Strong(String),
    /// A link: its text, and where it leads to.
    Link(String, String),
}

/// Reads a runbook.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut paragraph = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            end(&mut blocks, &mut paragraph);
            let code: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            blocks.push(Block::Code(code.join("\n")));
        } else if let Some((level, title)) = heading(line) {
            end(&mut blocks, &mut paragraph);
            blocks.push(Block::Heading(level, title.to_owned()));
        } else if line.trim().is_empty() {
            end(&mut blocks, &mut paragraph);
        } else {
            if line.starts_with("- ") || step(line).is_some() {
                end(&mut blocks, &mut paragraph);
            } else if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line.trim_end());
        }
    }
    end(&mut blocks, &mut paragraph);
    blocks
}

/// Ends the paragraph, step or item that was being read.
fn end(blocks: &mut Vec<Block>, paragraph: &mut String) {
    let text = std::mem::take(paragraph);
    if let Some(item) = text.strip_prefix("- ") {
        blocks.push(Block::Item(spans(item)));
    } else if let Some((number, rest)) = step(&text) {
        blocks.push(Block::Step(number, spans(rest)));
    } else if !text.is_empty() {
        blocks.push(Block::Text(spans(&text)));
    }
}

fn heading(line: &str) -> Option<(u8, &str)> {
    let signs = ["# ", "## ", "### "];
    (1..).zip(signs).find_map(|(level, sign)| Some((level, line.strip_prefix(sign)?.trim())))
}

/// The number of a step and what follows: `2. Look`.
fn step(line: &str) -> Option<(u32, &str)> {
    let (number, rest) = line.split_once(". ")?;
    let is_number = number.len() <= 3 && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Some((number.parse().ok()?, rest)))?
}

fn spans(line: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut plain = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(['`', '*', '[']) {
        let (before, marked) = rest.split_at(at);
        plain.push_str(before);
        if let Some((span, after)) = span(marked) {
            if !plain.is_empty() {
                spans.push(Span::Plain(std::mem::take(&mut plain)));
            }
            spans.push(span);
            rest = after;
        } else {
            let sign = marked.chars().next().map_or(1, char::len_utf8);
            let (sign, after) = marked.split_at(sign);
            plain.push_str(sign);
            rest = after;
        }
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        spans.push(Span::Plain(plain));
    }
    spans
}

/// The span that `marked` begins with, and what follows.
fn span(marked: &str) -> Option<(Span, &str)> {
    if let Some(rest) = marked.strip_prefix('`') {
        let (code, after) = rest.split_once('`')?;
        return Some((Span::Code(code.to_owned()), after));
    }
    if let Some(rest) = marked.strip_prefix("**") {
        let (strong, after) = rest.split_once("**")?;
        return Some((Span::Strong(strong.to_owned()), after));
    }
    let (text, rest) = marked.strip_prefix('[')?.split_once("](")?;
    let (to, after) = rest.split_once(')')?;
    Some((Span::Link(text.to_owned(), to.to_owned()), after))
}

/// The file and the heading's anchor that a reference to a shipped runbook leads to, as `docs/runbooks/FillRate.md#fillratelow`; `None`
/// where it leads elsewhere. The name has letters, digits, `-` and `_` only.
pub fn shipped(reference: &str) -> Option<(&str, &str)> {
    let (path, anchor) = reference.split_once('#').unwrap_or((reference, ""));
    let name = path.strip_prefix("docs/runbooks/").unwrap_or(path).strip_suffix(".md")?;
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    (!name.is_empty() && name.chars().all(is_plain) && anchor.chars().all(is_plain)).then_some((name, anchor))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Span {
        Span::Plain(text.to_owned())
    }

    #[test]
    fn a_runbook_is_headings_texts_steps_items_and_code() {
        let text = "# Title\n\nOne\ntwo.\n\n## Checks\n\n1. Look\n   here:\n\n```bash\na | b\n\nc\n```\n\n12. Again\n- An item\n- More\n";
        let expected = [
            Block::Heading(1, "Title".to_owned()),
            Block::Text(vec![plain("One two.")]),
            Block::Heading(2, "Checks".to_owned()),
            Block::Step(1, vec![plain("Look    here:")]),
            Block::Code("a | b\n\nc".to_owned()),
            Block::Step(12, vec![plain("Again")]),
            Block::Item(vec![plain("An item")]),
            Block::Item(vec![plain("More")]),
        ];
        assert_eq!(blocks(text), expected);
    }

    #[test]
    fn a_line_has_code_strong_text_and_links_and_the_rest_is_text() {
        let found = spans("**Bold.** see `a * b` and [that](X.md#y), 2 * 3 [no] <b> `open");
        let expected = [
            Span::Strong("Bold.".to_owned()),
            plain(" see "),
            Span::Code("a * b".to_owned()),
            plain(" and "),
            Span::Link("that".to_owned(), "X.md#y".to_owned()),
            plain(", 2 * 3 [no] <b> `open"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn references_lead_to_shipped_runbooks_or_are_none() {
        assert_eq!(shipped("docs/runbooks/FillRate.md#fillratelow"), Some(("FillRate", "fillratelow")));
        assert_eq!(shipped("DiskLow.md"), Some(("DiskLow", "")));
        for reference in
            ["https://x.example/A.md", "../A.md", "docs/runbooks/../A.md", "A.txt", ".md", "A.md#<b>", ""]
        {
            assert_eq!(shipped(reference), None, "{reference}");
        }
    }
}
