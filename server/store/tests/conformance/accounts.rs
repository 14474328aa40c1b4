//! Accounts: who gets in, and who is thrown out.

use std::time::Duration;

use crate::{
    common::{PASSWORD, Store, client, new_user, secret},
    kit::{begin, end_of, living},
};
use sessctl_api::{
    AccountError, Accounts as _, Credential, EndReason, NewToken, NewUser, Scope, UserChange,
};
use sessctl_store::{Denied, Settings, StoreError, Why};

pub(crate) const OTHER: &str = "another horse, another battery";

pub(crate) async fn an_account_is_added_shown_and_signed_in_with(store: &Store) {
    assert!(!store.sessions.has_users());
    let added = store.sessions.add_user(new_user("alice")).await.unwrap();
    assert_eq!((added.sessions, added.last_login), (0, None));
    assert!(store.sessions.has_users());
    store.add_user("Alice").await;
    let again = store.sessions.add_user(new_user("alice")).await;
    assert!(
        matches!(again, Err(AccountError::Exists { .. })),
        "{again:?}"
    );
    store.forward(Duration::from_secs(5));
    let created = store.sign_in("alice").await;
    assert_eq!(created.entry.user(), Some("alice"));
    assert!(store.opens(&created.id).await);
    let shown = store.sessions.user("alice").await.unwrap();
    assert_eq!(shown.sessions, 1);
    assert_eq!(
        shown.last_login.unwrap() - shown.created,
        time::Duration::seconds(5)
    );
    let all = store.sessions.users().await.unwrap();
    let names: Vec<_> = all.iter().map(|user| user.name.as_str()).collect();
    assert_eq!(names, ["Alice", "alice"]);
    let unknown = store.sessions.user("ALICE").await;
    assert!(
        matches!(unknown, Err(AccountError::NoUser(_))),
        "{unknown:?}"
    );
}

pub(crate) async fn wrong_unknown_and_disabled_are_told_apart_for_the_log_alone(store: &Store) {
    store.add_user("alice").await;
    assert_eq!(store.why("alice", "wrong").await, Why::WrongPassword);
    assert_eq!(store.why("alic", PASSWORD).await, Why::Unknown);
    let disable = store
        .sessions
        .change_user("alice", UserChange::Disable, "root");
    disable.await.unwrap();
    assert_eq!(store.why("alice", PASSWORD).await, Why::Disabled);
    let enable = store
        .sessions
        .change_user("alice", UserChange::Enable, "root");
    assert_eq!(enable.await.unwrap().user.disabled, None);
    assert!(store.verify("alice", PASSWORD).await.is_ok());
}

pub(crate) async fn names_passwords_and_hashes_that_cannot_be_are_refused(store: &Store) {
    let long = "x".repeat(257);
    for name in ["", "..", " alice", "al\u{1b}ice", "alice\u{a0}", &long] {
        let refused = store.sessions.add_user(new_user(name)).await;
        assert!(
            matches!(refused, Err(AccountError::BadInput(_))),
            "{name:?}: {refused:?}"
        );
    }
    let password = |text: &str| Credential::Password(secret(text));
    let hash = |text: &str| Credential::Hash(secret(text));
    for credential in [
        password("short"),
        password("password1234"),
        hash("$argon2id$v=19$m=19456,t=2,p=1"),
        hash("$argon2i$v=19$m=64,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA"),
        hash("$argon2id$v=19$m=4194304,t=9,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA"),
        hash("$2b$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234"),
        hash("correct horse battery staple"),
    ] {
        let name = "bob".to_owned();
        let refused = store.sessions.add_user(NewUser { name, credential }).await;
        assert!(
            matches!(refused, Err(AccountError::BadInput(_))),
            "{refused:?}"
        );
    }
    assert!(!store.sessions.has_users());
}

pub(crate) async fn what_is_too_long_or_empty_is_no_password(store: &Store) {
    let longest = "0123456789abcdef".repeat(64);
    let user = NewUser {
        name: "alice".to_owned(),
        credential: Credential::Password(secret(&longest)),
    };
    store.sessions.add_user(user).await.unwrap();
    assert!(store.verify("alice", &longest).await.is_ok());
    let one_off = &longest[..1023];
    for wrong in ["", one_off, &format!("{longest}x"), &"x".repeat(1 << 20)] {
        assert_eq!(store.why("alice", wrong).await, Why::WrongPassword);
    }
}

