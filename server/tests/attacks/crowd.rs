//! Ten thousand who came to stay.
//!
//! They are held by a process of their own: together with the server's ends they would be more files than many systems
//! let one process have.

use std::{
    env,
    io::{self, BufRead as _, BufReader, Read as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    thread,
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{
    address,
    common::{self, memory},
    others_are_served,
};

const MANY: usize = 10_000;

/// As many as a machine must be able to hold for this to say something.
const TOO_FEW: usize = 3_000;

/// How many come at the same time.
const AT_ONCE: usize = 64;

/// What else a process has open.
const BESIDE: usize = 400;

const ADDRESS: &str = "TEST_CROWD_ADDRESS";
const COUNT: &str = "TEST_CROWD_COUNT";
const READY: &str = "the crowd is there";

/// Asks for as many open files as the system gives, and returns how many there are.
fn raise_limit() -> usize {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, raised).unwrap();
    maximum.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap())
}

/// Not a test of its own: as a child of the other it holds connections until its parent has had enough.
#[test]
fn a_crowd_stands_by_for_the_other_test() {
    let (Ok(address), Ok(count)) = (env::var(ADDRESS), env::var(COUNT)) else {
        return;
    };
    raise_limit();
    let count: usize = count.parse().unwrap();
    // Many at once: whoever is slow to come finds that the first have been sent away again.
    let come = |place| -> Vec<_> {
        let connect = |_| TcpStream::connect(&address).unwrap();
        (place..count).step_by(AT_ONCE).map(connect).collect()
    };
    let connections: Vec<_> = thread::scope(|scope| {
        let come = &come;
        let hands: Vec<_> = (0..AT_ONCE)
            .map(|place| scope.spawn(move || come(place)))
            .collect();
        hands
            .into_iter()
            .flat_map(|hand| hand.join().unwrap())
            .collect()
    });
    eprintln!("{READY}");
    io::stdin().read_to_end(&mut Vec::new()).unwrap();
    drop(connections);
}

/// Starts a process that holds so many connections, and waits until it does.
fn gather(address: &str, count: usize) -> Child {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "crowd::a_crowd_stands_by_for_the_other_test"])
        .arg("--nocapture")
        .env(ADDRESS, address)
        .env(COUNT, count.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = Vec::new();
    for line in lines {
        let line = line.unwrap();
        if line.contains(READY) {
            return child;
        }
        said.push(line);
    }
    // It has closed its output: it ends, or has ended.
    let ended = child.wait();
    panic!("the crowd did not come: {ended:?}, {said:?}");
}

/// Kilobytes that this process has in memory.
fn memory_in_use() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    let number = line.split_whitespace().next().unwrap();
    number.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_idle_connections_keep_nobody_out() {
    let count = MANY.min(raise_limit() - BESIDE);
    if count < MANY {
        println!("SCALED DOWN: the limit of open files lets {count} connections be, not {MANY}");
    }
    if count < TOO_FEW {
        assert!(
            env::var_os("CI").is_none(),
            "the limit of open files is too low for this test: raise it (ulimit -n)"
        );
        println!("SKIPPED: the limit of open files is too low for a crowd (ulimit -n)");
        return;
    }
    let mut server = memory().await;
    let cookie = server.login("early").await;
    let before = memory_in_use();
    let to = address(&server).to_owned();
    let mut crowd = tokio::task::spawn_blocking(move || gather(&to, count))
        .await
        .unwrap();
    // Who comes last is answered when all of the crowd were let in, and room was made for them: by closing connections
    // that were there before, on which nobody may be sending just then.
    server.public = common::client();
    let fresh = server.get("/healthz", common::TEXT);
    assert_eq!(fresh.send().await.unwrap().status(), 200);
    others_are_served(&server, "alice").await;
    assert!(server.lets_in(&cookie).await);
    let each = memory_in_use().saturating_sub(before) / count;
    assert!(each < 64, "an idle connection takes {each} KiB");
    assert_eq!(server.stats().await.active, 1);
    // Its standard input ends, and so does it.
    drop(crowd.stdin.take());
    tokio::task::spawn_blocking(move || crowd.wait().unwrap())
        .await
        .unwrap();
    server.stop().await;
}
