//! The first line: how many sessions, from where, and whether the picture is live. Below it, what is wrong if not.

use ratatui::{
    Frame,
    layout::{Alignment, Rect},
    text::{Line, Span},
};
use sessctl_api::{span, text};

use super::theme::Theme;
use crate::model::{Link, Model};

pub(super) fn draw(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let width = usize::from(area.width);
    let (link, style) = match &model.link {
        Link::Live => ("live".to_owned(), theme.good()),
        Link::Connecting { attempt: 1, why } if why.is_none() => {
            ("connecting".to_owned(), theme.warn())
        }
        Link::Connecting { attempt, .. } => (format!("reconnecting, try {attempt}"), theme.warn()),
        Link::Waiting { until, .. } => {
            let left = (*until - model.now).whole_milliseconds().max(0);
            let seconds = (left + 999) / 1000;
            (format!("reconnecting in {seconds} s"), theme.warn())
        }
    };
    let link = text::fit(&link, width);
    let mut rest = width.saturating_sub(text::width(&link) + 1);

    let mut left = Line::default();
    let (long, brief) = counts(model);
    let counts = if text::width(&long) + 12 <= rest {
        long
    } else {
        brief
    };
    let counts = text::fit(&counts, rest);
    rest -= text::width(&counts);
    left.push_span(Span::styled(counts, theme.strong()));
    // The end of a path tells more than its beginning. A few letters of it tell nothing.
    if rest > 8 {
        left.push_span(format!("  {}", fit_end(&model.source, rest - 2)));
    }
    frame.render_widget(left, area);
    let right = Line::styled(link, style).alignment(Alignment::Right);
    frame.render_widget(right, area);
}

/// Says what is wrong with the link, and how old the rows are.
pub(super) fn draw_trouble(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let Some(why) = model.trouble() else {
        return;
    };
    let line = match model.fresh {
        Some(fresh) => {
            let age = span::short((model.now - fresh).try_into().unwrap_or_default());
            format!("stale for {age}: {why}")
        }
        None => format!("no connection yet: {why}"),
    };
    let line = text::fit(&line, usize::from(area.width));
    frame.render_widget(Line::styled(line, theme.bad()), area);
}

/// The counts in many words and in few.
fn counts(model: &Model) -> (String, String) {
    let (shown, kept, total) = (model.shown.len(), model.rows.len(), model.rows.total());
    if model.fresh.is_none() {
        return ("sessctl".to_owned(), "sessctl".to_owned());
    }
    let all = grouped(total);
    let word = if total == 1 { "session" } else { "sessions" };
    let filtered = !model.filter.is_empty();
    match (model.rows.is_cut(), filtered) {
        (false, false) => {
            let users = model.users;
            let user_word = if users == 1 { "user" } else { "users" };
            let brief = format!("{all} {word}");
            (format!("{brief}, {users} {user_word}"), brief)
        }
        (false, true) => {
            let brief = format!("{} of {all}", grouped(shown as u64));
            (format!("{brief} {word}"), brief)
        }
        (true, false) => {
            let brief = format!("first {} of {all}", grouped(kept as u64));
            (format!("{brief} {word}"), brief)
        }
        (true, true) => {
            let (shown, kept) = (grouped(shown as u64), grouped(kept as u64));
            let long = format!("{shown} of the first {kept} of {all} {word}");
            (long, format!("{shown} of {kept}/{all}"))
        }
    }
}

/// Writes a number with a comma between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Cleans text and cuts its beginning off to fit so many cells.
fn fit_end(text: &str, cells: usize) -> String {
    let text = text::clean(text);
    let fits = |from: usize| text::width(&text[from..]) < cells;
    if text::width(&text) <= cells {
        return text.into_owned();
    }
    let start = text.char_indices().map(|(at, _)| at).find(|at| fits(*at));
    start.map_or_else(String::new, |at| format!("…{}", &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn a_long_source_keeps_its_end() {
        assert_eq!(fit_end("unix:/run/admin.sock", 12), "…/admin.sock");
        assert_eq!(fit_end("unix:/a", 12), "unix:/a");
        assert_eq!(fit_end("山田太郎", 4), "…郎");
        assert_eq!(fit_end("long", 0), "");
    }
}