pub(crate) async fn a_disabled_account_signs_in_nowhere_and_its_sessions_end(store: &Store) {
    store.add_user("alice").await;
    store.add_user("bob").await;
    let (first, second) = (store.sign_in("alice").await, store.sign_in("alice").await);
    let other = store.sign_in("bob").await;
    let disable = store
        .sessions
        .change_user("alice", UserChange::Disable, "root");
    let report = disable.await.unwrap();
    assert_eq!((report.ended, report.user.sessions), (2, 0));
    assert!(report.user.disabled.is_some());
    for created in [&first, &second] {
        let by_root = (EndReason::Disabled, Some("root".to_owned()));
        assert_eq!(end_of(store, created).await, by_root);
    }
    assert!(store.opens(&other.id).await, "another user's session ended");
    assert_eq!(store.why("alice", PASSWORD).await, Why::Disabled);
}

pub(crate) async fn a_removed_account_leaves_no_session(store: &Store) {
    store.add_user("alice").await;
    let created = store.sign_in("alice").await;
    let report = store.sessions.remove_user("alice", "root").await.unwrap();
    assert_eq!(report.ended, 1);
    assert!(!store.opens(&created.id).await);
    let by_root = (EndReason::Removed, Some("root".to_owned()));
    assert_eq!(end_of(store, &created).await, by_root);
    assert_eq!(store.why("alice", PASSWORD).await, Why::Unknown);
    let again = store.sessions.remove_user("alice", "root").await;
    assert!(matches!(again, Err(AccountError::NoUser(_))), "{again:?}");
}

pub(crate) async fn a_new_password_by_an_operator_ends_every_session(store: &Store) {
    store.add_user("alice").await;
    let created = store.sign_in("alice").await;
    let password = |text| UserChange::Password(secret(text));
    let short = store
        .sessions
        .change_user("alice", password("short"), "root");
    assert!(matches!(short.await, Err(AccountError::BadInput(_))));
    assert!(store.opens(&created.id).await);
    store.forward(Duration::from_secs(1));
    let change = store.sessions.change_user("alice", password(OTHER), "root");
    let report = change.await.unwrap();
    assert_eq!(report.ended, 1);
    assert!(report.user.password_set > report.user.created);
    assert!(!store.opens(&created.id).await);
    assert_eq!(store.why("alice", PASSWORD).await, Why::WrongPassword);
    assert!(store.verify("alice", OTHER).await.is_ok());
}

pub(crate) async fn a_new_password_by_its_user_keeps_only_this_session_under_a_new_id(
    store: &Store,
) {
    store.add_user("alice").await;
    let (this, other) = (store.sign_in("alice").await, store.sign_in("alice").await);
    let verified = store.verify("alice", PASSWORD).await.unwrap();
    let short = store
        .sessions
        .change_password(&this.entry, &verified, &secret("short"))
        .await;
    assert!(matches!(short, Err(Denied::BadPassword(_))), "{short:?}");
    let changed = store
        .sessions
        .change_password(&this.entry, &verified, &secret(OTHER))
        .await
        .unwrap();
    assert_eq!(changed.ended, 1);
    assert_eq!(changed.created.entry.handle(), this.entry.handle());
    assert!(store.opens(&changed.created.id).await);
    assert!(!store.opens(&this.id).await, "the old id still opens");
    let by_herself = (EndReason::Password, Some("alice".to_owned()));
    assert_eq!(end_of(store, &other).await, by_herself);
    let twice = store
        .sessions
        .change_password(&this.entry, &verified, &secret(PASSWORD))
        .await;
    assert!(
        matches!(twice, Err(Denied::Store(StoreError::AccountChanged))),
        "{twice:?}"
    );
    assert!(store.verify("alice", OTHER).await.is_ok());
}

