//! The whole dashboard on a fake terminal with scripted keys, over a registry that does as it is told.
//!
//! The registry here stands in for the seam only; the CLI's tests run the same loop against the real server.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in their helpers"
)]

mod stage;

use std::sync::{Arc, Mutex};

use crossterm::event::{Event, KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use sessctl_api::{Data, EndReason, EventKind, Selection};
use sessctl_tui::{Input, Quit, Theme};
use stage::{Fake, Mood, Stage, numbered, session};

#[tokio::test]
async fn a_login_is_seen_and_its_end_too() {
    let stage = Stage::open(80, 24, &[session(1, "alice")]);
    stage.sees("alice").await;
    stage.sees("1 session").await;
    stage
        .registry
        .event(EventKind::Created, session(2, "bob"), None);
    stage.sees("bob").await;
    stage.registry.event(
        EventKind::Ended,
        session(1, "alice"),
        Some(EndReason::Logout),
    );
    // It stands there with its reason until somebody moves.
    stage.sees("signed out").await;
    stage.sees("1 session").await;
    stage.types("j");
    stage.sees_no("alice").await;
    stage.types("q");
    assert_eq!(stage.ends().await, Quit::Asked);
}

#[tokio::test]
async fn x_and_y_end_the_session_under_the_cursor_by_its_handle_and_say_so() {
    let stage = Stage::open(80, 24, &[session(2, "bob"), session(1, "alice")]);
    stage.sees("alice").await;
    stage.types("jj");
    stage.types("x");
    stage.sees("End this session?").await;
    stage.types("y");
    stage.sees(&format!("ended {} (alice)", numbered(1))).await;
    stage.sees("revoked by root").await;
    let orders = stage.registry.orders();
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0].0.select, Selection::Handles(vec![numbered(1)]));
    assert_eq!(orders[0].1, "tester");
    stage.types("q");
    stage.ends().await;
}

#[tokio::test]
async fn an_order_that_is_on_its_way_arrives_although_the_dashboard_closes() {
    let stage = Stage::open(80, 24, &[session(1, "alice")]);
    stage.sees("alice").await;
    stage.types("xyq");
    let registry = stage.registry.clone();
    stage.ends().await;
    assert_eq!(registry.orders().len(), 1);
}

#[tokio::test]
async fn a_broken_stream_is_said_and_comes_back_by_itself() {
    let stage = Stage::open(80, 24, &[session(1, "alice")]);
    stage.sees("live").await;
    stage.registry.go_down();
    stage.sees("reconnecting in 1 s").await;
    stage.sees("stale").await;
    stage.sees("alice").await;
    stage.sees("reconnecting in 1 s").await;
    stage.registry.come_back(&[session(2, "bob")]);
    stage.sees("live").await;
    stage.sees("bob").await;
    stage.sees_no("alice").await;
    stage
        .registry
        .event(EventKind::Created, session(3, "carol"), None);
    stage.sees("carol").await;
    stage.types("q");
    stage.ends().await;
}

#[tokio::test]
async fn a_new_watch_goes_on_after_the_last_event_that_was_seen() {
    let stage = Stage::open(80, 24, &[session(1, "alice")]);
    stage.sees("live").await;
    for (n, user) in [(2, "bob"), (3, "carol")] {
        stage
            .registry
            .event(EventKind::Created, session(n, user), None);
        stage.sees(user).await;
    }
    stage.registry.go_down();
    stage.sees("reconnecting in 1 s").await;
    stage.registry.come_back(&[session(4, "dave")]);
    stage.types("r");
    // What was missed is in no event: the list is the truth.
    stage.sees("dave").await;
    assert_eq!(stage.registry.resumed(), [None, Some(2)]);
    stage.types("q");
    stage.ends().await;
}

#[tokio::test]
async fn who_has_to_sign_in_is_told_so_and_what_was_known_stays() {
    let stage = Stage::open(160, 50, &[session(1, "alice")]);
    stage.sees("alice").await;
    stage.registry.become_one_who(Mood::Refuses);
    stage.sees("sign-in needed").await;
    stage.sees("the token has expired").await;
    stage.sees("stale").await;
    assert!(stage.screen().contains("alice"), "{}", stage.screen());
    stage.registry.come_back(&[session(2, "bob")]);
    stage.types("r");
    stage.sees("bob").await;
    stage.sees_no("sign-in needed").await;
    stage.types("q");
    stage.ends().await;
}

#[tokio::test]
async fn a_defect_of_the_registry_is_passed_on_and_not_a_dashboard_that_stands_still() {
    let stage = Stage::open(80, 24, &[session(1, "alice")]);
    stage.sees("alice").await;
    stage.registry.become_one_who(Mood::Panics);
    assert_eq!(stage.panics().await, "a defect of the registry");
}

