//! Each line of the help screen is true.

use super::*;
use crate::{
    dialog::Dialog,
    fixture::{World, five, many},
    message::Command,
    model::Writes,
    settings::Theme,
};

fn place_of(world: &World) -> Place {
    world.model.place()
}

/// Three hundred sessions on a screen with ten rows, the cursor on the row with index 25.
fn list() -> World {
    let mut world = World::new(80, 13, &many(300));
    world.model.put_cursor(25);
    assert_eq!(world.model.page(), 10);
    world
}

fn at(place: Place) -> World {
    let mut world = list();
    match place {
        Place::List | Place::Anywhere => {}
        Place::Filter => {
            world.model.history = vec!["user=older".to_owned(), "user=newer".to_owned()];
            world.press(K::OpenFilter);
            world.types("abc");
            world.send(M::Edit(Edit::Left));
        }
        Place::Palette => {
            world.press(K::OpenPalette);
            world.types("abc");
            world.send(M::Edit(Edit::Left));
        }
        Place::Detail => {
            world.press(K::Show);
            world.send(M::Resized {
                width: 80,
                height: 8,
            });
            world.send(M::Move(Step::Down));
        }
        Place::Confirm => world.press(K::AskRevoke),
        Place::Number => {
            world.press(K::MarkAll);
            world.press(K::AskRevoke);
            world.types("300");
        }
        Place::Sort => {
            world.press(K::OpenSort);
            world.send(M::Move(Step::First));
            world.send(M::Move(Step::Down));
        }
        Place::Columns => {
            world.press(K::OpenColumns);
            world.send(M::Move(Step::Down));
        }
        Place::Help => {
            world.press(K::Help);
            world.send(M::Move(Step::HalfDown));
        }
    }
    assert!(place == Place::Anywhere || place_of(&world) == place);
    world
}

/// What stands in the line that is open, before the cursor and in all.
fn line(world: &World) -> (String, String) {
    let line = match world.model.dialogs.last() {
        Some(Dialog::Filter(draft)) => &draft.line,
        Some(Dialog::Palette(command)) => &command.line,
        Some(Dialog::Confirm(question)) => question.typed.as_ref().unwrap(),
        other => panic!("{other:?} is no line"),
    };
    (line.before_cursor(), line.text())
}

/// How far what is open is scrolled, or which of its lines is chosen.
fn scroll(world: &World) -> usize {
    match world.model.dialogs.last() {
        Some(Dialog::Help { scroll }) => *scroll,
        Some(Dialog::Detail(subject)) => subject.scroll,
        Some(Dialog::Sort { at }) => *at,
        Some(Dialog::Columns(chooser)) => chooser.at,
        other => panic!("{other:?} does not scroll"),
    }
}

fn columns(world: &World) -> Vec<String> {
    let columns = world.model.look.columns.iter();
    columns.map(ToString::to_string).collect()
}

