//! Limits of the kernel that a node of a given size runs into, looked up before it does.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Mappings of everything else: code, threads, heap.
const MAPPINGS_BESIDE: u64 = 4096;

/// A limit that is too small.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KernelError {
    /// `vm.max_map_count`.
    #[error(
        "max-instances = {max_instances} needs {needed} memory mappings, but the kernel allows a process {allowed}\n  \
         raise the limit:  sysctl -w vm.max_map_count={needed}\n  \
         or lower the key: max-instances = {possible}"
    )]
    MapCount {
        /// The key's value.
        max_instances: u32,
        /// What it takes.
        needed: u64,
        /// The kernel's limit.
        allowed: u64,
        /// The greatest value that the limit has room for.
        possible: u64,
    },
}

/// Whether pools of this size, with so many mappings to an instance, fit into the kernel's limit.
pub(crate) fn check_map_count(max_instances: u32, mappings: u64) -> Result<(), KernelError> {
    let limit = std::fs::read_to_string("/proc/sys/vm/max_map_count").ok();
    match limit.and_then(|text| text.trim().parse().ok()) {
        Some(allowed) => fits(max_instances, mappings, allowed),
        // No such limit on this system.
        None => Ok(()),
    }
}

fn fits(max_instances: u32, mappings: u64, allowed: u64) -> Result<(), KernelError> {
    let needed = u64::from(max_instances) * mappings + MAPPINGS_BESIDE;
    if needed <= allowed {
        return Ok(());
    }
    let possible = allowed.saturating_sub(MAPPINGS_BESIDE) / mappings;
    Err(KernelError::MapCount { max_instances, needed, allowed, possible })
}

/// Raises the soft limit on open files to the hard one; returns how many there may be.
pub(crate) fn raise_file_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let (current, maximum) = (limit.current.unwrap_or(u64::MAX), limit.maximum.unwrap_or(u64::MAX));
    if current < maximum && setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).is_err() {
        return current;
    }
    maximum
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn the_default_pools_fit_the_default_limit() {
        assert!(fits(4096, 5, 65_530).is_ok());
        // Both of them.
        assert!(fits(4096, 5 + 7, 65_530).is_ok());
    }

    #[test]
    fn a_pool_that_does_not_fit_names_both_ways_out() {
        let text = fits(20_000, 5, 65_530).unwrap_err().to_string();
        assert!(text.contains("sysctl -w vm.max_map_count=104096"), "{text}");
        assert!(text.contains("max-instances = 12286"), "{text}");
        assert!(fits(12_286, 5, 65_530).is_ok());
    }
}
