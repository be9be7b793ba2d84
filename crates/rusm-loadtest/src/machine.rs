//! The machine that a report's figures belong to.

use std::{fmt, fs, thread};

use serde::Serialize;

/// What a reader needs to judge a figure, or to repeat it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    cores: usize,
    cpu: String,
    kernel: String,
    rustc: &'static str,
    /// `release` or `debug`, of this binary, which is the native server too.
    build: &'static str,
}

impl Machine {
    /// Whether this binary was built without optimisation. Its native server is then slow, which flatters
    /// whatever is compared with it.
    pub(crate) const UNOPTIMISED: bool = cfg!(debug_assertions);

    /// Describes the machine that this runs on.
    pub(crate) fn this() -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Self {
            cores: thread::available_parallelism().map_or(1, usize::from),
            cpu: cpu_model(&cpuinfo).unwrap_or("unknown CPU").to_owned(),
            kernel: kernel.trim().to_owned(),
            rustc: env!("RUSM_LOADTEST_RUSTC"),
            build: if Self::UNOPTIMISED { "debug" } else { "release" },
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cores, cpu, kernel, rustc, build } = self;
        let plural = if *cores == 1 { "" } else { "s" };
        write!(f, "{cores} core{plural} of {cpu}, Linux {kernel}, {rustc}, {build} build")
    }
}

/// x86 has a `model name` line for each core. ARM has none, and is named by its implementer at best.
fn cpu_model(cpuinfo: &str) -> Option<&str> {
    let value = |key: &str| {
        cpuinfo
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.trim() == key)
            .map(|(_, value)| value.trim())
    };
    value("model name").or_else(|| value("Model")).or_else(|| value("CPU implementer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_of_the_first_core() {
        let x86 = "processor\t: 0\nmodel\t\t: 85\nmodel name\t: Some CPU @ 2 GHz\n\nprocessor\t: 1\nmodel name\t: Other\n";
        assert_eq!(cpu_model(x86), Some("Some CPU @ 2 GHz"));
        assert_eq!(cpu_model("processor\t: 0\nCPU implementer\t: 0x41\n"), Some("0x41"));
        assert_eq!(cpu_model(""), None);
    }
}
