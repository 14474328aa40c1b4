//! The whole dashboard on a fake terminal with scripted keys, over a registry that does as it is told.
//!
//! The registry here stands in for the seam only; the CLI's tests run the same loop against the real server.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in their helpers"
)]

mod stage;

use crossterm::event::{KeyCode, KeyModifiers};
use sessctl_api::{EndReason, EventKind, Selection};
use sessctl_tui::{Input, Quit};
use stage::{Stage, numbered, session};

#[tokio::test]
async fn a_login_is_seen_and_its_end_too() {
    let stage = Stage::open(80, 24, &[session(1, "alice")]);
    stage.sees("alice").await;
    stage.sees("1 session, 1 user").await;
    stage
        .registry
        .event(EventKind::Created, session(2, "bob"), None);
    stage.sees("bob").await;
    stage.registry.event(
        EventKind::Ended,
        session(1, "alice"),
        Some(EndReason::Logout),
    );
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
    stage.sees("1 session, 1 user").await;
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
    stage.sees_no("alice").await;
    stage.sees("listing again").await;
    stage.registry.hold_lists(false);
    stage.sees_no("listing again").await;
    let screen = stage.screen();
    assert!(
        screen.contains("bob") && !screen.contains("alice"),
        "{screen}"
    );
    stage.types("q");
    stage.ends().await;
}

#[tokio::test]
async fn a_list_of_many_pages_is_fetched_whole() {
    let sessions: Vec<_> = (0..2_500).map(|n| session(n, "user")).collect();
    let stage = Stage::open(80, 24, &sessions);
    stage.sees("2,500 sessions, 1 user").await;
    stage.types("q");
    stage.ends().await;
}

#[tokio::test]
async fn a_list_beyond_the_limit_says_how_much_of_it_is_shown() {
    let sessions: Vec<_> = (0..10_500).map(|n| session(n, "user")).collect();
    let stage = Stage::open(80, 24, &sessions);
    stage.sees("first 10,000 of 10,500 sessions").await;
    stage.types("q");
    stage.ends().await;
}

#[tokio::test]
async fn a_filter_narrows_the_list_and_esc_widens_it() {
    let stage = Stage::open(40, 10, &[session(2, "bob"), session(1, "alice")]);
    stage.sees("alice").await;
    stage.types("/user=bob");
    stage.sees("1 of 2 sessions").await;
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
