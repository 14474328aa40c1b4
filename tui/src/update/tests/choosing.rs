//! What is looked for, in which order and columns, and what is marked.

use super::*;

#[test]
fn a_filter_is_in_force_while_it_is_typed_and_an_error_leaves_the_last_good_one() {
    let mut world = World::new(80, 24, &five());
    world.press(Key::OpenFilter);
    world.types("user=alice");
    assert_eq!(world.users(), ["alice"]);
    world.send(Message::Pasted(" and idle>".to_owned()));
    let Some(Dialog::Filter(draft)) = world.model.dialogs.last() else {
        panic!("closed")
    };
    let error = draft.error.as_ref().expect("half a condition is an error");
    assert_eq!(
        (error.at, error.text.as_str()),
        (20, "user=alice and idle>")
    );
    assert_eq!(world.users(), ["alice"], "the last good filter holds");
    world.press(Key::Apply);
    assert_eq!(world.model.place(), Place::Filter, "an error is not kept");
    world.press(Key::Back);
    assert_eq!((world.model.filter.as_str(), world.users().len()), ("", 5));
}

#[test]
fn filters_that_were_used_come_back_by_a_key() {
    let mut world = World::new(80, 24, &five());
    for filter in ["user=alice", "user=bob", "user=alice"] {
        world.press(Key::OpenFilter);
        world.send(Message::Edit(Edit::Clear));
        world.types(filter);
        world.press(Key::Apply);
    }
    world.press(Key::LetGo);
    world.press(Key::OpenFilter);
    for (key, users) in [
        (Key::Older, &["alice"][..]),
        (Key::Older, &["bob"]),
        (Key::Older, &["bob"]),
        (Key::Newer, &["alice"]),
        (Key::Newer, &["erin", "dave", "carol", "bob", "alice"]),
    ] {
        world.press(key);
        assert_eq!(world.users(), users, "{key:?}");
    }
}

#[test]
fn cancelling_a_filter_leaves_the_cursor_on_its_session() {
    let mut world = on(4);
    world.press(Key::OpenFilter);
    world.types("alice");
    assert_eq!(world.under_cursor().as_deref(), Some("alice"));
    world.press(Key::Back);
    assert_eq!(world.under_cursor().as_deref(), Some("alice"));
    assert_eq!(world.users().len(), 5);
    world.press(Key::OpenFilter);
    world.types("erin");
    assert_eq!(
        world.users(),
        ["erin"],
        "rows of another filter are none of this one's"
    );
    assert_eq!(world.under_cursor().as_deref(), Some("erin"));
    world.press(Key::Back);
    assert_eq!(world.under_cursor().as_deref(), Some("alice"));
}

#[test]
fn pasted_text_acts_only_in_a_line() {
    let mut world = World::new(80, 24, &five());
    world.send(Message::Pasted("xyq".to_owned()));
    assert_eq!((world.model.place(), world.asides.len()), (Place::List, 0));
    world.press(Key::OpenFilter);
    world.send(Message::Pasted("bob\n".to_owned()));
    assert_eq!(world.users(), ["bob"]);
}

#[test]
fn the_order_is_the_registrys_and_the_cursor_goes_with_its_session() {
    let mut world = on(2);
    world.press(Key::OpenSort);
    world.send(Message::Move(Step::Up));
    world.send(Message::Move(Step::First));
    world.send(Message::Move(Step::Down));
    world.press(Key::Apply);
    assert_eq!(world.users(), ["alice", "bob", "carol", "dave", "erin"]);
    assert_eq!(world.under_cursor().as_deref(), Some("carol"));
    world.press(Key::Reverse);
    assert_eq!(world.users(), ["erin", "dave", "carol", "bob", "alice"]);
    assert_eq!(world.under_cursor().as_deref(), Some("carol"));
}

#[test]
fn columns_are_chosen_kept_and_taken_back() {
    let mut world = World::new(160, 24, &five());
    world.press(Key::OpenColumns);
    world.press(Key::Toggle);
    world.send(Message::Move(Step::Down));
    world.press(Key::Later);
    world.press(Key::Back);
    assert_eq!(world.model.look.columns, []);
    world.press(Key::OpenColumns);
    world.press(Key::Toggle);
    world.press(Key::Apply);
    let shown: Vec<_> = world
        .model
        .look
        .columns
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(shown[0], "user");
    assert_eq!(world.asides, [Command::Save(world.model.settings())]);
    world.news(News::NotSaved("the disk is full".to_owned()));
    assert_eq!(world.status(), "not kept for next time: the disk is full");
}

#[test]
fn marks_stay_with_their_sessions() {
    let mut world = on(0);
    world.press(Key::Mark);
    world.press(Key::Mark);
    assert_eq!(world.under_cursor().as_deref(), Some("carol"));
    let marked = |world: &World| -> Vec<String> {
        let targets = world.model.marks.targets();
        let mut users: Vec<_> = targets.filter_map(|one| one.user.clone()).collect();
        users.sort();
        users
    };
    assert_eq!(marked(&world), ["dave", "erin"]);
    for n in 10..14 {
        world.login(&session(n, "new", 0));
    }
    world.press(Key::Reverse);
    assert_eq!(marked(&world), ["dave", "erin"]);
    world.end(&five()[0], EndReason::Idle, "");
    assert_eq!(marked(&world), ["dave"], "who has ended needs no mark");
    world.press(Key::LetGo);
    assert!(world.model.marks.is_empty());
}

