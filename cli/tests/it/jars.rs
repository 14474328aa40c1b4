//! What a jar holds: shown, carried to curl and back, and looked over.

use std::os::unix::fs::PermissionsExt as _;

use axum::{
    Router,
    http::{HeaderMap, header},
    response::AppendHeaders,
    routing::get,
};
use serde_json::{Value, json};

use crate::{
    home::{Home, ended, fed},
    peers,
    stub::Stub,
};

/// Sets cookies of every kind, and tells which came back.
async fn server() -> Stub {
    let set = async || {
        let cookies = [
            "sid=very-secret; Path=/; HttpOnly; SameSite=Lax",
            "theme=dark; Path=/; Max-Age=86400",
            "deep=d; Path=/deep",
            "empty=; Path=/",
        ];
        AppendHeaders(cookies.map(|cookie| (header::SET_COOKIE, cookie)))
    };
    let told = async |headers: HeaderMap| match headers.get(header::COOKIE) {
        Some(cookies) => cookies.to_str().unwrap().to_owned(),
        None => "none".to_owned(),
    };
    let router = Router::new()
        .route("/set", get(set))
        .route("/told", get(told))
        .route("/deep/told", get(told));
    Stub::serve(router).await
}

fn sorted(cookies: &str) -> Vec<&str> {
    let mut all: Vec<_> = cookies.trim_end().split("; ").collect();
    all.sort_unstable();
    all
}

#[tokio::test]
async fn a_jar_shows_every_attribute_and_values_only_to_those_who_ask() {
    let home = Home::new();
    let stub = server().await;
    let at = ["--server", &stub.url];
    let none = home.run(&[&["jar", "show"][..], &at].concat()).await;
    assert!(none.stderr.contains("no cookie is kept"), "{none:?}");
    home.run(&[&["get", "/set"][..], &at].concat()).await.ok();
    let table = home.run(&[&["jar", "show"][..], &at].concat()).await.ok();
    let sid = table.lines().find(|line| line.starts_with("sid ")).unwrap();
    let words: Vec<_> = sid.split_whitespace().collect();
    let expected = [
        "sid",
        "(11",
        "bytes)",
        "127.0.0.1",
        "/",
        "-",
        "HttpOnly",
        "SameSite=Lax",
    ];
    assert_eq!(words, expected);
    assert!(table.contains("23h59m") || table.contains("1d"), "{table}");
    let json = home
        .run(&[&["jar", "show", "-o", "json"][..], &at].concat())
        .await
        .ok();
    for hidden in [&table, &json] {
        assert!(
            !hidden.contains("very-secret") && !hidden.contains("dark"),
            "{hidden}"
        );
    }
    let open = ["jar", "show", "-o", "json", "--show-secrets"];
    let json: Value =
        serde_json::from_str(&home.run(&[&open[..], &at].concat()).await.ok()).unwrap();
    let sid = json["cookies"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "sid")
        .unwrap();
    assert_eq!(
        *sid,
        json!({
            "name": "sid", "value": "very-secret", "domain": "127.0.0.1", "with_subdomains": false, "path": "/",
            "secure": false, "http_only": true, "same_site": "Lax", "expires": null,
        })
    );
}

#[tokio::test]
async fn curl_reads_what_is_exported_and_what_curl_writes_is_imported() {
    if !peers::present(&["curl"]) {
        return;
    }
    let home = Home::new();
    let stub = server().await;
    let at = ["--server", &stub.url];
    home.run(&[&["get", "/set"][..], &at].concat()).await.ok();
    let file = home.text("cookies.txt");
    let done = home
        .run(&[&["jar", "export", &file][..], &at].concat())
        .await;
    assert!(done.stderr.contains("wrote 4 cookies"), "{done:?}");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    // Whoever could read an old file could read the new one.
    let again = home
        .run(&[&["jar", "export", &file][..], &at].concat())
        .await;
    again.fails(1, &["there is a file", "not touched"]);

    let curl = async |words: &[&str]| {
        let mut curl = home.program("curl");
        curl.arg("-sS").args(words);
        ended(curl).await.ok()
    };
    for path in ["/told", "/deep/told"] {
        let ours = home.run(&[&["get", path][..], &at].concat()).await.ok();
        let url = format!("{}{path}", stub.url);
        let theirs = curl(&["-b", &file, &url]).await;
        assert_eq!(sorted(&theirs), sorted(&ours), "{path}");
        assert!(
            theirs.contains("sid=very-secret") && theirs.contains("empty="),
            "{theirs}"
        );
    }

    let jar = home.text("curl.txt");
    curl(&["-c", &jar, &format!("{}/set", stub.url)]).await;
    let other = home.text("other.json");
    let to_other = ["--server", &stub.url, "--jar", &other];
    let done = home
        .run(&[&["jar", "import", &jar][..], &to_other].concat())
        .await
        .ok();
    assert!(
        done.starts_with("took 4 cookies for http://127.0.0.1:"),
        "{done}"
    );
    for path in ["/told", "/deep/told"] {
        let ours = home.run(&[&["get", path][..], &at].concat()).await.ok();
        let imported = home
            .run(&[&["get", path][..], &to_other].concat())
            .await
            .ok();
        assert_eq!(sorted(&imported), sorted(&ours), "{path}");
    }
    let shown = home
        .run(&[&["jar", "show"][..], &to_other].concat())
        .await
        .ok();
    let sid = shown.lines().find(|line| line.starts_with("sid ")).unwrap();
    assert!(sid.contains("HttpOnly"), "{shown}");
}

