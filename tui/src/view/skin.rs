//! What things look like: colours by theme, and the signs that lines and bars are made of.
//!
//! No colour says anything that a word or a mark does not say too, and without colours bold, reverse and underline
//! do.

use ratatui::{
    style::{Color, Modifier, Style},
    symbols::border,
};

use crate::settings::{Glyphs, Theme};

/// The looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Skin {
    pub(super) theme: Theme,
    pub(super) glyphs: Glyphs,
}

/// What a colour is for.
#[derive(Debug, Clone, Copy)]
enum Use {
    Head,
    Key,
    Good,
    Warn,
    Bad,
    Faint,
}

impl Skin {
    pub(super) fn plain(self) -> Style {
        match self.theme {
            Theme::Terminal | Theme::Mono => Style::new(),
            Theme::Light => Style::new().fg(Color::Indexed(235)).bg(Color::Indexed(231)),
            Theme::Dark => Style::new().fg(Color::Indexed(252)).bg(Color::Indexed(234)),
            Theme::Contrast => Style::new().fg(Color::Indexed(231)).bg(Color::Indexed(16)),
        }
    }

    pub(super) fn strong(self) -> Style {
        self.plain().add_modifier(Modifier::BOLD)
    }

    /// Column heads and labels.
    pub(super) fn head(self) -> Style {
        if self.theme == Theme::Mono {
            Style::new().add_modifier(Modifier::UNDERLINED)
        } else {
            self.colour(Use::Head)
        }
    }

    /// The row under the cursor.
    pub(super) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// Marked rows.
    pub(super) fn marked(self) -> Style {
        self.colour(Use::Key).add_modifier(Modifier::BOLD)
    }

    /// Rows whose session has ended. Where a terminal does not strike them out, a sign and a word stand there too.
    pub(super) fn ghost(self) -> Style {
        self.colour(Use::Faint).add_modifier(Modifier::CROSSED_OUT)
    }

    /// Keys in the footer and the help.
    pub(super) fn key(self) -> Style {
        self.colour(Use::Key).add_modifier(Modifier::BOLD)
    }

    pub(super) fn good(self) -> Style {
        self.colour(Use::Good)
    }

    pub(super) fn warn(self) -> Style {
        self.colour(Use::Warn).add_modifier(Modifier::BOLD)
    }

    pub(super) fn bad(self) -> Style {
        self.colour(Use::Bad).add_modifier(Modifier::BOLD)
    }

    /// What may no longer be true. Without colours the header's words have to do.
    pub(super) fn stale(self) -> Style {
        match self.theme {
            Theme::Mono => Style::new(),
            _ => self.colour(Use::Faint),
        }
    }

    fn colour(self, what: Use) -> Style {
        let sixteen = |colour| Style::new().fg(colour);
        let indexed = |number| self.plain().fg(Color::Indexed(number));
        match (self.theme, what) {
            (Theme::Mono, _) => Style::new(),
            // Its own sixteen are readable on its own background; dim is so more often than dark grey.
            (Theme::Terminal, Use::Head) => sixteen(Color::Cyan),
            (Theme::Terminal, Use::Key | Use::Warn) => sixteen(Color::Yellow),
            (Theme::Terminal, Use::Good) => sixteen(Color::Green),
            (Theme::Terminal, Use::Bad) => sixteen(Color::Red),
            (Theme::Terminal, Use::Faint) => Style::new().add_modifier(Modifier::DIM),
            (Theme::Light, Use::Head) => indexed(24),
            (Theme::Light, Use::Key | Use::Warn) => indexed(94),
            (Theme::Light, Use::Good) => indexed(22),
            (Theme::Light, Use::Bad) => indexed(124),
            (Theme::Light, Use::Faint) => indexed(242),
            (Theme::Dark, Use::Head) => indexed(80),
            (Theme::Dark, Use::Key | Use::Warn) => indexed(221),
            (Theme::Dark, Use::Good) => indexed(114),
            (Theme::Dark, Use::Bad) => indexed(210),
            (Theme::Dark, Use::Faint) => indexed(245),
            (Theme::Contrast, Use::Head) => indexed(51),
            (Theme::Contrast, Use::Key | Use::Warn) => indexed(226),
            (Theme::Contrast, Use::Good) => indexed(46),
            (Theme::Contrast, Use::Bad) => indexed(217),
            (Theme::Contrast, Use::Faint) => indexed(250),
        }
    }

    pub(super) fn is_ascii(self) -> bool {
        self.glyphs == Glyphs::Ascii
    }

