//! What each message makes of the model, without a terminal.

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
fn revoking_takes_three_strokes_at_most_and_acts_on_the_handle_that_was_named() {
    let sessions = five();
    let mut model = listing(80, 24, &sessions);
    send(&mut model, Message::Move(Step::Last));
    assert_eq!(send(&mut model, Message::AskRevoke), []);
    // Between x and y the list becomes another one.
    send(
        &mut model,
        happened(event(EventKind::Created, &session(8, "mallory", 0))),
    );
    send(
        &mut model,
        listed(&[session(8, "mallory", 0), sessions[4].clone()]),
    );
    send(&mut model, Message::Move(Step::First));
    let commands = send(&mut model, Message::Confirm);
    let alice = Target {
        handle: sessions[4].handle,
        user: Some("alice".to_owned()),
    };
    assert_eq!(commands, [Command::Revoke(alice)]);
}

#[test]
fn saying_no_ends_nothing() {
    let mut model = listing(80, 24, &five());
    send(&mut model, Message::AskRevoke);
    assert_eq!(send(&mut model, Message::Back), []);
    assert_eq!(
        send(&mut model, Message::Confirm),
        [],
        "y outside the question"
    );
    assert_eq!(model.rows.len(), 5);
}

#[test]
fn yes_to_a_session_that_ended_meanwhile_orders_nothing_and_says_so() {
    let sessions = five();
    let mut model = listing(80, 24, &sessions);
    model.select(4);
    send(&mut model, Message::AskRevoke);
    send(
        &mut model,
        happened(ended(&sessions[4], EndReason::Revoked, "root")),
    );
    assert_eq!(model.place(), Place::Confirm, "the question stays");
    assert_eq!(send(&mut model, Message::Confirm), []);
    assert_eq!(
        status(&model),
        format!(
            "had ended already: {} (alice), revoked by root",
            sessions[4].handle
        )
    );
}

#[test]
fn the_cursor_does_not_jump_below_a_question() {
    let sessions = five();
    let mut model = listing(80, 24, &sessions);
    model.select(2);
    send(&mut model, Message::AskRevoke);
    send(
        &mut model,
        happened(ended(&sessions[2], EndReason::Idle, "")),
    );
    assert_eq!(model.selected_index(), None, "no other row is marked");
    send(&mut model, Message::Back);
    assert_eq!(selected_user(&model), Some("bob"));
}

#[test]
fn an_answer_is_put_into_words() {
    let alice = five()[4].clone();
    let target = Target {
        handle: alice.handle,
        user: alice.user.clone(),
    };
    let name = format!("{} (alice)", alice.handle);
    let logout = Ended {
        reason: EndReason::Logout,
        actor: None,
        at: noon(),
    };
    for (answer, words, rows) in [
        (
            Ok(report(&alice, RevokeResult::Revoked, None)),
            format!("ended {name}"),
            4,
        ),
        (
            Ok(report(&alice, RevokeResult::AlreadyEnded, Some(logout))),
            format!("had ended already: {name}, signed out"),
            4,
        ),
        (
            Ok(report(&alice, RevokeResult::NotFound, None)),
            format!("not ended: the registry knows no session {name}"),
            4,
        ),
        (
            Ok(report(&alice, RevokeResult::Failed, None)),
            format!("not durable: {name} is shut for now; end it again"),
            5,
        ),
        (
            Ok(RevokeReport::new(false, vec![])),
            format!("unclear: the answer does not speak of {name}; r refreshes"),
            5,
        ),
        (
            Err("cannot reach it".to_owned()),
            format!("not ended: {name}: cannot reach it"),
            5,
        ),
    ] {
        let mut model = listing(80, 24, &five());
        let target = target.clone();
        send(&mut model, Message::Answered { target, answer });
        assert_eq!((status(&model), model.rows.len()), (words.as_str(), rows));
    }
}

#[test]
fn a_status_goes_after_eight_seconds() {
    let mut model = listing(80, 24, &[]);
    send(&mut model, Message::Show);
    assert_eq!(status(&model), "no session to show");
    send(&mut model, Message::Tick(noon() + Duration::from_secs(7)));
    assert_eq!(status(&model), "no session to show");
    send(&mut model, Message::Tick(noon() + Duration::from_secs(8)));
    assert_eq!(status(&model), "");
    // In the middle of a second, in which nothing else would be drawn.
    let ticks = [Duration::from_secs(7), Duration::from_millis(7_900)];
    let mut model = listing(80, 24, &[]);
    model.now = noon() - Duration::from_millis(500);
    send(&mut model, Message::Show);
    for tick in ticks {
        model.dirty = false;
        send(&mut model, Message::Tick(noon() + tick));
    }
    assert_eq!((status(&model), model.dirty), ("", true));
}

#[test]
fn a_status_goes_with_the_next_key_but_not_before_it_can_be_read() {
    let sessions = five();
    let alice = sessions[4].clone();
    let answered = Message::Answered {
        target: Target {
            handle: alice.handle,
            user: alice.user.clone(),
        },
        answer: Ok(report(&alice, RevokeResult::Revoked, None)),
    };
    let words = format!("ended {} (alice)", alice.handle);
    for key in [
        Message::Move(Step::Down),
        Message::OpenFilter,
        Message::Show,
        Message::AskRevoke,
        Message::Help,
    ] {
        let mut model = listing(80, 24, &sessions);
        send(&mut model, answered.clone());
        // Typed ahead, before the answer was on the screen for long.
        send(&mut model, Message::Move(Step::Down));
        assert_eq!(status(&model), words);
        send(&mut model, Message::Tick(noon() + Duration::from_secs(1)));
        // Nobody's doing.
        send(
            &mut model,
            happened(event(EventKind::Created, &sessions[0])),
        );
        send(&mut model, listed(&sessions[..4]));
        send(&mut model, Message::Redraw);
        assert_eq!(status(&model), words);
        send(&mut model, key.clone());
        assert_eq!(status(&model), "", "after {key:?}");
    }
}