#[tokio::test]
async fn the_mouse_chooses_a_row_and_only_where_it_is_wanted() {
    let sessions = [session(3, "carol"), session(2, "bob"), session(1, "alice")];
    let stage = Stage::open(80, 24, &sessions);
    stage.sees("alice").await;
    let screen = stage.screen();
    let row = screen.lines().position(|line| line.contains("bob"));
    let mouse = |kind| MouseEvent {
        kind,
        column: 5,
        row: row.unwrap() as u16,
        modifiers: KeyModifiers::NONE,
    };
    let click = mouse(MouseEventKind::Down(MouseButton::Left));
    stage.gives(Event::Mouse(click).into());
    stage.types("m");
    stage.sees("the mouse works here").await;
    assert!(!stage.screen().contains("row 2 of 3"), "{}", stage.screen());
    stage.gives(Event::Mouse(click).into());
    stage.sees("row 2 of 3").await;
    stage.types("x");
    stage.sees(&format!("{}", numbered(2))).await;
    stage.types("nq");
    stage.ends().await;
}

#[tokio::test]
async fn what_a_session_holds_is_hidden_until_somebody_asks_for_it() {
    let registry = Arc::new(Fake::default());
    registry.set(&[session(2, "alice"), session(1, "alice")]);
    let mut held = Data::new();
    held.insert("theme".to_owned(), "very dark".into());
    registry.hold(numbered(2), held);
    let stage = Stage::with(80, 40, registry, |_| {});
    stage.sees("alice").await;
    stage.presses(KeyCode::Enter, KeyModifiers::NONE);
    stage.sees("data: 1 key, values hidden").await;
    stage.sees("(11 bytes)").await;
    stage.sees("1 more session of this user").await;
    stage.sees(&numbered(1).to_string()).await;
    assert!(!stage.screen().contains("dark"), "{}", stage.screen());
    stage.types("v");
    stage.sees("very dark").await;
    // Whoever looks at another session and comes back has to ask again.
    stage.types("n");
    stage.sees_no("very dark").await;
    stage.types("p");
    stage.sees("values hidden").await;
    stage.types("qq");
    stage.ends().await;
}

#[tokio::test]
async fn a_registry_that_is_not_there_yet_is_waited_for() {
    let stage = Stage::open_without_server(80, 24);
    stage.sees("no connection yet").await;
    stage.registry.come_back(&[session(1, "alice")]);
    stage.types("r");
    stage.sees("alice").await;
    stage.types("q");
    assert_eq!(stage.ends().await, Quit::Asked);
}

#[tokio::test]
async fn a_resync_lists_again() {
    let stage = Stage::open(80, 24, &[session(1, "alice")]);
    stage.sees("alice").await;
    stage.registry.set(&[session(2, "bob")]);
    stage.registry.resync();
    stage.sees("bob").await;
    stage.sees_no("alice").await;
    stage.types("q");
    stage.ends().await;
}

#[tokio::test]
async fn events_during_a_slow_list_are_seen_at_once_and_not_undone_by_it() {
    let stage = Stage::open(80, 24, &[session(1, "alice")]);
    stage.sees("alice").await;
    // The list is taken, then held back.
    stage.registry.hold_lists(true);
    stage.types("r");
    stage.registry.list_begun().await;
    stage.registry.event(
        EventKind::Ended,
        session(1, "alice"),
        Some(EndReason::Logout),
    );
    stage
        .registry
        .event(EventKind::Created, session(2, "bob"), None);
    stage.sees("bob").await;
    stage.sees("signed out").await;
    stage.sees("listing again").await;
    stage.registry.hold_lists(false);
    stage.sees_no("listing again").await;
    let screen = stage.screen();
    assert!(screen.contains("bob"), "{screen}");
    let alice = screen.lines().find(|line| line.contains("alice"));
    assert!(
        alice.is_none_or(|line| line.contains("signed out")),
        "{screen}"
    );
    stage.types("q");
    stage.ends().await;
}

#[tokio::test]
async fn of_a_long_list_any_part_can_be_seen() {
    let sessions: Vec<_> = (0..30_000).map(|n| session(n, &format!("u{n}"))).collect();
    let stage = Stage::open(80, 24, &sessions);
    stage.sees("30,000 sessions").await;
    stage.sees("u29999 ").await;
    stage.types("G");
    stage.sees("row 30,000 of 30,000").await;
    stage.sees(" u0 ").await;
    stage.types("%50%");
    stage.presses(KeyCode::Enter, KeyModifiers::NONE);
    stage.sees("row 15,000 of 30,000").await;
    stage.sees(" u15000 ").await;
    for page in 1..=40 {
        stage.presses(KeyCode::PageDown, KeyModifiers::NONE);
        stage.sees(&format!("row {},", 15 + page / 50)).await;
    }
    stage.types("g");
    stage.sees("row 1 of 30,000").await;
    stage.types("q");
    stage.ends().await;
}

