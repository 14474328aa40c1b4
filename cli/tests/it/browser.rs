//! What people do in a browser, done in a real one: headless Chromium. Needs chromium, chromedriver and npm (axe-core).
//!
//! Pictures of what it saw stay in `target/tmp/screenshots`.

mod axe;
mod boundary;
mod driver;
mod looks;
mod sessions;
mod signing;
mod stage;
mod tls;
