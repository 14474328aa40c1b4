//! What each message makes of the model, without a terminal.

mod choosing;
mod commands;
mod ending;
mod link;
mod sequences;

use sessctl_api::{EndReason, EventKind, Start};

use super::*;
use crate::{
    fixture::{World, ended, event, five, many, noon, session},
    message::{Edit, News, Step},
};

fn go(world: &mut World, steps: &[Step]) {
    for step in steps {
        world.send(Message::Move(*step));
    }
}

/// A world of five with the cursor on the row with this index.
fn on(index: usize) -> World {
    let mut world = World::new(80, 24, &five());
    world.model.put_cursor(index);
    world
}

#[test]
fn a_login_comes_in_at_the_top_and_an_end_is_struck_out_until_somebody_moves() {
    let mut world = World::new(80, 24, &five());
    let frank = session(6, "frank", 0);
    world.login(&frank);
    assert_eq!(world.users()[..2], ["frank", "erin"]);
    assert_eq!(world.model.window.total(), 6);
    world.end(&frank, EndReason::Logout, "frank");
    assert_eq!(world.users()[..2], ["(frank)", "erin"]);
    assert_eq!(world.model.window.total(), 5, "it is not counted");
    go(&mut world, &[Step::Down, Step::Down]);
    assert_eq!(world.users(), ["erin", "dave", "carol", "bob", "alice"]);
}

#[test]
fn where_nobody_moves_what_has_ended_goes_after_ten_seconds() {
    let mut world = on(0);
    world.end(&five()[2], EndReason::Idle, "");
    world.end(&five()[0], EndReason::Idle, "");
    world.pass(9);
    assert_eq!(world.users()[2], "(carol)");
    world.pass(1);
    assert_eq!(
        world.users(),
        ["(erin)", "dave", "bob", "alice"],
        "the cursor's stays"
    );
    assert_eq!(world.under_cursor().as_deref(), Some("erin"));
}

#[test]
fn a_change_updates_its_row_only() {
    let mut world = World::new(80, 24, &five());
    let mut bob = five()[3].clone();
    bob.requests = Some(99);
    world.happened(event(EventKind::Changed, &bob));
    assert_eq!(world.model.window.rows()[3].session, bob);
    assert_eq!(world.users().len(), 5);
}

#[test]
fn a_late_change_brings_no_ended_session_back() {
    let mut world = on(0);
    let bob = five()[3].clone();
    world.end(&bob, EndReason::Logout, "bob");
    world.happened(event(EventKind::Changed, &bob));
    assert_eq!(world.users()[3], "(bob)");
    assert_eq!(world.model.window.total(), 4);
}

#[test]
fn the_cursor_stays_on_its_session_when_rows_come_and_go() {
    let mut world = on(2);
    for n in 10..14 {
        world.login(&session(n, "new", 0));
        assert_eq!(world.under_cursor().as_deref(), Some("carol"));
    }
    world.end(&five()[0], EndReason::Idle, "");
    assert_eq!(world.model.cursor_index(), Some(6));
    world.press(Key::ListAgain);
    assert_eq!(world.under_cursor().as_deref(), Some("carol"));
}

#[test]
fn the_cursor_stays_on_a_session_that_ended_until_somebody_moves() {
    let mut world = on(2);
    world.end(&five()[2], EndReason::Logout, "carol");
    world.press(Key::ListAgain);
    world.pass(60);
    assert_eq!(world.users()[2], "(carol)");
    assert_eq!(world.under_cursor().as_deref(), Some("carol"));
    go(&mut world, &[Step::Down]);
    assert_eq!(world.under_cursor().as_deref(), Some("bob"));
    assert_eq!(world.users(), ["erin", "dave", "bob", "alice"]);
}

#[test]
fn before_the_cursor_is_moved_the_newest_login_stays_in_sight() {
    let mut world = World::new(80, 10, &many(50));
    for n in 100..120 {
        world.login(&session(n, "new", 0));
        assert_eq!(world.model.top, 0);
    }
    assert_eq!(world.model.cursor, None);
}

