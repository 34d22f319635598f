//! Stands between a process under test and the emulator.

use std::collections::BTreeMap;
use std::io::{self, BufReader};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::Emulator;
use crate::http::{self, Message};

/// Passes on what is asked of AWS, and knows what that was.
///
/// It can hold a request back, as a network that hangs, or answer in AWS's stead, as AWS does when it refuses or throttles.
#[derive(Debug)]
#[must_use]
pub struct Gateway {
    url: String,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    upstream: String,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    rules: BTreeMap<String, Rule>,
    asked: Vec<String>,
    answered: Vec<String>,
}

#[derive(Clone, Debug)]
enum Rule {
    Hold,
    Refuse {
        after: usize,
        times: usize,
        status: u16,
        code: String,
    },
}

impl Gateway {
    /// Stands before an emulator.
    pub fn before(emulator: &Emulator) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let shared = Arc::new(Shared {
            upstream: emulator.url().trim_start_matches("http://").to_owned(),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let serving = Arc::clone(&shared);
        // Ends with the test's process; it holds nothing that must be given back.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&serving);
                thread::spawn(move || shared.serve(stream));
            }
        });
        Self {
            url: format!("http://{address}"),
            shared,
        }
    }

    /// Holds back what asks for `action` until [`release`](Self::release).
    pub fn hold(self, action: &str) -> Self {
        self.rule(action, Rule::Hold)
    }

    /// Answers `action` with an error of AWS, always.
    pub fn refuse(self, action: &str, status: u16, code: &str) -> Self {
        self.refuse_some(action, status, code, (0, usize::MAX))
    }

    /// Answers `action` with an error of AWS, after it was passed on `after` times, and only so many `times`.
    pub fn refuse_some(
        self,
        action: &str,
        status: u16,
        code: &str,
        (after, times): (usize, usize),
    ) -> Self {
        let code = code.to_owned();
        self.rule(
            action,
            Rule::Refuse {
                after,
                times,
                status,
                code,
            },
        )
    }

    /// Lets through what was held back.
    pub fn release(&self, action: &str) {
        locked(&self.shared.state).rules.remove(action);
        self.shared.changed.notify_all();
    }

    /// Returns the address, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns what was asked for so far, oldest first.
    pub fn asked(&self) -> Vec<String> {
        locked(&self.shared.state).asked.clone()
    }

    /// Waits until `action` was asked for.
    #[track_caller]
    pub fn wait_until_asked(&self, action: &str) {
        self.wait(action, |state| &state.asked);
    }

    /// Waits until `action` was answered.
    #[track_caller]
    pub fn wait_until_answered(&self, action: &str) {
        self.wait(action, |state| &state.answered);
    }

    #[track_caller]
    fn wait(&self, action: &str, list: impl Fn(&State) -> &Vec<String>) {
        let end = Instant::now() + Duration::from_mins(1);
        let mut state = locked(&self.shared.state);
        while !list(&state).iter().any(|known| known == action) {
            let left = end.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "nobody asked for {action}, only for {:?}",
                state.asked
            );
            let woken = self.shared.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn rule(self, action: &str, rule: Rule) -> Self {
        locked(&self.shared.state)
            .rules
            .insert(action.to_owned(), rule);
        self
    }
}

impl Shared {
    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        let Some(request) = Message::read(&mut BufReader::new(stream.try_clone()?))? else {
            return Ok(());
        };
        let action = action(&request);
        let answer = match self.judge(&action) {
            Some(refusal) => refusal,
            None => http::send(&self.upstream, &request)?,
        };
        let written = answer.write(&mut stream);
        locked(&self.state).answered.push(action);
        self.changed.notify_all();
        written
    }

    /// Writes down what is asked for, and returns the answer where AWS is not to give it.
    fn judge(&self, action: &str) -> Option<Message> {
        let mut state = locked(&self.state);
        let before = state.asked.iter().filter(|known| *known == action).count();
        state.asked.push(action.to_owned());
        self.changed.notify_all();
        while let Some(Rule::Hold) = state.rules.get(action) {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        match state.rules.get(action) {
            Some(Rule::Refuse {
                after,
                times,
                status,
                code,
            }) if before >= *after && before - after < *times => Some(refusal(*status, code)),
            _ => None,
        }
    }
}

/// Returns the action that a request of a query service asks for; method and path of any other.
fn action(request: &Message) -> String {
    let body = String::from_utf8_lossy(&request.body);
    let named = body
        .split('&')
        .find_map(|pair| pair.strip_prefix("Action="));
    let line = || request.start.trim_end_matches(" HTTP/1.1").to_owned();
    named.map_or_else(line, str::to_owned)
}

fn refusal(status: u16, code: &str) -> Message {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{code} by the test</Message></Error><RequestId>1</RequestId></ErrorResponse>"
    );
    Message {
        start: format!("HTTP/1.1 {status} -"),
        headers: vec![("content-type".to_owned(), "text/xml".to_owned())],
        body: body.into_bytes(),
    }
}

/// A test that panicked while it held the lock has failed already.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_held_back_is_passed_on() {
        let emulator = Emulator::connect();
        let gateway = Gateway::before(&emulator).refuse_some(
            "GetCallerIdentity",
            403,
            "AccessDenied",
            (1, 1),
        );
        let account = emulator.account("111122223333").at(gateway.url());

        let caller = || account.try_aws(&["sts", "get-caller-identity"]);

        assert_eq!(caller().unwrap()["Account"], "111122223333");
        assert!(caller().unwrap_err().contains("AccessDenied"));
        assert_eq!(caller().unwrap()["Account"], "111122223333");
        assert_eq!(gateway.asked(), ["GetCallerIdentity"; 3]);
    }
}
