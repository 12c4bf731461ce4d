//! Tables: columns side by side, without lines.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::one_line;
use super::style::{self, styled};

/// How many blanks stand between two columns.
pub(crate) const TABLE_GAP: usize = 2;
/// How narrow a column may become.
const NARROWEST: usize = 8;

/// How many columns of a terminal a text takes.
pub(crate) fn columns(text: &str) -> usize {
    one_line(text).width()
}

/// A table with a heading, an object a line. Where it would be wider than `width`, the widest columns are cut.
pub(crate) fn table(heading: &[String], rows: &[Vec<String>], width: Option<usize>) -> String {
    table_cut_in(heading, rows, width, |_| true)
}

/// The same, where only some of the columns may be cut.
pub(crate) fn table_cut_in(
    heading: &[String],
    rows: &[Vec<String>],
    width: Option<usize>,
    may_be_cut: impl Fn(usize) -> bool,
) -> String {
    let mut widths: Vec<usize> = heading.iter().map(|name| columns(name)).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(columns(cell));
        }
    }
    if let Some(width) = width {
        let firm = |(place, width): (usize, &usize)| if may_be_cut(place) { 0 } else { *width + TABLE_GAP };
        let firm: usize = widths.iter().enumerate().map(firm).sum();
        let soft = widths.iter_mut().enumerate().filter(|(place, _)| may_be_cut(*place));
        fit(&mut soft.map(|(_, width)| width).collect::<Vec<_>>(), width.saturating_sub(firm));
    }
    let mut text = styled(style::HEADING, line(heading, &widths)) + "\n";
    for row in rows {
        text += &line(row, &widths);
        text.push('\n');
    }
    text
}

/// Makes the widest columns narrower until all fit, or none can be narrower.
fn fit(widths: &mut [&mut usize], width: usize) {
    let gaps = TABLE_GAP * widths.len().saturating_sub(1);
    loop {
        let over = (widths.iter().map(|width| **width).sum::<usize>() + gaps).saturating_sub(width);
        let Some(widest) =
            widths.iter().map(|width| **width).max().filter(|widest| over > 0 && *widest > NARROWEST)
        else {
            return;
        };
        // Down to the next one, so that all wide columns give way alike.
        let next = widths
            .iter()
            .map(|width| **width)
            .filter(|other| *other < widest)
            .max()
            .unwrap_or(0)
            .max(NARROWEST);
        let alike = widths.iter().filter(|other| ***other == widest).count();
        let step = (widest - next).min(over.div_ceil(alike));
        for one in widths.iter_mut().filter(|one| ***one == widest) {
            **one -= step;
        }
    }
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (index, (cell, width)) in cells.iter().zip(widths).enumerate() {
        if index > 0 {
            line.extend(std::iter::repeat_n(' ', TABLE_GAP));
        }
        let cell = cut(&one_line(cell), *width);
        line.push_str(&cell);
        line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width())));
    }
    line.truncate(line.trim_end_matches(' ').len());
    line
}

/// The text, or as much of it as fits, with a sign that there is more.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut room = width.saturating_sub(1);
    let mut cut = String::new();
    for c in text.chars() {
        let needed = c.width().unwrap_or(0);
        if needed > room {
            break;
        }
        room -= needed;
        cut.push(c);
    }
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(rows: &[[&str; 2]], width: Option<usize>) -> String {
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect();
        let table = table(&["id".to_owned(), "name".to_owned()], &rows, width);
        anstream::adapter::strip_str(&table).to_string()
    }

    #[test]
    fn columns_stand_side_by_side() {
        assert_eq!(shown(&[["0_a", "x"], ["0_abc", ""]], None), "id     name\n0_a    x\n0_abc\n");
    }

    #[test]
    fn wide_letters_take_two_columns() {
        assert_eq!(shown(&[["日本", "x"], ["abcd", "y"]], None), "id    name\n日本  x\nabcd  y\n");
        assert_eq!(shown(&[["a", "日本語のビデオ"]], Some(12)), "id  name\na   日本語…\n");
    }

    #[test]
    fn the_widest_give_way_first() {
        let fitted = |mut widths: Vec<usize>, width| {
            fit(&mut widths.iter_mut().collect::<Vec<_>>(), width);
            widths
        };
        assert_eq!(fitted(vec![5, 30, 20], 39), [5, 15, 15]);
        assert_eq!(fitted(vec![5, 30, 20], 1), [5, NARROWEST, NARROWEST]);
        assert_eq!(fitted(vec![10, 40], 100), [10, 40]);
    }

    #[test]
    fn what_may_not_be_cut_is_left_whole() {
        let (heading, long) = (["id", "name", "until"].map(str::to_owned), "a name of many letters");
        let rows = [vec!["0_abcdefghij".to_owned(), long.to_owned(), "2027-06-30, in 89 days".to_owned()]];
        let table = table_cut_in(&heading, &rows, Some(50), |place| place == 1);
        let plain = anstream::adapter::strip_str(&table).to_string();
        assert_eq!(plain.lines().nth(1), Some("0_abcdefghij  a name of m…  2027-06-30, in 89 days"));
    }
}
