//! Values that an account keeps for its commands: parameters of Systems Manager and secrets of Secrets Manager.
//!
//! Two requests in AWS's JSON protocol, signed here: the SDK's crates for these services would be the larger part of the program.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use aws_types::service_config::ServiceConfigKey;
use nucleon_core::secret::Secret;
use nucleon_engine::ports::PortError;
use reqwest::Response;
use serde_json::{Value as Json, json};

use super::Session;
use super::error::{AccessError, Request, told};

const ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(300);
const TIMEOUT: Duration = Duration::from_secs(20);

/// A service that speaks JSON.
#[derive(Debug)]
struct Service {
    /// Its name for people.
    system: &'static str,
    /// Its name in settings.
    id: &'static str,
    /// Its name in signatures and addresses.
    name: &'static str,
    /// What stands before its operations.
    prefix: &'static str,
}

const SYSTEMS_MANAGER: Service = Service {
    system: "Systems Manager",
    id: "SSM",
    name: "ssm",
    prefix: "AmazonSSM",
};

const SECRETS_MANAGER: Service = Service {
    system: "Secrets Manager",
    id: "Secrets Manager",
    name: "secretsmanager",
    prefix: "secretsmanager",
};

/// A value, and whether the account encrypts it.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// The value.
    pub(crate) value: Secret,
    /// Whether whoever may list it cannot read it.
    pub(crate) encrypted: bool,
}

/// The value of a parameter.
pub(crate) async fn parameter(session: &Session, name: &str) -> Result<Kept, PortError> {
    let call = Call {
        session,
        service: &SYSTEMS_MANAGER,
        operation: "GetParameter",
        action: format!("read parameter `{name}`"),
    };
    let answer = call
        .ask(&json!({"Name": name, "WithDecryption": true}))
        .await
        .map_err(AccessError::into_port)?;
    let parameter = &answer["Parameter"];
    let value = parameter["Value"].as_str();
    let value = value.ok_or_else(|| call.unexpected("it holds no value"))?;
    Ok(Kept {
        value: Secret::new(value),
        encrypted: parameter["Type"] == "SecureString",
    })
}

/// The value of a secret, named as a buildspec names it.
pub(crate) async fn secret(session: &Session, reference: &str) -> Result<Kept, PortError> {
    let reference = Reference::parse(reference);
    let call = Call {
        session,
        service: &SECRETS_MANAGER,
        operation: "GetSecretValue",
        action: format!("read secret `{}`", reference.id),
    };
    let answer = call
        .ask(&reference.question())
        .await
        .map_err(AccessError::into_port)?;
    let text = answer["SecretString"].as_str();
    let text = text.ok_or_else(|| call.unexpected("it is binary, and a variable holds text"))?;
    let value = match reference.key {
        None => Some(text.to_owned()),
        Some(key) => member(text, key),
    };
    let key = reference.key.unwrap_or_default();
    let value = value.ok_or_else(|| call.unexpected(&format!("it has no key `{key}`")))?;
    Ok(Kept {
        value: Secret::new(value),
        encrypted: true,
    })
}

/// One value of a secret that is a JSON object.
fn member(text: &str, key: &str) -> Option<String> {
    let object: Json = serde_json::from_str(text).ok()?;
    Some(match object.get(key)? {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    })
}

/// `id:key:stage:version`; all but the first may be left out or empty.
#[derive(Debug, PartialEq, Eq)]
struct Reference<'a> {
    id: Cow<'a, str>,
    key: Option<&'a str>,
    stage: Option<&'a str>,
    version: Option<&'a str>,
}

impl<'a> Reference<'a> {
    fn parse(text: &'a str) -> Self {
        let mut parts = text.split(':');
        // An ARN has seven parts itself.
        let own = if text.starts_with("arn:") { 7 } else { 1 };
        let id: Vec<&str> = parts.by_ref().take(own).collect();
        let mut next = || parts.next().filter(|part| !part.is_empty());
        Self {
            id: id.join(":").into(),
            key: next(),
            stage: next(),
            version: next(),
        }
    }

    fn question(&self) -> Json {
        let mut question = json!({"SecretId": self.id});
        for (name, value) in [("VersionStage", self.stage), ("VersionId", self.version)] {
            if let Some(value) = value {
                question[name] = value.into();
            }
        }
        question
    }
}

/// One request, which may take several attempts.
struct Call<'a> {
    session: &'a Session,
    service: &'a Service,
    operation: &'a str,
    action: String,
}

