//! What was asked of a server, and what it said.

use std::io::{self, BufReader};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::{Map, Value};

use crate::Prism;
use crate::http::{self, Message};

/// One request and how it was answered.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, `POST` and so on.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The body as JSON; `null` where there is none.
    pub body: Value,
    /// The body as it was sent.
    pub text: String,
    /// The headers, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The status of the answer.
    pub status: u16,
    /// Why it was refused, where it was.
    pub refusal: Option<String>,
}

impl Request {
    /// Returns method and path, as `POST /repos/acme/platform/check-runs`.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Returns a header, named in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A server on loopback that writes down every request.
///
/// Those about GitHub are judged by [`Prism`]. A request that is refused, or
/// that nobody expected, fails the test when the recorder is dropped.
#[derive(Debug)]
#[must_use]
pub struct Recorder {
    url: String,
    shared: Arc<Shared>,
    _prism: Option<Prism>,
}

#[derive(Debug, Default)]
struct Shared {
    upstream: Option<String>,
    /// What stands before the path of the API: a server of one's own has `/api/v3`, a proxy gets whole addresses.
    before: &'static str,
    answers: Mutex<Vec<Answer>>,
    requests: Mutex<Vec<Request>>,
}

#[derive(Debug)]
struct Answer {
    line: String,
    status: u16,
    headers: Vec<(String, String)>,
    body: Value,
    once: bool,
}

impl Recorder {
    /// Stands before GitHub's API.
    pub fn github() -> Self {
        let prism = Prism::connect();
        Self::start(Shared::judged_by(&prism), Some(prism))
    }

    /// Stands before the API of a GitHub server of one's own, which has it below `/api/v3`.
    pub fn github_server() -> Self {
        let prism = Prism::connect();
        let shared = Shared {
            before: "/api/v3",
            ..Shared::judged_by(&prism)
        };
        Self::start(shared, Some(prism))
    }

    /// Is the proxy on the way to GitHub's API at `http://api.github.test`.
    pub fn github_proxy() -> Self {
        let prism = Prism::connect();
        let shared = Shared {
            before: "http://api.github.test",
            ..Shared::judged_by(&prism)
        };
        Self::start(shared, Some(prism))
    }

    /// Stands before a Prism that somebody else has started.
    pub fn github_at(prism: &Prism) -> Self {
        Self::start(Shared::judged_by(prism), None)
    }

    /// Stands alone and answers only what it was told to.
    pub fn alone() -> Self {
        Self::start(Shared::default(), None)
    }

    /// Answers a request with `body` instead of GitHub's example.
    ///
    /// `line` is method and path without the query. The request is still
    /// judged. Of several answers to one line the newest counts.
    pub fn answer(self, line: &str, status: u16, body: Value) -> Self {
        self.answer_now(line, status, body);
        self
    }

    /// The same of a recorder that is at work already.
    pub fn answer_now(&self, line: &str, status: u16, body: Value) {
        self.add(Answer {
            line: line.to_owned(),
            status,
            headers: Vec::new(),
            body,
            once: false,
        });
    }

    /// Answers the next such request with a status, headers and an empty object; those after it get what they would have got.
    ///
    /// Of several, the one told last comes first.
    pub fn answer_once(self, line: &str, status: u16, headers: &[(&str, &str)]) -> Self {
        let header = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        self.add(Answer {
            line: line.to_owned(),
            status,
            headers: headers.iter().map(header).collect(),
            body: Value::Object(Map::new()),
            once: true,
        });
        self
    }

    fn add(&self, answer: Answer) {
        locked(&self.shared.answers).insert(0, answer);
    }

    /// Returns the address, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the requests so far, oldest first.
    pub fn requests(&self) -> Vec<Request> {
        locked(&self.shared.requests).clone()
    }

    /// Returns the requests that were refused, and forgets them: the test wanted them.
    pub fn take_refused(&self) -> Vec<Request> {
        let mut requests = locked(&self.shared.requests);
        let (refused, kept) = requests
            .drain(..)
            .partition(|request| request.refusal.is_some());
        *requests = kept;
        refused
    }

    fn start(shared: Shared, prism: Option<Prism>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let url = format!(
            "http://{}{}",
            listener
                .local_addr()
                .expect("a bound socket has an address"),
            Some(shared.before)
                .filter(|before| before.starts_with('/'))
                .unwrap_or_default()
        );
        let shared = Arc::new(shared);
        let serving = Arc::clone(&shared);
        // Ends with the test's process; it holds nothing that must be given back.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&serving);
                thread::spawn(move || shared.serve(stream));
            }
        });
        Self {
            url,
            shared,
            _prism: prism,
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let refused = self.take_refused();
        if !thread::panicking() {
            assert!(refused.is_empty(), "requests were refused: {refused:#?}");
        }
    }
}

