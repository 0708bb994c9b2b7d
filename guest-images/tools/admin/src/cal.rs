//! `cal`.

use applet::{die, out, time};

/// `cal [[MONTH] YEAR]`.
pub fn main(argv: &[String]) -> i32 {
    let numbers: Vec<i64> = argv[1..]
        .iter()
        .filter_map(|word| word.parse().ok())
        .collect();
    let today = time::civil(time::now());
    match numbers[..] {
        [] => month(today.year, today.month, true),
        [year] => {
            for number in 1..=12 {
                month(year, number, true);
                out().text("\n");
            }
        }
        [number @ 1..=12, year] => month(year, number as u32, true),
        _ => die("the month must be 1 to 12"),
    }
    0
}

fn month(year: i64, month: u32, titled: bool) {
    let mut o = out();
    if titled {
        let title = format!("{} {year}", time::MONTHS[month as usize - 1]);
        writeln!(o, "{}", format!("{title:^20}").trim_end());
    }
    o.text("Su Mo Tu We Th Fr Sa\n");
    let first = time::days(year, month, 1);
    let next = if month == 12 {
        time::days(year + 1, 1, 1)
    } else {
        time::days(year, month + 1, 1)
    };
    let weekday = (first + 4).rem_euclid(7);
    let mut line = "   ".repeat(weekday as usize);
    for day in 1..=next - first {
        line.push_str(&format!("{day:2} "));
        if (weekday + day) % 7 == 0 || day == next - first {
            writeln!(o, "{}", line.trim_end());
            line.clear();
        }
    }
}
