//! One random schedule: file actions between polls, commits and kills, and what has to hold all along.
//!
//! Invariants: nothing waits; the clock is a number. The same seed makes the same schedule. Whenever the
//! tail has nothing more to read, everything that stands in a readable file was handed out, once and in
//! order; what was handed out of a newer file came after all that stood in older ones, but for what the
//! folder's head names.

use std::{cell::RefCell, collections::BTreeMap, path::Path, rc::Rc, time::Duration};

use super::{
    client::{Broken, Client},
    random::Random,
    world::{Carrier, Item, Log, World},
};
use crate::tail::disk::seam;

/// More polls than any schedule needs until nothing is left.
const POLLS_MAX: usize = 3_000;

struct Run {
    world: Rc<RefCell<World>>,
    client: Client,
    random: Random,
    interrupts: bool,
}

/// Runs the schedule of a seed in an empty directory.
pub(super) fn run(seed: u64, root: &Path) -> Result<(), (Broken, Vec<String>)> {
    let world = World::new(root);
    let mut random = Random::new(seed);
    let chunk = [600, 1_000, 4_000, 100_000][random.index(4)];
    let client = Client::new(&world, chunk);
    seam::set_births(!random.one_in(4));
    let interrupts = random.one_in(4);
    let world = Rc::new(RefCell::new(world));
    let mut run = Run { world: Rc::clone(&world), client, random, interrupts };
    let outcome = run.all();
    seam::set_interrupt(None);
    seam::set_forbidden(std::collections::BTreeSet::new());
    seam::set_births(true);
    outcome.map_err(|broken| (broken, std::mem::take(&mut world.borrow_mut().trace)))
}

impl Run {
    fn all(&mut self) -> Result<(), Broken> {
        let steps = 10 + self.random.below(60);
        for _ in 0..steps {
            match self.random.below(20) {
                0..=3 => {
                    self.poll()?;
                }
                4..=6 => self.settle()?,
                7 | 8 => {
                    let count = self.random.index(1 + self.client.pending() * 2);
                    self.client.commit(&mut self.world.borrow_mut(), count);
                }
                9 if self.random.one_in(2) => self.client.kill(&mut self.world.borrow_mut()),
                10 => self.pass_time(),
                _ => self.act(),
            }
        }
        self.end()
    }

    fn act(&mut self) {
        let mut world = self.world.borrow_mut();
        let random = &mut self.random;
        let log = random.index(2);
        if world.away || random.one_in(60) {
            let away = world.away;
            // What comes back to a directory that holds other files would be lost for everyone.
            if !world.archive_away {
                world.move_away(!away);
            }
            return;
        }
        match random.below(30) {
            13 if !world.logs[log].copied && world.has_live(log) => {
                for _ in 0..2 + random.below(3) {
                    if world.has_live(log) {
                        world.rotate(log);
                    }
                    let shape = shape(random);
                    let live = world.live_name(log);
                    world.append(log, &live, &shape);
                }
            }
            14..=16 => {
                let step = random.below(3);
                let now = world.now;
                if !world.archive_away
                    && let Some(part) = world.some_part(log, random, |_, at| !at.gz && now >= at.rotated_at)
                {
                    world.compress(log, &part, step);
                }
            }
            17 | 18 if world.has_live(log) => {
                if !world.logs[log].copied {
                    let over = random.one_in(3) && !world.archive_away;
                    if let Some(part) = world.newest_part(log).filter(|_| over) {
                        // At once, as who copies does: what is written to a name that is known is looked at once a second.
                        world.copy_over(log, &part);
                        world.truncate(log);
                        return;
                    }
                    world.copy(log);
                    if random.one_in(2) {
                        let (live, shape) = (world.live_name(log), shape(random));
                        world.append(log, &live, &shape);
                    }
                }
                if random.one_in(2) {
                    world.truncate(log);
                }
            }
            19 if world.has_live(log) => world.truncate(log),
            20 | 21 if world.has_live(log) && !world.logs[log].copied => {
                let in_place = random.one_in(2);
                world.replace(log, in_place);
            }
            22 if world.has_live(log) && !world.logs[log].copied => {
                let live = world.live_name(log);
                world.delete(log, &live);
                if random.one_in(2) {
                    let shape = shape(random);
                    world.append(log, &live, &shape);
                }
            }
            23 if !world.archive_away && !world.logs[log].copied => {
                if let Some(part) = world.some_part(log, random, |_, _| true) {
                    world.delete(log, &part);
                }
            }
            24 if !world.archive_away => {
                let pick = |name: &str, at: &Carrier| !name.starts_with("archive/") && (at.gz || !at.closing);
                if let Some(part) = world.some_part(log, random, pick) {
                    world.archive(log, &part);
                }
            }
            25 => {
                let away = !world.archive_away;
                world.move_archive_away(away);
            }
            26 | 27 => {
                if world.forbidden.is_empty() || random.one_in(2) {
                    // A copy that was never readable beside its original cannot be told from another file.
                    let whole = world.logs[log].files.values().filter(|at| at.gz || !at.closing);
                    let inodes: Vec<u64> = whole.map(|at| at.inode).collect();
                    if !inodes.is_empty() {
                        let inode = inodes[random.index(inodes.len())];
                        world.forbidden.insert(inode);
                        world.say(format!("forbid {inode}"));
                    }
                } else {
                    world.forbidden.clear();
                    world.say("permit everything".to_owned());
                }
                seam::set_forbidden(world.forbidden.clone());
            }
            28 if !world.archive_away && random.one_in(4) => world.recreate(),
            _ => gentle(&mut world, random, log),
        }
    }

