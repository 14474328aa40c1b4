//! The settings file of a project that one happens to stand in: how far it is obeyed. It may be anybody's.

use crate::home::Home;

const PROJECT: &str = "work/sessctl.toml";
const OWN: &str = "config/sessctl/config.toml";

/// Where nothing listens.
const NOWHERE: &str = "http://127.0.0.1:1";

#[tokio::test]
async fn a_sign_in_keeps_no_source_of_the_projects_and_the_users_own_token_file() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    home.write(
        OWN,
        "[profile.ops]\nsource = \"https://ops.example:7000\"\ntoken_file = \"ops.token\"\n",
    );
    let project = format!(
        "[profile.ops]\nserver = \"{}\"\nsource = \"{NOWHERE}\"\nlogin_path = \"/Login\"\n\
         [profile.new]\nserver = \"{}\"\nsource = \"{NOWHERE}\"\n",
        server.public, server.public
    );
    home.write(PROJECT, &project);
    for name in ["ops", "new"] {
        home.run(&["login", "alice", "--profile", name]).await.ok();
    }
    let kept = home.read(OWN);
    assert!(!kept.contains(NOWHERE), "{kept}");
    for own in [
        "https://ops.example:7000",
        "ops.token",
        "alice",
        &server.public,
    ] {
        assert!(kept.contains(own), "no {own} in {kept}");
    }
    let typed = ["login", "alice", "--profile", "new", "--source", NOWHERE];
    home.run(&typed).await.ok();
    assert!(home.read(OWN).contains(NOWHERE), "what was typed is kept");
}
