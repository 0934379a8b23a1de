//! Owns dependency rules over a tree of packages. Runs no program.

use anyhow::{Context, Result};

/// The lines of a dependency tree: each package with the way that leads to it, the root first.
#[derive(Debug, Default)]
pub(super) struct Graph {
    ways: Vec<Vec<String>>,
}

/// What one package must not depend on.
#[derive(Debug)]
pub(super) struct Rule {
    /// The package.
    pub(super) package: &'static str,
    /// Names, or beginnings of names that end with `*`.
    pub(super) never: &'static [&'static [&'static str]],
    /// Direct dependencies that are allowed, with all that is behind them.
    pub(super) but: &'static [&'static str],
}

impl Rule {
    /// Each forbidden package once, with the shortest way to it.
    pub(super) fn broken_in(&self, graph: &Graph) -> Vec<String> {
        let mut broken: Vec<&[String]> = Vec::new();
        let mut ways: Vec<&[String]> =
            graph.ways.iter().map(Vec::as_slice).filter(|way| self.breaks(way)).collect();
        ways.sort_by_key(|way| way.len());
        for way in ways {
            if !broken.iter().any(|known| known.last() == way.last()) {
                broken.push(way);
            }
        }
        broken.iter().map(|way| format!("{} must not depend on {}", self.package, way.join(" → "))).collect()
    }

    fn breaks(&self, way: &[String]) -> bool {
        let [_, direct, ..] = way else { return false };
        let Some(last) = way.last() else { return false };
        let is_forbidden = self.never.iter().copied().flatten().any(|pattern| matches(pattern, last));
        is_forbidden && !self.but.contains(&direct.as_str())
    }
}

/// Reads `cargo tree --prefix depth --format ' {p}'`.
pub(super) fn parse(tree: &str) -> Result<Graph> {
    let mut graph = Graph::default();
    let mut way: Vec<String> = Vec::new();
    for line in tree.lines().filter(|line| !line.trim().is_empty()) {
        let unreadable = || format!("cargo tree wrote a line that is not understood: {line}");
        let (depth, rest) = line.split_once(' ').with_context(unreadable)?;
        let depth: usize = depth.parse().ok().with_context(unreadable)?;
        let name = rest.split_whitespace().next().with_context(unreadable)?;
        way.truncate(depth);
        way.push(name.to_owned());
        graph.ways.push(way.clone());
    }
    Ok(graph)
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |beginning| name.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule =
        Rule { package: "core", never: &[&["serde", "own-*"], &["tokio"]], but: &["own-good"] };

    fn check(tree: &str, expected: &[&str]) {
        assert_eq!(RULE.broken_in(&parse(tree).unwrap()), expected, "{tree}");
    }

    #[test]
    fn a_forbidden_edge_is_found_with_the_way_to_it() {
        check("0 core v0.1.0 (x)\n1 serde v1.0.0\n", &["core must not depend on core → serde"]);
        check(
            "0 core v0.1.0\n1 innocent v1.0.0\n2 middle v1.0.0\n3 tokio v1.0.0\n1 other v1.0.0\n",
            &["core must not depend on core → innocent → middle → tokio"],
        );
        check("0 core v0.1.0\n1 own-bad v0.1.0\n", &["core must not depend on core → own-bad"]);
    }

    #[test]
    fn a_package_reached_twice_is_said_once_by_the_shortest_way() {
        check(
            "0 core v0.1.0\n1 a v1.0.0\n2 serde v1.0.0\n1 serde v1.0.0\n",
            &["core must not depend on core → serde"],
        );
    }

    #[test]
    fn what_is_allowed_and_what_stands_behind_it_is_fine() {
        check("0 core v0.1.0\n1 own-good v0.1.0\n2 serde v1.0.0\n1 serde_like v1.0.0\n", &[]);
    }

    #[test]
    fn a_line_that_is_not_understood_is_an_error() {
        assert!(parse("├── serde v1\n").is_err());
    }
}