pub(crate) async fn a_password_that_was_checked_before_a_change_opens_nothing_after_it(
    store: &Store,
) {
    for (user, change) in [
        ("a", Some(UserChange::Disable)),
        ("b", Some(UserChange::Password(secret(OTHER)))),
        ("c", None),
    ] {
        store.add_user(user).await;
        let this = store.sign_in(user).await;
        let verified = store.verify(user, PASSWORD).await.unwrap();
        let is_removed = change.is_none();
        match change {
            Some(change) => drop(
                store
                    .sessions
                    .change_user(user, change, "root")
                    .await
                    .unwrap(),
            ),
            None => drop(store.sessions.remove_user(user, "root").await.unwrap()),
        }
        if is_removed {
            // Another account of the same name and password is another account.
            store.add_user(user).await;
        }
        let begun = begin(store, &verified).await;
        assert!(
            matches!(begun, Err(StoreError::AccountChanged)),
            "{begun:?}"
        );
        let changed = store
            .sessions
            .change_password(&this.entry, &verified, &secret(OTHER))
            .await;
        assert!(changed.is_err(), "{changed:?}");
        assert_eq!(living(store, user).await, 0);
    }
}

pub(crate) async fn a_new_account_ends_sessions_that_began_without_its_password(store: &Store) {
    let nameless = store.login("alice").await;
    store.add_user("alice").await;
    assert!(!store.opens(&nameless.id).await);
}

pub(crate) async fn a_user_ends_their_other_sessions(store: &Store) {
    store.add_user("alice").await;
    let this = store.sign_in("alice").await;
    let others = [store.sign_in("alice").await, store.sign_in("alice").await];
    let stranger = store.login("bob").await;
    assert_eq!(store.sessions.end_others(&this.entry).await.unwrap(), 2);
    for other in &others {
        let by_herself = (EndReason::Elsewhere, Some("alice".to_owned()));
        assert_eq!(end_of(store, other).await, by_herself);
    }
    assert!(store.opens(&this.id).await && store.opens(&stranger.id).await);
    assert_eq!(store.sessions.end_others(&this.entry).await.unwrap(), 0);
}

pub(crate) async fn a_remembered_session_lives_longer_and_no_other(store: &Store) {
    let span = Settings::default().remember.unwrap();
    store.add_user("alice").await;
    let verified = store.verify("alice", PASSWORD).await.unwrap();
    let begun = store
        .sessions
        .sign_in(&verified, &client(), None, true)
        .await;
    let (long, short) = (begun.unwrap(), begin(store, &verified).await.unwrap());
    store.forward(crate::common::IDLE);
    assert!(!store.opens(&short.id).await && store.opens(&long.id).await);
    store.forward(span - crate::common::IDLE - Duration::from_millis(1));
    assert!(store.opens(&long.id).await);
    store.sessions.touch(&long.entry, None);
    store.forward(Duration::from_millis(1));
    assert!(!store.opens(&long.id).await, "a request prolonged it");
}

pub(crate) async fn a_token_opens_until_it_expires_or_is_removed(store: &Store) {
    let new = |name: &str, lifetime| NewToken {
        name: name.to_owned(),
        scope: Scope::Read,
        lifetime,
    };
    let day = 24 * 60 * 60;
    for (name, lifetime) in [("", day), ("a b", day), ("a", 0), ("a", 367 * day)] {
        let refused = store.sessions.add_token(new(name, lifetime)).await;
        assert!(
            matches!(refused, Err(AccountError::BadInput(_))),
            "{refused:?}"
        );
    }
    let (token, bearer) = store.sessions.add_token(new("ci", day)).await.unwrap();
    let (_, other) = store.sessions.add_token(new("prom", day)).await.unwrap();
    let again = store.sessions.add_token(new("ci", day)).await;
    assert!(
        matches!(again, Err(AccountError::Exists { .. })),
        "{again:?}"
    );
    assert_eq!(store.sessions.token(&bearer), Some(token.clone()));
    assert_eq!(store.sessions.token(&secret("sctl_guess")), None);
    assert_eq!(store.sessions.tokens().await.unwrap().len(), 2);
    assert_eq!(store.sessions.remove_token("ci").await.unwrap(), token);
    assert_eq!(store.sessions.token(&bearer), None);
    let again = store.sessions.remove_token("ci").await;
    assert!(matches!(again, Err(AccountError::NoToken(_))), "{again:?}");
    store.forward(Duration::from_secs(day) - Duration::from_millis(1));
    assert!(store.sessions.token(&other).is_some());
    store.forward(Duration::from_millis(1));
    assert_eq!(store.sessions.token(&other), None);
}
