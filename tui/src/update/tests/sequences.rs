//! Whatever is typed and whatever happens meanwhile: what ends is what the question showed.

use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*};
use sessctl_api::Handle;

use super::*;
use crate::{
    dialog::Question,
    message::{Order, Target},
};

/// One thing that somebody does, or that happens.
#[derive(Debug, Clone)]
enum Deed {
    Move(Step),
    Press(Key),
    Filter(&'static str),
    Number(bool),
    Login,
    /// The so many'th session ends, told or not.
    End(usize, bool),
    /// The so many'th session makes a request.
    Touch(usize),
    Pass(i64),
    Resize(u16, u16),
    HoldLists(bool),
}

fn deeds() -> impl Strategy<Value = Deed> {
    let steps = [
        Step::Up,
        Step::Down,
        Step::PageUp,
        Step::PageDown,
        Step::First,
        Step::Last,
    ];
    let keys = [
        Key::Mark,
        Key::Mark,
        Key::Range,
        Key::MarkAll,
        Key::AskRevoke,
        Key::AskRevoke,
        Key::AskRevoke,
        Key::Confirm,
        Key::Confirm,
        Key::Confirm,
        Key::Back,
        Key::LetGo,
        Key::Freeze,
        Key::Reverse,
        Key::Show,
        Key::ShowNext,
        Key::ListAgain,
        Key::Arm,
        Key::Overview,
    ];
    prop_oneof![
        4 => prop::sample::select(steps.to_vec()).prop_map(Deed::Move),
        8 => prop::sample::select(keys.to_vec()).prop_map(Deed::Press),
        1 => prop::sample::select(vec!["", "user=user00*", "age>5m", "requests>30"]).prop_map(Deed::Filter),
        2 => any::<bool>().prop_map(Deed::Number),
        3 => Just(Deed::Login),
        3 => (0..200_usize, any::<bool>()).prop_map(|(n, told)| Deed::End(n, told)),
        2 => (0..200_usize).prop_map(Deed::Touch),
        2 => (0..40_i64).prop_map(Deed::Pass),
        1 => (20..160_u16, 4..50_u16).prop_map(|(w, h)| Deed::Resize(w, h)),
        1 => any::<bool>().prop_map(Deed::HoldLists),
    ]
}

/// What the question that is open says would end: handles, or all that match and how many.
fn shown(question: &Question) -> Order {
    if let Some((session, _)) = &question.one {
        assert_eq!(question.order, Order::Sessions(vec![Target::of(session)]));
    }
    question.order.clone()
}

fn play(world: &mut World, deed: &Deed, number: u64) {
    match deed {
        Deed::Move(step) => world.send(Message::Move(*step)),
        Deed::Press(key) => world.press(*key),
        Deed::Filter(filter) => {
            if world.model.place() == Place::List {
                world.press(Key::OpenFilter);
                world.send(Message::Edit(Edit::Clear));
                world.types(filter);
                world.press(Key::Apply);
            }
        }
        Deed::Number(right) => {
            if let Some(Dialog::Confirm(question)) = world.model.dialogs.last()
                && question.typed.is_some()
            {
                let count = count(&question.order) + u64::from(!right);
                world.send(Message::Edit(Edit::Clear));
                world.types(&count.to_string());
            }
        }
        Deed::Login => world.login(&session(10_000 + number, "late", 0)),
        Deed::End(n, told) => {
            if !world.sessions.is_empty() {
                let one = world.sessions[n % world.sessions.len()].clone();
                if *told {
                    world.end(&one, EndReason::Idle, "");
                } else {
                    world.sessions.retain(|other| other.handle != one.handle);
                }
            }
        }
        Deed::Touch(n) => {
            if !world.sessions.is_empty() {
                let at = n % world.sessions.len();
                world.sessions[at].seen = Some(world.model.now);
                let changed = event(EventKind::Changed, &world.sessions[at]);
                world.happened(changed);
            }
        }
        Deed::Pass(seconds) => world.pass(*seconds),
        Deed::Resize(width, height) => world.send(Message::Resized {
            width: *width,
            height: *height,
        }),
        Deed::HoldLists(held) => world.holds_lists = *held,
    }
}

/// What must hold at any moment.
fn check(world: &World) {
    let model = &world.model;
    let handles: Vec<Handle> = model.window.rows().iter().map(|row| row.handle()).collect();
    let distinct: BTreeSet<_> = handles.iter().collect();
    assert_eq!(
        distinct.len(),
        handles.len(),
        "a session stands there twice"
    );
    assert!(handles.len() <= 2 * model.limit(), "the window grows");
    if let Some(cursor) = model.cursor {
        assert!(handles.contains(&cursor), "the cursor's row is gone");
        let index = model.cursor_index().unwrap();
        let page = model.top..model.top + model.page().max(1);
        assert!(page.contains(&index), "{index} is not in {page:?}");
    }
    assert!(model.top == 0 || model.top < handles.len());
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_confirmed_order_ends_exactly_what_the_question_showed(
        deeds in vec(deeds(), 1..60), count in 0..150_u64, locked in any::<bool>(),
    ) {
        let mut world = World::new(80, 24, &many(count));
        if locked {
            world.model.writes = Writes::Locked;
        }
        for (number, deed) in deeds.iter().enumerate() {
            let asked = match world.model.dialogs.last() {
                Some(Dialog::Confirm(question)) => Some(shown(question)),
                _ => None,
            };
            let could = world.model.may_write();
            let cursor = world.model.cursor;
            let before = world.orders.len();
            play(&mut world, deed, number as u64);
            check(&world);
            if world.orders.len() > before {
                prop_assert!(matches!(deed, Deed::Press(Key::Confirm)));
                prop_assert!(could, "only looking was allowed");
                prop_assert_eq!(&world.orders[before..], &[asked.unwrap()]);
            }
            let moves = matches!(deed, Deed::Move(_) | Deed::Press(_) | Deed::Filter(_));
            prop_assert!(
                moves || cursor.is_none() || world.model.cursor == cursor,
                "the cursor went elsewhere by itself"
            );
        }
    }
}
