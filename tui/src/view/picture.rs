//! The README's picture: a screen of the dashboard, drawn cell by cell, the same each time.
//!
//! `scripts/picture` writes it; without that this is a test that it still looks so.

use std::{fmt::Write as _, fs, path::Path};

use ratatui::{
    Terminal,
    backend::TestBackend,
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};
use sessctl_api::{EndReason, EndedCounts, Session, Stats, Top, ValueCount, client_of};
use time::Duration;

use super::view;
use crate::{
    fixture::{World, noon, session},
    message::{Key, Message, News, Step},
    settings::Theme,
};

/// Size of the screen in cells, and of a cell in pixels.
const SCREEN: (u16, u16) = (126, 36);
const CELL: (usize, usize) = (8, 18);

/// Some of the agents that browsers send.
const AGENTS: [&str; 5] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
    "curl/8.14.1",
];

const USERS: [&str; 9] = [
    "alice", "bob", "carol", "dave", "erin", "grace", "heidi", "mallory", "niaj",
];

fn one(n: u64) -> Session {
    let mix = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let pick = |all: &[&'static str], shift: u64| all[((mix >> shift) as usize) % all.len()];
    let agent = pick(&AGENTS, 3);
    let age = 7 * n + mix % 7;
    let seen = noon() - Duration::seconds((age * (mix % 10) / 30) as i64);
    Session {
        ip: Some(std::net::Ipv4Addr::new(198, 51, 100, (mix % 250) as u8).into()),
        ua: Some(agent.to_owned()),
        client: client_of(agent),
        seen: Some(seen),
        idle_expires: Some(seen + Duration::minutes(30)),
        requests: Some(1 + age / 9),
        ..session(n, pick(&USERS, 9), age)
    }
}

fn scene() -> World {
    let sessions: Vec<_> = (1..4_812).map(one).collect();
    let mut world = World::new(SCREEN.0, SCREEN.1, &sessions);
    world.model.source = "unix:/run/sessctl/admin.sock".to_owned();
    world.model.look.theme = Theme::Dark;
    world.model.overview.shown = Some(true);
    let mut stats = Stats {
        schema: 1,
        active: 4_600,
        users: 900,
        created: Some(0),
        ended: Some(EndedCounts::default()),
        requests: Some(0),
        since: Some(noon()),
        store: "sqlite".to_owned(),
    };
    for second in 0..70_u64 {
        // A hill and some noise.
        let noise = second.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56;
        let hill = 40_u64.saturating_sub(second.abs_diff(45));
        let (logins, ends) = (4 + hill / 3 + noise % 5, 3 + hill / 8 + noise % 4);
        stats.created = stats.created.map(|count| count + logins);
        stats.requests = stats
            .requests
            .map(|count| count + 240 + 9 * hill + noise % 90);
        stats.active = stats.active + logins - ends;
        if let Some(ended) = &mut stats.ended {
            ended.logout += ends - 2;
            ended.idle += 1;
            ended.revoked += 1;
        }
        world.pass(1);
        world.news(News::Counted(Some(Box::new(stats.clone()))));
    }
    let counts = |all: &[(&str, u64)]| {
        let counts = all.iter().map(|(value, sessions)| ValueCount {
            value: Some((*value).to_owned()),
            sessions: *sessions,
        });
        Top::new(counts.collect(), 4_811)
    };
    for (field, all) in [
        (
            sessctl_api::SortField::User,
            &[
                ("mallory", 1_204),
                ("alice", 611),
                ("erin", 598),
                ("bob", 421),
            ][..],
        ),
        (
            sessctl_api::SortField::Client,
            &[
                ("curl", 1_377),
                ("Chrome on Windows", 1_020),
                ("Safari on iPhone", 903),
            ],
        ),
    ] {
        world.news(News::Ranked {
            field,
            top: counts(all),
        });
    }
    world.send(Message::Move(Step::First));
    for _ in 0..2 {
        world.send(Message::Move(Step::Down));
    }
    world.press(Key::Mark);
    world.press(Key::Mark);
    world.end(&sessions[8], EndReason::Revoked, "root");
    world.end(&sessions[13], EndReason::Logout, "");
    world
}

/// What a colour looks like. Of the sixteen and the 256 only those that the theme uses are known.
fn rgb(colour: Color) -> &'static str {
    match colour {
        Color::Indexed(234) => "#1c1c1c",
        Color::Indexed(252) => "#d0d0d0",
        Color::Indexed(80) => "#5fd7d7",
        Color::Indexed(221) => "#ffd75f",
        Color::Indexed(114) => "#87d787",
        Color::Indexed(210) => "#ff8787",
        Color::Indexed(245) => "#8a8a8a",
        other => panic!("the picture has no colour for {other}"),
    }
}

