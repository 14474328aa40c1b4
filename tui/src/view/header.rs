//! The first line: how many sessions, from where, and whether the picture is live. Below it, what is wrong if not.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};
use sessctl_api::{span, text};

use super::skin::Skin;
use crate::{
    message::Trouble,
    model::{Link, Model, Writes},
};

pub(super) fn draw(model: &Model, skin: Skin, frame: &mut Frame<'_>, area: Rect) {
    let width = usize::from(area.width);
    let (link, style) = match &model.link {
        Link::Live if model.silence().is_some() => {
            let seconds = model.silence().unwrap_or_default().as_secs();
            (format!("no answer for {seconds} s"), skin.warn())
        }
        Link::Live if model.held.is_some() => ("frozen".to_owned(), skin.warn()),
        Link::Live => ("live".to_owned(), skin.good()),
        Link::Connecting { attempt: 1, why } if why.is_none() => {
            ("connecting".to_owned(), skin.warn())
        }
        Link::Connecting { attempt, .. } => (format!("reconnecting, try {attempt}"), skin.warn()),
        Link::Waiting { until, why, .. } => {
            let left = (*until - model.now).whole_milliseconds().max(0);
            let seconds = (left + 999) / 1000;
            let what = if why.is_refusal {
                "sign-in needed, again"
            } else {
                "reconnecting"
            };
            (format!("{what} in {seconds} s"), skin.warn())
        }
    };
    let link = match model.held {
        Some(pending) if pending > 0 => format!("{link}, +{} pending", grouped(pending)),
        _ => link,
    };
    let link = match model.writes {
        Writes::Allowed => link,
        Writes::Locked => format!("read-only  {link}"),
        Writes::Armed { until } => {
            let left = (until - model.now).whole_seconds().max(0);
            format!("ending allowed for {}:{:02}  {link}", left / 60, left % 60)
        }
    };
    let link = text::fit(&link, width);
    let mut rest = width.saturating_sub(text::width(&link) + 1);

    let mut left = Line::default();
    let wanted = counts(model);
    let fits = wanted.iter().find(|text| text::width(text) + 12 <= rest);
    let counts = fits.or(wanted.last()).map_or("", String::as_str);
    let counts = text::fit(counts, rest);
    rest -= text::width(&counts);
    left.push_span(Span::styled(counts, skin.strong()));
    // The end of a path tells more than its beginning. A few letters of it tell nothing.
    if rest > 8 {
        left.push_span(format!("  {}", fit_end(&model.source, rest - 2)));
    }
    frame.render_widget(left, area);
    let cells = u16::try_from(text::width(&link)).unwrap_or(area.width);
    let right = Rect {
        x: area.right().saturating_sub(cells),
        width: cells.min(area.width),
        ..area
    };
    frame.render_widget(Line::styled(link, style), right);
}

/// Says what is wrong with the link, and how old the rows are. What it says of itself is cut before its end is.
pub(super) fn draw_trouble(model: &Model, skin: Skin, frame: &mut Frame<'_>, area: Rect) {
    let Some(Trouble { why, .. }) = model.trouble() else {
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
    frame.render_widget(Line::styled(line, skin.bad()), area);
}

/// The counts, in ever fewer words.
fn counts(model: &Model) -> Vec<String> {
    if model.fresh.is_none() {
        return vec!["sessctl".to_owned()];
    }
    let total = model.window.total();
    let all = grouped(total);
    let word = if total == 1 { "session" } else { "sessions" };
    let marked = match model.marks.len() {
        0 => String::new(),
        count => format!("{} marked, ", grouped(count)),
    };
    // A ghost is no row of the list.
    let on_row = model.cursor_row().is_some_and(|row| !row.is_ghost());
    if let Some(index) = model.cursor_index().filter(|_| on_row) {
        let number = grouped(model.window.number(index));
        return vec![
            format!("{marked}row {number} of {all} {word}"),
            format!("{marked}row {number} of {all}"),
            format!("{marked}{number}/{all}"),
        ];
    }
    let brief = format!("{marked}{all} {word}");
    let matching = format!("{brief} that match");
    match model.overview.user_count() {
        _ if !model.filter.is_empty() => vec![matching, brief],
        Some(users) if users <= total => {
            let user_word = if users == 1 { "user" } else { "users" };
            vec![format!("{brief}, {} {user_word}", grouped(users)), brief]
        }
        _ => vec![brief],
    }
}

/// Writes a number with a comma between thousands.
pub(super) fn grouped(number: u64) -> String {
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
