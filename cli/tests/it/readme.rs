//! The examples of README.md, run from top to bottom by a user who has just installed the binary; what they print is
//! what the page shows.
//!
//! Each is run, or stands in a list here with the reason why it cannot be. Where the page says 127.0.0.1:3000, the
//! server is at a free port; the shop and the blog are a server of the test's own.

mod examples;
mod masks;

use std::{
    collections::HashMap, fs::Permissions, os::unix::fs::PermissionsExt as _, process::Stdio,
};

use axum::{
    Json, Router,
    http::{HeaderMap, StatusCode, header},
    response::{AppendHeaders, Html, IntoResponse as _, Redirect},
    routing::{get, post},
};
use serde_json::json;
use tokio::process::{Child, Command};

use self::{examples::Example, masks::Masks};
use crate::{
    home::{Home, SESSCTL, ended},
    server::{lines, next},
    stub::Stub,
    users::PASSWORD,
};

const README: &str = include_str!("../../../README.md");

/// What is not run, and why.
const NOT_RUN: [(&str, &str); 17] = [
    (
        "cargo run --release -- demo",
        "builds a release; demo.rs runs it",
    ),
    ("scripts/test", "runs this test"),
    (
        "sessctl tui",
        "wants a terminal; tui.rs and terminal.rs run it",
    ),
    ("sessctl tui 'user=a*' --sort idle:desc", "wants a terminal"),
    ("sessctl tui --read-only --theme light", "wants a terminal"),
    ("sessctl tui --plain", "ends when it is told to"),
    (
        "sessctl watch 'ip=203.0.113.0/24'",
        "ends when it is told to",
    ),
    (
        "sessctl audit http://127.0.0.1:8080 --user alice --password-file alice.pw --fail-on high",
        "asks the tutorial's app; auditing.rs runs it",
    ),
    (
        "sessctl load --users 50 --duration 30s --fail-if 'p99>50ms' --html report.html",
        "takes half a minute; load.rs runs it",
    ),
    (
        "sessctl load --users 200 --ramp 10s --think 1s --views 20",
        "takes as long",
    ),
    ("sessctl load --rate 500 --users 50", "takes as long"),
    (
        "source <(sessctl completions bash)",
        "needs bash; completing.rs runs it",
    ),
    (
        "sessctl serve --listen 0.0.0.0:443 --tls-cert cert.pem --tls-key key.pem",
        "wants a port of root's",
    ),
    (
        "sessctl serve --listen 0.0.0.0:8080 --trust-proxy 10.0.0.0/8 --public-url https://app.example",
        "would be open to the network",
    ),
    (
        "cargo run -p sessctl-server --example embed -- 127.0.0.1:8080 ./shop/admin.sock &",
        "builds another program; server/tests/embed.rs runs it",
    ),
    (
        "curl -X POST http://127.0.0.1:8080/in/alice",
        "asks that program",
    ),
    (
        "sessctl ls --source unix:./shop/admin.sock",
        "asks that program",
    ),
];

/// What is asked of the shop.
const AT_SHOP: [&str; 3] = [
    "sessctl get /orders",
    "sessctl post /api/orders",
    "sessctl head /login",
];

/// What only a terminal shows, where a password comes from there. Here it is in the environment.
const PROMPTS: [&str; 5] = [
    "At least 12 characters of any kind.",
    "belong together are good.",
    "New password for ",
    "The same again:",
    "Password for ",
];

/// Somebody at a shell.
struct Reader {
    home: Home,
    masks: Masks,
    shop: Stub,
    server: Option<Child>,
    /// The exit code of the last command.
    code: i32,
    /// The handles of this run, by those of the page.
    handles: HashMap<String, String>,
}

impl Reader {
    async fn new() -> Self {
        let home = Home::new();
        for dir in ["home/alice", "run/user/1000", "bin"] {
            std::fs::create_dir_all(home.path(dir)).unwrap();
        }
        std::os::unix::fs::symlink(SESSCTL, home.path("bin/sessctl")).unwrap();
        for file in ["home/alice/blog.pw", "home/alice/shop.pw"] {
            let password = home.write(file, PASSWORD);
            std::fs::set_permissions(password, Permissions::from_mode(0o600)).unwrap();
        }
        let mut user = home.program("id");
        user.arg("-un");
        let user = ended(user).await.ok();
        let root = home.text("bin").trim_end_matches("/bin").to_owned();
        Self {
            masks: Masks::new(root, user.trim_end().to_owned()),
            shop: Stub::serve(shop()).await,
            server: None,
            code: 0,
            handles: HashMap::new(),
            home,
        }
    }

    /// A program with the directories that the page shows, below the test's own.
    fn program(&self, program: &str) -> Command {
        let mut command = self.home.program(program);
        for name in ["XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
            command.env_remove(name);
        }
        let path = [self.home.text("bin"), std::env::var("PATH").unwrap()].join(":");
        command
            .env("PATH", path)
            .env("HOME", self.home.path("home/alice"))
            .env("XDG_RUNTIME_DIR", self.home.path("run/user/1000"))
            .env("SESSCTL_PASSWORD", PASSWORD);
        command
    }