#[tokio::test]
async fn what_is_no_cookies_txt_is_refused_whole_and_what_is_for_others_is_left_out() {
    let home = Home::new();
    let stub = server().await;
    let import = async |text: &str| {
        let words = ["jar", "import", "-", "--server", &stub.url];
        fed(home.sessctl(&words), text).await
    };
    let good = "127.0.0.1\tFALSE\t/\tFALSE\t0\ta\tsecret-one";
    for (line, says) in [
        ("127.0.0.1 FALSE / FALSE 0 a secret-two", "seven fields"),
        ("127.0.0.1\tno\t/\tFALSE\t0\ta\tsecret-two", "TRUE or FALSE"),
        (
            "127.0.0.1\tFALSE\t/\tFALSE\tsoon\ta\tsecret-two",
            "a number of seconds",
        ),
        ("127.0.0.1\tFALSE\t/\tFALSE\t0\t\tsecret-two", "has no name"),
    ] {
        let out = import(&format!("# a comment\n{good}\n{line}\n")).await;
        let said = out.fails(
            2,
            &[
                "line 3 is not of a cookies.txt",
                says,
                "nothing was imported",
            ],
        );
        assert!(!said.contains("secret"), "{said}");
    }
    let told = home
        .run(&["get", "/told", "--server", &stub.url])
        .await
        .ok();
    assert_eq!(told, "none");
    let mixed = format!(
        "{good}\n.example.org\tTRUE\t/\tFALSE\t0\tb\tx\n10.0.0.1\tFALSE\t/\tFALSE\t0\tc\tx\n127.0.0.1\tFALSE\t/\tFALSE\t1\td\tx\n\n127.0.0.1\tTRUE\t/\tFALSE\t4102444800.5\te\tx\n"
    );
    let done = import(&mixed).await.ok();
    assert!(done.starts_with("took 2 cookies for "), "{done}");
    assert!(
        done.ends_with("; left out 2 for other servers, 1 expired\n"),
        "{done}"
    );
    let told = home
        .run(&["get", "/told", "--server", &stub.url])
        .await
        .ok();
    assert_eq!(sorted(&told), ["a=secret-one", "e=x"]);
    let missing = ["jar", "import", "/no/such", "--server", &stub.url];
    home.run(&missing).await.fails(2, &["cannot read /no/such"]);
}

#[tokio::test]
async fn the_doctor_finds_what_is_wrong_and_changes_nothing() {
    let home = Home::new();
    let stub = server().await;
    let jar = home.text("jar.json");
    let at = ["--server", &stub.url, "--jar", &jar];
    let doctor = async || home.run(&[&["jar", "doctor"][..], &at].concat()).await;
    assert!(doctor().await.ok().contains("there is no jar at"));
    home.run(&[&["get", "/set"][..], &at].concat()).await.ok();
    let well = doctor().await.ok();
    for words in [
        "ok   only you can read it (mode 600)",
        "it belongs to http://127.0.0.1",
        "4 live cookies",
    ] {
        assert!(well.contains(words), "{well}");
    }
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(&jar, open).unwrap();
    let found = doctor().await;
    assert_eq!(found.code, 9, "{found:?}");
    assert!(
        found.stdout.contains("BAD  others can read it (mode 644)"),
        "{found:?}"
    );
    let mode = std::fs::metadata(&jar).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o644, "it only looks");
    std::fs::write(&jar, "{\"version\":1,").unwrap();
    let found = doctor().await;
    assert_eq!(found.code, 9, "{found:?}");
    assert!(
        found.stdout.contains("it is damaged: not whole JSON"),
        "{found:?}"
    );
    std::fs::write(&jar, "{\"version\":9,\"cookies\":[]}").unwrap();
    let words = [&["jar", "doctor", "-o", "json"][..], &at].concat();
    let found = home.run(&words).await;
    assert_eq!(found.code, 9, "{found:?}");
    let told: Value = serde_json::from_str(&found.stdout).unwrap();
    assert_eq!(told["fine"], false);
    assert!(told["seen"].to_string().contains("newer sessctl"), "{told}");
}
