//! How the session cookie is set.

use crate::{
    CookieDetail,
    audit::{
        report::{Finding, Severity, Verdict},
        scene::Scene,
    },
};

pub(super) fn http_only(scene: &Scene<'_>) -> Verdict {
    each(scene, "HttpOnly", |cookie| {
        (!cookie.http_only).then(|| {
            (
                Severity::Medium,
                "has no HttpOnly: any script on the site can read it".to_owned(),
            )
        })
    })
}

pub(super) fn secure(scene: &Scene<'_>) -> Verdict {
    if scene.target.base().scheme() != "https" {
        return Verdict::skipped("asked by plain HTTP, where servers leave Secure out");
    }
    each(scene, "Secure", |cookie| {
        (!cookie.secure).then(|| {
            (
                Severity::Medium,
                "has no Secure: it also travels over plain HTTP".to_owned(),
            )
        })
    })
}

pub(super) fn same_site(scene: &Scene<'_>) -> Verdict {
    each(scene, "SameSite", |cookie| {
        match cookie.same_site.as_deref() {
            None => Some((
                Severity::Low,
                "has no SameSite: some browsers send it with requests that other sites make"
                    .to_owned(),
            )),
            Some("None") => Some((
                Severity::Low,
                "has SameSite=None: browsers send it with requests that other sites make"
                    .to_owned(),
            )),
            Some(_) => None,
        }
    })
}

pub(super) fn scope(scene: &Scene<'_>) -> Verdict {
    let https = scene.target.base().scheme() == "https";
    each(scene, "this host alone", |cookie| {
        if cookie.with_subdomains {
            return Some((
                Severity::Low,
                format!(
                    "has Domain={}: every host below it gets it and can set it",
                    cookie.domain
                ),
            ));
        }
        let is_bound = cookie.name.starts_with("__Host-");
        (https && !is_bound).then(|| {
            (
                Severity::Low,
                "has no __Host- in its name: another host of the domain can set one in its place"
                    .to_owned(),
            )
        })
    })
}

/// Looks at each cookie that opens the private page.
fn each(
    scene: &Scene<'_>,
    right: &str,
    wrong: impl Fn(&CookieDetail) -> Option<(Severity, String)>,
) -> Verdict {
    let findings: Vec<_> = scene
        .keys
        .iter()
        .filter_map(|cookie| {
            let (severity, what) = wrong(cookie)?;
            Some(Finding {
                severity,
                what: format!(
                    "the session cookie {} {what}",
                    sessctl_api::text::fit(&cookie.name, 64)
                ),
                evidence: vec![format!("it was set with: {}", attributes(cookie))],
            })
        })
        .collect();
    match findings.is_empty() {
        true => Verdict::passed(format!("{}: {right}", scene.key_names())),
        false => Verdict::Found(findings),
    }
}

fn attributes(cookie: &CookieDetail) -> String {
    let mut all = vec![format!("Path={}", sessctl_api::text::fit(&cookie.path, 64))];
    if cookie.with_subdomains {
        all.push(format!(
            "Domain={}",
            sessctl_api::text::fit(&cookie.domain, 64)
        ));
    }
    all.extend(cookie.http_only.then(|| "HttpOnly".to_owned()));
    all.extend(cookie.secure.then(|| "Secure".to_owned()));
    all.extend(
        cookie
            .same_site
            .as_ref()
            .map(|value| format!("SameSite={value}")),
    );
    all.join("; ")
}
