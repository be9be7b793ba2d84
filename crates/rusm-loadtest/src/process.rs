//! CPU time and memory of a process, as `/proc` tells them (`man 5 proc`), and this one's file limit.

use std::{fs, io, process, time::Duration};

use rustix::process::{Resource, getrlimit, setrlimit};
use serde::Serialize;

/// Raises the limit on open files as far as it goes. What it allows shows when connections open, so
/// failing here is no error yet.
pub(crate) fn raise_file_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
}

/// What a process has used up to now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// User and system time of all its threads, living and ended. The kernel counts in ticks, commonly 10 ms.
    pub(crate) cpu: Duration,
    /// Resident memory in bytes; 0 once it has exited.
    pub(crate) resident: u64,
}

impl Usage {
    /// Usage of the process `pid`.
    pub(crate) fn of(pid: u32) -> io::Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let ticks = cpu_ticks(&stat).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, format!("/proc/{pid}/stat has another form"))
        })?;
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        Ok(Self { cpu: duration_of(ticks), resident: kib(&status, "VmRSS:").unwrap_or(0) })
    }

    /// CPU time used since `earlier`.
    pub(crate) fn cpu_since(self, earlier: Self) -> Duration {
        self.cpu.saturating_sub(earlier.cpu)
    }

    /// Usage of this process.
    pub(crate) fn own() -> io::Result<Self> {
        Self::of(process::id())
    }
}

/// CPU time that all processes and the kernel have used since the machine started, and what the machine's own
/// host took from it.
pub(crate) fn machine_cpu() -> io::Result<Duration> {
    let stat = fs::read_to_string("/proc/stat")?;
    let ticks = machine_ticks(&stat)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "/proc/stat has another form"))?;
    Ok(duration_of(ticks))
}

/// The first line's `user nice system idle iowait irq softirq steal`, but for the two in which nothing ran.
fn machine_ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.lines().next()?.strip_prefix("cpu ")?.split_ascii_whitespace();
    let mut next = || fields.next()?.parse::<u64>().ok();
    let ran = next()? + next()? + next()?;
    let (_idle, _iowait) = (next()?, next()?);
    Some(ran + next()? + next()? + next()?)
}

fn duration_of(ticks: u64) -> Duration {
    Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// Memory of a process, in bytes.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Memory {
    /// Pages that no other process has.
    pub(crate) private: u64,
    /// The kernel's tables of its pages.
    pub(crate) page_tables: u64,
    /// Pages in memory, be they mapped by others too. One that is mapped twice counts twice.
    pub(crate) resident: u64,
    /// As resident, each page divided by how often it is mapped.
    pub(crate) proportional: u64,
}

impl Memory {
    /// Memory of the process `pid`.
    pub(crate) fn of(pid: u32) -> io::Result<Self> {
        let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let value = |text: &str, name: &str| {
            let missing = || io::Error::new(io::ErrorKind::InvalidData, format!("/proc/{pid} has no {name}"));
            kib(text, name).ok_or_else(missing)
        };
        Ok(Self {
            private: value(&rollup, "Private_Clean:")? + value(&rollup, "Private_Dirty:")?,
            page_tables: value(&status, "VmPTE:")?,
            resident: value(&rollup, "Rss:")?,
            proportional: value(&rollup, "Pss:")?,
        })
    }

    /// What would be free without this process.
    pub(crate) fn own(self) -> u64 {
        self.private + self.page_tables
    }
}

/// Fields 14 and 15, `utime` and `stime`. Field 2 is the program's name in parentheses and may hold spaces
/// and parentheses itself, so counting starts after the last one.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// The bytes in a line like `VmRSS:      1234 kB`.
fn kib(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 100 0 0 0 7 5 0 0 20 0 1 0 12345 1000 200";
        assert_eq!(cpu_ticks(stat), Some(12));
        assert_eq!(cpu_ticks("42 (cut"), None);
        assert_eq!(cpu_ticks("42 (cut) S 1"), None);
    }

    #[test]
    fn the_machine_is_busy_where_something_runs() {
        let stat = "cpu  1 2 4 1000 1000 8 16 32 64 128\ncpu0 9 9 9 9\n";
        assert_eq!(machine_ticks(stat), Some(63));
        assert_eq!(machine_ticks("cpu  1 2 4"), None);
        assert_eq!(machine_ticks(""), None);
        assert!(machine_cpu().unwrap() > Duration::ZERO);
    }

    #[test]
    fn own_usage_has_memory() {
        assert!(Usage::own().unwrap().resident > 0);
        let memory = Memory::of(process::id()).unwrap();
        assert!(memory.private > 0 && memory.page_tables > 0 && memory.proportional <= memory.resident);
    }

    #[test]
    fn a_process_that_is_not_there_is_an_error() {
        assert!(Usage::of(u32::MAX).is_err());
        assert!(Memory::of(u32::MAX).is_err());
    }
}
