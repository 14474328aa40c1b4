//! Each line of the help screen is true.

use sessctl_api::Filter;

use super::*;
use crate::{
    fixture::{five, listing, send, session},
    message::Command,
    model::{Dialog, Model},
};

fn event(stroke: Stroke) -> KeyEvent {
    let modifiers = if stroke.ctrl {
        KeyModifiers::CONTROL
    } else {
        KeyModifiers::NONE
    };
    KeyEvent::new(stroke.code, modifiers)
}

/// Twenty sessions on a screen with ten rows, the cursor on the row with index 5.
fn list() -> Model {
    let sessions: Vec<_> = (0..20).map(|n| session(n, "user", n * 10)).collect();
    let mut model = listing(80, 13, &sessions);
    model.select(5);
    assert_eq!(model.page(), 10);
    model
}

fn at(place: Place) -> Model {
    let mut model = list();
    match place {
        Place::List | Place::Anywhere => {}
        Place::Filter => {
            send(&mut model, Message::OpenFilter);
            send(&mut model, Message::Pasted("abc".to_owned()));
            send(&mut model, Message::Edit(Edit::Left));
        }
        Place::Detail => {
            model.height = 6;
            send(&mut model, Message::Show);
        }
        Place::Confirm => drop(send(&mut model, Message::AskRevoke)),
        Place::Help => {
            send(&mut model, Message::Help);
            send(&mut model, Message::Move(Step::HalfDown));
        }
    }
    model
}

fn line(model: &Model) -> (String, String) {
    let Some(Dialog::Filter(draft)) = model.dialogs.last() else {
        panic!("the filter line is closed")
    };
    (draft.line.before_cursor(), draft.line.text())
}

fn scroll(model: &Model) -> usize {
    match model.dialogs.last() {
        Some(Dialog::Help { scroll }) => *scroll,
        Some(Dialog::Detail(subject)) => subject.scroll,
        other => panic!("{other:?} does not scroll"),
    }
}

/// Presses the key in its place and looks whether what the help says came true.
fn press_and_check(binding: &Binding, stroke: Stroke) {
    let mut model = at(binding.place);
    if binding.place == Place::Detail && binding.help == "scroll up" {
        send(&mut model, Message::Move(Step::Down));
    }
    let message = message(event(stroke), model.place()).expect("the key means something");
    let scroll_before = match binding.help {
        "scroll down" | "scroll up" | "one page down" | "one page up"
            if binding.place != Place::List =>
        {
            scroll(&model)
        }
        _ => 0,
    };
    let commands = send(&mut model, message);
    let index = model.selected_index();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    match (binding.place, binding.help) {
        (Place::List, "one row down") => assert_eq!(index, Some(6)),
        (Place::List, "one row up") => assert_eq!(index, Some(4)),
        (Place::List, "one page down") => assert_eq!(index, Some(15)),
        (Place::List, "one page up") => assert_eq!(index, Some(0)),
        (Place::List, "half a page down") => assert_eq!(index, Some(10)),
        (Place::List, "half a page up") => assert_eq!(index, Some(0)),
        (Place::List, "newest login") => assert_eq!(index, Some(0)),
        (Place::List, "oldest login") => assert_eq!(index, Some(19)),
        (Place::List, "filter, such as user=alice and idle>10m") => {
            assert_eq!(model.place(), Place::Filter);
            assert!("user=alice and idle>10m".parse::<Filter>().is_ok());
        }
        (Place::List, "show all about the session") => assert_eq!(model.place(), Place::Detail),
        (_, "end the session; asks first" | "end this session; asks first") => {
            assert_eq!(model.place(), Place::Confirm);
            assert_eq!(commands, []);
        }
        (_, "this help") => assert_eq!(model.place(), Place::Help),
        (_, "quit" | "quit at once") => assert_eq!(commands, [Command::Quit]),
        (Place::List, "list again, or connect again now") => assert_eq!(commands, [Command::List]),
        (Place::List, "clear the filter, then the cursor") => {
            assert_eq!(index, None);
            model.filter = "bob".parse().unwrap();
            model.select(0);
            send(&mut model, Message::LetGo);
            assert!(model.filter.is_empty() && model.selected.is_some());
        }
        (Place::Filter, "keep the filter") => {
            assert_eq!((model.place(), model.filter.as_str()), (Place::List, "abc"));
        }
        (Place::Filter, "back to the filter before") => {
            assert_eq!((model.place(), model.filter.as_str()), (Place::List, ""));
        }
        (Place::Filter, "remove all before the cursor") => assert_eq!(line(&model), pair("", "c")),
        (Place::Filter, "remove the character before") => assert_eq!(line(&model), pair("a", "ac")),
        (Place::Filter, "remove the character under") => assert_eq!(line(&model), pair("ab", "ab")),
        (Place::Filter, "one character left") => assert_eq!(line(&model), pair("a", "abc")),
        (Place::Filter, "one character right" | "to the end") => {
            assert_eq!(line(&model), pair("abc", "abc"));
        }
        (Place::Filter, "to the beginning") => assert_eq!(line(&model), pair("", "abc")),
        (Place::Detail, "back to the list") | (Place::Help, "close the help") => {
            assert_eq!(model.place(), Place::List);
        }
        (Place::Confirm, "no, leave it") => {
            assert_eq!((model.place(), commands), (Place::List, vec![]));
        }
        (Place::Confirm, "yes, end it") => {
            let handle = model.selected.unwrap().handle;
            assert!(
                matches!(&commands[..], [Command::Revoke(target)] if target.handle == handle),
                "{commands:?}"
            );
        }
        (Place::Detail | Place::Help, "scroll down" | "one page down") => {
            assert!(scroll(&model) > scroll_before);
        }
        (Place::Detail | Place::Help, "scroll up" | "one page up") => {
            assert!(scroll(&model) < scroll_before);
        }
        (Place::Anywhere, "draw the screen anew") => assert_eq!(commands, [Command::Redraw]),
        untested => panic!("nothing shows that this is true: {untested:?}"),
    }
}

