//! Ctrl-C, at a terminal and off it: one line, the code of the signal, and a terminal that is as it was.

use rustix::process::Signal;
use tokio::{io::AsyncReadExt as _, net::TcpListener};

use crate::{
    home::{Home, SESSCTL, finished},
    peers,
    server::signal,
    tmux::Tmux,
};

/// Runs a command at a terminal, and writes down how the terminal was, its code, and how it is then. Without the trap
/// the shell would end with what the signal ended.
fn script(words: &str) -> String {
    format!(
        "trap : INT
         stty -a >../before
         '{SESSCTL}' {words}
         echo $? >../code
         stty -a >../after
         echo back in the shell
         exec cat"
    )
}

#[tokio::test]
async fn a_slow_command_ends_at_once_with_one_line() {
    if !peers::present(&["tmux"]) {
        return;
    }
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    for words in ["dashboard", "status", "get /x", "login alice"] {
        let words = format!("{words} --server {server} --timeout 60s");
        let terminal = Tmux::run(&home, (100, 24), &script(&words));
        let (mut connection, _) = listener.accept().await.unwrap();
        assert!(connection.read(&mut [0; 64]).await.unwrap() > 0);
        terminal.presses("C-c");
        terminal.sees("back in the shell").await;
        let screen = terminal.screen();
        assert_eq!(screen.matches("sessctl:").count(), 1, "{screen}");
        assert!(screen.contains("sessctl: stopped by Ctrl-C"), "{screen}");
        assert_eq!(home.read("code").trim_end(), "130", "{words}");
        assert_eq!(home.read("after"), home.read("before"));
    }
}

#[tokio::test]
async fn a_password_that_is_not_typed_leaves_the_terminal_as_it_was() {
    if !peers::present(&["tmux"]) {
        return;
    }
    let home = Home::new();
    let server = home.serve_accounts(&[]).await;
    let words = format!("login alice --server {}", server.public);
    let terminal = Tmux::run(&home, (100, 24), &script(&words));
    terminal.sees("Password for alice").await;
    terminal.presses("C-c");
    terminal.sees("back in the shell").await;
    let screen = terminal.screen();
    assert!(screen.contains("sessctl: stopped by Ctrl-C"), "{screen}");
    assert_eq!(home.read("code").trim_end(), "130");
    assert_eq!(home.read("after"), home.read("before"));
    assert!(home.jars().is_empty());
}

#[tokio::test]
async fn off_a_terminal_the_signal_alone_tells() {
    let home = Home::new();
    // It takes a connection and never answers, so that whoever came is known to be there.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    for (by, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let words = ["dashboard", "--server", &server, "--timeout", "60s"];
        let command = home.sessctl(&words).spawn().unwrap();
        let (mut connection, _) = listener.accept().await.unwrap();
        assert!(connection.read(&mut [0; 64]).await.unwrap() > 0);
        signal(&command, by);
        let done = finished(command).await;
        assert_eq!((done.code, &*done.stdout, &*done.stderr), (code, "", ""));
    }
}