#[test]
fn away_from_the_top_new_rows_do_not_move_the_page() {
    let mut world = World::new(80, 14, &many(50));
    world.model.put_cursor(30);
    go(&mut world, &[Step::Up]);
    let seen = |world: &World| {
        let model = &world.model;
        let first = model.window.rows()[model.top].handle();
        (first, model.cursor_index().unwrap() - model.top)
    };
    let before = seen(&world);
    for n in 100..105 {
        world.login(&session(n, "new", 0));
        assert_eq!(seen(&world), before);
    }
    world.press(Key::ListAgain);
    assert_eq!(seen(&world), before);
}

#[test]
fn the_cursor_row_is_on_the_page_whatever_the_size() {
    let mut world = World::new(80, 40, &many(50));
    world.model.put_cursor(35);
    for height in [40, 10, 5, 3, 2, 24] {
        world.send(Message::Resized { width: 40, height });
        let index = world.model.cursor_index().unwrap();
        let page = world.model.top..world.model.top + world.model.page().max(1);
        assert!(
            page.contains(&index),
            "{index} in {page:?} at height {height}"
        );
        assert_eq!(world.under_cursor().as_deref(), Some("user035"));
    }
}

#[test]
fn the_whole_of_a_long_list_is_walked_through_a_window_of_it() {
    let mut world = World::new(80, 14, &many(3_000));
    let limit = world.model.limit();
    go(&mut world, &[Step::Down]);
    for row in 1..3_000 {
        assert_eq!(
            world.under_cursor().unwrap(),
            format!("user{:03}", row - 1),
            "each row once"
        );
        let index = world.model.cursor_index().unwrap();
        assert_eq!(world.model.window.number(index), row);
        assert!(world.model.window.rows().len() <= limit);
        go(&mut world, &[Step::Down]);
    }
    assert_eq!(world.under_cursor().as_deref(), Some("user2999"));
    for _ in 0..1_000 {
        go(&mut world, &[Step::PageUp]);
    }
    assert_eq!(world.under_cursor().as_deref(), Some("user000"));
}

#[test]
fn the_ends_and_any_row_between_are_one_key_away() {
    let mut world = World::new(80, 24, &many(12_000));
    let number = |world: &World| {
        let index = world.model.cursor_index().unwrap();
        world.model.window.number(index)
    };
    go(&mut world, &[Step::Last]);
    assert_eq!(
        (number(&world), world.under_cursor().as_deref()),
        (12_000, Some("user11999"))
    );
    go(&mut world, &[Step::First]);
    assert_eq!(number(&world), 1);
    for (typed, expected) in [
        ("50%", 6_000),
        ("7,000", 7_000),
        ("0%", 1),
        ("99999", 12_000),
    ] {
        world.press(Key::OpenGoto);
        world.types(typed);
        world.press(Key::Apply);
        assert_eq!(world.model.place(), Place::List, "{typed}");
        assert_eq!(number(&world), expected, "{typed}");
        assert_eq!(
            world.under_cursor().unwrap(),
            format!("user{:03}", expected - 1)
        );
    }
}

#[test]
fn an_end_that_was_asked_for_is_that_of_the_list_that_was_asked_for_next() {
    let mut world = World::new(80, 24, &many(3_000));
    go(&mut world, &[Step::Last]);
    world.holds_lists = true;
    go(&mut world, &[Step::First]);
    world.press(Key::Reverse);
    world.holds_lists = false;
    let (latest, _) = world.model.asked.open.clone().unwrap();
    world.perform(Command::List(latest));
    assert_eq!(world.model.cursor_index(), Some(0));
    assert_eq!(world.model.window.offset(), 0);
}

#[test]
fn a_page_that_is_not_wanted_any_more_is_of_no_use() {
    let mut world = World::new(80, 24, &many(3_000));
    world.holds_lists = true;
    world.press(Key::Reverse);
    let (old, _) = world.model.asked.open.clone().unwrap();
    world.press(Key::Reverse);
    world.holds_lists = false;
    let before = world.users();
    world.perform(Command::List(old));
    assert_eq!(world.users(), before);
    assert!(
        world.model.asked.open.is_some(),
        "the other one is still wanted"
    );
}