    fn pass_time(&mut self) {
        let mut world = self.world.borrow_mut();
        let ms = match self.random.below(8) {
            0..=3 => 100,
            4 | 5 => 700,
            6 => 2_500,
            _ if self.random.one_in(6) => 4_000_000,
            _ => 1_100,
        };
        world.now += Duration::from_millis(ms);
        world.say(format!("{ms} ms pass"));
    }

    fn poll(&mut self) -> Result<bool, Broken> {
        let interrupts = self.interrupts && self.random.one_in(2);
        if interrupts {
            let (world, mut random) = (Rc::clone(&self.world), Random::new(self.random.next()));
            seam::set_interrupt(Some(Box::new(move || {
                let mut world = world.borrow_mut();
                let log = random.index(2);
                if !world.away && random.one_in(6) {
                    gentle(&mut world, &mut random, log);
                }
            })));
        }
        let now = self.world.borrow().now;
        self.world.borrow_mut().note_hidden();
        let before: Vec<Before> = self.world.borrow().logs.iter().map(Before::of).collect();
        let mut batches = Vec::new();
        let progressed = self.client.follow.poll(now, &mut batches);
        seam::set_interrupt(None);
        let mut world = self.world.borrow_mut();
        world.say(format!("poll: {progressed}"));
        self.client.take(&mut world, batches)?;
        world.note_hidden();
        check_order(&world, &before)?;
        Ok(progressed)
    }

