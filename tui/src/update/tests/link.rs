//! News, lists and a lost link, and what of it makes a frame.

use super::*;

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