/// Presses the key in its place and looks whether what the help says came true.
fn press_and_check(keymap: &Keymap, binding: &Binding, stroke: Stroke) {
    let mut world = at(binding.place);
    let place = place_of(&world);
    let message = keymap
        .message(stroke.event(), place)
        .expect("the key means something");
    let moves = matches!(message, Message::Move(_));
    let before = (moves && place != Place::List).then(|| scroll(&world));
    world.send(message);
    let index = world.model.cursor_index();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    match (binding.place, binding.name) {
        (Place::List, "down") => assert_eq!(index, Some(26)),
        (Place::List, "up") => assert_eq!(index, Some(24)),
        (Place::List, "page_down") => assert_eq!(index, Some(35)),
        (Place::List, "page_up") => assert_eq!(index, Some(15)),
        (Place::List, "half_down") => assert_eq!(index, Some(30)),
        (Place::List, "half_up") => assert_eq!(index, Some(20)),
        (Place::List, "first") => assert_eq!(index, Some(0)),
        (Place::List, "last") => assert_eq!(index, Some(299)),
        (Place::List, "filter") => {
            assert_eq!(place_of(&world), Place::Filter);
            assert!(
                "user=alice and idle>10m"
                    .parse::<sessctl_api::Filter>()
                    .is_ok()
            );
        }
        (Place::List, "show") => assert_eq!(place_of(&world), Place::Detail),
        (Place::List | Place::Detail, "end") => {
            assert_eq!(place_of(&world), Place::Confirm);
            assert_eq!(world.orders, []);
        }
        (Place::List, "mark") => {
            assert_eq!((world.model.marks.len(), index), (1, Some(26)));
            world.send(M::Move(Step::Up));
            world.press(K::Mark);
            assert_eq!(world.model.marks.len(), 0);
        }
        (Place::List, "range") => {
            assert!(world.model.anchor.is_some());
            world.send(M::Move(Step::Up));
            world.press(K::Range);
            assert_eq!(world.model.marks.len(), 2);
        }
        (Place::List, "mark_all") => assert_eq!(world.model.marks.len(), 300),
        (_, "help") => assert_eq!(place_of(&world), Place::Help),
        (_, "quit") => assert_eq!(world.asides, [Command::Quit]),
        (Place::List, "sort") => assert_eq!(place_of(&world), Place::Sort),
        (Place::List, "columns") => assert_eq!(place_of(&world), Place::Columns),
        (Place::List, "command") => assert_eq!(place_of(&world), Place::Palette),
        (Place::List, "goto") => assert_eq!(line(&world), pair("goto ", "goto ")),
        (Place::List, "freeze") => {
            assert_eq!(world.model.held, Some(0));
            world.press(K::Freeze);
            assert_eq!(world.model.held, None);
        }
        (Place::List, "reverse") => assert!(!world.model.sort.descending),
        (Place::List | Place::Detail, "yank") => {
            let handle = world.model.cursor.unwrap().to_string();
            assert_eq!(world.asides, [Command::Copy(handle)]);
        }
        (Place::List, "overview") => {
            // The screen is too low, and says so.
            assert!(world.status().contains("16 lines"));
            world.send(M::Resized {
                width: 80,
                height: 24,
            });
            assert!(world.model.chrome().overview > 0);
        }
        (Place::List, "theme") => assert_eq!(world.model.look.theme, Theme::Light),
        (Place::List, "mouse") => assert_eq!(world.asides, [Command::Mouse(true)]),
        (Place::List | Place::Detail, "arm") => {
            assert_eq!(world.status(), "sessions may be ended here anyway");
            world.model.writes = Writes::Locked;
            world.press(K::Arm);
            assert!(world.model.may_write());
            world.pass(299);
            assert!(world.model.may_write());
            world.pass(1);
            assert!(!world.model.may_write());
        }
        (Place::List, "refresh") => assert_eq!(world.model.asked.id, 2),
        (Place::List, "clear") => {
            assert_eq!(index, None);
            world.model.put_cursor(0);
            world.press(K::OpenFilter);
            world.types("user00");
            world.press(K::Apply);
            world.press(K::MarkAll);
            world.press(K::LetGo);
            assert!(world.model.marks.is_empty() && !world.model.filter.is_empty());
            world.press(K::LetGo);
            assert!(world.model.filter.is_empty() && world.model.cursor.is_some());
            world.press(K::LetGo);
            assert_eq!(world.model.cursor, None);
        }
        (Place::Detail, "next") => assert_eq!(index, Some(26)),
        (Place::Detail, "previous") => assert_eq!(index, Some(24)),
        (Place::Detail, "reveal") => {
            let Some(Dialog::Detail(subject)) = world.model.dialogs.last() else {
                panic!("closed")
            };
            assert!(subject.is_revealed);
        }
        (Place::Filter, "keep") => {
            assert_eq!(
                (place_of(&world), world.model.filter.as_str()),
                (Place::List, "abc")
            );
        }
        (Place::Filter, "cancel") => {
            assert_eq!(
                (place_of(&world), world.model.filter.as_str()),
                (Place::List, "")
            );
        }
        (Place::Filter, "older") => assert_eq!(line(&world).1, "user=newer"),
        (Place::Filter, "newer") => {
            world.press(K::Older);
            world.press(K::Older);
            world.press(K::Newer);
            assert_eq!(line(&world).1, "user=newer");
        }
        (Place::Filter | Place::Palette, "clear" | "word") => {
            assert_eq!(line(&world), pair("", "c"));
        }
        (Place::Filter | Place::Palette, "backspace") => {
            assert_eq!(line(&world), pair("a", "ac"));
        }
        (Place::Filter | Place::Palette, "delete") => assert_eq!(line(&world), pair("ab", "ab")),
        (Place::Filter | Place::Palette, "left") => assert_eq!(line(&world), pair("a", "abc")),
        (Place::Filter | Place::Palette, "right" | "end") => {
            assert_eq!(line(&world), pair("abc", "abc"));
        }
        (Place::Filter | Place::Palette, "home") => assert_eq!(line(&world), pair("", "abc")),
        (Place::Palette, "do") => {
            // What is typed is no command.
            assert_eq!(place_of(&world), Place::Palette);
            world.send(M::Edit(Edit::Clear));
            world.send(M::Edit(Edit::Delete));
            world.types("goto 1");
            world.press(K::Apply);
            assert_eq!(world.model.cursor_index(), Some(0));
        }
        (Place::Palette, "complete") => {
            world.send(M::Edit(Edit::End));
            world.send(M::Edit(Edit::Clear));
            world.types("so");
            world.press(K::Complete);
            assert_eq!(line(&world).1, "sort ");
        }
        (Place::Sort, "sort") => {
            assert_eq!(world.model.sort.to_string(), "user");
            world.press(K::OpenSort);
            world.press(K::Apply);
            assert_eq!(world.model.sort.to_string(), "user:desc");
        }
        (Place::Sort | Place::Palette | Place::Columns, "cancel") => {
            assert_eq!(place_of(&world), Place::List);
            assert_eq!(world.model.sort.to_string(), "created:desc");
            assert_eq!(columns(&world).len(), 0);
        }
        (Place::Columns, "keep") => assert_eq!(place_of(&world), Place::List),
        (Place::Columns, "toggle") => assert!(!columns(&world).contains(&"user".to_owned())),
        (Place::Columns, "sooner") => assert_eq!(columns(&world)[0], "user"),
        (Place::Columns, "later") => assert_eq!(columns(&world)[2], "user"),
        (Place::Columns, "wider") => assert_eq!(columns(&world)[1], "user:32"),
        (Place::Columns, "narrower") => assert_eq!(columns(&world)[1], "user:28"),
        (Place::Detail, "back") | (Place::Help, "close") => {
            assert_eq!(place_of(&world), Place::List);
        }
        (Place::Confirm | Place::Number, "no") => {
            assert_eq!((place_of(&world), world.orders.len()), (Place::List, 0));
        }
        (Place::Confirm, "yes") => assert_eq!((world.orders.len(), world.sessions.len()), (1, 299)),
        (Place::Number, "yes") => assert_eq!(world.sessions, []),
        (Place::Number, "clear") => assert_eq!(line(&world).1, ""),
        (Place::Number, "backspace") => assert_eq!(line(&world).1, "30"),
        (Place::Detail | Place::Help | Place::Sort | Place::Columns, "down" | "page_down") => {
            assert!(scroll(&world) > before.unwrap());
        }
        (Place::Detail | Place::Help | Place::Sort | Place::Columns, "up" | "page_up") => {
            assert!(scroll(&world) < before.unwrap());
        }
        (Place::Anywhere, "redraw") => assert_eq!(world.asides, [Command::Redraw]),
        (Place::Anywhere, "suspend") => assert_eq!(world.asides, [Command::Suspend]),
        untested => panic!("nothing shows that this is true: {untested:?}"),
    }
}

