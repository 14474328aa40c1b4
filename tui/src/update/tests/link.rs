//! The link's states, and what its news make of the model.

use std::time::Duration;

use sessctl_api::{EndReason, EventKind};

use super::*;
use crate::{
    fixture::session,
    message::{News, Told, Trouble},
    model::Link,
};

fn lost(world: &mut World, is_refusal: bool) {
    world.news(News::Lost {
        attempt: 2,
        wait: Duration::from_secs(1),
        why: Trouble {
            why: "gone".to_owned(),
            is_refusal,
        },
    });
}

#[test]
fn the_link_is_live_with_the_first_list_and_not_before() {
    let mut world = World::silent(80, 24);
    assert_eq!(world.model.fresh, None);
    world.news(News::Connecting { attempt: 1 });
    assert!(!world.model.is_live());
    let want = world.model.want_first();
    world.perform(Command::List(want));
    assert!(world.model.is_live());
    assert_eq!(world.model.fresh, Some(noon()));
}

#[test]
fn a_lost_link_keeps_its_rows_and_says_since_when_they_are_stale() {
    let mut world = on(2);
    lost(&mut world, false);
    world.pass(40);
    assert_eq!(world.users().len(), 5);
    assert_eq!(world.model.fresh, Some(noon()));
    assert!(matches!(world.model.link, Link::Waiting { attempt: 2, .. }));
    world.news(News::Connecting { attempt: 2 });
    assert_eq!(
        world.model.trouble().map(|one| one.why.as_str()),
        Some("gone")
    );
    world.press(Key::ListAgain);
    assert!(world.model.trouble().is_none());
    assert_eq!(world.under_cursor().as_deref(), Some("carol"));
}

#[test]
fn a_registry_that_says_nothing_any_more_is_not_live() {
    let mut world = on(2);
    let silent = |world: &World| world.model.silence().map(|span| span.as_secs());
    for _ in 0..15 {
        world.pass(1);
        world.news(News::Counted(None));
        assert_eq!(silent(&world), None);
    }
    world.pass(2);
    assert_eq!(silent(&world), None);
    world.pass(2);
    assert_eq!(silent(&world), Some(4));
    // What is stale is so since the last answer, and not since it was found out.
    world.pass(6);
    lost(&mut world, false);
    assert_eq!(silent(&world), None);
    assert_eq!(
        world.model.fresh,
        Some(noon() + time::Duration::seconds(15))
    );
}

#[test]
fn while_it_waits_a_key_tries_at_once() {
    let mut world = on(2);
    lost(&mut world, true);
    world.press(Key::ListAgain);
    assert_eq!(world.asides, [Command::Connect]);
    assert!(world.model.trouble().unwrap().is_refusal);
}

#[test]
fn what_came_while_a_page_was_fetched_is_applied_on_top_of_it() {
    let mut world = World::new(80, 24, &five());
    world.holds_lists = true;
    world.press(Key::ListAgain);
    let (want, _) = world.model.asked.open.clone().unwrap();
    let frank = session(6, "frank", 0);
    let since = vec![
        event(EventKind::Created, &frank),
        ended(&five()[4], EndReason::Logout, "alice"),
    ];
    for event in &since {
        world.happened(event.clone());
    }
    // The page was made before either.
    let page = sessctl_api::Page::new(five(), 5, 0, None);
    world.news(News::Listed {
        want: want.id,
        page,
        since,
        took: Duration::from_millis(3),
    });
    let users = ["frank", "erin", "dave", "carol", "bob", "(alice)"];
    assert_eq!(world.users(), users);
    assert_eq!(world.model.window.total(), 5);
}

#[test]
fn a_list_that_cannot_be_had_says_why_and_leaves_what_is_shown() {
    let mut world = World::new(80, 24, &five());
    world.holds_lists = true;
    world.press(Key::OpenFilter);
    world.types("data.theme=dark");
    let id = world.model.asked.id;
    world.news(News::NotListed {
        want: id - 1,
        why: "of an older wish".to_owned(),
    });
    assert_eq!(world.status(), "");
    world.news(News::NotListed {
        want: id,
        why: "this token may not".to_owned(),
    });
    assert_eq!(world.status(), "not listed: this token may not");
    assert_eq!(world.users().len(), 5);
}

#[test]
fn a_session_that_a_question_is_about_and_that_no_list_has_is_asked_for() {
    let mut world = on(2);
    world.press(Key::AskRevoke);
    // Its end was not told.
    world.sessions.remove(2);
    world.press(Key::ListAgain);
    let Some(Dialog::Confirm(question)) = world.model.dialogs.last() else {
        panic!("closed")
    };
    let (session, fate) = question.one.as_ref().unwrap();
    assert_eq!(session.user.as_deref(), Some("carol"));
    assert_eq!(*fate, crate::message::Fate::Ended(None));
    world.press(Key::Confirm);
    assert_eq!(world.orders, []);
}

#[test]
fn an_answer_about_a_session_that_nobody_looks_at_changes_nothing() {
    let mut world = on(2);
    world.news(News::Told {
        handle: session(77, "x", 1).handle,
        answer: Told::Ended(None, None),
    });
    assert_eq!(world.users().len(), 5);
    assert_eq!(world.model.place(), Place::List);
}

#[test]
fn the_counts_become_rates_and_begin_anew_with_another_server() {
    let mut world = World::new(80, 24, &five());
    for second in 1..=3 {
        world.pass(1);
        world.counted(second);
    }
    let overview = &world.model.overview;
    assert_eq!(overview.active.last(), Some(4_030.0));
    assert_eq!(overview.logins.last(), Some(5.0), "9 - 4");
    assert_eq!(
        overview.ends.last(),
        Some(3.0),
        "ends by hand every other second"
    );
    assert_eq!(overview.reasons()[0], (EndReason::Logout, 6));
    world.news(News::Counted(Some(Box::new(sessctl_api::Stats {
        schema: 1,
        active: 1,
        users: 1,
        created: Some(1),
        ended: None,
        requests: None,
        since: Some(noon()),
        store: "memory".to_owned(),
    }))));
    let overview = &world.model.overview;
    assert_eq!(overview.active.last(), Some(1.0));
    assert_eq!(overview.logins.last(), Some(5.0), "nothing is known yet");
    assert_eq!(overview.reasons(), []);
}
