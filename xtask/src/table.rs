//! Plain text tables.

/// Rows of cells under a header, each column as wide as its widest cell. Columns of numbers are set right, others left.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(header: &[&str]) -> Self {
        Self {
            rows: vec![header.iter().map(|cell| String::from(*cell)).collect()],
        }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    pub(crate) fn print(&self) {
        print!("{}", self.text());
    }

    pub(crate) fn text(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
        let width = |column| {
            self.rows
                .iter()
                .map(|row| cell(row, column).chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let is_number = |cell: String| cell == "-" || cell.parse::<f64>().is_ok();
        let numeric: Vec<bool> = (0..columns)
            .map(|column| self.rows[1..].iter().all(|row| is_number(cell(row, column))))
            .collect();
        let mut text = String::new();
        for (index, row) in self.rows.iter().enumerate() {
            let mut line = String::new();
            for (column, &width) in widths.iter().enumerate() {
                let cell = cell(row, column);
                match numeric[column] {
                    false => line.push_str(&format!("  {cell:<width$}")),
                    true => line.push_str(&format!("  {cell:>width$}")),
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
            if index == 0 {
                let rules: Vec<String> = widths.iter().map(|&width| "-".repeat(width)).collect();
                text.push_str(&format!("  {}\n", rules.join("  ")));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(&["step", "passed"]);
        table.row(vec!["a long name".into(), "7".into()]);
        assert_eq!(
            table.text(),
            "  step         passed\n  -----------  ------\n  a long name       7\n"
        );
    }
}