/// The colours of a cell, the letters' first.
fn colours(cell: &Cell) -> (&'static str, &'static str) {
    let colours = (rgb(cell.fg), rgb(cell.bg));
    if cell.modifier.contains(Modifier::REVERSED) {
        (colours.1, colours.0)
    } else {
        colours
    }
}

fn svg(buffer: &Buffer) -> String {
    let (columns, lines) = (
        usize::from(buffer.area.width),
        usize::from(buffer.area.height),
    );
    let (width, height) = ((columns + 2) * CELL.0, (lines + 1) * CELL.1);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\" aria-label=\"The dashboard of sessctl: counts and curves above a list of sessions\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"#1c1c1c\"/>\n\
         <g font-family=\"ui-monospace,SFMono-Regular,Menlo,DejaVu Sans Mono,monospace\" font-size=\"13\">\n"
    );
    for (line, row) in buffer.content.chunks(columns).enumerate() {
        let y = line * CELL.1 + CELL.1 / 2;
        let mut at = 0;
        while at < columns {
            let looks = |cell: &Cell| (colours(cell), cell.modifier, is_block(cell));
            let run = row[at..]
                .iter()
                .take_while(|cell| looks(cell) == looks(&row[at]));
            let run: Vec<&Cell> = run.collect();
            draw_run(&mut svg, &run, (at + 1) * CELL.0, y);
            at += run.len();
        }
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

fn is_block(cell: &Cell) -> bool {
    cell.symbol().starts_with(|c| ('▁'..='█').contains(&c))
}

/// Draws cells that look alike. Fonts do not agree on the size of blocks, so those are rectangles.
fn draw_run(svg: &mut String, run: &[&Cell], x: usize, y: usize) {
    let (fg, bg) = colours(run[0]);
    let width = run.len() * CELL.0;
    if bg != "#1c1c1c" {
        let height = CELL.1;
        writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{bg}\"/>"
        )
        .unwrap();
    }
    if is_block(run[0]) {
        for (nth, cell) in run.iter().enumerate() {
            let eighths = cell.symbol().chars().next().unwrap() as usize - '▁' as usize + 1;
            let height = CELL.1 * eighths / 8;
            let (x, y) = (x + nth * CELL.0, y + CELL.1 - height);
            let width = CELL.0;
            writeln!(
                svg,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fg}\"/>"
            )
            .unwrap();
        }
        return;
    }
    let has = |modifier| run[0].modifier.contains(modifier);
    let bold = if has(Modifier::BOLD) {
        " font-weight=\"bold\""
    } else {
        ""
    };
    let y = y + 13;
    // A word at a time: what browsers make of spaces in a row, and of a font's widths, differs.
    for (nth, word) in words(run) {
        let (x, width) = (x + nth * CELL.0, word.chars().count() * CELL.0);
        let word = word
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        writeln!(
            svg,
            "<text x=\"{x}\" y=\"{y}\" textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{fg}\"{bold}>{word}</text>"
        )
        .unwrap();
    }
    if has(Modifier::CROSSED_OUT) {
        let y = y - 4;
        writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"1\" fill=\"{fg}\"/>"
        )
        .unwrap();
    }
}

/// The words of a run, and at which of its cells each begins.
fn words(run: &[&Cell]) -> Vec<(usize, String)> {
    let mut words: Vec<(usize, String)> = Vec::new();
    let mut is_inside = false;
    for (nth, cell) in run.iter().enumerate() {
        let is_space = cell.symbol().trim().is_empty();
        if !is_space && !is_inside {
            words.push((nth, String::new()));
        }
        is_inside = !is_space;
        if let Some((_, word)) = words.last_mut().filter(|_| is_inside) {
            word.push_str(cell.symbol());
        }
    }
    words
}

#[test]
fn the_readmes_picture_is_what_is_drawn() {
    let draw = || {
        let world = scene();
        let mut terminal = Terminal::new(TestBackend::new(SCREEN.0, SCREEN.1)).unwrap();
        terminal.draw(|frame| view(&world.model, frame)).unwrap();
        svg(terminal.backend().buffer())
    };
    let picture = draw();
    assert_eq!(picture, draw(), "the same each time");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("dashboard.svg");
    if std::env::var_os("SESSCTL_WRITE_PICTURE").is_some() {
        fs::write(&file, &picture).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap();
    assert!(
        kept == picture,
        "the dashboard looks different: look at it, then run scripts/picture"
    );
}