#[test]
fn each_key_does_what_the_help_says() {
    let keymap = Keymap::default();
    for binding in KEYS {
        for stroke in binding.strokes {
            press_and_check(&keymap, binding, *stroke);
        }
    }
}

#[test]
fn the_help_has_a_line_for_each_key_and_a_key_for_each_line() {
    let keymap = Keymap::default();
    let lines = keymap.help();
    let keys = lines
        .iter()
        .filter(|line| matches!(line, HelpLine::Key { .. }));
    assert_eq!(keys.count(), KEYS.len());
    for line in &lines {
        if let HelpLine::Key { keys, help } = line {
            assert!(!keys.is_empty() && !help.is_empty(), "{line:?}");
        }
    }
}

#[test]
fn no_key_means_two_things_in_one_place() {
    Keymap::new([]).unwrap();
}

#[test]
fn a_changed_key_replaces_those_of_the_table() {
    let keymap = Keymap::new([
        ("list.end", vec!["Del", "ctrl-x"]),
        ("list.mark", vec!["F5"]),
        ("list.mouse", vec![]),
    ])
    .unwrap();
    let means = |stroke: Stroke| keymap.message(stroke.event(), Place::List);
    for stroke in [key(KeyCode::Delete), ctrl('x')] {
        assert!(matches!(means(stroke), Some(M::Key(K::AskRevoke))));
    }
    assert!(matches!(means(key(KeyCode::F(5))), Some(M::Key(K::Mark))));
    for c in ['x', ' ', 'm'] {
        assert!(means(char(c)).is_none(), "{c:?}");
    }
    let footer: Vec<_> = keymap.footer(Place::List, true).collect();
    assert!(footer.contains(&("Del".to_owned(), "end")), "{footer:?}");
}

