//! Headless Chromium, driven over WebDriver by chromedriver.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    cookies::Cookie,
    error::CmdError,
    wd::{Capabilities, WebDriverCompatibleCommand},
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Child;

use super::axe;
use crate::{
    home::{Home, PATIENCE},
    peers,
    server::{lines, next},
};

/// A running chromedriver. Dropped, it is killed, and its browsers end with it.
pub(crate) struct Driver {
    url: String,
    profiles: TempDir,
    _process: Child,
}

/// One browser with a profile of its own.
pub(crate) struct Browser {
    client: Client,
    /// What the run keeps of what it saw.
    shots: PathBuf,
}

impl Driver {
    /// Starts chromedriver on a free port; `None` where that cannot be, which was said.
    pub(crate) async fn start(home: &Home) -> Option<Self> {
        if !peers::present(&["chromedriver", "chromium", "npm"]) {
            return None;
        }
        let mut process = home
            .program("chromedriver")
            .args(["--port=0", "--log-level=WARNING"])
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut says = lines(&mut process);
        let port = loop {
            let line = next(&mut says).await.expect("chromedriver starts");
            if let Some(port) = line.strip_prefix("ChromeDriver was started successfully on port ")
            {
                break port.trim_end_matches('.').parse::<u16>().unwrap();
            }
        };
        // Read to its end, or chromedriver would wait for somebody who does.
        tokio::spawn(async move { while next_quietly(&mut says).await {} });
        Some(Self {
            url: format!("http://127.0.0.1:{port}"),
            profiles: tempfile::tempdir().unwrap(),
            _process: process,
        })
    }

    /// Opens a browser that nobody has used before.
    pub(crate) async fn browser(&self, name: &str) -> Browser {
        let profile = self.profiles.path().join(name);
        let arguments = [
            "--headless=new".to_owned(),
            // A container's root has no sandbox to offer.
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-quic".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            "--window-size=1000,800".to_owned(),
            format!("--user-data-dir={}", profile.display()),
        ];
        let wanted: Capabilities = serde_json::from_value(json!({
            "browserName": "chrome",
            // Certificates here are made for one test.
            "acceptInsecureCerts": true,
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        }))
        .unwrap();
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted)
            .connect(&self.url)
            .await
            .expect("a browser");
        let shots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
        std::fs::create_dir_all(&shots).unwrap();
        Browser { client, shots }
    }
}

async fn next_quietly<R: tokio::io::AsyncBufRead + Unpin>(lines: &mut tokio::io::Lines<R>) -> bool {
    matches!(lines.next_line().await, Ok(Some(_)))
}

impl Browser {
    pub(crate) async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    pub(crate) async fn back(&self) {
        self.client.back().await.unwrap();
    }

    pub(crate) async fn reload(&self) {
        self.client.refresh().await.unwrap();
    }

    /// The path and query that it is at.
    pub(crate) async fn place(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        url.query().map_or_else(
            || url.path().to_owned(),
            |query| format!("{}?{query}", url.path()),
        )
    }

    /// What a reader sees.
    pub(crate) async fn text(&self) -> String {
        let body = self.client.find(Locator::Css("body")).await.unwrap();
        body.text().await.unwrap()
    }

    /// Waits until the page says something. What a click leads to comes after the click.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let mut last = String::new();
            let waiting = async {
                loop {
                    // A page that is just being left has no body.
                    if let Ok(body) = self.client.find(Locator::Css("body")).await
                        && let Ok(text) = body.text().await
                    {
                        if text.contains(words) {
                            return;
                        }
                        last = text;
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            };
            let waited = tokio::time::timeout(PATIENCE, waiting).await.is_ok();
            assert!(waited, "{caller}: no {words:?} on the page: {last}");
        }
    }

