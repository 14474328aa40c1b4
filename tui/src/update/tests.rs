//! What each message makes of the model, without a terminal.

mod asking;
mod link;

use std::time::Duration;

use sessctl_api::{EndReason, Ended, EventKind, Outcome, RevokeReport, RevokeResult, Session};

use super::*;
use crate::{
    fixture::{empty, ended, event, five, listed, listing, noon, send, session},
    message::Edit,
    model::Link,
};

fn users(model: &Model) -> Vec<String> {
    model
        .shown
        .iter()
        .filter_map(|rank| model.rows.get(rank.handle)?.user.clone())
        .collect()
}

fn selected_user(model: &Model) -> Option<&str> {
    model.rows.get(model.selected?.handle)?.user.as_deref()
}

fn happened(event: sessctl_api::Event) -> Message {
    Message::Happened(Box::new(event))
}

fn type_in(model: &mut Model, text: &str) {
    for c in text.chars() {
        send(model, Message::Edit(Edit::Type(c)));
    }
}

fn status(model: &Model) -> &str {
    model.status.as_ref().map_or("", |status| &status.text)
}

fn report(session: &Session, result: RevokeResult, ended: Option<Ended>) -> RevokeReport {
    let outcome = Outcome {
        handle: session.handle,
        user: session.user.clone(),
        result,
        ended,
    };
    RevokeReport::new(false, vec![outcome])
}

#[test]
fn a_login_comes_in_at_the_top_and_an_end_takes_the_row_away() {
    let mut model = listing(80, 24, &five());
    let frank = session(6, "frank", 1);
    send(&mut model, happened(event(EventKind::Created, &frank)));
    assert_eq!(users(&model)[..2], ["frank", "erin"]);
    assert_eq!(model.rows.total(), 6);
    send(
        &mut model,
        happened(ended(&frank, EndReason::Logout, "frank")),
    );
    assert_eq!(users(&model), ["erin", "dave", "carol", "bob", "alice"]);
}

#[test]
fn a_change_updates_its_row_only() {
    let mut model = listing(80, 24, &five());
    let mut bob = five()[3].clone();
    bob.requests = Some(99);
    send(&mut model, happened(event(EventKind::Changed, &bob)));
    assert_eq!(model.rows.get(bob.handle), Some(&bob));
    assert_eq!(model.rows.len(), 5);
}

#[test]
fn the_cursor_stays_on_its_session_when_rows_come_and_go() {
    let sessions = five();
    let mut model = listing(80, 24, &sessions);
    model.select(2);
    for n in 10..14 {
        let new = event(EventKind::Created, &session(n, "new", n - 10));
        send(&mut model, happened(new));
        assert_eq!(selected_user(&model), Some("carol"));
    }
    send(
        &mut model,
        happened(ended(&sessions[0], EndReason::Idle, "")),
    );
    assert_eq!(selected_user(&model), Some("carol"));
    assert_eq!(model.selected_index(), Some(5));
    send(&mut model, listed(&sessions[2..]));
    assert_eq!(
        (selected_user(&model), model.selected_index()),
        (Some("carol"), Some(0))
    );
}

#[test]
fn the_cursor_goes_to_the_neighbour_when_its_session_ends() {
    let sessions = five();
    let mut model = listing(80, 24, &sessions);
    model.select(2);
    // A login in the same moment must not shift what counts as the neighbour.
    update(
        &mut model,
        happened(event(EventKind::Created, &session(9, "new", 0))),
    );
    send(
        &mut model,
        happened(ended(&sessions[2], EndReason::Logout, "carol")),
    );
    assert_eq!(selected_user(&model), Some("bob"));
    for (i, left) in [
        (3, Some("alice")),
        (4, Some("dave")),
        (1, Some("erin")),
        (0, Some("new")),
    ] {
        send(
            &mut model,
            happened(ended(&sessions[i], EndReason::Logout, "")),
        );
        assert_eq!(selected_user(&model), left);
    }
}

#[test]
fn before_the_cursor_is_moved_the_newest_login_stays_in_sight() {
    let sessions: Vec<_> = (10..40).map(|n| session(n, "old", n * 10)).collect();
    let mut model = listing(40, 10, &sessions);
    for n in 0..10 {
        let user = format!("new{n}");
        let created = event(EventKind::Created, &session(n, &user, 10 - n));
        send(&mut model, happened(created));
        assert_eq!(
            (model.offset, users(&model)[0].as_str()),
            (0, user.as_str())
        );
    }
    assert_eq!(model.selected, None);
}