    /// What boxes are drawn with.
    pub(super) fn border(self) -> border::Set<'static> {
        if !self.is_ascii() {
            return border::PLAIN;
        }
        border::Set {
            top_left: "+",
            top_right: "+",
            bottom_left: "+",
            bottom_right: "+",
            vertical_left: "|",
            vertical_right: "|",
            horizontal_top: "-",
            horizontal_bottom: "-",
        }
    }

    /// The way a column is sorted.
    pub(super) fn arrow(self, descending: bool) -> &'static str {
        match (self.is_ascii(), descending) {
            (true, true) => "v",
            (true, false) => "^",
            (false, true) => "↓",
            (false, false) => "↑",
        }
    }

    /// A bar of so many cells, of which a share is full.
    pub(super) fn bar(self, share: f64, cells: usize) -> String {
        let full = (share.clamp(0.0, 1.0) * cells as f64).round() as usize;
        let (on, off) = if self.is_ascii() {
            ("#", ".")
        } else {
            ("█", "░")
        };
        on.repeat(full) + &off.repeat(cells - full)
    }

    /// A curve of so many cells in so many lines, the top line first. Each is drawn against the greatest value.
    pub(super) fn curve(self, values: &[f64], cells: usize, lines: usize) -> Vec<String> {
        let most = values.iter().copied().fold(0.0, f64::max);
        let steps = lines * self.steps();
        // A value that is there is seen, however small.
        let height = |value: f64| {
            let share = if most > 0.0 { value / most } else { 0.0 };
            let full = (share * steps as f64).round() as usize;
            full.max(usize::from(value > 0.0))
        };
        let each = self.values_per_cell();
        let wanted = cells * each;
        let latest = &values[values.len().saturating_sub(wanted)..];
        let mut heights = vec![0; wanted - latest.len()];
        heights.extend(latest.iter().map(|value| height(*value)));
        (0..lines)
            .rev()
            .map(|line| {
                let below = line * self.steps();
                heights
                    .chunks(each)
                    .map(|cell| {
                        let in_line = |h: usize| h.saturating_sub(below).min(self.steps());
                        self.glyph(in_line(cell[0]), in_line(*cell.last().unwrap_or(&0)))
                    })
                    .collect()
            })
            .collect()
    }

    /// Values that one cell of a curve shows.
    pub(super) fn values_per_cell(self) -> usize {
        match self.glyphs {
            Glyphs::Braille => 2,
            Glyphs::Block | Glyphs::Ascii => 1,
        }
    }

    /// Heights that one cell of a curve can show.
    fn steps(self) -> usize {
        match self.glyphs {
            Glyphs::Braille | Glyphs::Ascii => 4,
            Glyphs::Block => 8,
        }
    }

    fn glyph(self, left: usize, right: usize) -> char {
        match self.glyphs {
            Glyphs::Block => [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'][left],
            Glyphs::Ascii => [' ', '.', ':', '+', '#'][left],
            Glyphs::Braille => {
                // The dots of a column, from the bottom up, in the order of Unicode's table.
                let dots = |rows: [u32; 4], height: usize| rows[..height].iter().sum::<u32>();
                let bits =
                    dots([0x40, 0x04, 0x02, 0x01], left) + dots([0x80, 0x20, 0x10, 0x08], right);
                char::from_u32(0x2800 + bits).unwrap_or(' ')
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skin(glyphs: Glyphs) -> Skin {
        Skin {
            theme: Theme::Terminal,
            glyphs,
        }
    }

    #[test]
    fn curves_stand_on_their_right_and_reach_their_top() {
        let values = [0.0, 1.0, 4.0, 8.0, 0.01];
        assert_eq!(skin(Glyphs::Block).curve(&values, 7, 1), ["   ▁▄█▁"]);
        assert_eq!(skin(Glyphs::Ascii).curve(&values, 5, 1), [" .:#."]);
        assert_eq!(skin(Glyphs::Block).curve(&values, 5, 2), ["   █ ", " ▂██▁"]);
        let braille = skin(Glyphs::Braille).curve(&values, 3, 1);
        assert_eq!(braille[0].chars().count(), 3);
        assert_eq!(skin(Glyphs::Block).curve(&[], 3, 1), ["   "]);
    }

    #[test]
    fn bars_are_as_long_as_they_are_wide() {
        for glyphs in [Glyphs::Block, Glyphs::Ascii] {
            for share in [-1.0, 0.0, 0.34, 1.0, 7.0] {
                assert_eq!(skin(glyphs).bar(share, 10).chars().count(), 10);
            }
        }
        assert_eq!(skin(Glyphs::Ascii).bar(0.34, 10), "###.......");
    }

    #[test]
    fn ascii_is_nothing_but_ascii() {
        let skin = skin(Glyphs::Ascii);
        let values: Vec<_> = (0..40).map(f64::from).collect();
        let mut all = skin.curve(&values, 40, 2).concat();
        all += &skin.bar(0.5, 10);
        all += skin.arrow(true);
        all += skin.border().top_left;
        assert!(all.is_ascii(), "{all}");
    }
}