    /// A text of the page with the one server that plays the blog and the shop.
    fn here(&self, text: &str) -> String {
        let servers = ["https://blog.example", "https://shop.example"];
        let here = |text: String, server| text.replace(server, &self.shop.url);
        servers.into_iter().fold(text.to_owned(), here)
    }

    /// What a shell prints for a command, on both of its streams.
    async fn types(&mut self, command: &str) -> String {
        let mut command = self.here(command);
        for (shown, handle) in &self.handles {
            command = command.replace(shown, handle);
        }
        let mut shell = self.program("sh");
        if AT_SHOP.iter().any(|begin| command.starts_with(begin)) {
            shell.env("SESSCTL_SERVER", &self.shop.url);
        }
        let script = format!("exec 2>&1; (exit {}); {command}", self.code);
        shell.args(["-c", &script]);
        let done = ended(shell).await;
        self.code = done.code;
        done.stdout
    }

    /// Starts the server at a free port, and says what it says.
    async fn serves(&mut self) -> String {
        let mut serve = self.program(SESSCTL);
        serve.args(["serve", "--listen", "127.0.0.1:0", "-o", "table"]);
        serve.env_remove("SESSCTL_PASSWORD");
        let mut child = serve.stderr(Stdio::inherit()).spawn().unwrap();
        let line = next(&mut lines(&mut child)).await.expect("a line");
        self.server = Some(child);
        let url = line.split([' ', ',']).nth(1).unwrap();
        let config = format!("[profile.default]\nserver = {url:?}\n");
        self.home
            .write("home/alice/.config/sessctl/config.toml", &config);
        format!("{line}\n")
    }

    /// Runs an example and compares what it prints.
    async fn follows(&mut self, example: &Example) {
        let Example {
            line,
            command,
            output,
        } = example;
        let printed = match &**command {
            "sessctl serve &" => self.serves().await,
            command => {
                if command == "sessctl log result=refused --since 1h" {
                    // Somebody has to have been refused.
                    let wrong = "SESSCTL_PASSWORD=wrong sessctl login alice";
                    self.types(wrong).await;
                }
                self.types(command).await
            }
        };
        let Some(output) = output else {
            assert_eq!(self.code, 0, "README.md:{line}: {command}: {printed}");
            return;
        };
        let shown: Vec<_> = output
            .iter()
            .filter(|line| !PROMPTS.iter().any(|begin| line.starts_with(begin)))
            .map(|line| format!("{line}\n"))
            .collect();
        let shown = shown.concat();
        let shown = self.here(&shown);
        let [ours, pages] = [&printed, &shown].map(|text| self.masks.handles(text));
        self.handles.extend(pages.into_iter().zip(ours));
        let [printed, shown] = [printed, shown].map(|text| self.masks.mask(&text));
        assert_eq!(printed, shown, "README.md:{line}: {command}");
    }
}

/// A shop with orders, and a blog with drafts.
fn shop() -> Router {
    let form = async || {
        Html("<form method=post><input name=email><input type=password name=password></form>")
    };
    let sign_in = async || {
        let set = AppendHeaders([(header::SET_COOKIE, "id=1; Path=/; HttpOnly")]);
        (set, Redirect::to("/account"))
    };
    let account = async |headers: HeaderMap| match headers.contains_key(header::COOKIE) {
        true => "Hello, bob".into_response(),
        false => Redirect::to("/signin").into_response(),
    };
    let me = async |headers: HeaderMap| match headers.contains_key(header::COOKIE) {
        true => Json(json!({"email": "ann@shop.example"})).into_response(),
        false => StatusCode::UNAUTHORIZED.into_response(),
    };
    let json_login = async |Json(body): Json<serde_json::Value>| {
        let is_right = body == json!({"email": "ann@shop.example", "password": PASSWORD});
        match is_right {
            true => [(header::SET_COOKIE, "id=2; Path=/; HttpOnly")].into_response(),
            false => StatusCode::UNPROCESSABLE_ENTITY.into_response(),
        }
    };
    let order = async || (StatusCode::CREATED, Json(json!({"order": {"item": "tea"}})));
    Router::new()
        .route("/signin", get(form).post(sign_in))
        .route("/account", get(account))
        .route("/drafts", get(async || ""))
        .route("/orders", get(async || "Your orders"))
        .route("/api/login", post(json_login))
        .route("/api/me", get(me))
        .route("/api/orders", post(order))
        .route(
            "/login",
            get(async || [(header::SET_COOKIE, "sid=1; Path=/; HttpOnly")]),
        )
}

#[tokio::test]
async fn every_example_of_the_readme_prints_what_the_page_shows() {
    let mut reader = Reader::new().await;
    let examples = examples::of(README);
    for (command, why) in NOT_RUN {
        let is_there = examples.iter().any(|one| one.command == command);
        assert!(is_there, "no longer in README.md: {command} ({why})");
    }
    for example in &examples {
        if !NOT_RUN.iter().any(|(not, _)| *not == example.command) {
            reader.follows(example).await;
        } else if example.command.starts_with("sessctl ") {
            // That there is such a thing can be told all the same.
            let help = format!("{} --help", example.command);
            let said = reader.types(&help).await;
            assert_eq!(reader.code, 0, "README.md:{}: {said}", example.line);
        }
    }
}