#[test]
fn away_from_the_top_new_rows_do_not_move_the_page() {
    let sessions: Vec<_> = (0..50).map(|n| session(n, "user", 100 + n)).collect();
    let mut model = listing(80, 14, &sessions);
    model.select(30);
    send(&mut model, Message::Move(Step::Up));
    let on_screen = |model: &Model| model.selected_index().unwrap() - model.offset;
    let before = (model.shown[model.offset], on_screen(&model));
    for n in 100..105 {
        send(
            &mut model,
            happened(event(EventKind::Created, &session(n, "new", n - 100))),
        );
    }
    assert_eq!((model.shown[model.offset], on_screen(&model)), before);
}

#[test]
fn the_cursor_row_is_on_the_page_whatever_the_size() {
    let sessions: Vec<_> = (0..50).map(|n| session(n, "user", n)).collect();
    let mut model = listing(80, 40, &sessions);
    model.select(35);
    for height in [40, 10, 5, 3, 2, 24] {
        send(&mut model, Message::Resized { width: 40, height });
        let index = model.selected_index().unwrap();
        let page = model.offset..model.offset + model.page();
        assert!(
            page.contains(&index),
            "{index} in {page:?} at height {height}"
        );
    }
}

#[test]
fn a_filter_by_data_which_events_do_not_carry_is_an_error_and_not_an_empty_list() {
    let mut model = listing(80, 24, &five());
    send(&mut model, Message::OpenFilter);
    type_in(&mut model, "user=alice or data.theme=dark");
    let Some(Dialog::Filter(draft)) = model.dialogs.last() else {
        panic!("closed")
    };
    assert_eq!(draft.error.as_ref().map(|error| error.at), Some(14));
    assert!(!users(&model).is_empty());
}

#[test]
fn a_filter_is_in_force_while_it_is_typed_and_an_error_leaves_the_last_good_one() {
    let mut model = listing(80, 24, &five());
    send(&mut model, Message::OpenFilter);
    type_in(&mut model, "user=alice");
    assert_eq!(users(&model), ["alice"]);
    send(&mut model, Message::Pasted(" and idle>".to_owned()));
    let Some(Dialog::Filter(draft)) = model.dialogs.last() else {
        panic!("closed")
    };
    let error = draft.error.as_ref().expect("half a condition is an error");
    assert_eq!(
        (error.at, error.text.as_str()),
        (20, "user=alice and idle>")
    );
    assert_eq!(users(&model), ["alice"], "the last good filter holds");
    send(&mut model, Message::ApplyFilter);
    assert_eq!(model.place(), Place::Filter, "an error is not kept");
    send(&mut model, Message::Back);
    assert_eq!((model.filter.as_str(), users(&model).len()), ("", 5));
}

#[test]
fn cancelling_a_filter_puts_the_cursor_back() {
    let mut model = listing(80, 24, &five());
    model.select(1);
    send(&mut model, Message::OpenFilter);
    type_in(&mut model, "alice");
    assert_eq!(selected_user(&model), Some("alice"));
    send(&mut model, Message::Back);
    assert_eq!(selected_user(&model), Some("dave"));
}

#[test]
fn sessions_grow_into_a_filter_by_time() {
    let mut model = listing(80, 24, &[session(1, "alice", 50)]);
    model.filter = "age>1m".parse().unwrap();
    model.unsettle();
    model.settle();
    assert!(model.shown.is_empty());
    send(&mut model, Message::Tick(noon() + Duration::from_secs(11)));
    assert_eq!(users(&model), ["alice"]);
}

#[test]
fn pasted_text_acts_only_in_the_filter_line() {
    let mut model = listing(80, 24, &five());
    assert_eq!(send(&mut model, Message::Pasted("xyq".to_owned())), []);
    assert_eq!(model.place(), Place::List);
    send(&mut model, Message::OpenFilter);
    send(&mut model, Message::Pasted("bob\n".to_owned()));
    assert_eq!(users(&model), ["bob"]);
}
