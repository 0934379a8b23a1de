//! Everything that can break between feed and page, breaking at random for as long as it is asked to.
//!
//! Run by hand: `AURORA_CHAOS_SECONDS` says how long (default 1800), `AURORA_CHAOS_SEED` what happens (default: of the
//! time; it is printed). A feed with an even seed asks for a token, one with an odd seed does not, for the page has a
//! way of its own to read each. A round breaks up to one thing in each place, in any order and for any time, mends all,
//! and ends when the banner is gone and the page's totals equal the summary.

use std::fmt;
use std::io::Write as _;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use aurora_e2e::memory::Memory;
use aurora_e2e::process::Process;
use aurora_e2e::stack::Stack;
use aurora_e2e::{token, totals};
use fastrand::Rng;

/// Events a second.
const RATE: u32 = 100;
/// A pause is that long at most; one in [`LONG_SHARE`] goes on until silence is noticed.
const SHORT_MS: u64 = 8_000;
const LONG_MS: u64 = 50_000;
const LONG_SHARE: u32 = 6;
/// The feed slows an address with many wrong tokens; pages that are turned away for that are another matter.
const BETWEEN_TOKENS: Duration = Duration::from_mins(3);
/// Silence is noticed after 37.5 s, and after many failures the next attempt may be half a minute away.
const PATIENCE: Duration = Duration::from_mins(3);
const LOG: &str = "aurora_events.jsonl";

