//! `sessctl tui` on a real terminal, which it gives back as it was, whichever way it ends.

use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    home::{Home, SESSCTL, until},
    peers,
    tmux::Tmux,
};

/// Runs a dashboard, and writes down how the terminal was before and after, and the exit code.
fn script(program: &str) -> String {
    format!(
        "stty -a >../before
         sh -c 'echo $$ >../pid; exec \"$0\" tui' '{program}'
         echo $? >../code
         stty -a >../after
         echo back in the shell
         exec cat"
    )
}

enum Way {
    Key(&'static str),
    Signal(Signal),
}

#[tokio::test]
async fn the_terminal_is_given_back_on_q_ctrl_c_and_signals() {
    if !peers::present(&["tmux"]) {
        return;
    }
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    for (way, code) in [
        (Way::Key("q"), "0"),
        (Way::Key("C-c"), "0"),
        (Way::Signal(Signal::TERM), "143"),
        (Way::Signal(Signal::HUP), "129"),
        (Way::Signal(Signal::INT), "130"),
    ] {
        for name in ["before", "pid", "code", "after"] {
            // A file that is not there yet is as good.
            let _ = std::fs::remove_file(home.path(name));
        }
        let terminal = Tmux::run(&home, (80, 24), &script(SESSCTL));
        terminal.sees("alice").await;
        terminal.sees("live").await;
        assert_eq!(terminal.flags(), "1 0");
        match way {
            Way::Key(key) => terminal.presses(key),
            Way::Signal(signal) => {
                let pid = home.read("pid").trim_end().parse().unwrap();
                kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
            }
        }
        terminal.sees("back in the shell").await;
        assert_eq!(home.read("code").trim_end(), code);
        until("the cursor", || terminal.flags() == "0 1").await;
        let after = home.read("after");
        assert_eq!(after, home.read("before"));
        assert!(
            after.contains(" echo ") && after.contains(" icanon "),
            "{after}"
        );
        assert!(
            !terminal.screen().contains("alice"),
            "{}",
            terminal.screen()
        );
    }
}

#[tokio::test]
async fn the_terminal_is_given_back_by_a_panic_and_its_message_can_be_read() {
    if !peers::present(&["tmux"]) {
        return;
    }
    let home = Home::new();
    let breaking = Path::new(SESSCTL)
        .with_file_name("examples")
        .join("tui_panic");
    let terminal = Tmux::run(&home, (80, 24), &script(breaking.to_str().unwrap()));
    terminal.sees("alice").await;
    terminal.presses("x");
    terminal.sees("End this session?").await;
    terminal.presses("y");
    terminal.sees("back in the shell").await;
    assert_eq!(home.read("code").trim_end(), "101");
    until("the cursor", || terminal.flags() == "0 1").await;
    assert_eq!(home.read("after"), home.read("before"));
    let screen = terminal.screen();
    assert!(screen.contains("the registry broke"), "{screen}");
}

#[tokio::test]
async fn ctrl_z_gives_the_terminal_back_and_fg_takes_it_again() {
    if !peers::present(&["tmux"]) {
        return;
    }
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    let shell = "stty -a >../before; exec bash --norc --noprofile -i";
    let terminal = Tmux::run(&home, (80, 24), shell);
    terminal.types(&format!("'{SESSCTL}' tui"));
    terminal.sees("alice").await;
    terminal.presses("m");
    until("the mouse", || terminal.has_mouse()).await;
    terminal.presses("j");
    for round in 0..2 {
        terminal.presses("C-z");
        until("the shell's screen", || terminal.flags() == "0 1").await;
        assert!(!terminal.has_mouse());
        // The prompt's own line editor has it by now, so a command of its own looks. What is typed is not what it prints,
        // which shows that it ran.
        terminal.types(&format!("stty -a >../stopped; echo no''ted {round}"));
        terminal.sees(&format!("noted {round}")).await;
        assert_eq!(home.read("stopped"), home.read("before"));
        terminal.types("fg");
        terminal.sees("row 1 of 1").await;
        until("the dashboard's screen", || terminal.flags() == "1 0").await;
        until("the mouse", || terminal.has_mouse()).await;
    }
    server.login("bob").await;
    terminal.sees("bob").await;
    terminal.presses("q");
    until("the shell's screen", || terminal.flags() == "0 1").await;
    assert!(!terminal.has_mouse());
}

#[tokio::test]
async fn a_terminal_that_is_closed_ends_the_dashboard() {
    if !peers::present(&["tmux"]) {
        return;
    }
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    let terminal = Tmux::run(&home, (80, 24), &script(SESSCTL));
    terminal.sees("alice").await;
    let running = Path::new("/proc").join(home.read("pid").trim_end());
    assert!(running.exists());
    drop(terminal);
    until("its end", || !running.exists()).await;
}

#[tokio::test]
async fn another_size_keeps_the_cursor_on_its_row() {
    if !peers::present(&["tmux"]) {
        return;
    }
    let home = Home::new();
    let server = home.serve(&[]).await;
    for n in 0..30 {
        server.login(&format!("user{n}")).await;
    }
    let terminal = Tmux::run(&home, (80, 24), &script(SESSCTL));
    terminal.sees("30 sessions").await;
    terminal.presses("G");
    terminal.sees("row 30 of 30").await;
    for size in [(40, 10), (160, 50), (20, 5), (80, 24)] {
        terminal.resizes(size);
        let under_cursor = || {
            let screen = terminal.screen();
            let line = screen.lines().find(|line| line.starts_with('>'));
            line.is_some_and(|line| line.contains("user0"))
        };
        until("the row under the cursor", under_cursor).await;
    }
    terminal.presses("q");
    terminal.sees("back in the shell").await;
}

#[tokio::test]
async fn a_session_is_ended_by_keys_on_a_real_terminal_of_any_size() {
    if !peers::present(&["tmux"]) {
        return;
    }
    for size in [(80, 24), (160, 50), (40, 10)] {
        let home = Home::new();
        let server = home.serve(&[]).await;
        let terminal = Tmux::run(&home, size, &script(SESSCTL));
        terminal.sees("0 sessions").await;
        server.login("alice").await;
        terminal.sees("alice").await;
        terminal.presses("x");
        terminal.sees("y ends it").await;
        terminal.presses("y");
        terminal.sees("0 sessions").await;
        let out = server.run(&["dashboard", "--profile", "alice"]).await;
        out.fails(3, &["revoked by "]);
        terminal.presses("q");
        terminal.sees("back in the shell").await;
    }
}

#[tokio::test]
async fn at_a_terminal_the_beginning_of_a_handle_and_a_yes_will_do() {
    if !peers::present(&["tmux"]) {
        return;
    }
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    server.login("bob").await;
    let alice = server.handle_of("alice").await;
    let script = format!(
        "'{SESSCTL}' show {} -q; '{SESSCTL}' show {0}zzz; echo \"code $?\"
         '{SESSCTL}' revoke --user alice; echo \"first $?\"
         '{SESSCTL}' revoke --user alice; echo \"second $?\"
         exec cat",
        &alice[..8]
    );
    let terminal = Tmux::run(&home, (120, 40), &script);
    terminal.sees(&alice).await;
    terminal.sees("code 5").await;
    terminal.sees("End 1 session at").await;
    terminal.presses("n");
    terminal.presses("Enter");
    terminal.sees("first 8").await;
    server.run(&["dashboard", "--profile", "alice"]).await.ok();
    until("the second question", || {
        terminal.screen().matches("End 1 session at").count() == 2
    })
    .await;
    terminal.presses("y");
    terminal.presses("Enter");
    terminal.sees("second 0").await;
    let out = server.run(&["dashboard", "--profile", "alice"]).await;
    out.fails(3, &["Please log in"]);
    server.run(&["dashboard", "--profile", "bob"]).await.ok();
}
