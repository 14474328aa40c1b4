//! Server-sent events, parsed as they come in: pieces may end anywhere, also inside a character or a line end.
//!
//! Knows the format and nothing of sessions.

/// A line or event larger than this is no event of ours; memory stays bounded.
const MAX_BYTES: usize = 1 << 20;

/// One event of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SseEvent {
    /// The `event` field; empty when absent, which means `message`.
    pub(crate) name: String,
    /// The `data` lines, joined by line feeds.
    pub(crate) data: String,
}

/// The stream holds a line or an event larger than a mebibyte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the event stream holds an event larger than a mebibyte")]
pub(crate) struct TooLong;

/// The parser's state between two pieces.
#[derive(Debug, Default)]
pub(crate) struct SseParser {
    line: Vec<u8>,
    /// The last byte was a CR: an LF right after it belongs to the same line end.
    after_cr: bool,
    /// The first line may begin with a byte order mark.
    started: bool,
    name: String,
    data: Option<String>,
}

impl SseParser {
    /// Takes the next piece and returns the events that it completes.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Vec<SseEvent>, TooLong> {
        let mut events = Vec::new();
        for &byte in bytes {
            let after_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
            match byte {
                b'\n' if after_cr => {}
                b'\r' | b'\n' => {
                    let line = std::mem::take(&mut self.line);
                    self.take_line(&line, &mut events)?;
                }
                _ if self.line.len() >= MAX_BYTES => return Err(TooLong),
                _ => self.line.push(byte),
            }
        }
        Ok(events)
    }

    fn take_line(&mut self, line: &[u8], events: &mut Vec<SseEvent>) -> Result<(), TooLong> {
        let line = String::from_utf8_lossy(line);
        let mut line = line.as_ref();
        if !std::mem::replace(&mut self.started, true) {
            line = line.strip_prefix('\u{feff}').unwrap_or(line);
        }
        if line.is_empty() {
            let name = std::mem::take(&mut self.name);
            // Without a data line nothing is dispatched.
            if let Some(data) = self.data.take() {
                events.push(SseEvent { name, data });
            }
            return Ok(());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => match &mut self.data {
                Some(data) if data.len() + value.len() >= MAX_BYTES => return Err(TooLong),
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            // Comments (an empty field name), `id` (events carry their revision), `retry`, and whatever comes later.
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "\u{feff}: keep-alive\n\nevent: created\r\nid: 7\r\ndata: {\"user\":\"Zoë 山\"}\r\n\r\n\
        retry: 3\nevent:ended\ndata:one\ndata:  two\ndata\n\rdata: last\r\rid: 9\n\nevent: never\ndata: cut";

    fn expected() -> Vec<SseEvent> {
        let event = |name: &str, data: &str| SseEvent {
            name: name.into(),
            data: data.into(),
        };
        vec![
            event("created", "{\"user\":\"Zoë 山\"}"),
            event("ended", "one\n two\n"),
            event("", "last"),
        ]
    }

    #[test]
    fn a_stream_cut_at_any_byte_gives_the_same_events() {
        let bytes = STREAM.as_bytes();
        for cut in 0..=bytes.len() {
            let mut parser = SseParser::default();
            let mut events = parser.push(&bytes[..cut]).unwrap();
            events.extend(parser.push(&bytes[cut..]).unwrap());
            assert_eq!(events, expected(), "cut at {cut}");
        }
        let mut parser = SseParser::default();
        let single: Vec<_> = bytes
            .iter()
            .flat_map(|byte| parser.push(&[*byte]).unwrap())
            .collect();
        assert_eq!(single, expected(), "byte by byte");
    }

    #[test]
    fn an_endless_line_or_event_is_refused_not_collected() {
        let mut parser = SseParser::default();
        let piece = vec![b'x'; 4096];
        assert!((0..300).any(|_| parser.push(&piece) == Err(TooLong)));
        let mut parser = SseParser::default();
        let line = format!("data: {}\n", "x".repeat(4096));
        assert!((0..300).any(|_| parser.push(line.as_bytes()) == Err(TooLong)));
    }

    #[test]
    fn what_is_not_utf8_does_not_stop_the_stream() {
        let events = SseParser::default().push(b"data: \xff\n\n").unwrap();
        assert_eq!(events[0].data, "\u{fffd}");
    }
}
