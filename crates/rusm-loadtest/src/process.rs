//! CPU time and memory of a process, as `/proc` tells them (`man 5 proc`), and this one's file limit.

use std::{fs, io, process, time::Duration};

use rustix::process::{Resource, getrlimit, setrlimit};

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
        Ok(Self {
            cpu: Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64),
            resident: resident_bytes(&status).unwrap_or(0),
        })
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

/// Fields 14 and 15, `utime` and `stime`. Field 2 is the program's name in parentheses and may hold spaces
/// and parentheses itself, so counting starts after the last one.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// `VmRSS:      1234 kB`.
fn resident_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
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
    fn own_usage_has_memory() {
        assert!(Usage::own().unwrap().resident > 0);
    }

    #[test]
    fn a_process_that_is_not_there_is_an_error() {
        assert!(Usage::of(u32::MAX).is_err());
    }
}
