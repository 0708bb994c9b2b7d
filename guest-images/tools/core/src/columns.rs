//! Helpers of `ls`: names side by side, names with numbers, ignore patterns.

use applet::out;

/// Names side by side; down the columns, or across.
pub fn columns(cells: &[(String, usize)], width: usize, across: bool) {
    let mut o = out();
    if cells.is_empty() {
        return;
    }
    let gap = 2;
    let place = |row: usize, column: usize, rows: usize, count: usize| {
        if across {
            row * count + column
        } else {
            column * rows + row
        }
    };
    let mut chosen = (cells.len(), vec![0]);
    for rows in 1..=cells.len() {
        let count = cells.len().div_ceil(rows);
        let widths: Vec<usize> = (0..count)
            .map(|column| {
                (0..rows)
                    .filter_map(|row| cells.get(place(row, column, rows, count)))
                    .map(|(_, w)| *w)
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        if widths.iter().sum::<usize>() + gap * (count - 1) < width.max(1) || count == 1 {
            chosen = (rows, widths);
            break;
        }
    }
    let (rows, widths) = chosen;
    for row in 0..rows {
        let mut pad = 0;
        for (column, most) in widths.iter().enumerate() {
            if let Some((text, len)) = cells.get(place(row, column, rows, widths.len())) {
                write!(o, "{:pad$}{text}", "");
                pad = most - len + gap;
            }
        }
        o.text("\n");
    }
}

/// Compares names with numbers in them by value.
pub fn version(a: &str, b: &str) -> std::cmp::Ordering {
    let split = |text: &str| {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let word = rest
                .find(|c: char| c.is_ascii_digit())
                .unwrap_or(rest.len());
            let digits = rest[word..]
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len() - word);
            parts.push((
                rest[..word].to_string(),
                rest[word..word + digits].parse::<u64>().unwrap_or(0),
            ));
            rest = &rest[word + digits..];
        }
        parts
    };
    split(a).cmp(&split(b))
}

/// Patterns with one star, as `-I` mostly has them.
pub fn glob(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, end)) => {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
    }
}
