//! What is drawn, at the sizes that people have.
//!
//! A snapshot is a whole screen: its text, then the looks of each cell as a letter, then what the letters mean.

use std::{fmt::Write as _, time::Duration};

use ratatui::{
    Terminal,
    backend::TestBackend,
    buffer::Buffer,
    style::{Color, Modifier, Style},
};
use sessctl_api::{EndReason, SortField};

use super::*;
use crate::{
    fixture::{World, five, many, noon, session},
    message::{Key, Message, News, Step, Trouble},
    settings::{Glyphs, Theme},
};

const SIZES: [(u16, u16); 5] = [(160, 50), (120, 30), (80, 24), (40, 10), (20, 5)];

fn buffer(model: &Model) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(model.width, model.height)).unwrap();
    terminal.draw(|frame| view(model, frame)).unwrap();
    terminal.backend().buffer().clone()
}

/// The rows of a buffer, each cell as `cell` writes it.
fn rows(buffer: &Buffer, mut cell: impl FnMut(&ratatui::buffer::Cell) -> String) -> String {
    let rows = buffer.content.chunks(usize::from(buffer.area.width.max(1)));
    let lines = rows.map(|row| {
        let line: String = row.iter().map(&mut cell).collect();
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn text_of(buffer: &Buffer) -> String {
    rows(buffer, |cell| cell.symbol().to_owned())
}

fn screen(model: &Model) -> String {
    text_of(&buffer(model))
}

/// The text, the looks, and what they mean.
fn styled(model: &Model) -> String {
    let buffer = buffer(model);
    let mut styles: Vec<Style> = Vec::new();
    let looks = rows(&buffer, |cell| {
        let style = cell.style();
        let at = styles.iter().position(|one| *one == style);
        let at = at.unwrap_or_else(|| {
            styles.push(style);
            styles.len() - 1
        });
        // The first one is that of most of the screen's empty cells.
        let letters = b"abcdefghijklmnopqrstuvwxyz";
        char::from(letters[at % letters.len()]).to_string()
    });
    let mut text = text_of(&buffer);
    let edge = "=".repeat(usize::from(model.width));
    write!(text, "\n{edge}\n{looks}\n{edge}").unwrap();
    for (at, style) in styles.iter().enumerate() {
        let letter = char::from(b'a' + u8::try_from(at).unwrap());
        write!(text, "\n{letter}: {}", looks_of(*style)).unwrap();
    }
    text
}

/// A style in few words.
fn looks_of(style: Style) -> String {
    let colour = |colour: Option<Color>| colour.unwrap_or(Color::Reset);
    let (fg, bg) = (colour(style.fg), colour(style.bg));
    format!("{fg} on {bg} {:?}", style.add_modifier)
}

/// A snapshot of the same state at each size.
macro_rules! snapshots {
    ($name:literal, $state:expr) => {
        for (width, height) in SIZES {
            let state: fn(u16, u16) -> World = $state;
            let world = state(width, height);
            insta::assert_snapshot!(format!("{}-{width}x{height}", $name), screen(&world.model));
        }
    };
}

fn lost(world: &mut World) {
    world.news(News::Lost {
        attempt: 3,
        wait: Duration::from_secs(2),
        why: Trouble {
            why: "cannot reach unix:/run/sessctl/admin.sock: connection refused".to_owned(),
            is_refusal: false,
        },
    });
}

/// A list with something of everything.
fn mixed(width: u16, height: u16) -> World {
    let mut sessions = five();
    sessions[1].user = None;
    sessions[2].client = None;
    sessions[2].ua = Some("weird/1.0 (a client that nobody knows by name)".to_owned());
    sessions[3].ip = Some("2001:db8:85a3:8d3:1319:8a2e:370:7348".parse().unwrap());
    sessions[4].user = Some("a very long user name, longer than its column 山田太郎".to_owned());
    let mut world = World::new(width, height, &sessions);
    world.send(Message::Move(Step::First));
    world.send(Message::Move(Step::Down));
    world.press(Key::Mark);
    let bob = sessions[3].clone();
    world.end(&bob, EndReason::Revoked, "root");
    world
}

#[test]
fn the_list_shows_as_many_columns_as_fit() {
    for (width, height) in SIZES {
        let world = mixed(width, height);
        insta::assert_snapshot!(format!("list-{width}x{height}"), styled(&world.model));
    }
}

#[test]
fn each_theme_has_looks_of_its_own() {
    for (name, theme) in Theme::ALL {
        let mut world = mixed(80, 24);
        world.model.look.theme = theme;
        insta::assert_snapshot!(format!("theme-{name}"), styled(&world.model));
    }
}

#[test]
fn the_first_look_has_no_cursor_and_no_rows() {
    snapshots!("connecting", World::silent);
    snapshots!("empty", |width, height| World::new(width, height, &[]));
}

#[test]
fn a_filter_in_force_is_shown_with_its_count() {
    snapshots!("filtered", |width, height| {
        let mut world = World::new(width, height, &five());
        world.press(Key::OpenFilter);
        world.types("idle>1m and age<1h");
        world.press(Key::Apply);
        world
    });
    snapshots!("no-match", |width, height| {
        let mut world = World::new(width, height, &five());
        world.press(Key::OpenFilter);
        world.types("user=nobody");
        world.press(Key::Apply);
        world
    });
}

#[test]
fn a_wrong_filter_has_a_mark_below_the_character_at_fault() {
    snapshots!("filter-error", |width, height| {
        let mut world = World::new(width, height, &five());
        world.press(Key::OpenFilter);
        world.types("user=alice and idle>soon");
        world
    });
}

#[test]
fn the_detail_shows_every_field() {
    fn detail(width: u16, height: u16) -> World {
        let mut sessions = five();
        sessions[0].login_ip = Some("198.51.100.7".parse().unwrap());
        sessions[0].ips = vec![
            "192.0.2.1".parse().unwrap(),
            "198.51.100.7".parse().unwrap(),
        ];
        sessions.push(session(9, "erin", 3_000));
        let mut world = World::new(width, height, &sessions);
        world.press(Key::Show);
        world
    }
    for (width, height) in SIZES {
        let mut world = detail(width, height);
        insta::assert_snapshot!(format!("detail-{width}x{height}"), styled(&world.model));
        world.press(Key::Reveal);
        let erin = world.sessions[0].clone();
        world.end(&erin, EndReason::Disabled, "root");
        insta::assert_snapshot!(
            format!("detail-ended-{width}x{height}"),
            screen(&world.model)
        );
    }
}

#[test]
fn the_question_names_what_would_end() {
    snapshots!("confirm", |width, height| {
        let mut world = World::new(width, height, &five());
        world.press(Key::AskRevoke);
        world
    });
    snapshots!("confirm-ended", |width, height| {
        let mut world = World::new(width, height, &five());
        world.press(Key::AskRevoke);
        let erin = five()[0].clone();
        world.end(&erin, EndReason::Logout, "erin");
        world
    });
    snapshots!("confirm-many", |width, height| {
        let mut world = World::new(width, height, &many(30));
        world.press(Key::MarkAll);
        world.press(Key::AskRevoke);
        world
    });
    snapshots!("confirm-number", |width, height| {
        let mut world = World::new(width, height, &many(300));
        world.press(Key::MarkAll);
        world.press(Key::AskRevoke);
        world.types("29");
        world
    });
}

#[test]
fn what_is_chosen_from_lies_over_the_list() {
    snapshots!("sort", |width, height| {
        let mut world = World::new(width, height, &five());
        world.press(Key::OpenSort);
        world
    });
    snapshots!("columns", |width, height| {
        let mut world = World::new(width, height, &five());
        world.press(Key::OpenColumns);
        world.send(Message::Move(Step::Down));
        world.press(Key::Wider);
        world
    });
    snapshots!("palette", |width, height| {
        let mut world = World::new(width, height, &five());
        world.press(Key::OpenPalette);
        world.types("s");
        world
    });
    snapshots!("palette-error", |width, height| {
        let mut world = World::new(width, height, &five());
        world.press(Key::OpenPalette);
        world.types("sort idel");
        world.press(Key::Apply);
        world
    });
    snapshots!("help", |width, height| {
        let mut world = World::new(width, height, &five());
        world.press(Key::Help);
        world
    });
}

/// A long list with its counts above it.
fn busy(width: u16, height: u16, glyphs: Glyphs) -> World {
    let mut world = World::new(width, height, &many(4_321));
    world.model.look.glyphs = glyphs;
    world.model.overview.shown = Some(true);
    for second in 1..90 {
        world.pass(1);
        world.counted(second);
    }
    world.send(Message::Move(Step::PageDown));
    world
}

#[test]
fn the_counts_are_drawn_with_the_signs_that_were_chosen() {
    for (width, height) in [(160, 50), (80, 24), (40, 10)] {
        for (name, glyphs) in Glyphs::ALL {
            let world = busy(width, height, glyphs);
            let text = screen(&world.model);
            assert!(glyphs != Glyphs::Ascii || text.is_ascii(), "{text}");
            insta::assert_snapshot!(format!("counts-{name}-{width}x{height}"), text);
        }
    }
}

#[test]
fn with_ascii_nothing_else_is_drawn_whatever_users_are_called() {
    let mut world = mixed(80, 24);
    world.model.look.glyphs = Glyphs::Ascii;
    world.press(Key::Show);
    assert!(screen(&world.model).is_ascii());
    world.press(Key::AskRevoke);
    let text = screen(&world.model);
    assert!(text.is_ascii(), "{text}");
}

#[test]
fn a_lost_connection_is_said_with_the_age_of_what_is_shown() {
    snapshots!("lost", |width, height| {
        let mut world = World::new(width, height, &five());
        lost(&mut world);
        world.pass(1);
        world
    });
    snapshots!("refused", |width, height| {
        let mut world = World::new(width, height, &five());
        world.news(News::Lost {
            attempt: 3,
            wait: Duration::from_secs(2),
            why: Trouble {
                why: "this token has expired".to_owned(),
                is_refusal: true,
            },
        });
        world
    });
}

#[test]
fn where_sessions_may_be_ended_for_a_while_there_is_a_frame() {
    snapshots!("armed", |width, height| {
        let mut world = World::new(width, height, &five());
        world.model.writes = Writes::Locked;
        world.press(Key::Arm);
        world.pass(61);
        world
    });
    let mut world = World::new(80, 24, &five());
    world.model.writes = Writes::Locked;
    world.press(Key::Arm);
    assert_eq!(buffer(&world.model)[(0, 0)].fg, Color::Red);
}

#[test]
fn rows_that_stand_still_say_how_much_they_miss() {
    let mut world = World::new(80, 24, &five());
    world.press(Key::Freeze);
    for n in 0..128 {
        world.login(&session(100 + n, "new", 0));
    }
    let text = screen(&world.model);
    assert!(text.contains("frozen, +128 pending"), "{text}");
    assert!(!text.contains("new"), "{text}");
    world.press(Key::Freeze);
    let text = screen(&world.model);
    assert!(text.contains("live") && text.contains("new"), "{text}");
}

#[test]
fn without_colours_there_are_none() {
    for glyphs in [Glyphs::Block, Glyphs::Ascii] {
        let mut world = mixed(80, 24);
        world.model.look.theme = Theme::Mono;
        world.model.look.glyphs = glyphs;
        lost(&mut world);
        let buffer = buffer(&world.model);
        let plain =
            |cell: &ratatui::buffer::Cell| cell.fg == Color::Reset && cell.bg == Color::Reset;
        assert!(buffer.content.iter().all(plain));
        let reversed = |cell: &&ratatui::buffer::Cell| cell.modifier.contains(Modifier::REVERSED);
        assert!(buffer.content.iter().filter(reversed).count() > 20);
    }
}

#[test]
fn no_size_breaks_any_state() {
    let keys = [
        Key::OpenFilter,
        Key::OpenPalette,
        Key::OpenSort,
        Key::OpenColumns,
        Key::Show,
        Key::AskRevoke,
        Key::Help,
        Key::Overview,
    ];
    for key in keys {
        let mut world = World::new(80, 24, &many(40));
        world.press(Key::MarkAll);
        world.press(key);
        for width in [0, 1, 2, 5, 17, 40, 119, 120, 200] {
            for height in [0, 1, 2, 3, 5, 7, 16, 60] {
                world.send(Message::Resized { width, height });
                buffer(&world.model);
            }
        }
    }
}

#[test]
fn hostile_text_is_shown_as_text() {
    let mut sessions = five();
    let hostile = "\u{1b}[31mred\u{202e}\nnewline\u{7}";
    sessions[0].user = Some(hostile.to_owned());
    sessions[0].ua = Some(hostile.to_owned());
    sessions[0].client = None;
    let mut world = World::new(120, 30, &sessions);
    let clean = |world: &World| {
        let text = screen(&world.model).replace('\n', "");
        assert!(!text.chars().any(char::is_control), "{text:?}");
        assert!(!text.contains('\u{202e}'), "{text:?}");
    };
    clean(&world);
    world.press(Key::Show);
    clean(&world);
    world.press(Key::AskRevoke);
    clean(&world);
    world.press(Key::Back);
    world.press(Key::Back);
    world.news(News::Ranked {
        field: SortField::User,
        top: sessctl_api::Top::new(
            vec![sessctl_api::ValueCount {
                value: Some(hostile.to_owned()),
                sessions: 1,
            }],
            1,
        ),
    });
    world.model.overview.shown = Some(true);
    clean(&world);
    assert_eq!(world.model.now, noon());
}