    /// Polls until there is nothing new, and compares.
    fn settle(&mut self) -> Result<(), Broken> {
        let interrupts = std::mem::replace(&mut self.interrupts, false);
        let mut polls = 0;
        // What could not be read is tried again once a second.
        self.world.borrow_mut().now += Duration::from_secs(1);
        while self.poll()? {
            polls += 1;
            if polls > POLLS_MAX {
                return Err("the tail never comes to rest".to_owned());
            }
        }
        self.interrupts = interrupts;
        let mut world = self.world.borrow_mut();
        let all_committed = self.client.pending() == 0;
        for log in &mut world.logs {
            log.hidden.clear();
            log.generations.iter_mut().for_each(|at| at.copy_pending &= !all_committed);
        }
        world.note_hidden();
        if !world.away {
            check_idle(&mut world, false)?;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Broken> {
        {
            let mut world = self.world.borrow_mut();
            world.say("the end".to_owned());
            world.forbidden.clear();
            seam::set_forbidden(world.forbidden.clone());
            if world.away {
                world.move_away(false);
            }
            if world.archive_away {
                world.move_archive_away(false);
            }
        }
        if self.random.one_in(2) {
            self.client.kill(&mut self.world.borrow_mut());
        }
        for _ in 0..2 {
            self.settle()?;
            self.world.borrow_mut().now += Duration::from_secs(3);
        }
        self.settle()?;
        self.client.commit(&mut self.world.borrow_mut(), usize::MAX);
        check_idle(&mut self.world.borrow_mut(), true)?;
        self.outlive()
    }

    /// After a day the ledger holds no more files than there are.
    fn outlive(&mut self) -> Result<(), Broken> {
        self.world.borrow_mut().now += Duration::from_hours(25);
        self.settle()?;
        self.client.commit(&mut self.world.borrow_mut(), usize::MAX);
        check_losses(&self.world.borrow(), &self.client)?;
        let files: usize = self.world.borrow().logs.iter().map(|log| log.files.len()).sum();
        let notes = self.client.notes();
        if notes.len() > files {
            return Err(format!("more positions are kept than there are files ({files}): {notes:#?}"));
        }
        Ok(())
    }
}

/// Something that destroys nothing.
fn gentle(world: &mut World, random: &mut Random, log: usize) {
    let now = world.now;
    match random.below(10) {
        0 | 1 if world.has_live(log) && !world.logs[log].copied => world.rotate(log),
        2 => {
            let fresh = |_: &str, at: &Carrier| {
                !at.gz && !at.closing && now.saturating_sub(at.rotated_at) < Duration::from_millis(1_500)
            };
            if !world.archive_away
                && let Some(part) = world.some_part(log, random, fresh)
            {
                let shape = shape(random);
                world.append(log, &part, &shape);
            }
        }
        _ => {
            let (live, shape) = (world.live_name(log), shape(random));
            world.append(log, &live, &shape);
        }
    }
}

/// Whole lines, partial ones, ends of lines; rarely more than one read can take.
fn shape(random: &mut Random) -> Vec<bool> {
    if random.one_in(50) {
        return (0..60).map(|index| index % 3 != 2).collect();
    }
    (0..=random.below(7)).map(|_| !random.one_in(2)).collect()
}

/// A log as it was before a poll: what is done under the poll may come out of order.
struct Before {
    /// How many tokens of each generation were handed out.
    handed: Vec<usize>,
    files: BTreeMap<String, Carrier>,
}

impl Before {
    fn of(log: &Log) -> Self {
        let handed = log.generations.iter().map(|at| at.handed.len()).collect();
        Self { handed, files: log.files.clone() }
    }
}

/// Lines of newer files came after what stood in older ones.
fn check_order(world: &World, before: &[Before]) -> Result<(), Broken> {
    for (log, before) in world.logs.iter().zip(before) {
        let handed = |index: usize| before.handed.get(index).copied().unwrap_or(0);
        let grew = |index: usize| log.generations[index].handed.len() > handed(index);
        let Some(newest) = (0..log.generations.len()).rev().find(|index| grew(*index)) else { continue };
        for (name, carrier) in before.files.iter().filter(|(_, at)| at.generation < newest) {
            let generation = &log.generations[carrier.generation];
            if generation.truncated && generation.handed.is_empty() {
                // A truncation before the first read shows in nothing, so its copy may be found late.
                continue;
            }
            // What could not be read since the tail last came to rest may come late. So may unknown parts,
            // which wait for a live file that cannot be opened, and copies of what cannot be compared.
            let waits = !log.hidden.is_empty() && (generation.truncated || generation.handed.is_empty());
            if waits || log.hidden.contains(&carrier.generation) {
                continue;
            }
            // What was written after something newer was handed out may come at any time.
            let items = generation.late_from.map_or(carrier.items, |late| late.min(carrier.items));
            if let Some(index) = missing(generation, items) {
                let generation = carrier.generation;
                return Err(format!(
                    "index {index} of generation {generation} ({name}) comes after {newest}"
                ));
            }
        }
    }
    Ok(())
}

/// The first token of a complete line within `items` that was not handed out.
fn missing(generation: &super::world::Generation, items: usize) -> Option<usize> {
    let end = generation.items[..items].iter().rposition(|item| *item == Item::Newline)?;
    (0..end).find(|index| {
        matches!(generation.items[*index], Item::Token(_))
            && !generation.handed.contains(index)
            && !generation.excused.contains(index)
    })
}

/// Everything that can be read was handed out, and what was lost was said.
fn check_idle(world: &mut World, at_end: bool) -> Result<(), Broken> {
    let (forbidden, archive_away) = (world.forbidden.clone(), world.archive_away);
    for log in &mut world.logs {
        let live = format!("{}.jsonl", log.source.name());
        // Unknown parts wait while the live file cannot be compared with them, and copies while the file that
        // they may be copies of cannot.
        let waits = log.files.get(&live).is_some_and(|at| forbidden.contains(&at.inode));
        let copies_wait = log.files.values().any(|at| forbidden.contains(&at.inode));
        for (name, carrier) in &log.files {
            if waits || forbidden.contains(&carrier.inode) || (archive_away && name.starts_with("archive/")) {
                continue;
            }
            let generation = &log.generations[carrier.generation];
            if copies_wait && generation.truncated {
                continue;
            }
            let is_live = log.files.get(&live).is_some_and(|at| at.generation == carrier.generation);
            let found = if at_end && !is_live && !generation.truncated {
                (0..carrier.items).find(|index| {
                    matches!(generation.items[*index], Item::Token(_)) && !generation.handed.contains(index)
                })
            } else {
                missing(generation, carrier.items)
            };
            if let Some(index) = found {
                return Err(format!("index {index} of generation {} ({name}) is lost", carrier.generation));
            }
        }
        for (generation, items) in &log.unlinked {
            if let Some(index) = missing(&log.generations[*generation], *items) {
                return Err(format!("index {index} of generation {generation}, deleted and held, is lost"));
            }
        }
        let held = |inode: &u64| log.held.contains(inode) || !forbidden.contains(inode);
        log.rested = log.files.keys().cloned().collect();
        log.held = log.files.get(&live).map(|at| at.inode).into_iter().filter(held).collect();
    }
    Ok(())
}

/// What the tail knew of and lost was said, once a file at least.
fn check_losses(world: &World, client: &Client) -> Result<(), Broken> {
    let mut owed = Vec::new();
    for log in &world.logs {
        let lost = log.generations.iter().enumerate().filter(|(_, at)| !at.owed.is_subset(&at.handed));
        owed.extend(
            lost.map(|(generation, at)| format!("{} {generation}: {:?}", log.source.name(), at.owed)),
        );
    }
    if client.losses() < owed.len() {
        return Err(format!("{} losses were said, not those of {owed:?}", client.losses()));
    }
    Ok(())
}
