//! Questions, orders, and what is said of the answers.

use sessctl_api::{Ended, Outcome, RevokeReport, RevokeResult, Session};

use super::*;
use crate::{
    fixture::how,
    message::{Order, Target},
};

fn order(sessions: &[Session]) -> Order {
    Order::Sessions(sessions.iter().map(Target::of).collect())
}

fn answer(world: &mut World, sessions: &[Session], results: &[(RevokeResult, Option<Ended>)]) {
    let outcomes = sessions
        .iter()
        .zip(results)
        .map(|(session, (result, ended))| Outcome {
            handle: session.handle,
            user: session.user.clone(),
            result: *result,
            ended: ended.clone(),
        });
    world.news(News::Answered {
        order: order(sessions),
        answer: Ok(RevokeReport::new(false, outcomes.collect())),
    });
}

#[test]
fn yes_ends_the_session_that_the_question_named_whatever_the_list_does_meanwhile() {
    let mut world = on(2);
    world.press(Key::AskRevoke);
    for n in 10..20 {
        world.login(&session(n, "new", 0));
    }
    world.press(Key::ListAgain);
    world.press(Key::Confirm);
    assert_eq!(world.orders, [order(&five()[2..3])]);
    assert_eq!(
        world.status(),
        format!("ended {} (carol)", five()[2].handle)
    );
    assert!(world.users().contains(&"(carol)".to_owned()));
}

#[test]
fn no_leaves_it() {
    let mut world = on(2);
    world.press(Key::AskRevoke);
    world.press(Key::Back);
    assert_eq!((world.orders.len(), world.users().len()), (0, 5));
}

#[test]
fn without_a_cursor_the_first_row_is_asked_about() {
    let mut world = World::new(80, 24, &five());
    world.press(Key::AskRevoke);
    world.press(Key::Confirm);
    assert_eq!(world.orders, [order(&five()[..1])]);
    let mut world = World::new(80, 24, &[]);
    world.press(Key::AskRevoke);
    assert_eq!(world.status(), "no session to end");
    assert_eq!(world.model.place(), Place::List);
}

#[test]
fn a_session_that_ends_below_its_question_is_not_ended_again() {
    let mut world = on(2);
    world.press(Key::AskRevoke);
    world.end(&five()[2], EndReason::Logout, "carol");
    world.press(Key::Confirm);
    assert_eq!(world.orders, []);
    let text = format!(
        "had ended already: {} (carol), signed out",
        five()[2].handle
    );
    assert_eq!(world.status(), text);
    world.press(Key::AskRevoke);
    assert_eq!(
        (world.status(), world.model.place()),
        (text.as_str(), Place::List)
    );
}

#[test]
fn the_marked_ones_end_together_and_those_alone() {
    let mut world = on(1);
    world.press(Key::Mark);
    world.press(Key::Mark);
    world.send(Message::Move(Step::First));
    world.press(Key::AskRevoke);
    let Some(Dialog::Confirm(question)) = world.model.dialogs.last() else {
        panic!("not asked")
    };
    assert_eq!(count(&question.order), 2);
    world.press(Key::Confirm);
    let mut left: Vec<_> = world
        .sessions
        .iter()
        .filter_map(|one| one.user.clone())
        .collect();
    left.sort();
    assert_eq!(left, ["alice", "bob", "erin"]);
    assert_eq!(world.status(), "ended 2 of 2");
    assert!(world.model.marks.is_empty());
}

#[test]
fn many_end_only_when_their_number_is_typed() {
    let mut world = World::new(80, 24, &many(60));
    world.press(Key::MarkAll);
    world.press(Key::AskRevoke);
    assert_eq!(world.model.place(), Place::Number);
    world.types("59");
    world.press(Key::Confirm);
    assert_eq!(world.status(), "nothing ended: the number is 60");
    world.send(Message::Edit(Edit::Backspace));
    world.send(Message::Edit(Edit::Backspace));
    world.types("60");
    world.press(Key::Confirm);
    assert_eq!(world.sessions, []);
    assert_eq!(world.status(), "ended 60 of 60");
}

