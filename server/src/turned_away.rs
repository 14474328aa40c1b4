//! Clients for whom there is no room: they are told so, a few at a time, and the rest are closed without a word.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    sync::Semaphore,
};

/// How many are told at once.
const AT_ONCE: usize = 64;

/// How long one may take to hear it.
const WITHIN: Duration = Duration::from_secs(1);

/// The longest request that is heard out, in bytes. Closing on what is unread can take the answer back.
const HEARD: u64 = 64 * 1024;

const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: text/plain; charset=utf-8\r\n\
    x-content-type-options: nosniff\r\n\
    cache-control: no-store\r\n\
    retry-after: 1\r\n\
    connection: close\r\n\
    content-length: 61\r\n\r\n\
    The server has no room for more connections; please try again";

/// See the module's own text.
#[derive(Debug)]
pub(crate) struct TurnedAway(Arc<Semaphore>);

impl Default for TurnedAway {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl TurnedAway {
    /// Turns a client away, without making anybody wait.
    pub(crate) fn add<S>(&self, opening: impl Future<Output = io::Result<S>> + Send + 'static)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let Ok(permit) = Arc::clone(&self.0).try_acquire_owned() else {
            return;
        };
        tokio::spawn(async move {
            // Whoever does not listen is not waited for.
            let _ = tokio::time::timeout(WITHIN, tell(opening)).await;
            drop(permit);
        });
    }
}

async fn tell<S>(opening: impl Future<Output = io::Result<S>>) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut stream = opening.await?;
    stream.write_all(ANSWER).await?;
    stream.shutdown().await?;
    tokio::io::copy(&mut stream.take(HEARD), &mut tokio::io::sink()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_as_long_as_it_says() {
        let text = std::str::from_utf8(ANSWER).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("content-length: {}", body.len())));
    }
}
