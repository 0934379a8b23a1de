//! Open files: each connection is one, and the system allows a process only so many.

use rustix::process::{Resource, getrlimit, setrlimit};
use tracing::{info, warn};

/// Files that are no connections: logs, journals, libraries, pipes.
const OTHERS: u64 = 256;

/// Raises the process's own limit as far as `connections` need and the system allows, and returns how many
/// connections have room.
pub(crate) fn make_room(connections: usize) -> usize {
    let wanted = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(OTHERS);
    let mut limit = getrlimit(Resource::Nofile);
    let allowed = limit.current.unwrap_or(u64::MAX);
    if allowed >= wanted {
        return connections;
    }
    limit.current = Some(limit.maximum.map_or(wanted, |maximum| maximum.min(wanted)));
    let allowed = match setrlimit(Resource::Nofile, limit) {
        Ok(()) => limit.current.unwrap_or(allowed),
        Err(_) => allowed,
    };
    let room = room(allowed, connections);
    if room < connections {
        warn!(
            "--max-connections {connections} is cut to {room}: only {allowed} files may be open; raise \
             LimitNOFILE (systemd) or ulimit -n"
        );
    } else {
        info!("the limit on open files was raised to {allowed}");
    }
    room
}

/// Connections that fit below a limit on open files: all but [`OTHERS`], and of a small limit half.
fn room(allowed: u64, connections: usize) -> usize {
    let room = allowed.saturating_sub(OTHERS).max(allowed / 2).max(1);
    usize::try_from(room).unwrap_or(usize::MAX).min(connections)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(allowed: u64, connections: usize, expected: usize) {
        assert_eq!(room(allowed, connections), expected);
    }

    #[test]
    fn connections_leave_room_for_other_files() {
        check(16_384, 10_000, 10_000);
        check(10_256, 10_000, 10_000);
        check(1_024, 10_000, 768);
        check(100, 10_000, 50);
        check(0, 10_000, 1);
    }
}
