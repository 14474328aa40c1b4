//! Clients that go away in the middle of things: nobody gets what was meant for another.

use std::sync::Arc;

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

use crate::{
    common::{Server, memory, sid},
    connect,
};

const USERS: usize = 16;
const CANCELS: usize = 10_000;

/// A user who is signed in.
#[derive(Debug)]
struct User {
    name: String,
    cookie: String,
}

impl User {
    fn asks(&self) -> String {
        let cookie = sid(&self.cookie);
        format!("GET /dashboard HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n")
    }

    fn signs_in_again(&self) -> String {
        let body = format!("username={}", self.name);
        let length = body.len();
        format!(
            "POST /login HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    }

    fn is_greeted(&self) -> String {
        format!("\r\n\r\nWelcome back, {}\n", self.name)
    }
}

async fn sign_in(server: &Server) -> Arc<Vec<User>> {
    let mut users = Vec::new();
    for number in 0..USERS {
        // No name is the start of another.
        let name = format!("user-{number:02}-{}", "x".repeat(number));
        let cookie = server.login(&name).await;
        users.push(User { name, cookie });
    }
    Arc::new(users)
}

/// Names of users that some bytes hold.
fn named<'a>(users: &'a [User], text: &str) -> Vec<&'a str> {
    let marks = |user: &&User| text.contains(&user.name[..8]);
    users.iter().filter(marks).map(|user| &*user.name).collect()
}

/// Sends a part of a request, or all of it and reads a part of the answer, and goes.
async fn cancel(address: &str, users: &[User], random: &mut StdRng) {
    let user = &users[random.random_range(0..USERS)];
    let request = match random.random_range(0..4) {
        0 => user.signs_in_again(),
        _ => user.asks(),
    };
    // Several at a time, so that some answers are under way.
    let request = request.repeat(random.random_range(1..4));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let sends = random.random_range(0..=request.len() + request.len() / 2);
    let sent = &request.as_bytes()[..sends.min(request.len())];
    // The server may have closed.
    if stream.write_all(sent).await.is_err() || sends < request.len() {
        return;
    }
    let mut answer = vec![0; random.random_range(1..600)];
    let Ok(read) = stream.read(&mut answer).await else {
        return;
    };
    let text = String::from_utf8_lossy(&answer[..read]);
    for name in named(users, &text) {
        assert_eq!(name, user.name, "an answer for another: {text}");
    }
}

/// Asks on one connection again and again, and gets its own page each time.
async fn ask(mut stream: TcpStream, user: &User, times: usize) {
    let (asks, greeted) = (user.asks(), user.is_greeted());
    let mut answer = Vec::new();
    for _ in 0..times {
        stream.write_all(asks.as_bytes()).await.unwrap();
        answer.clear();
        while !answer.ends_with(greeted.as_bytes()) {
            assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0);
            assert!(answer.len() < 1000, "{}", String::from_utf8_lossy(&answer));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_goes_to_whoever_asked_however_many_go_away() {
    const TASKS: usize = 8;
    let server = memory().await;
    let users = sign_in(&server).await;
    let mut tasks = JoinSet::new();
    for seed in 0..TASKS {
        let (address, users) = (crate::address(&server).to_owned(), Arc::clone(&users));
        tasks.spawn(async move {
            let mut random = StdRng::seed_from_u64(seed as u64);
            for _ in 0..CANCELS / TASKS {
                cancel(&address, &users, &mut random).await;
            }
        });
    }
    for number in 0..USERS {
        let (stream, users) = (connect(&server).await, Arc::clone(&users));
        tasks.spawn(async move { ask(stream, &users[number], 200).await });
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
    for user in &*users {
        assert!(server.lets_in(&user.cookie).await, "{} is out", user.name);
    }
    server.stop().await;
}