#[test]
fn all_that_match_end_by_the_filter_and_if_they_are_still_as_many() {
    let mut world = World::new(80, 24, &many(10_100));
    world.press(Key::OpenFilter);
    world.types("user=user* and age<100h");
    world.press(Key::Apply);
    world.press(Key::MarkAll);
    world.press(Key::AskRevoke);
    world.types("10,100");
    world.press(Key::Confirm);
    let filter = "user=user* and age<100h".parse().unwrap();
    let expected = Order::All {
        filter,
        count: 10_100,
    };
    assert_eq!(world.orders, [expected]);
    assert_eq!(world.status(), "ended 10100 of 10100");
}

#[test]
fn a_bare_word_marks_no_more_than_can_be_named() {
    let mut world = World::new(80, 24, &many(10_100));
    world.press(Key::OpenFilter);
    world.types("user");
    world.press(Key::Apply);
    world.press(Key::MarkAll);
    assert!(world.model.marks.is_empty());
    assert_ne!(world.status(), "");
}

#[test]
fn each_answer_has_words_of_its_own() {
    let bob = five()[3].clone();
    let name = format!("{} (bob)", bob.handle);
    for (result, ended, words) in [
        (RevokeResult::Revoked, None, format!("ended {name}")),
        (
            RevokeResult::AlreadyEnded,
            Some(how(EndReason::Revoked, "root")),
            format!("had ended already: {name}, revoked by root"),
        ),
        (
            RevokeResult::NotFound,
            None,
            format!("not ended: the registry knows no session {name}"),
        ),
        (
            RevokeResult::Failed,
            None,
            format!("not durable: {name} is shut for now; end it again"),
        ),
        (
            RevokeResult::WouldRevoke,
            None,
            format!("not ended: {name}: the registry only said that it would"),
        ),
    ] {
        let mut world = on(0);
        answer(&mut world, std::slice::from_ref(&bob), &[(result, ended)]);
        assert_eq!(world.status(), words);
    }
}

#[test]
fn of_many_the_answers_are_counted_and_who_is_left_stays_marked() {
    let mut world = World::new(80, 24, &five());
    world.press(Key::MarkAll);
    let results = [
        (RevokeResult::Revoked, None),
        (RevokeResult::Revoked, None),
        (RevokeResult::AlreadyEnded, None),
        (RevokeResult::Failed, None),
    ];
    answer(&mut world, &five(), &results);
    assert_eq!(
        world.status(),
        "ended 2 of 5, 1 had ended already, 1 shut but not durable: end again, 1 without an answer"
    );
    assert_eq!(world.model.marks.len(), 2);
}

#[test]
fn an_order_that_fails_says_so_and_takes_no_row_away() {
    let mut world = on(3);
    world.news(News::Answered {
        order: order(&five()[3..4]),
        answer: Err("the server is down".to_owned()),
    });
    let text = format!("not ended: {} (bob): the server is down", five()[3].handle);
    assert_eq!(world.status(), text);
    assert_eq!(world.users().len(), 5);
    world.news(News::Answered {
        order: order(&five()[3..4]),
        answer: Ok(RevokeReport::new(false, Vec::new())),
    });
    assert!(
        world.status().starts_with("unclear: "),
        "{}",
        world.status()
    );
}

#[test]
fn keys_that_were_typed_ahead_do_not_wipe_an_answer_away_unseen() {
    let mut world = on(0);
    world.press(Key::AskRevoke);
    world.press(Key::Confirm);
    world.send(Message::Move(Step::Down));
    assert!(world.status().starts_with("ended "));
    world.pass(1);
    world.send(Message::Move(Step::Down));
    assert_eq!(world.status(), "");
    world.press(Key::Yank);
    world.pass(8);
    assert_eq!(world.status(), "", "it goes by itself");
}