impl Call<'_> {
    async fn ask(&self, question: &Json) -> Result<Json, AccessError> {
        let (mut attempt, mut pause) = (1, FIRST_PAUSE);
        loop {
            let (error, passes) = match self.send(question).await {
                Ok(response) => match self.read(response).await {
                    Ok(answer) => return Ok(answer),
                    Err(failed) => failed,
                },
                Err(error) => {
                    let passes = matches!(error, AccessError::Unreachable { .. });
                    (error, passes)
                }
            };
            if !passes || attempt == ATTEMPTS {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            attempt += 1;
            pause *= 2;
        }
    }

    async fn send(&self, question: &Json) -> Result<Response, AccessError> {
        let credentials = self.session.link().credentials().await?;
        let address = self.address();
        let target = format!("{}.{}", self.service.prefix, self.operation);
        let body = question.to_string();
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", target.as_str()),
        ];
        let signed = self.signed(credentials, &address, &headers, &body)?;
        let client = crate::http::client(TIMEOUT).map_err(|error| self.unreachable(error))?;
        let mut request = client.post(&address).body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        for (name, value) in signed {
            request = request.header(name, value);
        }
        request
            .send()
            .await
            .map_err(|error| self.unreachable(error))
    }

    /// The headers that prove who asks.
    fn signed(
        &self,
        credentials: Credentials,
        address: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Vec<(&'static str, String)>, AccessError> {
        let wrong = |error: &dyn std::error::Error| self.refused(told(error));
        let identity = credentials.into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(self.region())
            .name(self.service.name)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| wrong(&error))?
            .into();
        let body = SignableBody::Bytes(body.as_bytes());
        let request = SignableRequest::new("POST", address, headers.iter().copied(), body);
        let request = request.map_err(|error| wrong(&error))?;
        let output = sign(request, &parameters).map_err(|error| wrong(&error))?;
        let (headers, _) = output.into_parts().0.into_parts();
        let headers = headers.iter();
        Ok(headers
            .map(|header| (header.name(), header.value().to_owned()))
            .collect())
    }

    /// The answer, or what went wrong and whether it may pass.
    async fn read(&self, response: Response) -> Result<Json, (AccessError, bool)> {
        let status = response.status();
        let text = response.text().await;
        let text = text.map_err(|error| (self.unreachable(error), true))?;
        let answer: Json = serde_json::from_str(&text).unwrap_or_default();
        if status.is_success() {
            return Ok(answer);
        }
        let code = answer["__type"].as_str().unwrap_or_default();
        let code = code.rsplit('#').next().unwrap_or_default();
        let code = if code.is_empty() {
            status.as_str()
        } else {
            code
        };
        let message = answer["message"].as_str().or(answer["Message"].as_str());
        let identity = self.session.identity();
        let request = Request {
            system: self.service.system,
            action: &self.action,
            identity: &identity,
        };
        let error = request.refused(code, message.unwrap_or_default(), status.as_u16());
        let passes = status.is_server_error() || status.as_u16() == 429 || code.contains("Throttl");
        Err((error, passes))
    }

    fn region(&self) -> &str {
        let region = self.session.config().region();
        region.map_or("us-east-1", AsRef::as_ref)
    }

    fn address(&self) -> String {
        endpoint(self.session.config(), self.service).unwrap_or_else(|| {
            let (name, region) = (self.service.name, self.region());
            format!("https://{name}.{region}.{}", domain(region))
        })
    }

    fn refused(&self, message: String) -> AccessError {
        AccessError::Refused {
            system: self.service.system,
            action: self.action.clone(),
            message,
            hint: None,
        }
    }

    fn unreachable(&self, error: reqwest::Error) -> AccessError {
        AccessError::Unreachable {
            system: self.service.system,
            action: self.action.clone(),
            message: told(&error.without_url()),
        }
    }

    fn unexpected(&self, message: &str) -> PortError {
        PortError::Refused {
            system: self.service.system,
            action: self.action.clone(),
            message: message.to_owned(),
            hint: None,
        }
    }
}

/// An address that somebody has set: for this service, or for all.
fn endpoint(config: &SdkConfig, service: &Service) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id(service.id)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    let own = config
        .service_config()
        .zip(key.ok())
        .and_then(|(settings, key)| settings.load_config(key));
    own.or_else(|| config.endpoint_url().map(str::to_owned))
}

/// Where a region's services are.
fn domain(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else if region.starts_with("eusc-") {
        "amazonaws.eu"
    } else {
        "amazonaws.com"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_named_as_in_a_buildspec() {
        let arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:team/x-AbCdEf";
        let parsed = |text: &str| Reference::parse(text).question().to_string();
        assert_eq!(parsed("team/x"), r#"{"SecretId":"team/x"}"#);
        assert_eq!(
            parsed("team/x:key:AWSPREVIOUS"),
            r#"{"SecretId":"team/x","VersionStage":"AWSPREVIOUS"}"#
        );
        let text = format!("{arn}:key::v1");
        let reference = Reference::parse(&text);
        assert_eq!((&*reference.id, reference.key), (arn, Some("key")));
        assert_eq!((reference.stage, reference.version), (None, Some("v1")));
    }

    #[test]
    fn a_key_of_a_secret_is_read_from_its_json() {
        assert_eq!(member(r#"{"a": "x", "b": 1}"#, "a").as_deref(), Some("x"));
        assert_eq!(member(r#"{"a": "x", "b": 1}"#, "b").as_deref(), Some("1"));
        assert_eq!(member(r#"{"a": "x"}"#, "c"), None);
        assert_eq!(member("plain", "c"), None);
    }
}
