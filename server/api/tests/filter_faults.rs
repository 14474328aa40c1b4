//! Filters that are not understood: each says why, and points at the character.

use sessctl_api::{Filter, FilterError};

fn fault(filter: &str) -> FilterError {
    filter.parse::<Filter>().expect_err(filter)
}

/// Checks that a filter is refused, where the mark is below it, and what is said.
fn check(filter: &str, mark: &str, says: &str) {
    let error = fault(filter);
    assert_eq!(error.pointer(), format!("{filter}\n{mark}"), "{error}");
    assert!(error.message.contains(says), "{filter}: {}", error.message);
}

#[test]
#[rustfmt::skip] // Marks stay below what they point at.
fn the_structure_is_explained() {
    check("user=a and age<1h or idle>1m",
          "                  ^", "\"and\" and \"or\" are mixed here: put parentheses");
    check("user=a or b and c",
          "            ^", "mixed");
    check("user=alice idle>1m",
          "           ^", "say \"and\" or \"or\" between two conditions");
    check("user=bob smith",
          "         ^", "quote a value that has spaces");
    check("a not b",
          "  ^", "say \"and\" or \"or\"");
    check("user=alice and",
          "              ^", "missing after \"and\"");
    check("(user=a or )",
          "           ^", "missing after \"or\"");
    check("not",
          "   ^", "missing after \"not\"");
    check("and user=a",
          "^", "a condition such as user=alice");
    check("user=a and or user=b",
          "           ^", "missing after \"and\"");
    check("(user=a",
          "^", "never closed");
    check("user=a and (idle>1m or (age<1h)",
          "           ^", "never closed");
    check("(",
          "^", "never closed");
    check("user=a)",
          "      ^", "never opened");
    check(")",
          "^", "a condition such as");
    check("user=a and ()",
          "           ^", "nothing is between these parentheses");
    check("user=\"bob",
          "     ^", "never closed");
    check("user=\"bob\\",
          "     ^", "never closed");
    check("\"\"",
          "^", "nothing to look for");
}

#[test]
#[rustfmt::skip] // Marks stay below what they point at.
fn fields_and_signs_are_explained() {
    check("idle",
          "    ^", "\"idle\" is a field and wants a sign and a value; if you wrote one, quote the filter: your shell took the < or >");
    check("idle 10m",
          "    ^", "your shell took");
    check("user=a and data.x",
          "                 ^", "\"data.x\" is a field");
    check("colour=red",
          "^", "no field \"colour\"; the fields are user, handle, ip, ips, login_ip, ua, client, created, seen, idle, age, expires, ended, reason, requests, size and data.KEY");
    check("user=a and usr=b",
          "           ^", "no field \"usr\"; did you mean user? The fields are");
    check("User=a",
          "^", "did you mean user?");
    check("data=1",
          "^", "and data.KEY");
    check("data.=1",
          "     ^", "a key is missing");
    check("\"user\"=a",
          "^", "without quotes");
    check("=a",
          "^", "a field is missing before =");
    check("user>a",
          "    ^", "user is compared by =, != or ~, not by >");
    check("ip<10.0.0.1",
          "  ^", "=, != or ~");
    check("idle~10m",
          "    ^", "idle is compared by =, !=, <, <=, > or >=, not by ~");
    check("created~2026",
          "       ^", "not by ~");
    check("size~4",
          "    ^", "not by ~");
    check("user==a",
          "     ^", "= is one sign too many");
    check("user=~a",
          "     ^", "~ is one sign too many");
    check("!user=a",
          "^", "write != or not");
}

#[test]
#[rustfmt::skip] // Marks stay below what they point at.
fn values_are_explained() {
    check("idle>",
          "     ^", "a span of time such as 10m is missing here");
    check("user= (a)",
          "      ^", "a text is missing here; quote one that has parentheses");
    check("idle>10x",
          "     ^", "\"10x\" is not a span of time");
    check("ip=10.*",
          "   ^", "\"10.*\" is not an address or a network: write 10.1.2.3, 10.0.0.0/8");
    check("ip=10.0.0.0/33",
          "   ^", "not an address or a network");
    check("login_ip!=x",
          "          ^", "not an address or a network");
    check("requests>many",
          "         ^", "\"many\" is not a whole number");
    check("requests>-1",
          "         ^", "not a whole number");
    check("ips=1.5",
          "    ^", "not a whole number");
    check("requests>99999999999999999999",
          "         ^", "not a whole number");
    check("size>4G",
          "     ^", "write 500, 4K or 1M");
    check("size>K",
          "     ^", "not a number of bytes");
    check("size>9999999999999999M",
          "     ^", "not a number of bytes");
    check("created>yesterday",
          "        ^", "\"yesterday\" is not a time: write 2026-11-23, 2026-11-23T12:04:45Z or");
    check("created<1h",
          "        ^", "for how long ago, compare age");
    check("seen>1h",
          "     ^", "for how long ago, compare idle");
    check("expires<2026-13-01",
          "        ^", "not a time");
    check("ua~\"(\"",
          "   ^", "\"(\" is not a regular expression: unclosed group");
    check("ua~*a",
          "   ^", "not a regular expression: repetition operator missing expression");
    check("ua~\"(\\w{200}){200}\"",
          "   ^", "too large");
    check("data.n>x",
          "       ^", "\"x\" is not a number, and < and > compare numbers");
    check("data.n>nan",
          "       ^", "not a number");
}

#[test]
fn marks_stay_below_their_character() {
    let filter = "  user=\"山田\u{1b}\" idle>1m";
    assert_eq!(
        fault(filter).pointer(),
        format!("  user=\"山田\\u{{1b}}\" idle>1m\n{}^", " ".repeat(20))
    );
}

#[test]
fn what_is_far_too_much_is_refused() {
    let deep = |levels| format!("{}user=a{}", "(".repeat(levels), ")".repeat(levels));
    assert!(deep(64).parse::<Filter>().is_ok());
    let error = fault(&deep(65));
    assert_eq!(
        (error.at, error.message.as_str()),
        (64, "this is more than 64 levels deep")
    );
    assert_eq!(fault(&("not ".repeat(65) + "user=a")).at, 256);

    let long = |len: usize| format!("user={}", "a".repeat(len - 5));
    assert!(long(Filter::MAX_LEN).parse::<Filter>().is_ok());
    let error = fault(&long(Filter::MAX_LEN + 1));
    assert_eq!((error.at, error.text.len()), (4096, 4096));
    assert_eq!(error.message, "a filter is at most 4096 bytes long");
    assert_eq!(
        fault(&"山".repeat(2_000)).at,
        1365,
        "cut between characters"
    );

    let many = |count| vec!["ua~x"; count].join(" or ");
    assert!(many(16).parse::<Filter>().is_ok());
    let error = fault(&many(17));
    assert!(error.message.contains("at most 16 regular expressions"));
    assert_eq!(error.at, 16 * 8 + 3);
}
