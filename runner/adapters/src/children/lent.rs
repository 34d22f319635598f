//! Credentials that are lent to programs for as long as they run.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use nucleon_engine::ports::chain;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::helper::{Channel, ERROR, NAME};
use super::{Hidden, link};
use crate::aws::Session;

/// How long somebody who has connected may take to say who it is.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long no connection is accepted after that has failed: the machine may be out of descriptors.
const REST: Duration = Duration::from_millis(200);

/// Credentials for programs; with it ends what they were lent.
#[derive(Debug)]
pub(crate) struct Lent {
    variables: Vec<(String, String)>,
    server: Option<(JoinHandle<()>, TempDir)>,
}

impl Lent {
    /// Lends a session, whose credentials are `now` these.
    ///
    /// `program` is one that calls [`run_credentials`](super::run_credentials) where its name is [`NAME`]. What is lent becomes
    /// hidden.
    pub(crate) async fn new(
        session: Arc<Session>,
        now: &Credentials,
        program: &Path,
        hidden: Arc<Hidden>,
    ) -> io::Result<Self> {
        hidden.add_credentials(now);
        if now.expiry().is_none() {
            // They outlive every program, or nobody knows when they end: nothing could be renewed.
            return Ok(Self {
                variables: keys(now),
                server: None,
            });
        }
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let channel = Channel {
            port: listener.local_addr()?.port(),
            token: uuid::Uuid::new_v4().simple().to_string(),
        };
        let folder = tempfile::Builder::new()
            .prefix("nucleon-credentials-")
            .tempdir()?;
        let variables = configure(folder.path(), program, &channel)?;
        let lender = Arc::new(Lender {
            session,
            token: channel.token,
            hidden,
        });
        let server = tokio::spawn(serve(listener, lender));
        Ok(Self {
            variables,
            server: Some((server, folder)),
        })
    }

    /// What the environment of programs needs.
    pub(crate) fn variables(&self) -> &[(String, String)] {
        &self.variables
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some((server, _)) = &self.server {
            server.abort();
        }
    }
}

fn keys(credentials: &Credentials) -> Vec<(String, String)> {
    let keys = [
        ("AWS_ACCESS_KEY_ID", Some(credentials.access_key_id())),
        (
            "AWS_SECRET_ACCESS_KEY",
            Some(credentials.secret_access_key()),
        ),
        ("AWS_SESSION_TOKEN", credentials.session_token()),
    ];
    let keys = keys.into_iter();
    keys.filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect()
}

/// Writes what AWS's tools read; the folder is its owner's alone.
fn configure(
    folder: &Path,
    program: &Path,
    channel: &Channel,
) -> io::Result<Vec<(String, String)>> {
    let name = format!("{NAME}{}", std::env::consts::EXE_SUFFIX);
    let (helper, file) = (folder.join(name), folder.join("channel"));
    let (config, credentials) = (folder.join("config"), folder.join("credentials"));
    link(program, &helper)?;
    std::fs::write(&file, channel.to_text())?;
    let process = process(&helper, &file);
    std::fs::write(
        &config,
        format!("[default]\ncredential_process = {process}\n"),
    )?;
    // The user's own file would come before a process.
    std::fs::write(&credentials, "")?;
    let path = |path: &Path| path.display().to_string();
    let variables = [
        ("AWS_CONFIG_FILE", path(&config)),
        ("AWS_SHARED_CREDENTIALS_FILE", path(&credentials)),
        // Older SDKs read no configuration without it.
        ("AWS_SDK_LOAD_CONFIG", "1".to_owned()),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    Ok(variables.into())
}

/// The command line of the helper.
///
/// Terraform's AWS library takes a quote at the beginning and one at the end for those of the whole line, and away.
fn process(helper: &Path, file: &Path) -> String {
    let (helper, file) = (helper.display().to_string(), file.display().to_string());
    if !format!("{helper}{file}").contains(char::is_whitespace) {
        return format!("{helper} {file}");
    }
    let first = if cfg!(unix) { "env " } else { "" };
    format!("{first}\"{helper}\" \"{file}\"")
}

/// What every connection needs.
struct Lender {
    session: Arc<Session>,
    token: String,
    hidden: Arc<Hidden>,
}

async fn serve(listener: TcpListener, lender: Arc<Lender>) {
    // Dropped with this task, and its tasks with it.
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                let lender = lender.clone();
                connections.spawn(async move { lender.connected(stream).await });
            }
            Err(_) => sleep(REST).await,
        }
    }
}

impl Lender {
    /// Answers whoever knows the token; whoever does not learns nothing.
    async fn connected(&self, mut stream: TcpStream) {
        let mut token = vec![0; self.token.len()];
        let read = timeout(PATIENCE, stream.read_exact(&mut token)).await;
        if !matches!(read, Ok(Ok(_))) || !is_same(&token, self.token.as_bytes()) {
            return;
        }
        let answer = self.answer().await.to_string();
        // Whoever asked and left has no use for it.
        let _gone = stream.write_all(answer.as_bytes()).await;
        let _gone = stream.shutdown().await;
    }

    async fn answer(&self) -> Json {
        match self.session.credentials().await {
            Ok(credentials) => {
                self.hidden.add_credentials(&credentials);
                document(&credentials)
            }
            Err(error) => json!({ERROR: chain(&error)}),
        }
    }
}

/// Takes as long for tokens that differ early as for those that differ late.
fn is_same(left: &[u8], right: &[u8]) -> bool {
    let differences = left.iter().zip(right).map(|(left, right)| left ^ right);
    left.len() == right.len() && differences.fold(0, |all, one| all | one) == 0
}

/// The form that AWS's tools expect of a process.
fn document(credentials: &Credentials) -> Json {
    let mut document = json!({
        "Version": 1,
        "AccessKeyId": credentials.access_key_id(),
        "SecretAccessKey": credentials.secret_access_key(),
    });
    if let Some(token) = credentials.session_token() {
        document["SessionToken"] = token.into();
    }
    if let Some(end) = credentials.expiry().and_then(timestamp) {
        document["Expiration"] = end.into();
    }
    document
}

fn timestamp(time: SystemTime) -> Option<String> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let seconds = i64::try_from(since.as_secs()).ok()?;
    let time = jiff::Timestamp::from_second(seconds).ok()?;
    Some(time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_tells_when_its_credentials_end() {
        let end = SystemTime::UNIX_EPOCH + Duration::from_millis(1_780_000_000_500);
        let credentials = Credentials::new("AKIA", "key", Some("token".into()), Some(end), "test");
        let expected = json!({
            "Version": 1, "AccessKeyId": "AKIA", "SecretAccessKey": "key",
            "SessionToken": "token", "Expiration": "2026-05-28T20:26:40Z",
        });
        assert_eq!(document(&credentials), expected);
    }

    #[test]
    fn only_the_same_token_is_the_same() {
        assert!(is_same(b"abc", b"abc"));
        assert!(!is_same(b"abd", b"abc") && !is_same(b"ab", b"abc"));
    }
}