#[test]
fn rows_stand_still_while_they_are_frozen_and_still_tell_who_has_ended() {
    let mut world = on(1);
    world.press(Key::Freeze);
    for n in 10..15 {
        world.login(&session(n, "new", 0));
    }
    world.end(&five()[3], EndReason::Revoked, "root");
    world.pass(120);
    assert_eq!(world.users(), ["erin", "dave", "carol", "(bob)", "alice"]);
    assert_eq!(world.model.held, Some(6));
    world.press(Key::Freeze);
    assert_eq!(world.model.held, None);
    assert_eq!(world.users().len(), 9);
    assert_eq!(world.under_cursor().as_deref(), Some("dave"));
}

#[test]
fn the_list_is_fetched_again_when_it_may_be_wrong_but_not_all_the_time() {
    let wishes = |world: &World| world.model.asked.id;
    let mut world = on(0);
    let before = wishes(&world);
    world.pass(29);
    assert_eq!(wishes(&world), before);
    world.pass(1);
    assert_eq!(wishes(&world), before + 1, "events are a hint");
    // Its order changes with each request.
    world.press(Key::OpenPalette);
    world.types("sort idle");
    world.press(Key::Apply);
    let before = wishes(&world);
    for _ in 0..10 {
        world.pass(1);
    }
    assert_eq!(wishes(&world), before + 5);
    // What matches changes by itself.
    for command in ["sort user", "ls idle>1m"] {
        world.press(Key::OpenPalette);
        world.types(command);
        world.press(Key::Apply);
    }
    let before = wishes(&world);
    for _ in 0..10 {
        world.pass(1);
    }
    assert_eq!(wishes(&world), before + 5);
    // A registry that takes a second for a list is left alone for twenty.
    world.model.asked.took = std::time::Duration::from_secs(1);
    let before = wishes(&world);
    for _ in 0..19 {
        world.pass(1);
        world.model.asked.took = std::time::Duration::from_secs(1);
    }
    assert!(wishes(&world) <= before + 1);
}

#[test]
fn the_wheel_moves_the_page_and_a_click_the_cursor() {
    let mut world = World::new(80, 24, &many(100));
    world.send(Message::Scroll(3));
    assert_eq!((world.model.top, world.model.cursor), (3, None));
    // Header and heads are above the rows.
    world.send(Message::Click { column: 5, row: 4 });
    assert_eq!(world.under_cursor().as_deref(), Some("user005"));
    world.send(Message::Scroll(30));
    assert_eq!(
        world.under_cursor().as_deref(),
        Some("user033"),
        "on the page still"
    );
    world.send(Message::Click { column: 5, row: 0 });
    world.send(Message::Click { column: 5, row: 23 });
    assert_eq!(world.under_cursor().as_deref(), Some("user033"));
    world.send(Message::Click { column: 5, row: 2 });
    assert_eq!(
        world.model.place(),
        Place::Detail,
        "on the row under the cursor"
    );
}

#[test]
fn a_session_that_moved_in_the_order_is_followed() {
    let mut world = World::new(80, 24, &many(3_000));
    world.press(Key::OpenPalette);
    world.types("sort idle:desc");
    world.press(Key::Apply);
    go(&mut world, &[Step::Down]);
    let user = world.under_cursor().unwrap();
    // It makes a request, of which no event tells, and now stands at the other end.
    let found = world
        .sessions
        .iter_mut()
        .find(|one| one.user.as_ref() == Some(&user));
    found.unwrap().seen = Some(noon());
    world.press(Key::ListAgain);
    assert_eq!(world.under_cursor(), Some(user));
    let index = world.model.cursor_index().unwrap();
    assert!(!world.model.window.rows()[index].is_ghost());
    assert_eq!(world.model.window.number(index), 3_000);
    assert!(matches!(world.model.want_here().start, Start::Around(_)));
}