#[tokio::test]
async fn many_end_by_their_number_and_those_alone() {
    let sessions: Vec<_> = (0..300).map(|n| session(n, &format!("u{n}"))).collect();
    let stage = Stage::open(80, 24, &sessions);
    stage.sees("300 sessions").await;
    stage.types("/user=u1*");
    stage.sees("111 sessions that match").await;
    stage.presses(KeyCode::Enter, KeyModifiers::NONE);
    stage.types("a");
    stage.sees("111 marked").await;
    stage.types("x");
    stage.sees("type 111 and Enter").await;
    stage.types("111");
    stage.presses(KeyCode::Enter, KeyModifiers::NONE);
    stage.sees("ended 111 of 111").await;
    let orders = stage.registry.orders();
    let Selection::Handles(handles) = &orders[0].0.select else {
        panic!("{orders:?}")
    };
    let mut expected: Vec<_> = (0..300)
        .filter(|n: &u64| n.to_string().starts_with('1'))
        .map(numbered)
        .collect();
    expected.sort();
    assert_eq!(*handles, expected);
    stage.types("q");
    stage.ends().await;
}

#[tokio::test]
async fn what_only_a_real_terminal_can_do_is_asked_of_it() {
    let stage = Stage::open(80, 24, &[session(1, "alice")]);
    stage.sees("alice").await;
    stage.types("ym");
    stage.presses(KeyCode::Char('z'), KeyModifiers::CONTROL);
    stage.sees("the mouse works here").await;
    let copied = format!("copy {}", numbered(1));
    assert_eq!(stage.device.deeds(), [&copied, "mouse true", "suspend"]);
    stage.types("q");
    stage.ends().await;
}

#[tokio::test]
async fn looks_that_change_are_kept_and_a_failure_is_told() {
    let registry = Arc::new(Fake::default());
    registry.set(&[session(1, "alice")]);
    let kept = Arc::new(Mutex::new(Vec::new()));
    let of_save = kept.clone();
    let stage = Stage::with(80, 24, registry, |options| {
        options.read_only = true;
        options.reduced_motion = true;
        options.save = Arc::new(move |settings| {
            of_save.lock().unwrap().push(settings.theme);
            Err("the disk is full".to_owned())
        });
    });
    stage.sees("read-only").await;
    stage.types("t");
    stage.sees("not kept for next time: the disk is full").await;
    assert_eq!(*kept.lock().unwrap(), [Theme::Light]);
    stage.types("x");
    stage.sees("W allows it for five minutes").await;
    stage.types("Wx");
    stage.sees("End this session?").await;
    stage.types("nq");
    stage.ends().await;
}

#[tokio::test]
async fn a_filter_narrows_the_list_and_esc_widens_it() {
    let stage = Stage::open(40, 10, &[session(2, "bob"), session(1, "alice")]);
    stage.sees("alice").await;
    stage.types("/user=bob");
    stage.sees("1 session that match").await;
    stage.sees_no("alice").await;
    stage.presses(KeyCode::Enter, KeyModifiers::NONE);
    stage.presses(KeyCode::Esc, KeyModifiers::NONE);
    stage.sees("alice").await;
    stage.types("q");
    stage.ends().await;
}

#[tokio::test]
async fn a_session_that_ends_while_it_is_shown_says_who_ended_it() {
    let stage = Stage::open(80, 24, &[session(1, "alice")]);
    stage.sees("alice").await;
    stage.presses(KeyCode::Enter, KeyModifiers::NONE);
    stage.sees("user agent").await;
    stage.registry.event(
        EventKind::Ended,
        session(1, "alice"),
        Some(EndReason::Revoked),
    );
    stage.sees("ended: revoked by root").await;
    stage.types("q");
    stage.presses(KeyCode::Esc, KeyModifiers::NONE);
    stage.sees("no live sessions yet").await;
    stage.types("q");
    stage.ends().await;
}

#[tokio::test]
async fn a_new_size_is_drawn_at_once() {
    let stage = Stage::open(80, 24, &[session(1, "alice")]);
    stage.sees("expires").await;
    stage.resizes(40, 10);
    stage.sees_no("expires").await;
    stage.sees("alice").await;
    stage.types("q");
    stage.ends().await;
}

#[tokio::test]
async fn signals_ctrl_c_and_a_terminal_that_went_away_close_the_dashboard() {
    for number in [15, 2, 1] {
        let stage = Stage::open(80, 24, &[]);
        stage.sees("live").await;
        stage.gives(Input::Signal(number));
        assert_eq!(stage.ends().await, Quit::Signal(number));
    }
    let stage = Stage::open(80, 24, &[]);
    stage.types("/");
    stage.presses(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(stage.ends().await, Quit::Asked);

    let mut stage = Stage::open(80, 24, &[]);
    stage.hangs_up();
    assert_eq!(stage.ends().await, Quit::Signal(1));
}

#[tokio::test]
async fn a_spoilt_screen_is_drawn_anew() {
    let stage = Stage::open(80, 24, &[session(1, "alice")]);
    stage.sees("alice").await;
    stage.spoils();
    stage.sees_no("alice").await;
    stage.gives(Input::Repaint);
    stage.sees("alice").await;
    stage.types("q");
    stage.ends().await;
}
