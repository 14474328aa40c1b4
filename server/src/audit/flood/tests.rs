//! Loops and floods of records, and what of them is written.

use sessctl_api::audit::actions;

use super::*;

fn refusal(second: i64, from: &str) -> AuditRecord {
    let at = OffsetDateTime::from_unix_timestamp(second).unwrap();
    AuditRecord {
        from: Some(from.to_owned()),
        ..AuditRecord::new(at, actions::LOGIN, AuditResult::Refused)
    }
}

/// What somebody did to an account.
fn deed(second: i64, from: &str, actor: Option<&str>) -> AuditRecord {
    AuditRecord {
        result: AuditResult::Done,
        actor: actor.map(str::to_owned),
        user: Some("alice".to_owned()),
        ..refusal(second, from)
    }
}

/// How many of these are written one by one.
fn written(floods: &mut Floods, records: impl Iterator<Item = AuditRecord>) -> usize {
    records
        .filter_map(|record| floods.judge(record).record)
        .count()
}

#[test]
fn a_flood_of_refusals_is_counted_and_told_once() {
    let mut floods = Floods::default();
    let many = (0..1_000).map(|second| refusal(second / 20, "192.0.2.1"));
    assert_eq!(written(&mut floods, many), 100);
    let elsewhere = floods.judge(refusal(50, "192.0.2.2"));
    assert!(
        elsewhere.record.is_some(),
        "another source is another matter"
    );
    let own = floods.judge(deed(50, "192.0.2.1", Some("alice")));
    assert!(own.record.is_some(), "what was done is another matter");

    let later = floods.judge(refusal(60, "192.0.2.1"));
    assert!(later.record.is_some());
    let told = later.left_out.unwrap();
    assert_eq!((told.count, told.why.as_deref()), (Some(900), Some(WHY)));
    assert!(floods.settle().is_empty());
}

#[test]
fn a_flood_of_refusals_hides_none_of_what_was_tried_with_an_account() {
    let mut floods = Floods::default();
    let of = |user: &str| {
        let user = user.to_owned();
        move |_| AuditRecord {
            user: Some(user.clone()),
            ..refusal(0, "192.0.2.1")
        }
    };
    let made_up = (0..1_000).map(|_| refusal(0, "192.0.2.1"));
    assert_eq!(written(&mut floods, made_up), 100);
    assert_eq!(written(&mut floods, (0..5).map(of("alice"))), 5);
    assert_eq!(written(&mut floods, (0..50).map(of("bob"))), 10);
    assert_eq!(written(&mut floods, (0..5).map(of("alice"))), 5);
    assert_eq!(written(&mut floods, (0..5).map(of("alice"))), 0);
    let told = floods.settle();
    assert_eq!(told[0].count, Some(900 + 40 + 5));

    // Nor does one from very many places, told apart no longer.
    let mut floods = Floods::default();
    let addresses = (0..1_000_u32).map(std::net::Ipv4Addr::from_bits);
    let made_up = addresses.map(|from| refusal(0, &from.to_string()));
    assert_eq!(written(&mut floods, made_up), 256 + 100);
    assert_eq!(written(&mut floods, (0..5).map(of("alice"))), 5);
}

#[test]
fn what_was_counted_is_told_when_somebody_asks() {
    let mut floods = Floods::default();
    for n in 0..150_u64 {
        // All of one network.
        floods.judge(refusal(0, &format!("2001:db8::{n:x}")));
    }
    let told = floods.settle();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].count, Some(50));
    assert!(floods.judge(refusal(1, "2001:db8::1")).record.is_none());
    let minute = refusal(60, "").at;
    assert_eq!(floods.past(minute).len(), 1);
    assert!(floods.refused.by_source.is_empty());
}

#[test]
fn very_many_sources_are_counted_together() {
    let mut floods = Floods::default();
    let addresses = (0..100_000_u32).map(std::net::Ipv4Addr::from_bits);
    let refusals = addresses.map(|from| refusal(0, &from.to_string()));
    assert_eq!(written(&mut floods, refusals), 256 + 100);
    assert_eq!(floods.refused.by_source.len(), 256 + 1);
}

#[test]
fn who_signs_in_in_a_loop_pushes_nothing_out_and_operators_are_always_heard() {
    let mut floods = Floods::default();
    let own = |from| move |_| deed(0, from, Some("alice"));
    let looping = (0..5_000).map(own("192.0.2.1"));
    assert_eq!(written(&mut floods, looping), 1_000 + 10);
    let beside = || AuditRecord {
        user: Some("bob".to_owned()),
        ..deed(0, "192.0.2.1", Some("bob"))
    };
    let beside = (0..5).map(|_| beside());
    assert_eq!(written(&mut floods, beside), 5, "a neighbour is hidden");
    let elsewhere = (0..5).map(own("192.0.2.2"));
    assert_eq!(written(&mut floods, elsewhere), 5);
    for (from, actor) in [
        ("unix", Some("alice")),
        ("192.0.2.1", Some("token:ci")),
        ("192.0.2.1", None),
    ] {
        let deeds = (0..5_000).map(|_| deed(0, from, actor));
        assert_eq!(written(&mut floods, deeds), 5_000, "{from} {actor:?}");
    }
    let told = floods.settle();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].count, Some(5_000 - 1_010));
    assert_eq!(told[0].result, AuditResult::Done);
}