#[test]
fn a_range_is_marked_from_end_to_end_also_beyond_the_rows_at_hand() {
    let mut world = World::new(80, 24, &many(4_000));
    go(&mut world, &[Step::First, Step::Down]);
    world.press(Key::Range);
    go(&mut world, &[Step::Down, Step::Down]);
    world.press(Key::Range);
    assert_eq!(world.model.marks.len(), 3);
    world.press(Key::LetGo);
    for (from, to) in [("3000", "100"), ("100", "3000")] {
        for (typed, key) in [(from, Key::Range), (to, Key::Mark)] {
            world.press(Key::OpenGoto);
            world.types(typed);
            world.press(Key::Apply);
            world.press(key);
        }
        assert_eq!(world.model.marks.len(), 2_901);
        assert_eq!(world.model.anchor, None);
        world.press(Key::LetGo);
    }
}

#[test]
fn of_a_range_that_is_too_long_nothing_is_marked() {
    let mut world = World::new(80, 24, &many(12_000));
    go(&mut world, &[Step::First]);
    world.press(Key::Range);
    go(&mut world, &[Step::Last]);
    world.press(Key::Range);
    assert_eq!(world.model.marks.len(), 0);
    let said = world.status();
    assert!(said.starts_with("not marked: the end"), "{said}");
}

#[test]
fn all_that_match_are_marked_one_by_one_or_as_what_matches() {
    let mut world = World::new(80, 24, &many(2_000));
    world.press(Key::MarkAll);
    assert_eq!(
        (world.model.marks.len(), world.model.marks.all().is_some()),
        (2_000, false)
    );
    world.login(&session(5_000, "new", 0));
    assert_eq!(
        world.model.marks.len(),
        2_000,
        "who comes later is not marked"
    );

    let mut world = World::new(80, 24, &many(10_001));
    world.press(Key::MarkAll);
    assert_eq!(
        (world.model.marks.len(), world.model.marks.all().is_some()),
        (10_001, true)
    );
    world.press(Key::OpenFilter);
    world.types("user12");
    assert!(
        world.model.marks.is_empty(),
        "they were those of another filter"
    );
    world.press(Key::Apply);
    world.press(Key::MarkAll);
    assert_eq!(world.model.marks.len(), world.model.window.total());
}

#[test]
fn where_only_looking_is_allowed_nothing_is_asked_until_somebody_says_so() {
    let mut world = on(0);
    world.model.writes = Writes::Locked;
    world.press(Key::AskRevoke);
    assert_eq!(world.model.place(), Place::List);
    assert_eq!(
        world.status(),
        "read-only here: W allows it for five minutes"
    );
    world.press(Key::Arm);
    world.press(Key::AskRevoke);
    assert_eq!(world.model.place(), Place::Confirm);
    // The time runs out over the question.
    world.pass(300);
    world.press(Key::Confirm);
    assert_eq!(world.status(), "nothing ended: read-only again");
    assert_eq!(world.orders, []);
    world.press(Key::AskRevoke);
    assert_eq!(world.model.place(), Place::List);
}

#[test]
fn what_happens_to_a_session_that_is_looked_at_is_written_down() {
    let mut world = on(0);
    world.press(Key::Show);
    let mut erin = five()[0].clone();
    erin.requests = Some(erin.requests.unwrap() + 2);
    world.happened(event(EventKind::Changed, &erin));
    erin.ip = Some("203.0.113.9".parse().unwrap());
    world.happened(event(EventKind::Changed, &erin));
    world.happened(ended(&erin, EndReason::Revoked, "root"));
    let Some(Dialog::Detail(subject)) = world.model.dialogs.last() else {
        panic!("closed")
    };
    let words: Vec<_> = subject
        .seen
        .iter()
        .map(|(_, words)| words.as_str())
        .collect();
    assert_eq!(
        words,
        ["2 requests", "now from 203.0.113.9", "revoked by root"]
    );
}

#[test]
fn next_and_previous_show_the_neighbours() {
    let mut world = on(1);
    world.press(Key::Show);
    let shown = |world: &World| match world.model.dialogs.last() {
        Some(Dialog::Detail(subject)) => subject.session.user.clone().unwrap(),
        other => panic!("{other:?}"),
    };
    for (key, user) in [
        (Key::ShowNext, "carol"),
        (Key::ShowNext, "bob"),
        (Key::ShowPrevious, "carol"),
        (Key::ShowPrevious, "dave"),
        (Key::ShowPrevious, "erin"),
        (Key::ShowPrevious, "erin"),
    ] {
        world.press(key);
        assert_eq!(shown(&world), user);
    }
    world.press(Key::Back);
    assert_eq!(world.under_cursor().as_deref(), Some("erin"));
}