#[test]
fn a_keymap_that_cannot_work_is_refused_with_what_is_wrong() {
    for (name, keys, says) in [
        (
            "list.end",
            vec!["q"],
            "q would mean both list.end and list.quit",
        ),
        (
            "list.end",
            vec!["Ctrl-C"],
            "Ctrl-C would mean both list.end and anywhere.quit",
        ),
        (
            "list.end",
            vec!["Hyper-x"],
            "list.end: \"Hyper-x\" is no key; write x, G,",
        ),
        (
            "list.ned",
            vec!["X"],
            "\"list.ned\" is nothing that a key does; did you mean list.end?",
        ),
        (
            "list.quit",
            vec![],
            "list.quit: there must be a key for this",
        ),
    ] {
        let error = Keymap::new([(name, keys)]).unwrap_err().to_string();
        assert!(error.starts_with(says), "{name}: {error}");
    }
}

#[test]
fn keys_are_read_as_they_are_written() {
    for binding in KEYS {
        for stroke in binding.strokes {
            assert_eq!(Stroke::parse(&stroke.to_string()), Some(*stroke));
        }
    }
    for wrong in [
        "", "Ctrl-", "Ctrl-xx", "F0", "F99", "xy", "\u{1b}", "Ctrl-é",
    ] {
        assert_eq!(Stroke::parse(wrong), None, "{wrong:?}");
    }
}

#[test]
fn ctrl_c_quits_from_every_place() {
    let keymap = Keymap::default();
    for (place, ..) in Place::ALL {
        let mut world = at(place);
        let message = keymap.message(ctrl('c').event(), place_of(&world)).unwrap();
        world.send(message);
        assert_eq!(world.asides.last(), Some(&Command::Quit), "{place:?}");
    }
}

#[test]
fn a_released_or_held_key_does_not_act() {
    let keymap = Keymap::default();
    for (kind, c, acts) in [
        (KeyEventKind::Release, 'x', false),
        (KeyEventKind::Release, 'j', false),
        (KeyEventKind::Repeat, 'x', false),
        (KeyEventKind::Repeat, 'q', false),
        (KeyEventKind::Repeat, 'j', true),
        (KeyEventKind::Press, 'x', true),
    ] {
        let event = KeyEvent::new_with_kind(KeyCode::Char(c), KeyModifiers::NONE, kind);
        let message = keymap.message(event, Place::List);
        assert_eq!(message.is_some(), acts, "{kind:?} {c}");
    }
}

#[test]
fn letters_with_alt_do_not_act_and_capitals_come_with_shift() {
    let keymap = Keymap::default();
    let pressed =
        |c, modifiers| keymap.message(KeyEvent::new(KeyCode::Char(c), modifiers), Place::List);
    assert!(pressed('x', KeyModifiers::ALT).is_none());
    assert!(pressed('x', KeyModifiers::CONTROL).is_none());
    assert!(matches!(
        pressed('G', KeyModifiers::SHIFT),
        Some(Message::Move(Step::Last))
    ));
}

#[test]
fn letters_that_act_elsewhere_are_typed_into_a_line() {
    let mut world = World::new(80, 24, &five());
    world.press(K::OpenFilter);
    for c in "qx?y/ alice".chars() {
        let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
        let message = world
            .model
            .keymap
            .message(key, world.model.place())
            .unwrap();
        world.send(message);
    }
    assert_eq!(line(&world).1, "qx?y/ alice");
    assert_eq!(world.asides, []);
}
