//! The `aws` that commands find first: it takes down what bundles told Proton, and is the real `aws` for everything else.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use super::notes::{Note, Notes};
use super::shorthand;
use crate::children::become_program;

/// The name by which it is called.
pub const NAME: &str = "aws";

/// The request that Proton took from the commands of a bundle.
const REQUEST: [&str; 2] = ["proton", "notify-resource-deployment-status-change"];

/// What the AWS CLI answers to arguments that it cannot use.
const WRONG: u8 = 252;
/// What a shell answers where there is no such program.
const MISSING: u8 = 127;

/// Does what `aws` with these arguments would have done while Proton was there.
///
/// Whose notes are kept, and which `aws` is the real one, PATH says: this program is called by a link in the notes' folder.
pub fn run(arguments: &[OsString]) -> ExitCode {
    let answer = match Places::find() {
        Ok(places) if is_request(arguments) => notify(arguments, &places),
        Ok(places) => real(&places, arguments),
        Err(error) => Err((WRONG, format!("could not find its own file: {error}"))),
    };
    answer.unwrap_or_else(|(code, message)| {
        // Nobody is left to tell where stderr is closed.
        let _closed = writeln!(io::stderr(), "aws (of Nucleon): {message}");
        ExitCode::from(code)
    })
}

type Answer = Result<ExitCode, (u8, String)>;

/// The two programs of this name on PATH.
struct Places {
    /// The folder by which this one was found.
    own: Option<PathBuf>,
    /// The other one.
    real: Option<PathBuf>,
}

impl Places {
    fn find() -> io::Result<Self> {
        let own = std::env::current_exe()?.canonicalize()?;
        let path = std::env::var_os("PATH").unwrap_or_default();
        let program = format!("{NAME}{}", std::env::consts::EXE_SUFFIX);
        let found = std::env::split_paths(&path).map(|folder| folder.join(&program));
        let mut places = Self {
            own: None,
            real: None,
        };
        for file in found.filter(|file| is_program(file)) {
            let is_own = file.canonicalize().is_ok_and(|file| file == own);
            let place = if is_own {
                &mut places.own
            } else {
                &mut places.real
            };
            place.get_or_insert(file);
        }
        Ok(places)
    }
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = file.metadata();
    metadata.is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

/// Options of `aws` itself may stand before the request.
fn is_request(arguments: &[OsString]) -> bool {
    arguments.windows(2).any(|pair| pair == REQUEST)
}

fn notify(arguments: &[OsString], places: &Places) -> Answer {
    let wrong = |message: String| (WRONG, message);
    let own = places.own.as_deref().and_then(Path::parent);
    let own = own.ok_or_else(|| wrong("it is not on PATH".to_owned()))?;
    let notes = Notes::of(own);
    let unreadable = |error: io::Error| wrong(format!("could not keep what it was told: {error}"));
    let arn = notes.arn().map_err(unreadable)?;
    let note = parse(arguments, &arn).map_err(wrong)?;
    notes.add(&note).map_err(unreadable)?;
    Ok(ExitCode::SUCCESS)
}

/// What a request says; it may speak of one target only.
fn parse(arguments: &[OsString], arn: &str) -> Result<Note, String> {
    let options = options(arguments)?;
    let one = |name: &str| options.get(name).and_then(|values| values.first());
    match one("--resource-arn") {
        Some(given) if given == arn => {}
        Some(given) => {
            return Err(format!(
                "--resource-arn is {given}, and these commands are those of {arn}"
            ));
        }
        None => return Err("--resource-arn is required".to_owned()),
    }
    let status = one("--status").cloned();
    if let Some(status) = &status
        && !["IN_PROGRESS", "SUCCEEDED", "FAILED"].contains(&status.as_str())
    {
        return Err(format!(
            "--status is `{status}`; write IN_PROGRESS, SUCCEEDED or FAILED"
        ));
    }
    let outputs = options.get("--outputs").map(|values| {
        let outputs = shorthand::parse(values, Path::new("."));
        outputs.map_err(|why| format!("--outputs: {why}"))
    });
    Ok(Note {
        status,
        message: one("--status-message").cloned(),
        outputs: outputs.transpose()?.unwrap_or_default(),
    })
}

/// The options of a call, each with the values up to the next one.
fn options(arguments: &[OsString]) -> Result<BTreeMap<String, Vec<String>>, String> {
    let mut options: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut last = None;
    for argument in arguments {
        let text = argument.to_str();
        let text = text.ok_or_else(|| format!("{} is not UTF-8", argument.display()))?;
        if text.starts_with("--") {
            let (name, value) = text
                .split_once('=')
                .map_or((text, None), |(name, value)| (name, Some(value.to_owned())));
            options.entry(name.to_owned()).or_default().extend(value);
            last = Some(name.to_owned());
        } else if let Some(name) = &last {
            options
                .entry(name.clone())
                .or_default()
                .push(text.to_owned());
        }
    }
    Ok(options)
}

fn real(places: &Places, arguments: &[OsString]) -> Answer {
    let Some(program) = &places.real else {
        let message = "there is no AWS CLI on PATH: install it, or have the commands do without; `aws proton notify-resource-deployment-status-change` alone works without it";
        return Err((MISSING, message.to_owned()));
    };
    become_program(Command::new(program).args(arguments)).map_err(|error| {
        let message = format!("could not start {}: {error}", program.display());
        (MISSING, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:proton:us-east-1:111122223333:environment/dev";

    fn parsed(arguments: &str) -> Result<Note, String> {
        let arguments: Vec<OsString> = arguments.split(' ').map(Into::into).collect();
        assert!(is_request(&arguments), "{arguments:?}");
        parse(&arguments, ARN)
    }

    #[test]
    fn a_call_says_what_proton_was_told() {
        let note = parsed(&format!(
            "--region us-east-1 proton notify-resource-deployment-status-change --resource-arn={ARN} --status FAILED --status-message no --outputs key=A,valueString=1 key=B,valueString=2"
        ));
        let note = note.unwrap();
        assert_eq!(note.status.as_deref(), Some("FAILED"));
        assert_eq!(note.message.as_deref(), Some("no"));
        let outputs: Vec<_> = note.outputs.into_iter().collect();
        let expected = [("A", "1"), ("B", "2")].map(|(key, value)| (key.into(), value.into()));
        assert_eq!(outputs, expected);
    }

    #[test]
    fn a_call_about_something_else_is_refused() {
        let request = REQUEST.join(" ");
        for (arguments, expected) in [
            (request.clone(), "--resource-arn is required"),
            (format!("{request} --resource-arn {ARN}x"), "these commands"),
            (
                format!("{request} --resource-arn {ARN} --status DONE"),
                "write IN_PROGRESS",
            ),
        ] {
            let error = parsed(&arguments).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn other_calls_are_not_ours() {
        let is_ours = |text: &str| {
            let arguments: Vec<OsString> = text.split(' ').map(Into::into).collect();
            is_request(&arguments)
        };
        assert!(!is_ours("s3 cp proton x"));
        assert!(!is_ours("proton get-service --name x"));
    }
}
