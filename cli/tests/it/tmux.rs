//! A real terminal: a tmux server of the test's own, ended with it.

use std::{
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use crate::home::{Home, until};

/// A terminal that runs one script. Dropped, its whole tmux server is ended.
pub(crate) struct Tmux<'h> {
    home: &'h Home,
    socket: String,
}

impl<'h> Tmux<'h> {
    /// Opens a terminal and runs a shell script in it.
    pub(crate) fn run(home: &'h Home, (width, height): (u16, u16), script: &str) -> Self {
        static OPENED: AtomicUsize = AtomicUsize::new(0);
        let number = OPENED.fetch_add(1, Ordering::SeqCst);
        let tmux = Self {
            home,
            // A new one each time: a server that was told to end may still be there for a moment.
            socket: home.text(&format!("tmux-{number}.sock")),
        };
        let script = home.write("script.sh", script);
        let (width, height) = (width.to_string(), height.to_string());
        tmux.call(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-s",
            "it",
            "-c",
            &home.text("work"),
            "-x",
            &width,
            "-y",
            &height,
            "sh",
            script.to_str().unwrap(),
        ]);
        tmux
    }

    /// What is on the screen.
    pub(crate) fn screen(&self) -> String {
        self.call(&["capture-pane", "-p", "-t", "it"])
    }

    pub(crate) fn presses(&self, key: &str) {
        self.call(&["send-keys", "-t", "it", key]);
    }

    /// Types a text as it stands, and the return key.
    pub(crate) fn types(&self, text: &str) {
        self.call(&["send-keys", "-t", "it", "-l", text]);
        self.presses("Enter");
    }

    /// Whether the second screen is in use, and whether the cursor shows: `0 1` for a shell.
    pub(crate) fn flags(&self) -> String {
        let flags = "#{alternate_on} #{cursor_flag}";
        let flags = self.call(&["display-message", "-p", "-t", "it", flags]);
        flags.trim_end().to_owned()
    }

    /// Whether the program in it is told about the mouse.
    pub(crate) fn has_mouse(&self) -> bool {
        let flag = "#{mouse_any_flag}";
        let flag = self.call(&["display-message", "-p", "-t", "it", flag]);
        flag.trim_end() == "1"
    }

    /// Makes it as large as this.
    pub(crate) fn resizes(&self, (width, height): (u16, u16)) {
        let (width, height) = (width.to_string(), height.to_string());
        self.call(&["resize-window", "-t", "it", "-x", &width, "-y", &height]);
    }

    pub(crate) async fn sees(&self, text: &str) {
        let mut last = String::new();
        let look = || {
            last = self.screen();
            last.contains(text)
        };
        until(&format!("{text:?} on the terminal"), look).await;
    }

    fn call(&self, arguments: &[&str]) -> String {
        let done = self.command(arguments).output().unwrap();
        assert!(done.status.success(), "tmux {arguments:?}: {done:?}");
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command
            .args(["-u", "-S", &self.socket])
            .args(arguments)
            .env_clear()
            .envs(self.home.environment())
            .stdin(Stdio::null());
        command
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        // An error says that it has ended already.
        let _ = self.command(&["kill-server"]).output();
    }
}
