//! What is drawn, at the sizes that people have.
//!
//! A snapshot is the text of a whole screen. Looks are not in it; what they mean is tested in words below.

use std::time::Duration;

use ratatui::{
    Terminal,
    backend::TestBackend,
    buffer::Buffer,
    style::{Color, Modifier},
};
use sessctl_api::{EndReason, EventKind};

use super::*;
use crate::{
    fixture::{empty, ended, event, five, listing, noon, send, session},
    message::{Edit, Message, Step},
};

const SIZES: [(u16, u16); 3] = [(160, 50), (80, 24), (40, 10)];

fn buffer(model: &Model) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(model.width, model.height)).unwrap();
    terminal.draw(|frame| view(model, frame)).unwrap();
    terminal.backend().buffer().clone()
}

fn screen(model: &Model) -> String {
    let buffer = buffer(model);
    let rows = buffer.content.chunks(usize::from(buffer.area.width.max(1)));
    rows.map(|row| {
        let line: String = row.iter().map(|cell| cell.symbol()).collect();
        line.trim_end().to_owned()
    })
    .collect::<Vec<_>>()
    .join("\n")
}

/// A snapshot of the same state at each size.
macro_rules! snapshots {
    ($name:literal, $state:expr) => {
        for (width, height) in SIZES {
            let state: fn(u16, u16) -> Model = $state;
            let mut model = state(width, height);
            model.settle();
            insta::assert_snapshot!(format!("{}-{width}x{height}", $name), screen(&model));
        }
    };
}

fn type_in(model: &mut Model, text: &str) {
    send(model, Message::OpenFilter);
    for c in text.chars() {
        send(model, Message::Edit(Edit::Type(c)));
    }
}

fn lost(model: &mut Model) {
    let lost = Message::Lost {
        attempt: 3,
        wait: Duration::from_secs(2),
        why: "cannot reach unix:/run/sessctl/admin.sock: connection refused".to_owned(),
    };
    send(model, lost);
}

#[test]
fn the_list_shows_as_many_columns_as_fit() {
    snapshots!("list", |width, height| {
        let mut sessions = five();
        sessions[1].user = None;
        sessions[2].client = None;
        sessions[2].ua = Some("weird/1.0 (a client that nobody knows by name)".to_owned());
        sessions[3].ip = Some("2001:db8:85a3:8d3:1319:8a2e:370:7348".parse().unwrap());
        sessions[4].user =
            Some("a very long user name, longer than its column 山田太郎".to_owned());
        let mut model = listing(width, height, &sessions);
        send(&mut model, Message::Move(Step::First));
        send(&mut model, Message::Move(Step::Down));
        model
    });
}

#[test]
fn the_first_look_has_no_cursor_and_no_rows() {
    snapshots!("connecting", empty);
    snapshots!("empty", |width, height| listing(width, height, &[]));
}

#[test]
fn a_filter_in_force_is_shown_with_its_count() {
    snapshots!("filtered", |width, height| {
        let mut model = listing(width, height, &five());
        type_in(&mut model, "idle>1m and age<1h");
        send(&mut model, Message::ApplyFilter);
        model
    });
    snapshots!("no-match", |width, height| {
        let mut model = listing(width, height, &five());
        type_in(&mut model, "user=nobody");
        send(&mut model, Message::ApplyFilter);
        model
    });
}

#[test]
fn a_wrong_filter_has_a_mark_below_the_character_at_fault() {
    snapshots!("filter-error", |width, height| {
        let mut model = listing(width, height, &five());
        type_in(&mut model, "user=alice and idle>soon");
        model
    });
}

#[test]
fn the_detail_shows_every_field() {
    snapshots!("detail", |width, height| {
        let mut model = listing(width, height, &five());
        send(&mut model, Message::Show);
        model
    });
    snapshots!("detail-ended", |width, height| {
        let mut model = listing(width, height, &five());
        send(&mut model, Message::Show);
        let end = ended(&five()[0], EndReason::Revoked, "root");
        send(&mut model, Message::Happened(Box::new(end)));
        send(&mut model, Message::Tick(noon() + Duration::from_secs(90)));
        model
    });
}

#[test]
fn the_question_names_what_ends_and_where() {
    snapshots!("confirm", |width, height| {
        let mut model = listing(width, height, &five());
        model.select(3);
        send(&mut model, Message::AskRevoke);
        model
    });
    snapshots!("confirm-ended", |width, height| {
        let mut model = listing(width, height, &five());
        model.select(3);
        send(&mut model, Message::AskRevoke);
        let end = ended(&five()[3], EndReason::Logout, "bob");
        send(&mut model, Message::Happened(Box::new(end)));
        model
    });
}

#[test]
fn the_help_lists_the_keys() {
    snapshots!("help", |width, height| {
        let mut model = listing(width, height, &five());
        send(&mut model, Message::Help);
        model
    });
}

#[test]
fn a_lost_link_is_said_and_the_rows_stay() {
    snapshots!("lost", |width, height| {
        let mut model = listing(width, height, &five());
        send(&mut model, Message::Tick(noon() + Duration::from_secs(7)));
        lost(&mut model);
        send(&mut model, Message::Tick(noon() + Duration::from_secs(8)));
        model
    });
}

#[test]
fn more_sessions_than_are_kept_are_counted_truthfully() {
    snapshots!("cut", |width, height| {
        let sessions = (0..200).map(|n| session(n, "user", n * 7)).collect();
        let mut model = empty(width, height);
        let listed = Message::Listed {
            sessions,
            total: 48_211,
            since: Vec::new(),
        };
        send(&mut model, listed);
        send(&mut model, Message::Move(Step::Last));
        model
    });
}

