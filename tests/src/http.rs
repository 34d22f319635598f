//! As much of HTTP/1.1 as talking to servers on loopback takes.

use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Headers about one connection, and about the form in which the body came.
const HOP_BY_HOP: [&str; 4] = [
    "connection",
    "content-length",
    "keep-alive",
    "transfer-encoding",
];

/// A request or a response, read whole.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// The request line or the status line.
    pub(crate) start: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// Makes a request to `host`; a body is JSON.
    pub(crate) fn request(method: &str, host: &str, path: &str, body: Vec<u8>) -> Self {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let headers = vec![
            header("host", host),
            header("content-type", "application/json"),
        ];
        Self {
            start: format!("{method} {path} HTTP/1.1"),
            headers,
            body,
        }
    }

    /// Reads one message; `None` when the other side closed the connection.
    pub(crate) fn read(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let Some(start) = line(reader)? else {
            return Ok(None);
        };
        let mut headers = Vec::new();
        while let Some(text) = line(reader)?.filter(|text| !text.is_empty()) {
            let (name, value) = text.split_once(':').unwrap_or((&text, ""));
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut message = Self {
            start,
            headers,
            body: Vec::new(),
        };
        message.read_body(reader)?;
        Ok(Some(message))
    }

    /// Writes the message with a plain body, asking for the connection to be closed.
    pub(crate) fn write(&self, stream: &mut TcpStream) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(self.body.len() + 1024);
        write!(bytes, "{}\r\n", self.start)?;
        for (name, value) in &self.headers {
            if !HOP_BY_HOP.contains(&name.as_str()) {
                write!(bytes, "{name}: {value}\r\n")?;
            }
        }
        let length = self.body.len();
        write!(
            bytes,
            "content-length: {length}\r\nconnection: close\r\n\r\n"
        )?;
        bytes.extend_from_slice(&self.body);
        stream.write_all(&bytes)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    fn read_body(&mut self, reader: &mut impl BufRead) -> io::Result<()> {
        if self
            .header("transfer-encoding")
            .is_some_and(|value| value.contains("chunked"))
        {
            return self.read_chunks(reader);
        }
        let length = self
            .header("content-length")
            .and_then(|value| value.parse().ok())
            .unwrap_or(0);
        self.body.resize(length, 0);
        reader.read_exact(&mut self.body)
    }

    fn read_chunks(&mut self, reader: &mut impl BufRead) -> io::Result<()> {
        loop {
            let size = line(reader)?.unwrap_or_default();
            let size = size.split(';').next().unwrap_or_default().trim();
            let size = u64::from_str_radix(size, 16).map_err(io::Error::other)?;
            reader.by_ref().take(size).read_to_end(&mut self.body)?;
            line(reader)?;
            if size == 0 {
                return Ok(());
            }
        }
    }
}

/// Sends one message to `address` (`host:port`) and returns the answer.
pub(crate) fn send(address: &str, request: &Message) -> io::Result<Message> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    request.write(&mut stream)?;
    let answer = Message::read(&mut BufReader::new(stream))?;
    answer.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// Asks `address` for `path` and returns the answer.
pub(crate) fn get(address: &str, path: &str) -> io::Result<Message> {
    send(address, &Message::request("GET", address, path, Vec::new()))
}

fn line(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut text = String::new();
    let read = reader.read_line(&mut text)?;
    Ok((read > 0).then(|| text.trim_end_matches(['\r', '\n']).to_owned()))
}