impl Shared {
    fn judged_by(prism: &Prism) -> Self {
        Self {
            upstream: Some(prism.address().to_owned()),
            ..Self::default()
        }
    }

    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        let Some(request) = Message::read(&mut BufReader::new(stream.try_clone()?))? else {
            return Ok(());
        };
        let (answer, refusal) = self.judge(&request);
        locked(&self.requests).push(recorded(&request, &answer, refusal));
        answer.write(&mut stream)
    }

    fn judge(&self, request: &Message) -> (Message, Option<String>) {
        let told = self.told(request);
        let Some(upstream) = &self.upstream else {
            let unexpected = || {
                (
                    response(404, &Value::Null),
                    Some("nobody expected it".to_owned()),
                )
            };
            return told.map_or_else(unexpected, |answer| (answer, None));
        };
        let Some(request) = self.without_prefix(request) else {
            let refusal = format!("the API is at {}", self.before);
            return (response(404, &Value::Null), Some(refusal));
        };
        match http::send(upstream, &request) {
            Ok(answer) if status(&answer) < 400 => (told.unwrap_or(answer), None),
            Ok(answer) if told.is_some() && is_about_the_example(&answer) => {
                (told.unwrap_or(answer), None)
            }
            Ok(answer) => {
                let violations = answer.header("sl-violations").map(str::to_owned);
                let text = violations
                    .unwrap_or_else(|| String::from_utf8_lossy(&answer.body).into_owned());
                (answer, Some(text))
            }
            Err(error) => (
                response(502, &Value::Null),
                Some(format!("Prism did not answer: {error}")),
            ),
        }
    }

    fn told(&self, request: &Message) -> Option<Message> {
        let (method, path) = method_and_path(request);
        let line = format!("{method} {}", path.split('?').next().unwrap_or_default());
        let mut answers = locked(&self.answers);
        let index = answers.iter().position(|answer| answer.line == line)?;
        let answer = &answers[index];
        let mut told = response(answer.status, &answer.body);
        told.headers.extend(answer.headers.iter().cloned());
        if answer.once {
            answers.remove(index);
        }
        Some(told)
    }

    /// The request as GitHub's own API would get it.
    fn without_prefix(&self, request: &Message) -> Option<Message> {
        let (method, path) = method_and_path(request);
        let path = path.strip_prefix(self.before)?;
        Some(Message {
            start: format!("{method} {path} HTTP/1.1"),
            ..request.clone()
        })
    }
}

fn recorded(request: &Message, answer: &Message, refusal: Option<String>) -> Request {
    let (method, path) = method_and_path(request);
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        body: serde_json::from_slice(&request.body).unwrap_or_default(),
        text: String::from_utf8_lossy(&request.body).into_owned(),
        headers: request.headers.clone(),
        status: status(answer),
        refusal,
    }
}

fn method_and_path(request: &Message) -> (&str, &str) {
    let mut words = request.start.split(' ');
    (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    )
}

fn status(answer: &Message) -> u16 {
    answer
        .start
        .split(' ')
        .nth(1)
        .and_then(|word| word.parse().ok())
        .unwrap_or_default()
}

fn response(status: u16, body: &Value) -> Message {
    Message {
        start: format!("HTTP/1.1 {status} -"),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_string().into_bytes(),
    }
}

/// A test that panicked while it held the lock has failed already.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether Prism found fault with GitHub's own example alone, and not with what was asked.
fn is_about_the_example(answer: &Message) -> bool {
    let violations = answer.header("sl-violations");
    let violations: Option<Vec<Value>> =
        violations.and_then(|text| serde_json::from_str(text).ok());
    violations.is_some_and(|all| all.iter().all(|one| one["location"][0] == "response"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn post(url: &str, path: &str, body: &Value) -> u16 {
        let address = url.trim_start_matches("http://");
        let request = Message::request("POST", address, path, body.to_string().into_bytes());
        status(&http::send(address, &request).unwrap())
    }

    #[test]
    fn what_github_would_refuse_is_refused_and_what_it_takes_is_recorded() {
        let github = Recorder::github();

        let taken = post(
            github.url(),
            "/repos/acme/platform/issues/7/comments",
            &json!({"body": "a plan"}),
        );
        let without_a_body = post(
            github.url(),
            "/repos/acme/platform/issues/7/comments",
            &json!({"text": "a plan"}),
        );
        let nowhere = post(
            github.url(),
            "/repos/acme/platform/no-such-thing",
            &json!({}),
        );

        assert_eq!((taken, without_a_body, nowhere), (201, 422, 404));
        assert_eq!(github.take_refused().len(), 2);
        assert_eq!(
            github.requests()[0].line(),
            "POST /repos/acme/platform/issues/7/comments"
        );
        assert_eq!(github.requests()[0].body, json!({"body": "a plan"}));
    }

    #[test]
    fn a_recorder_alone_answers_what_it_was_told() {
        let webhook = Recorder::alone().answer("POST /hook", 204, json!({}));

        assert_eq!(
            post(webhook.url(), "/hook?x=1", &json!({"text": "done"})),
            204
        );
        assert_eq!(post(webhook.url(), "/other", &json!({})), 404);
        assert_eq!(webhook.take_refused()[0].line(), "POST /other");
    }

    #[test]
    #[should_panic(expected = "nobody expected it")]
    fn an_unexpected_request_fails_the_test() {
        let webhook = Recorder::alone();
        post(webhook.url(), "/hook", &json!({}));
    }
}
