//! The command line.

use super::*;
use crate::{
    message::Target,
    settings::Theme,
    update::palette::{COMMANDS, candidates},
};

/// Types a command and performs it; says what is wrong with it.
fn run(world: &mut World, text: &str) -> Option<String> {
    world.press(Key::OpenPalette);
    world.types(text);
    world.press(Key::Apply);
    match world.model.dialogs.last() {
        Some(Dialog::Palette(command)) => command.error.clone(),
        _ => None,
    }
}

#[test]
fn each_command_does_what_it_says() {
    for (name, ..) in COMMANDS {
        let mut world = World::new(80, 24, &five());
        let handle = five()[3].handle;
        let model = |world: &World| world.model.place();
        match name {
            "ls" => {
                assert_eq!(run(&mut world, "ls user=bob"), None);
                assert_eq!(world.users(), ["bob"]);
                assert_eq!(run(&mut world, "ls"), None);
                assert_eq!(world.users().len(), 5);
            }
            "show" | "why" => {
                assert_eq!(run(&mut world, &format!("{name} {handle}")), None);
                assert_eq!(model(&world), Place::Detail);
            }
            "revoke" => {
                assert_eq!(run(&mut world, "revoke"), None);
                assert_eq!(model(&world), Place::Confirm);
                world.press(Key::Confirm);
                let erin = Target::of(&five()[0]);
                assert_eq!(world.orders, [crate::message::Order::Sessions(vec![erin])]);
            }
            "sort" => {
                assert_eq!(run(&mut world, "sort user"), None);
                assert_eq!(world.users()[0], "alice");
            }
            "goto" => {
                assert_eq!(run(&mut world, "goto 3"), None);
                assert_eq!(world.under_cursor().as_deref(), Some("carol"));
            }
            "mark" => {
                assert_eq!(run(&mut world, "mark all"), None);
                assert_eq!(world.model.marks.len(), 5);
                assert_eq!(run(&mut world, "mark none"), None);
                assert!(world.model.marks.is_empty());
            }
            "columns" => {
                assert_eq!(run(&mut world, "columns ip:20, user"), None);
                assert_eq!(world.model.look.columns.len(), 2);
                assert_eq!(run(&mut world, "columns"), None);
                assert_eq!(model(&world), Place::Columns);
            }
            "theme" => {
                assert_eq!(run(&mut world, "theme light"), None);
                assert_eq!(world.model.look.theme, Theme::Light);
                assert!(matches!(world.asides[..], [Command::Save(_)]));
            }
            "freeze" => {
                assert_eq!(run(&mut world, "freeze"), None);
                assert_eq!(world.model.held, Some(0));
            }
            "stats" => {
                assert_eq!(run(&mut world, "stats"), None);
                assert!(world.model.chrome().overview > 0);
            }
            "mouse" => {
                assert_eq!(run(&mut world, "mouse on"), None);
                assert_eq!(run(&mut world, "mouse off"), None);
                assert_eq!(world.asides, [Command::Mouse(true), Command::Mouse(false)]);
            }
            "refresh" => {
                let before = world.model.asked.id;
                assert_eq!(run(&mut world, "refresh"), None);
                assert!(world.model.asked.id > before);
            }
            "help" => {
                assert_eq!(run(&mut world, "help"), None);
                assert_eq!(model(&world), Place::Help);
            }
            "quit" => {
                assert_eq!(run(&mut world, "quit"), None);
                assert_eq!(world.asides, [Command::Quit]);
            }
            untested => panic!("nothing shows that this is true: {untested}"),
        }
    }
}

#[test]
fn what_cannot_be_done_is_said_and_stays_to_be_mended() {
    for (text, says) in [
        ("", "no such command; there are ls, show,"),
        ("frobnicate", "no such command"),
        ("sotr user", "\"sotr\" is no command; did you mean sort?"),
        ("s", "\"s\" may be show, sort, stats"),
        (
            "sort idel",
            "no field \"idel\" to sort by; did you mean idle?",
        ),
        ("show bob", ""),
        ("goto here", "\"here\" is no row"),
        ("goto 101%", "a part is between 0% and 100%"),
        ("goto", "\"\" is no row"),
        ("mark some", "write mark all or mark none"),
        (
            "theme pink",
            "\"pink\" is no theme; there are terminal, light",
        ),
        ("mouse", "write mouse on or mouse off"),
        ("columns usr", "\"usr\" is no column; did you mean user?"),
        ("quit now", "quit takes nothing: \"now\""),
        ("ls user=", ""),
    ] {
        let mut world = World::new(80, 24, &five());
        let error = run(&mut world, text).unwrap_or_else(|| panic!("{text:?} is done"));
        assert!(error.starts_with(says), "{text:?}: {error}");
        assert_eq!(world.asides, [], "{text:?}");
        world.types("x");
        let Some(Dialog::Palette(command)) = world.model.dialogs.last() else {
            panic!("closed")
        };
        assert_eq!(command.error, None, "it is being mended");
    }
}

#[test]
fn a_beginning_that_one_command_has_will_do_and_words_are_completed() {
    let mut world = World::new(80, 24, &five());
    assert_eq!(run(&mut world, "so user"), None);
    assert_eq!(world.users()[0], "alice");
    assert_eq!(candidates("s").count(), 3);
    for (typed, completed) in [
        ("so", "sort "),
        ("sort id", "sort idle"),
        ("columns user i", "columns user ip"),
        ("theme m", "theme mono"),
        ("goto 5", "goto 5"),
    ] {
        world.press(Key::OpenPalette);
        world.types(typed);
        world.press(Key::Complete);
        let Some(Dialog::Palette(command)) = world.model.dialogs.last() else {
            panic!("closed")
        };
        assert_eq!(command.line.text(), completed);
        world.press(Key::Back);
    }
}

#[test]
fn a_session_that_is_asked_for_by_its_handle_need_not_be_at_hand_nor_live() {
    let mut world = World::new(80, 24, &many(3_000));
    let far = many(3_000)[2_999].handle;
    assert_eq!(run(&mut world, &format!("show {far}")), None);
    let Some(Dialog::Detail(subject)) = world.model.dialogs.last() else {
        panic!("not shown")
    };
    assert_eq!(subject.session.user.as_deref(), Some("user2999"));
    world.press(Key::Back);
    let unknown = session(9_999, "x", 1).handle;
    assert_eq!(run(&mut world, &format!("why {unknown}")), None);
    assert_eq!(world.model.place(), Place::List);
    assert!(world.status().starts_with("the registry knows no session"));
}
