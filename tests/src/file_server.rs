//! A folder, served over HTTP on loopback.

use std::fs;
use std::io::{self, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::http::Message;

/// A server of files, such as a mirror of releases. It answers as a proxy, too.
#[derive(Debug)]
#[must_use]
pub struct FileServer {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl FileServer {
    /// Serves a folder until the test's process ends.
    pub fn start(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that went away has nothing to be told.
                let _ = serve(stream, &folder, &log);
            }
        });
        Self {
            url: format!("http://{address}"),
            asked,
        }
    }

    /// Returns the address, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns what was asked for, oldest first, as the client wrote it.
    pub fn asked(&self) -> Vec<String> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn serve(mut stream: TcpStream, folder: &Path, log: &Mutex<Vec<String>>) -> io::Result<()> {
    let Some(request) = Message::read(&mut BufReader::new(stream.try_clone()?))? else {
        return Ok(());
    };
    let target = request.start.split(' ').nth(1).unwrap_or_default();
    log.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(target.to_owned());
    // A proxy is asked for a whole URL, a server for a path.
    let path = target.strip_prefix("http://").map_or(target, |url| {
        url.split_once('/').map_or("", |(_, path)| path)
    });
    let body = fs::read(folder.join(path.trim_start_matches('/')));
    let start = if body.is_ok() {
        "HTTP/1.1 200 OK"
    } else {
        "HTTP/1.1 404 Not Found"
    };
    let answer = Message {
        start: start.to_owned(),
        headers: Vec::new(),
        body: body.unwrap_or_default(),
    };
    answer.write(&mut stream)
}