#[test]
fn a_key_that_has_something_to_say_says_it_in_place_of_the_old() {
    let mut model = listing(80, 24, &five());
    send(&mut model, Message::ListAgain);
    send(&mut model, Message::Tick(noon() + Duration::from_secs(2)));
    send(&mut model, Message::AskRevoke);
    assert_eq!(status(&model), "");
    send(&mut model, Message::Confirm);
    assert!(status(&model).starts_with("ending "), "{}", status(&model));
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

#[test]
fn events_that_came_during_a_list_are_not_lost_and_not_undone() {
    let sessions = five();
    let mut model = empty(80, 24);
    let frank = session(6, "frank", 1);
    send(
        &mut model,
        Message::Listed {
            // Fetched before frank came and alice went.
            sessions: sessions.clone(),
            total: 5,
            since: vec![
                event(EventKind::Created, &frank),
                ended(&sessions[4], EndReason::Logout, "alice"),
                // Late news of the same session.
                event(EventKind::Changed, &sessions[4]),
            ],
        },
    );
    assert_eq!(users(&model), ["frank", "erin", "dave", "carol", "bob"]);
    assert_eq!(model.rows.total(), 5);
}

#[test]
fn a_lost_link_keeps_the_rows_and_says_how_old_they_are() {
    let mut model = listing(80, 24, &five());
    send(&mut model, Message::Tick(noon() + Duration::from_secs(5)));
    let lost = Message::Lost {
        attempt: 2,
        wait: Duration::from_secs(2),
        why: "gone".to_owned(),
    };
    send(&mut model, lost);
    send(&mut model, Message::Tick(noon() + Duration::from_secs(9)));
    assert_eq!(model.shown.len(), 5);
    assert_eq!(model.fresh, Some(noon() + Duration::from_secs(5)));
    assert_eq!(model.trouble(), Some("gone"));
    send(&mut model, Message::Connecting { attempt: 3 });
    let connecting = Link::Connecting {
        attempt: 3,
        why: Some("gone".to_owned()),
    };
    assert_eq!(
        model.link, connecting,
        "the reason stays until the list is in"
    );
    send(&mut model, listed(&[]));
    assert_eq!((&model.link, model.trouble()), (&Link::Live, None));
}

#[test]
fn a_session_that_ends_while_it_is_shown_stays_shown_with_how_it_ended() {
    let sessions = five();
    let mut model = listing(80, 24, &sessions);
    send(&mut model, Message::Show);
    let mut last = sessions[0].clone();
    last.requests = Some(77);
    send(
        &mut model,
        happened(ended(&last, EndReason::Revoked, "root")),
    );
    let Some(Dialog::Detail(subject)) = model.dialogs.last() else {
        panic!("closed")
    };
    assert_eq!(subject.session.requests, Some(77));
    assert_eq!(
        fields::state(&subject.fate),
        "ended: revoked by root, 2026-01-02 12:00:00 UTC"
    );
    // And it cannot be ended again from there.
    assert_eq!(send(&mut model, Message::AskRevoke), []);
    assert_eq!(model.place(), Place::Detail);
    assert!(
        status(&model).starts_with("had ended already"),
        "{}",
        status(&model)
    );
}

#[test]
fn the_registry_is_asked_when_a_shown_session_is_missing_from_a_list() {
    let sessions = five();
    let mut model = listing(80, 24, &sessions);
    send(&mut model, Message::Show);
    let handle = sessions[0].handle;
    assert_eq!(
        send(&mut model, listed(&sessions[1..])),
        [Command::Ask(handle)]
    );
    let state = |model: &Model| match model.dialogs.last() {
        Some(Dialog::Detail(subject)) => fields::state(&subject.fate),
        _ => panic!("closed"),
    };
    assert_eq!(state(&model), "live", "until the registry says otherwise");
    let fate = Fate::Ended(None);
    send(&mut model, Message::Told { handle, fate });
    assert_eq!(state(&model), "ended; the registry does not say how");
    assert_eq!(send(&mut model, listed(&[])), [], "once is enough");
}

#[test]
fn only_what_can_be_seen_makes_a_frame() {
    let mut model = listing(80, 24, &five());
    model.dirty = false;
    send(
        &mut model,
        Message::Tick(noon() + Duration::from_millis(900)),
    );
    assert!(!model.dirty);
    send(&mut model, Message::Tick(noon() + Duration::from_secs(1)));
    assert!(model.dirty);
}

#[test]
fn an_empty_list_bears_every_key() {
    let mut model = listing(80, 24, &[]);
    for step in [
        Step::Up,
        Step::Down,
        Step::PageUp,
        Step::PageDown,
        Step::First,
        Step::Last,
    ] {
        send(&mut model, Message::Move(step));
    }
    for message in [
        Message::Show,
        Message::AskRevoke,
        Message::Confirm,
        Message::LetGo,
    ] {
        assert_eq!(send(&mut model, message), []);
        assert_eq!(model.place(), Place::List);
    }
}
