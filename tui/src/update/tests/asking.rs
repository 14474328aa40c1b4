//! Ending a session: the question, the order, the answer and how long it stands.

use super::*;

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
