//! Every check by name: what it looks for, what the standards call it, and how to mend what it finds.
//!
//! `asvs` are requirements of the OWASP Application Security Verification Standard 5.0, `cwe` numbers of the Common
//! Weakness Enumeration.

/// A check.
#[derive(Debug, PartialEq, Eq)]
pub struct Check {
    pub(super) kind: Kind,
    /// Stable: reports and their readers know it by this.
    pub id: &'static str,
    /// What is right, as a claim.
    pub title: &'static str,
    pub asvs: &'static str,
    pub cwe: u16,
    pub fix: &'static str,
}

macro_rules! checks {
    ($($kind:ident: $id:literal, $title:literal, $asvs:literal, $cwe:literal, $fix:literal;)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Kind {
            $($kind),+
        }

        /// All of them, in the order in which they are made: those that may make a server wary of us come last.
        pub const CHECKS: &[Check] = &[$(Check {
            kind: Kind::$kind,
            id: $id,
            title: $title,
            asvs: $asvs,
            cwe: $cwe,
            fix: $fix,
        }),+];
    };
}

checks! {
    Transport: "transport", "passwords travel encrypted", "V12.2.1", 319,
        "serve the site over HTTPS alone, and send HTTP there";
    Guard: "guard", "without a session the private page stays shut", "V7.2.1", 306,
        "look the id up on the server at each request, and answer 401 or send to the login page where it is unknown";
    Fixation: "fixation", "signing in gives a new id", "V7.2.4", 384,
        "give the session a new id when somebody signs in (req.session.regenerate, session_regenerate_id(true), cycle_key)";
    Adopted: "adopted", "an id that the server did not make is not taken up", "V7.2.4", 384,
        "answer an unknown id with a fresh one or none (PHP: session.use_strict_mode=1)";
    Entropy: "entropy", "ids cannot be guessed", "V7.2.3", 331,
        "make ids of 128 bits or more from the system's random source";
    Readable: "readable", "an id says nothing about its holder", "V14.3.3", 315,
        "keep what belongs to the session on the server, and only a random id in the cookie";
    HttpOnly: "cookie-httponly", "scripts cannot read the session cookie", "V3.3.4", 1004,
        "set HttpOnly on the session cookie";
    Secure: "cookie-secure", "the session cookie travels encrypted alone", "V3.3.1", 614,
        "set Secure on the session cookie";
    SameSite: "cookie-samesite", "other sites cannot make browsers send the session cookie", "V3.3.2", 1275,
        "set SameSite=Lax, or Strict, on the session cookie";
    Scope: "cookie-scope", "only this host gets and sets the session cookie", "V3.3.3", 668,
        "leave Domain out, and name the cookie __Host-... with Secure and Path=/";
    Exposed: "exposed", "the id is in the cookie alone", "V3.3.4", 598,
        "keep the id out of addresses, pages and scripts";
    FromUrl: "from-url", "an id in an address is no id", "V14.2.1", 598,
        "take the id from the cookie alone (PHP: session.use_only_cookies=1)";
    Cached: "cache-control", "private pages are not kept by caches", "V14.3.2", 525,
        "send Cache-Control: no-store with every page for those who are signed in";
    Logout: "logout", "signing out ends the session on the server", "V7.4.1", 613,
        "delete the session on the server when its user signs out, before the answer is sent";
    Cleared: "logout-cookie", "signing out takes the cookie away", "V7.4.1", 613,
        "answer the sign-out with the same cookie, empty, with Max-Age=0, and the same Path and Domain";
    Replaced: "replaced", "signing in again ends the session before", "V7.2.4", 613,
        "end the session whose cookie comes with a sign-in";
    CrossLogin: "cross-site-login", "another site cannot sign a visitor in", "V3.5.1", 352,
        "check Sec-Fetch-Site and Origin, or a token, at the sign-in too";
    CrossLogout: "cross-site-logout", "another site cannot sign a user out", "V3.5.3", 352,
        "sign out by POST alone, with a check of Sec-Fetch-Site and Origin, or a token";
    Parallel: "parallel", "parallel requests lose nothing", "V15.4.2", 362,
        "write only the keys that changed, or lock the session for the request";
    AnyPassword: "any-password", "a wrong password is refused", "V6.3.1", 287,
        "compare the password with the account's hash before anything else";
    Enumeration: "enumeration", "the answer does not tell who has an account", "V6.3.8", 204,
        "answer an unknown name with the same status, words and address as a wrong password";
    Timing: "enumeration-time", "the time does not tell who has an account", "V6.3.8", 208,
        "hash the password against a dummy where there is no such account";
    Escaped: "escaped", "names come back escaped", "V1.2.1", 79,
        "escape everything that users chose where it is put into HTML";
    Faults: "faults", "malformed requests give nothing away", "V16.5.1", 209,
        "answer what cannot be read with a plain 400, and log the details instead of sending them";
    Throttling: "throttling", "guessing passwords is slowed down", "V6.3.1", 307,
        "count failures by account and by source, and make further tries wait";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_check_has_a_name_of_its_own_and_says_what_to_do() {
        let ids: HashSet<_> = CHECKS.iter().map(|check| check.id).collect();
        assert_eq!(ids.len(), CHECKS.len());
        for check in CHECKS {
            assert!(check.asvs.starts_with('V') && check.cwe > 0, "{check:?}");
            assert!(
                !check.fix.ends_with('.') && !check.title.ends_with('.'),
                "{check:?}"
            );
        }
    }
}
