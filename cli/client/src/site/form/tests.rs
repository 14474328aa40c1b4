//! What is found in pages, and what is sent.

use super::*;

const PLAIN: Names<'static> = Names {
    user: "username",
    password: "password",
    user_is_said: false,
    password_is_said: false,
};

fn page() -> Url {
    Url::parse("http://h/accounts/login?next=/x").unwrap()
}

/// The form's address and its body, filled in.
fn sent(html: &str, remember: bool) -> Option<(String, String)> {
    let form = Form::find(html, &page(), PLAIN)?;
    let password = Secret::new("pw");
    let ann = Credentials {
        user: "ann",
        password: Some(&password),
        remember,
    };
    let Payload::Bytes { bytes, .. } = form.body(Some(ann)) else {
        panic!("not in parts");
    };
    Some((
        form.action.to_string(),
        String::from_utf8(bytes.to_vec()).unwrap(),
    ))
}

#[test]
fn the_fields_that_a_browser_sends_are_sent() {
    for (html, action, body) in [
        (
            "<form method=post><input type=hidden name=t value=1><input name=u><input type=password name=p></form>",
            "http://h/accounts/login?next=/x",
            "t=1&u=ann&p=pw",
        ),
        (
            "<form method=POST action='/in#x'><input name=q type=text><input name=mail type=email><input type=PASSWORD name=p><button name=go value=now>In</button><button name=other>x</button></form>",
            "http://h/in",
            "q=&mail=ann&p=pw&go=now",
        ),
        (
            "<base href='/b/'><form method=post action=in><input name=a autocomplete=username><input name=user2><input type=password name=p><input type=checkbox name=c checked><input type=checkbox name=d><select name=s><option>one<option value=2 selected>two</select><input disabled name=n value=v></form>",
            "http://h/b/in",
            "a=ann&user2=&p=pw&c=on&s=2",
        ),
        (
            "<form action=/search><input name=q></form><form method=post><input id=login_x name=f1><input type=password name=p><input type=submit name=s value=In></form>",
            "http://h/accounts/login?next=/x",
            "f1=ann&p=pw&s=In",
        ),
        (
            "<div><input name=user><input type=password></div>",
            "http://h/accounts/login?next=/x",
            "user=ann&password=pw",
        ),
        // The one to sign in, and not the one to sign up.
        (
            "<form method=post action=/up><input name=u><input type=password name=a><input type=password name=b></form><form method=post action=/in><input name=u><input type=password name=p></form>",
            "http://h/in",
            "u=ann&p=pw",
        ),
    ] {
        let sent = sent(html, false);
        assert_eq!(sent, Some((action.to_owned(), body.to_owned())), "{html}");
    }
    for html in ["", "<form><input name=user></form>", "type=password"] {
        assert_eq!(sent(html, false), None, "{html}");
    }
}

#[test]
fn the_box_to_be_remembered_is_ticked_for_those_who_ask() {
    let html = "<form method=post><input name=u><input type=password name=p><input type=checkbox name=remember_me value=yes checked></form>";
    assert_eq!(sent(html, false).unwrap().1, "u=ann&p=pw");
    assert_eq!(sent(html, true).unwrap().1, "u=ann&p=pw&remember_me=yes");
}

#[test]
fn names_that_were_said_stand() {
    let html = "<form method=post><input name=u><input name=v><input type=password name=p></form>";
    let said = Names {
        user: "v",
        user_is_said: true,
        ..PLAIN
    };
    let form = Form::find(html, &page(), said).unwrap();
    assert_eq!(form.names(), ["v".to_owned(), "p".to_owned()]);
    assert!(!form.is_get);
    let by_get = Form::find(&html.replace("method=post", ""), &page(), PLAIN).unwrap();
    assert!(by_get.is_get);
}

#[test]
fn the_form_that_is_posted_to_an_address_is_found_by_it_alone() {
    let html = "<form action=/out><input name=by value=get></form>\
        <form action=/find method=post><input name=q></form>\
        <form action=/out?all=1 method=post><input type=hidden name=t value=1><input name=user value=ann>\
        <input type=checkbox name=keep checked><button>Out</button></form>";
    let there = |url: &Url| url.path() == "/out";
    let form = Form::posted_to(html, &page(), there).unwrap();
    assert_eq!(form.action.as_str(), "http://h/out?all=1");
    let Payload::Bytes { bytes, .. } = form.body(None) else {
        panic!("not in parts");
    };
    // As it stands there: nobody signs in by it.
    assert_eq!(&*bytes, b"t=1&user=ann&keep=on");
    let nowhere = Form::posted_to(html, &page(), |url| url.path() == "/");
    assert_eq!(nowhere, None);
}

#[test]
fn tokens_and_where_the_form_came_from_go_into_headers() {
    let html = "<meta name=csrf-token content='t&amp;1'><form method=post enctype=multipart/form-data><input name=u><input type=password name=p></form>";
    let form = Form::find(html, &page(), PLAIN).unwrap();
    let cookie = |name: &str, value: &str| CookieDetail {
        name: name.to_owned(),
        value: sessctl_api::Secret::new(value),
        domain: "h".to_owned(),
        with_subdomains: false,
        path: "/".to_owned(),
        secure: false,
        http_only: false,
        same_site: None,
        expires: None,
    };
    let cookies = [
        cookie("XSRF-TOKEN", "a%3D+b"),
        cookie("csrftoken", "dj"),
        cookie("sid", "s"),
    ];
    let headers = form.headers(&cookies);
    for (name, value) in [
        ("origin", "http://h"),
        ("referer", "http://h/accounts/login?next=/x"),
        ("x-csrf-token", "t&1"),
        ("x-xsrf-token", "a=+b"),
        ("x-csrftoken", "dj"),
    ] {
        assert_eq!(headers[name], value);
    }
    assert_eq!(headers.len(), 5);
    let ann = Credentials {
        user: "ann",
        password: None,
        remember: false,
    };
    assert!(matches!(form.body(Some(ann)), Payload::Parts(parts) if parts.len() == 2));
}

#[test]
fn password_fields_are_found_in_any_spelling() {
    for html in [
        r#"<form><input name="p" type="password"></form>"#,
        "<INPUT TYPE=password>",
        "<input\n type = 'Password' name=x />",
        "<input name=user><input id=a type=\"password\"/>",
    ] {
        assert_eq!(password_fields(html), 1, "{html}");
    }
    for html in [
        "<p>type=password</p>",
        "<input type=text>",
        "<input name=password>",
        "",
    ] {
        assert_eq!(password_fields(html), 0, "{html}");
    }
}
