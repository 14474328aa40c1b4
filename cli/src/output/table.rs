//! Text in columns for people, and names beside values.

use std::borrow::Cow;

use sessctl_api::text;

use crate::style::Style;

/// A text that is harmless already, and how it stands out.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) style: Option<Style>,
}

impl Cell {
    pub(super) fn painted(&self, in_color: bool) -> Cow<'_, str> {
        match self.style {
            Some(style) => style.paint(&self.text, in_color),
            None => Cow::Borrowed(&self.text),
        }
    }
}

/// The lines of a table: rows in columns, below their titles if there are any. No line ends in blanks.
pub(super) fn lay_out(
    titles: Option<Vec<&str>>,
    rows: &[Vec<Cell>],
    in_color: bool,
) -> Vec<String> {
    let head = titles.map(|titles| cells(&titles, Style::Bold));
    let mut widths = Vec::new();
    for row in head.iter().chain(rows) {
        widths.resize(row.len().max(widths.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(text::width(&cell.text));
        }
    }
    let all = head.iter().chain(rows);
    all.map(|row| in_columns(row, &widths, in_color)).collect()
}

/// Titles and values below each other, or the values alone. Of what has no text there is no line.
pub(super) fn below(titles: Option<Vec<&str>>, values: &[Cell], in_color: bool) -> Vec<String> {
    let is_told = |cell: &&Cell| !cell.text.is_empty();
    let Some(titles) = titles else {
        let values = values.iter().filter(is_told);
        return values
            .map(|cell| cell.painted(in_color).into_owned())
            .collect();
    };
    let titles = cells(&titles, Style::Dim);
    let told = titles
        .iter()
        .zip(values)
        .filter(|(_, value)| is_told(value));
    let told: Vec<_> = told.collect();
    let widest = told.iter().map(|(title, _)| text::width(&title.text)).max();
    let lines = told.iter().map(|(title, value)| {
        let missing = widest.unwrap_or(0).saturating_sub(text::width(&title.text));
        let (title, value) = (title.painted(in_color), value.painted(in_color));
        format!("{title}{}  {value}", " ".repeat(missing))
    });
    lines.collect()
}

fn cells(titles: &[&str], style: Style) -> Vec<Cell> {
    let titles = titles.iter().map(|title| Cell {
        text: (*title).to_owned(),
        style: Some(style),
    });
    titles.collect()
}

fn in_columns(row: &[Cell], widths: &[usize], in_color: bool) -> String {
    let (mut line, mut owed) = (String::new(), 0);
    for (cell, width) in row.iter().zip(widths) {
        if !cell.text.is_empty() {
            line.push_str(&" ".repeat(owed));
            line.push_str(&cell.painted(in_color));
            owed = 0;
        }
        let used = text::width(&cell.text);
        owed += width.saturating_sub(used) + 2;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(texts: [&str; 3], style: Option<Style>) -> Vec<Cell> {
        let cells = texts.map(|text| Cell {
            text: text.to_owned(),
            style,
        });
        cells.into()
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_lines_end_with_their_text() {
        let rows = [row(["a", "", "x"], None), row(["b", "日本", ""], None)];
        let lines = lay_out(Some(vec!["ONE", "TWO", "END"]), &rows, false);
        assert_eq!(lines, ["ONE  TWO   END", "a          x", "b    日本"]);
        assert_eq!(lay_out(None, &rows, false), ["a        x", "b  日本"]);
    }

    #[test]
    fn colour_moves_nothing() {
        let rows = [row(["a", "b", "c"], Some(Style::Red))];
        let plain = lay_out(Some(vec!["ONE", "TWO", "END"]), &rows, false);
        let colored = lay_out(Some(vec!["ONE", "TWO", "END"]), &rows, true);
        assert!(colored.iter().all(|line| line.contains('\u{1b}')));
        let stripped: Vec<_> = colored
            .iter()
            .map(|line| {
                line.replace("\u{1b}[1m", "")
                    .replace("\u{1b}[31m", "")
                    .replace("\u{1b}[0m", "")
            })
            .collect();
        assert_eq!(stripped, plain);
    }
}