/// What can break, one of each line in a round.
const PLACES: [&[Break]; 5] = [
    &[Break::FeedKilled, Break::FeedUpgraded, Break::JournalLost, Break::FeedHeld],
    &[Break::NginxRestarted, Break::NginxHeld],
    &[Break::NetworkCut],
    &[Break::PageHidden, Break::PageFrozen],
    &[Break::LogRotated, Break::LinesCorrupted, Break::TokenRevoked],
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Break {
    FeedKilled,
    FeedUpgraded,
    JournalLost,
    FeedHeld,
    NginxRestarted,
    NginxHeld,
    NetworkCut,
    PageHidden,
    PageFrozen,
    LogRotated,
    LinesCorrupted,
    TokenRevoked,
}

/// A run.
struct Chaos {
    stack: Stack,
    writer: Process,
    random: Rng,
    began: Instant,
    tokens: u32,
    last_token: Instant,
    rotations: u32,
    /// How often each thing broke.
    done: Vec<(Break, u32)>,
}

fn setting(name: &str, default: u64) -> Result<u64> {
    match std::env::var(name) {
        Ok(text) => text.parse().with_context(|| format!("{name} is no number: {text}")),
        Err(_) => Ok(default),
    }
}

impl Chaos {
    async fn start(seed: u64) -> Result<Self> {
        let asks = seed.is_multiple_of(2);
        let mut stack = Stack::start_as(1440, 900, |mut service| {
            if asks {
                let file = service.folder.join("token");
                token::write(&file, "token-0")?;
                service.token_file = Some(file);
            }
            Ok(service)
        })
        .await?;
        stack.patience = PATIENCE;
        let mut writer = stack.simulate(RATE)?;
        if asks {
            token::enter(&stack, "token is missing", "token-0").await?;
        }
        stack.recovers().await?;
        stack.adds_up(&mut writer).await?;
        let (random, began) = (Rng::with_seed(seed), Instant::now());
        let (last_token, done) = (began, Vec::new());
        Ok(Self { stack, writer, random, began, tokens: 0, last_token, rotations: 0, done })
    }

    fn say(&self, what: impl fmt::Display) -> Result<()> {
        let seconds = self.began.elapsed().as_secs();
        // Past the capture of a test's output: whoever waits for half an hour wants to see it now.
        Ok(writeln!(std::io::stderr(), "{seconds:5} s  {what}")?)
    }

    async fn waits(&mut self) {
        let is_long = self.random.u32(..LONG_SHARE) == 0;
        let longest = if is_long { LONG_MS } else { SHORT_MS };
        tokio::time::sleep(Duration::from_millis(self.random.u64(..longest))).await;
    }

    /// Breaks some things, mends them, and compares the totals.
    async fn round(&mut self) -> Result<()> {
        let mut breaks = self.choose();
        for what in &breaks {
            self.say(format_args!("{what:?}"))?;
            self.breaks(*what).await.with_context(|| format!("{what:?} cannot be done"))?;
            self.waits().await;
        }
        self.random.shuffle(&mut breaks);
        breaks.sort_by_key(|what| *what == Break::TokenRevoked); // it takes all the others to be whole
        for what in &breaks {
            self.mends(*what).await.with_context(|| format!("{what:?} cannot be undone"))?;
        }
        let mended = Instant::now();
        self.stack.recovers().await?;
        let recovered = mended.elapsed().as_millis();
        let totals = self.stack.adds_up(&mut self.writer).await?;
        self.stack.console_is_quiet().await?;
        self.say(format_args!("  live {recovered} ms after the last repair; {totals}"))
    }

    fn choose(&mut self) -> Vec<Break> {
        let mut breaks = Vec::new();
        for place in PLACES {
            if let Some(what) = self.random.choice(place).filter(|_| self.random.bool()) {
                breaks.push(*what);
            }
        }
        let may_revoke =
            self.stack.service.token_file.is_some() && self.last_token.elapsed() > BETWEEN_TOKENS;
        breaks.retain(|what| may_revoke || *what != Break::TokenRevoked);
        self.random.shuffle(&mut breaks);
        for what in &breaks {
            match self.done.iter_mut().find(|(known, _)| known == what) {
                Some((_, count)) => *count += 1,
                None => self.done.push((*what, 1)),
            }
        }
        breaks
    }

    async fn breaks(&mut self, what: Break) -> Result<()> {
        let stack = &mut self.stack;
        match what {
            Break::FeedKilled | Break::JournalLost => stack.kill_feed(),
            Break::FeedUpgraded => drop(stack.feed()?.stop()?),
            Break::FeedHeld => stack.feed()?.pause()?,
            Break::NginxRestarted => stack.nginx.stop()?,
            Break::NginxHeld => stack.nginx.process().pause()?,
            Break::NetworkCut => stack.browser.set_offline(true).await?,
            Break::PageHidden => stack.browser.hide().await?,
            Break::PageFrozen => stack.browser.set_frozen(true).await?,
            Break::LogRotated => self.rotates()?,
            Break::LinesCorrupted => self.corrupts()?,
            Break::TokenRevoked => {
                self.tokens += 1;
                self.last_token = Instant::now();
                let file = stack.service.token_file.as_deref().context("no token file")?;
                token::write(file, &format!("token-{}", self.tokens))?;
            }
        }
        Ok(())
    }

    async fn mends(&mut self, what: Break) -> Result<()> {
        let stack = &mut self.stack;
        match what {
            Break::FeedKilled | Break::FeedUpgraded => stack.start_feed()?,
            Break::JournalLost => {
                std::fs::remove_dir_all(stack.service.journal_dir())?;
                stack.start_feed()?;
            }
            Break::FeedHeld => stack.feed()?.resume(),
            Break::NginxRestarted => stack.nginx.start_again()?,
            Break::NginxHeld => stack.nginx.process().resume(),
            Break::NetworkCut => stack.browser.set_offline(false).await?,
            Break::PageHidden => stack.browser.show().await?,
            Break::PageFrozen => {
                stack.browser.set_frozen(false).await?;
                stack.browser.show().await?;
            }
            Break::LogRotated | Break::LinesCorrupted => {}
            Break::TokenRevoked => {
                token::enter(stack, "token is wrong", &format!("token-{}", self.tokens)).await?;
            }
        }
        Ok(())
    }

    /// Renames the event log as the bot's own rotation does; the generator makes a new one.
    fn rotates(&mut self) -> Result<()> {
        self.rotations += 1;
        let dir = self.stack.session_dir();
        self.writer.pause()?;
        let part = format!("{LOG}.20261121.000000.part{}.jsonl", self.rotations);
        std::fs::rename(dir.join(LOG), dir.join(part))?;
        totals::append_marker(&dir)?;
        self.writer.resume();
        Ok(())
    }

    fn corrupts(&mut self) -> Result<()> {
        let dir = self.stack.session_dir();
        self.writer.pause()?;
        totals::append(&dir, b"{\"incomplete\": json\n\n\0\0\0\n{\"half\":\n")?;
        totals::append(&dir, format!("{}\n", "x".repeat(2_000_000)).as_bytes())?;
        self.writer.resume();
        Ok(())
    }
}

#[tokio::test]
#[ignore = "runs for as long as AURORA_CHAOS_SECONDS says, half an hour by default"]
async fn every_event_counts_once_whatever_breaks() -> Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let (seed, seconds) = (setting("AURORA_CHAOS_SEED", now)?, setting("AURORA_CHAOS_SECONDS", 1800)?);
    let mut chaos = Chaos::start(seed).await?;
    chaos.say(format_args!("AURORA_CHAOS_SEED={seed} AURORA_CHAOS_SECONDS={seconds}"))?;
    let before = Memory::of_page(&chaos.stack.browser).await?;
    chaos.say(format_args!("before: {before}"))?;
    let mut rounds = 0;
    while chaos.began.elapsed() < Duration::from_secs(seconds) {
        chaos.round().await.with_context(|| format!("AURORA_CHAOS_SEED={seed}, round {rounds}"))?;
        rounds += 1;
        if rounds % 10 == 0 {
            let memory = Memory::of_page(&chaos.stack.browser).await?;
            chaos.say(format_args!("after {rounds} rounds: {memory}"))?;
        }
    }
    let after = Memory::of_page(&chaos.stack.browser).await?;
    chaos.say(format_args!("{rounds} rounds, each added up: {:?}", chaos.done))?;
    chaos.say(format_args!("before: {before}"))?;
    chaos.say(format_args!("after:  {after}"))
}
