//! Tables as Go's `tabwriter` lays them out, with a minimum width (10, as most commands have it) and padding 3.

const LEAST: usize = 10;
const PADDING: usize = 3;

/// Lays out rows whose cells are separated by tabs. The last cell of a row is not padded.
pub fn align(text: &str) -> String {
    align_wide(text, LEAST)
}

/// The same with another minimum width.
pub fn align_wide(text: &str, least: usize) -> String {
    let rows: Vec<Vec<&str>> = text.lines().map(|l| l.split('\t').collect()).collect();
    let mut out = String::new();
    for (n, row) in rows.iter().enumerate() {
        for (column, cell) in row.iter().enumerate() {
            out.push_str(cell);
            if column + 1 < row.len() {
                let width = width(&rows, n, column).max(least);
                out.push_str(&" ".repeat(width.saturating_sub(cell.chars().count())));
            }
        }
        out.push('\n');
    }
    out
}

/// A column is as wide as its widest cell among neighbouring rows that have it.
fn width(rows: &[Vec<&str>], row: usize, column: usize) -> usize {
    let has = |r: &&Vec<&str>| column + 1 < r.len();
    let above = rows[..row].iter().rev().take_while(has);
    let below = rows[row..].iter().take_while(has);
    let widest = above
        .chain(below)
        .map(|r| r[column].chars().count() + PADDING)
        .max();
    widest.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_ten_wide_at_least_and_three_apart() {
        assert_eq!(
            align("TAG\tIMAGE ID\tNAMES\nlatest\tcea3663fd7ed\tx\n"),
            "TAG       IMAGE ID       NAMES\nlatest    cea3663fd7ed   x\n"
        );
        assert_eq!(
            align("x\tLABELS\ny\tx=y\n"),
            "x         LABELS\ny         x=y\n"
        );
        assert_eq!(align("NAMES\nweb\n"), "NAMES\nweb\n");
        assert_eq!(align(""), "");
    }
}
