//! Runs a property on random streams and says how to have a failure again.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher, RandomState},
    time::Instant,
};

use proptest::{
    prelude::*,
    test_runner::{Config, RngSeed, TestCaseError, TestRunner},
};

use crate::figures::Figures;

/// Runs `property` on as many inputs as `PROPTEST_CASES` says, shrinks a failing one and prints it with the seed.
pub(crate) fn for_all<S: Strategy>(
    name: &str,
    inputs: &S,
    property: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let mut config = Config { failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    let seed = match config.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => RandomState::new().hash_one(name),
    };
    config.rng_seed = RngSeed::Fixed(seed);
    let (cases, begin) = (config.cases, Instant::now());
    if let Err(error) = TestRunner::new(config).run(inputs, property) {
        panic!("{name}: {error}\nhave it again with PROPTEST_CASES={cases} PROPTEST_RNG_SEED={seed}");
    }
    println!("{name}: {cases} cases in {:.1} s, seed {seed}", begin.elapsed().as_secs_f64());
}

/// Fails with the first figures that differ; quantiles may differ by a hundredth where `approximate`.
pub(crate) fn compare(expected: &Figures, got: &Figures, approximate: bool) -> Result<(), TestCaseError> {
    let left: BTreeMap<_, _> = expected.iter().map(|(name, value)| (name, value.as_str())).collect();
    let right: BTreeMap<_, _> = got.iter().map(|(name, value)| (name, value.as_str())).collect();
    let mut names: Vec<&String> = left.keys().chain(right.keys()).copied().collect();
    names.sort();
    names.dedup();
    let text = |value: Option<&&str>| value.map_or("nothing".to_owned(), |value| format!("\"{value}\""));
    let differences: Vec<String> = names
        .into_iter()
        .map(|name| (name, left.get(name), right.get(name)))
        .filter(|(name, expected, got)| expected != got && !(approximate && near(name, *expected, *got)))
        .map(|(name, expected, got)| format!("\n  {name}: expected {}, got {}", text(expected), text(got)))
        .collect();
    let shown: String = differences.iter().take(6).map(String::as_str).collect();
    prop_assert!(differences.is_empty(), "{} figures differ:{shown}\n", differences.len());
    Ok(())
}

/// Whether both are money or means and only rounding apart, or both values of one quantile and at most a hundredth apart. Below 2⁻²⁰ ms a duration is as good as
/// zero, and above 2³¹ ms quantiles say no more than that.
fn near(name: &str, expected: Option<&&str>, got: Option<&&str>) -> bool {
    let quantile = [".p50", ".p90", ".p95", ".p99"].iter().any(|end| name.ends_with(end));
    let (Some(Ok(expected)), Some(Ok(got))) =
        (expected.map(|value| value.parse::<f64>()), got.map(|value| value.parse::<f64>()))
    else {
        return false;
    };
    if name.starts_with("trade.") || name.ends_with(".average") {
        return (expected - got).abs() <= 1e-9 * expected.abs().max(1e3);
    }
    let most = f64::from(1_u32 << 31);
    let capped = expected > most && got >= 0.99 * most && got <= expected;
    quantile && ((expected - got).abs() <= (0.01 * expected).max(1e-6) || capped)
}
