//! How results are shown: text for people, JSON for programs, Markdown for the docs.

pub(crate) mod comparison;
pub(crate) mod table;

use std::io::{self, Write as _};

use serde::Serialize;

/// Writes `text` to stdout.
pub(crate) fn print(text: &str) -> io::Result<()> {
    io::stdout().write_all(text.as_bytes())
}

/// Writes `value` to stdout as indented JSON.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    print(&format!("{text}\n"))?;
    Ok(())
}

/// Microseconds to two to four digits: `480 ns`, `8.5 us`, `243 us`, `1.94 ms`, `2.01 s`.
pub(crate) fn micros(micros: f64) -> String {
    match micros {
        m if m >= 1e6 => format!("{:.2} s", m / 1e6),
        m if m >= 1e4 => format!("{:.1} ms", m / 1e3),
        m if m >= 1e3 => format!("{:.2} ms", m / 1e3),
        m if m >= 100.0 => format!("{m:.0} us"),
        m if m >= 1.0 => format!("{m:.1} us"),
        m => format!("{:.0} ns", m * 1e3),
    }
}

/// Bytes in binary units: `512 B`, `1.5 KiB`, `20.3 MiB`.
pub(crate) fn bytes(bytes: f64) -> String {
    const KIB: f64 = 1024.0;
    match bytes {
        b if b >= KIB * KIB * KIB => format!("{:.1} GiB", b / (KIB * KIB * KIB)),
        b if b >= KIB * KIB => format!("{:.1} MiB", b / (KIB * KIB)),
        b if b >= KIB => format!("{:.1} KiB", b / KIB),
        b => format!("{b:.0} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        let shown: Vec<_> =
            [0.0, 0.48, 8.53, 243.4, 1943.0, 12_340.0, 2_010_000.0].into_iter().map(micros).collect();
        assert_eq!(shown, ["0 ns", "480 ns", "8.5 us", "243 us", "1.94 ms", "12.3 ms", "2.01 s"]);
        let shown: Vec<_> = [0.0, 512.0, 1536.0, 2e7, 2e9].into_iter().map(bytes).collect();
        assert_eq!(shown, ["0 B", "512 B", "1.5 KiB", "19.1 MiB", "1.9 GiB"]);
    }
}
