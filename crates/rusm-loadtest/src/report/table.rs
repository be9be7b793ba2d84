//! A table as text in columns or as Markdown.

use std::fmt::Write as _;

/// Rows of cells under a header; every row is as long as the header.
#[derive(Debug, Default)]
pub(crate) struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub(crate) fn new(header: impl IntoIterator<Item = String>) -> Self {
        Self { header: header.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        debug_assert_eq!(cells.len(), self.header.len());
        self.rows.push(cells);
    }

    /// Right-aligned columns, two spaces apart.
    pub(crate) fn text(&self) -> String {
        let lines = || std::iter::once(&self.header).chain(&self.rows);
        let width = |column: usize| lines().map(|line| line[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.header.len()).map(width).collect();
        let mut text = String::new();
        for line in lines() {
            let cells: Vec<String> =
                line.iter().zip(&widths).map(|(cell, &width)| format!("{cell:>width$}")).collect();
            text.push_str(&cells.join("  "));
            text.push('\n');
        }
        text
    }

    /// A Markdown table with right-aligned columns.
    pub(crate) fn markdown(&self) -> String {
        let rule = vec!["--:".to_owned(); self.header.len()];
        let mut text = String::new();
        for line in [&self.header, &rule].into_iter().chain(&self.rows) {
            let _ = writeln!(text, "| {} |", line.join(" | "));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        let mut table = Table::new(["round", "rate"].map(str::to_owned));
        table.row(vec!["1".to_owned(), "123456".to_owned()]);
        assert_eq!(table.text(), "round    rate\n    1  123456\n");
        assert_eq!(table.markdown(), "| round | rate |\n| --: | --: |\n| 1 | 123456 |\n");
    }
}
