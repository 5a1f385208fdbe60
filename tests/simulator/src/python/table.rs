//! Tables as the library texttable draws them, and the tabs that stand in for them with `-h`.

/// One row, its cells.
pub(super) type Row = Vec<String>;

/// The table in a box, or with tabs and without a header.
pub(super) fn draw(header: &[&str], rows: &[Row], has_box: bool) -> String {
    if has_box { boxed(header, rows) } else { rows.iter().map(|row| row.join("\t") + "\n").collect() }
}

fn boxed(header: &[&str], rows: &[Row]) -> String {
    let mut widths: Vec<usize> = header.iter().map(|cell| width(cell)).collect();
    for row in rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = cell.lines().map(width).max().unwrap_or(0).max(*widest);
        }
    }
    let rule = |with: &str| {
        let cells: Vec<String> = widths.iter().map(|width| with.repeat(width + 2)).collect();
        format!("+{}+\n", cells.join("+"))
    };
    let centred: Vec<String> = header.iter().zip(&widths).map(|(cell, width)| centre(cell, *width)).collect();
    let mut text = format!("{}| {} |\n{}", rule("-"), centred.join(" | "), rule("="));
    for row in rows {
        let height = row.iter().map(|cell| cell.lines().count()).max().unwrap_or(0).max(1);
        for line in 0..height {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| left(cell.lines().nth(line).unwrap_or_default(), *width))
                .collect();
            text.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        text.push_str(&rule("-"));
    }
    if rows.is_empty() {
        text.push_str(&rule("-"));
    }
    text
}

fn width(cell: &str) -> usize {
    cell.chars().count()
}

fn left(cell: &str, wide: usize) -> String {
    format!("{cell}{}", " ".repeat(wide - width(cell)))
}

/// An odd blank goes to the right.
fn centre(cell: &str, wide: usize) -> String {
    let blanks = wide - width(cell);
    format!("{}{cell}{}", " ".repeat(blanks / 2), " ".repeat(blanks - blanks / 2))
}

/// A cell that texttable takes for a number is drawn as one, unless it is told that it is text: with three places.
pub(super) fn as_number(cell: &str) -> String {
    match cell.trim().parse::<f64>() {
        Ok(number) if !number.is_finite() => cell.to_owned(),
        Ok(number) if number.abs() > 1e8 => {
            // 1.000e+09, where Rust writes 1.000e9.
            let text = format!("{number:.3e}");
            let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
            format!("{digits}e+{power:0>2}")
        }
        Ok(number) if number.fract() == 0.0 => format!("{number:.0}"),
        Ok(number) => format!("{number:.3}"),
        Err(_) => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_widens_with_its_cells() {
        let rows = [vec!["test".to_owned(), "a\nlonger".to_owned()]];
        let text = "+------+--------+\n| NAME |   P    |\n+======+========+\n| test | a      |\n|      | longer |\n+------+--------+\n";
        assert_eq!(draw(&["NAME", "P"], &rows, true), text);
        assert_eq!(draw(&["NAME"], &[], true), "+------+\n| NAME |\n+======+\n+------+\n");
        assert_eq!(draw(&["NAME", "P"], &rows, false), "test\ta\nlonger\n");
    }

    #[test]
    fn what_looks_like_a_number_is_one() {
        for (cell, drawn) in [
            ("172.16", "172.160"),
            ("0", "0"),
            ("1e9", "1.000e+09"),
            ("1.0", "1"),
            ("a1", "a1"),
            ("nan", "nan"),
        ] {
            assert_eq!(as_number(cell), drawn);
        }
    }
}