#[test]
fn each_key_does_what_the_help_says() {
    for binding in &KEYS {
        for stroke in binding.strokes {
            press_and_check(binding, *stroke);
        }
    }
}

#[test]
fn no_key_means_two_things_in_one_place() {
    for (i, one) in KEYS.iter().enumerate() {
        for other in &KEYS[i + 1..] {
            let meet = one.place == other.place
                || one.place == Place::Anywhere
                || other.place == Place::Anywhere;
            let same = one.strokes.iter().find(|s| other.strokes.contains(s));
            assert!(!meet || same.is_none(), "{same:?} in {:?}", one.place);
        }
    }
}

#[test]
fn ctrl_c_quits_from_every_place() {
    for place in [P::List, P::Filter, P::Detail, P::Confirm, P::Help] {
        let mut model = at(place);
        let message = message(event(ctrl('c')), model.place()).unwrap();
        assert_eq!(send(&mut model, message), [Command::Quit], "{place:?}");
    }
}

#[test]
fn a_released_or_held_key_does_not_act() {
    for (kind, c, acts) in [
        (KeyEventKind::Release, 'x', false),
        (KeyEventKind::Release, 'j', false),
        (KeyEventKind::Repeat, 'x', false),
        (KeyEventKind::Repeat, 'q', false),
        (KeyEventKind::Repeat, 'j', true),
        (KeyEventKind::Press, 'x', true),
    ] {
        let event = KeyEvent::new_with_kind(KeyCode::Char(c), KeyModifiers::NONE, kind);
        assert_eq!(message(event, Place::List).is_some(), acts, "{kind:?} {c}");
    }
}

#[test]
fn letters_with_alt_do_not_act_and_capitals_come_with_shift() {
    let pressed = |c, modifiers| message(KeyEvent::new(KeyCode::Char(c), modifiers), Place::List);
    assert!(pressed('x', KeyModifiers::ALT).is_none());
    assert!(pressed('x', KeyModifiers::CONTROL).is_none());
    assert!(matches!(
        pressed('G', KeyModifiers::SHIFT),
        Some(Message::Move(Step::Last))
    ));
}

#[test]
fn letters_that_act_elsewhere_are_typed_into_the_filter() {
    let mut model = listing(80, 24, &five());
    send(&mut model, Message::OpenFilter);
    for c in "qx?y/ alice".chars() {
        let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
        let message = message(key, model.place()).unwrap();
        assert_eq!(send(&mut model, message), []);
    }
    assert_eq!(line(&model).1, "qx?y/ alice");
}