#[test]
fn a_result_is_shown_above_the_keys() {
    let mut model = listing(80, 24, &five());
    model.select(0);
    send(&mut model, Message::AskRevoke);
    send(&mut model, Message::Confirm);
    let screen = screen(&model);
    let handle = five()[0].handle;
    let lines: Vec<_> = screen.lines().collect();
    assert_eq!(lines[22], format!("ending {handle} (erin) …"));
    assert!(lines[23].starts_with("/ filter"), "{}", lines[23]);
}

#[test]
fn a_hostile_user_name_never_reaches_the_screen_raw() {
    let hostile = "a\u{1b}]52;c;eA==\u{7}\u{202e}b\u{200b}\nc\u{9b}31m";
    let mut evil = session(1, hostile, 5);
    evil.client = Some(hostile.to_owned());
    evil.ua = Some(hostile.to_owned());
    for (width, height) in SIZES {
        let mut model = listing(width, height, std::slice::from_ref(&evil));
        model.source = hostile.to_owned();
        for message in [
            Message::Move(Step::First),
            Message::Show,
            Message::AskRevoke,
            Message::Confirm,
            Message::OpenFilter,
            Message::Pasted(format!("user=\"{hostile}\"")),
            Message::ApplyFilter,
        ] {
            send(&mut model, message);
            lost(&mut model);
            let screen = screen(&model);
            let raw = |c: char| c.is_control() && c != '\n' || "\u{202e}\u{200b}".contains(c);
            assert!(!screen.contains(raw), "{screen:?}");
        }
        let first = listing(width, height, std::slice::from_ref(&evil));
        assert!(
            super::tests::screen(&first).contains("\\u{1b}"),
            "it is seen"
        );
    }
}

#[test]
fn no_size_is_too_small() {
    let sessions = five();
    let widths = [0, 1, 2, 3, 7, 10, 16, 20];
    let sizes = widths
        .into_iter()
        .flat_map(|width| (0..=6).map(move |height| (width, height)));
    for (width, height) in sizes.chain([(0, 50), (300, 0), (300, 1), (1, 50), (36, 4), (59, 9)]) {
        let mut model = listing(width, height, &sessions);
        let mut draw = |message| {
            send(&mut model, message);
            screen(&model);
        };
        draw(Message::Move(Step::Last));
        draw(Message::Help);
        draw(Message::Move(Step::Last));
        draw(Message::Back);
        draw(Message::Show);
        draw(Message::Move(Step::PageDown));
        draw(Message::AskRevoke);
        draw(Message::Confirm);
        draw(Message::Back);
        draw(Message::OpenFilter);
        draw(Message::Pasted(
            "user=山田太郎 and idle>nonsense".to_owned(),
        ));
        draw(Message::Edit(Edit::Home));
        draw(Message::Back);
        lost(&mut model);
        screen(&model);
    }
}

#[test]
fn the_way_out_is_seen_at_forty_by_ten() {
    let screen = screen(&listing(40, 10, &five()));
    let footer = screen.lines().last().unwrap();
    assert!(
        footer.contains("? help") && footer.contains("q quit"),
        "{footer}"
    );
}

#[test]
fn the_user_is_seen_at_forty_by_ten() {
    let model = listing(40, 10, &five());
    let screen = screen(&model);
    for user in ["erin", "dave", "carol", "bob", "alice"] {
        assert!(screen.contains(user), "{screen}");
    }
}

#[test]
fn only_the_rows_on_the_screen_are_drawn() {
    let sessions: Vec<_> = (0..10_000).map(|n| session(n, "user", n)).collect();
    let mut model = listing(80, 24, &sessions);
    send(&mut model, Message::Move(Step::Last));
    let screen = screen(&model);
    let last = model.rows.get(model.shown[9_999].handle).unwrap().handle;
    assert!(screen.contains(last.as_str()));
    assert_eq!(screen.matches("192.0.2.").count(), model.page());
}

#[test]
fn a_long_filter_line_slides_with_its_cursor() {
    let mut model = listing(40, 10, &five());
    type_in(&mut model, &format!("user={} and idle>x", "a".repeat(60)));
    let screen = screen(&model);
    let lines: Vec<_> = screen.lines().collect();
    assert!(lines[1].ends_with("and idle>x"), "{screen}");
    // The mark stands below the x.
    assert_eq!(
        lines[2].chars().position(|c| c == '^'),
        lines[1].chars().position(|c| c == 'x'),
        "{screen}"
    );
}

#[test]
fn without_colours_no_cell_has_one_and_the_cursor_is_still_seen() {
    let mut model = listing(80, 24, &five());
    model.mono = true;
    model.select(2);
    lost(&mut model);
    let cells = buffer(&model).content;
    assert!(
        cells
            .iter()
            .all(|cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset))
    );
    let reversed = cells
        .iter()
        .filter(|cell| cell.modifier.contains(Modifier::REVERSED));
    assert_eq!(reversed.count(), 80, "one whole row");
    assert!(
        cells
            .iter()
            .all(|cell| !cell.modifier.contains(Modifier::DIM))
    );
    let screen = screen(&model);
    assert!(
        screen.contains("stale") && screen.contains("\n> "),
        "{screen}"
    );
}

#[test]
fn colours_are_the_terminals_own() {
    let mut model = listing(80, 24, &five());
    model.select(2);
    send(
        &mut model,
        Message::Happened(Box::new(event(EventKind::Changed, &five()[1]))),
    );
    for cell in buffer(&model).content {
        assert!(
            !matches!(cell.fg, Color::Rgb(..) | Color::Indexed(_)),
            "{cell:?}"
        );
        assert_eq!(cell.bg, Color::Reset);
    }
}
