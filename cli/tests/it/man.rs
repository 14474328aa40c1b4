//! Manual pages: for every command, and without a word of complaint from those who set them.

use crate::{
    home::{Home, ended},
    peers,
};

#[tokio::test]
async fn every_command_has_a_page_that_is_set_without_complaint() {
    let home = Home::new();
    let dir = home.text("tmp/man1");
    let said = home.run(&["man", "--out", &dir]).await;
    assert!(said.stderr.contains("pages to"), "{said:?}");
    let pages = home.files("tmp/man1");
    assert!(pages.len() > 50, "{pages:?}");
    for name in ["sessctl", "sessctl-ls", "sessctl-user-add", "sessctl-as"] {
        let path = home.path(format!("tmp/man1/{name}.1"));
        assert!(pages.contains(&path), "{name}");
    }
    for (program, arguments) in [
        ("mandoc", &["-Tlint", "-Wwarning"][..]),
        ("groff", &["-ww", "-man", "-Tutf8", "-z"]),
    ] {
        if peers::present(&[program]) {
            let mut command = home.program(program);
            command.args(arguments).args(&pages);
            let done = ended(command).await;
            let said = (done.code, &*done.stdout, &*done.stderr);
            assert_eq!(said, (0, "", ""), "{program}");
        }
    }
}

#[tokio::test]
async fn a_page_tells_codes_variables_and_files() {
    let home = Home::new();
    let first = home.run(&["man"]).await.ok();
    for says in [
        ".TH SESSCTL 1",
        ".SH EXIT STATUS",
        "Not confirmed.",
        ".SH ENVIRONMENT",
        "SESSCTL_PASSWORD",
        "SESSCTL_FIELDS",
        "NO_COLOR",
        ".SH FILES",
        "admin.sock",
        "user add|ls|show",
    ] {
        assert!(first.contains(says), "{says}");
    }
    let of_ls = home.run(&["man", "ls"]).await.ok();
    assert!(
        of_ls.contains("sessctl ls 'user=alice and idle>10m'"),
        "{of_ls}"
    );
    assert!(
        !of_ls.contains("\\-\\-jar"),
        "what is everywhere stands once"
    );
    let add = home.run(&["man", "user", "add"]).await.ok();
    assert!(add.contains("At least 12 characters"), "{add}");
    home.run(&["man", "lss"])
        .await
        .fails(2, &["no command \"lss\"; did you mean ls?", "revoke"]);
    home.run(&["man", "ls", "x"])
        .await
        .fails(2, &["all there is"]);
}
