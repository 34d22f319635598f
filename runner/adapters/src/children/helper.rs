//! The program that AWS's tools ask for credentials: it hands on what the run that started them answers.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::ExitCode;

use serde_json::Value as Json;

/// The name by which it is called.
pub const NAME: &str = "nucleon-credentials";

/// The key of an answer that holds no credentials.
pub(super) const ERROR: &str = "error";

/// Prints credentials as a `credential_process` does; its one argument is the file that holds the channel.
pub fn run(arguments: &[OsString]) -> ExitCode {
    let answer = match arguments {
        [file] => asked(Path::new(file)),
        _ => Err("it takes one argument, the file with the channel".to_owned()),
    };
    let (told, code) = match answer {
        Ok(answer) => (writeln!(io::stdout(), "{answer}"), ExitCode::SUCCESS),
        Err(why) => (
            writeln!(io::stderr(), "credentials (of Nucleon): {why}"),
            ExitCode::FAILURE,
        ),
    };
    // Nobody is left to tell where the pipe is closed.
    told.map_or(ExitCode::FAILURE, |()| code)
}

fn asked(file: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|error| format!("could not read the channel: {error}"))?;
    let channel = Channel::parse(&text).ok_or("the channel's file is damaged")?;
    let answer = channel.ask();
    let answer = answer.map_err(|error| format!("the run does not answer: {error}"))?;
    let json: Json =
        serde_json::from_str(&answer).map_err(|_| "the run does not know this channel")?;
    match json.get(ERROR).and_then(Json::as_str) {
        Some(error) => Err(error.to_owned()),
        None => Ok(answer),
    }
}

/// Where a run listens, and the word that it listens to.
pub(super) struct Channel {
    pub(super) port: u16,
    pub(super) token: String,
}

impl Channel {
    /// As it stands in its file.
    pub(super) fn to_text(&self) -> String {
        format!("{} {}\n", self.port, self.token)
    }

    fn parse(text: &str) -> Option<Self> {
        let (port, token) = text.trim_end().split_once(' ')?;
        Some(Self {
            port: port.parse().ok()?,
            token: token.to_owned(),
        })
    }

    fn ask(&self) -> io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.write_all(self.token.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_what_its_file_says() {
        let channel = Channel {
            port: 4711,
            token: "abc".to_owned(),
        };
        let read = Channel::parse(&channel.to_text()).unwrap();
        assert_eq!((read.port, read.token.as_str()), (4711, "abc"));
        assert!(Channel::parse("4711").is_none());
    }

    #[test]
    fn a_run_that_has_ended_gives_nothing() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        std::fs::write(file.path(), format!("{port} abc\n")).unwrap();
        let error = asked(file.path()).unwrap_err();
        assert!(error.starts_with("the run does not answer"), "{error}");
    }
}