    /// Waits until there are so many of something on the page.
    pub(crate) async fn counts(&self, css: &str, wanted: usize) {
        let counting = async {
            loop {
                let found = self.client.find_all(Locator::Css(css)).await;
                if found.is_ok_and(|found| found.len() == wanted) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, counting).await;
        assert!(waited.is_ok(), "there never were {wanted} of {css}");
    }

    /// Types into the field of this name, in place of what is there.
    pub(crate) async fn fill(&self, field: &str, text: &str) {
        let field = format!("input[name={field:?}]");
        let found = self.client.find(Locator::Css(&field)).await.unwrap();
        found.clear().await.unwrap();
        found.send_keys(text).await.unwrap();
    }

    /// Types to whatever has the focus.
    pub(crate) async fn keys(&self, text: &str) {
        for part in text.split_inclusive('\t') {
            // Where a tab led is where the next key goes.
            let focused = self.client.active_element().await.unwrap();
            focused.send_keys(part).await.unwrap();
        }
    }

    /// Fills in the form for another password, and sends it.
    pub(crate) async fn change_password(&self, current: &str, new: &str) {
        self.fill("current", current).await;
        self.fill("new", new).await;
        self.fill("again", new).await;
        self.press("Change password").await;
    }

    pub(crate) async fn value(&self, field: &str) -> String {
        let field = format!("input[name={field:?}]");
        let found = self.client.find(Locator::Css(&field)).await.unwrap();
        found.prop("value").await.unwrap().unwrap_or_default()
    }

    pub(crate) async fn has(&self, css: &str) -> bool {
        !self
            .client
            .find_all(Locator::Css(css))
            .await
            .unwrap()
            .is_empty()
    }

    pub(crate) async fn click(&self, css: &str) {
        let found = self.client.find(Locator::Css(css)).await;
        let found = found.unwrap_or_else(|error| panic!("nothing to click at {css:?}: {error}"));
        found.click().await.unwrap();
    }

    /// Presses the button that says this.
    pub(crate) async fn press(&self, label: &str) {
        let button = format!("//button[normalize-space()={label:?}]");
        let found = self.client.find(Locator::XPath(&button)).await;
        let found = found.unwrap_or_else(|error| panic!("no button {label:?}: {error}"));
        found.click().await.unwrap();
    }

    pub(crate) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    pub(crate) async fn cookies(&self) -> Vec<Cookie<'static>> {
        self.client.get_all_cookies().await.unwrap()
    }

    /// Keeps a picture of the window.
    pub(crate) async fn shot(&self, name: &str) {
        let picture = self.client.screenshot().await.unwrap();
        std::fs::write(self.shots.join(format!("{name}.png")), picture).unwrap();
    }

    pub(crate) async fn size(&self, width: u32, height: u32) {
        self.client.set_window_size(width, height).await.unwrap();
    }

    /// Shows pages as somebody wants them who likes them dark, or light.
    pub(crate) async fn prefers(&self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        let order = Vendor {
            path: "goog/cdp/execute",
            body: json!({"cmd": "Emulation.setEmulatedMedia", "params": {"features": features}}),
        };
        self.client.issue_cmd(order).await.unwrap();
    }

    /// What axe-core finds wrong with the page and calls serious or critical.
    pub(crate) async fn barriers(&self, axe: &str) -> Vec<String> {
        // The page's own policy forbids scripts; those of the driver stand outside it.
        self.run(axe).await;
        let script = "const done = arguments[arguments.length - 1];
            axe.run(document, {resultTypes: ['violations']}).then(done, error => done(String(error)));";
        let report = self.client.execute_async(script, Vec::new()).await.unwrap();
        axe::serious(&report)
    }

    /// What the console complained of since it was last asked. That a logout clears the cache is news, no complaint.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let order = Vendor {
            path: "se/log",
            body: json!({"type": "browser"}),
        };
        let said: Result<Value, CmdError> = self.client.issue_cmd(order).await;
        let said = said.unwrap();
        let lines = said.as_array().expect("a list").iter();
        lines
            .filter(|line| line["level"] != "INFO")
            .map(|line| format!("{}: {}", line["level"], line["message"]))
            .collect()
    }
}

/// A command of chromedriver that WebDriver does not have.
#[derive(Debug)]
struct Vendor {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Vendor {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        let session = session.expect("the browser is open");
        base.join(&format!("session/{session}/{}", self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}
