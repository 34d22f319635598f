//! What AWS says no to, as the ports' errors.

use std::error::Error;

use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use nucleon_engine::ports::{PortError, chain};

/// Longer messages repeat the request; the template's body has no place in a log.
const LONGEST_MESSAGE: usize = 1_000;

/// Why there are no credentials; cloned to every target that waited for them.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum AccessError {
    #[error("{system} refused to {action}: {message}")]
    Refused {
        system: &'static str,
        action: String,
        message: String,
        hint: Option<String>,
    },
    #[error("could not reach {system} to {action}: {message}")]
    Unreachable {
        system: &'static str,
        action: String,
        message: String,
    },
    #[error("the credentials belong to account {found}, not to {expected}")]
    WrongAccount { expected: String, found: String },
}

impl AccessError {
    /// The same as a port's error.
    pub(crate) fn into_port(self) -> PortError {
        match self {
            Self::Refused {
                system,
                action,
                message,
                hint,
            } => PortError::Refused {
                system,
                action,
                message,
                hint,
            },
            Self::Unreachable {
                system,
                action,
                message,
            } => PortError::unreachable(system, action, message),
            Self::WrongAccount { expected, found } => PortError::WrongAccount { expected, found },
        }
    }
}

/// A request that did not bring what was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    /// The system that was asked.
    pub(crate) system: &'static str,
    /// What for, as a verb phrase.
    pub(crate) action: &'a str,
    /// Whose credentials were used.
    pub(crate) identity: &'a str,
}

impl Request<'_> {
    /// Says what an SDK's error means.
    pub(crate) fn error<E>(&self, error: SdkError<E, HttpResponse>) -> AccessError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        if let Some(inner) = access_error(&error) {
            return inner.clone();
        }
        match error {
            SdkError::ServiceError(context) => {
                let status = context.raw().status().as_u16();
                let metadata = context.err().meta();
                let code = metadata.code().unwrap_or("an error without a code");
                let message = metadata.message().unwrap_or_default();
                self.refused(code, message, status)
            }
            other => AccessError::Unreachable {
                system: self.system,
                action: self.action.to_owned(),
                message: told(&other),
            },
        }
    }

    /// Says what a refusal means, by its code.
    pub(crate) fn refused(&self, code: &str, message: &str, status: u16) -> AccessError {
        let message = if message.is_empty() {
            code.to_owned()
        } else {
            format!("{} ({code})", shortened(message))
        };
        AccessError::Refused {
            system: self.system,
            action: self.action.to_owned(),
            message,
            hint: hint(code, status, self.identity),
        }
    }
}

/// Says what a refusal calls for, by its code.
fn hint(code: &str, status: u16, identity: &str) -> Option<String> {
    let hint = match code {
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => {
            format!("allow it in the policies of {identity}, and in the trust policy of a role that is assumed")
        }
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            "the credentials have expired: get new ones, then run it again".to_owned()
        }
        "InvalidClientTokenId" | "UnrecognizedClientException" | "SignatureDoesNotMatch" => {
            format!("AWS does not know the credentials of {identity}: check the access key")
        }
        "InvalidIdentityToken" | "IDPRejectedClaim" => {
            "check that the account has GitHub's OIDC provider and that the role's trust policy names this repository".to_owned()
        }
        "Throttling" | "ThrottlingException" | "RequestLimitExceeded" | "TooManyRequestsException" => {
            "the account's request limit is used up by others too: run it again in a few minutes".to_owned()
        }
        "NoSuchBucket" => "check `artifacts.bucket` in nucleon.yaml".to_owned(),
        _ if status >= 500 => "this is a fault on AWS's side: run it again later".to_owned(),
        _ => return None,
    };
    Some(hint)
}

/// A credentials error of our own that the SDK has wrapped on its way through a request.
fn access_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a AccessError> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<AccessError>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// An error with its causes; the SDK's outermost words alone say nothing.
pub(crate) fn told(error: &dyn Error) -> String {
    shortened(&chain(error))
}

fn shortened(message: &str) -> String {
    let Some((end, _)) = message.char_indices().nth(LONGEST_MESSAGE) else {
        return message.to_owned();
    };
    format!("{}…", &message[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: Request<'_> = Request {
        system: "CloudFormation",
        action: "describe stack shop",
        identity: "role arn:aws:iam::111122223333:role/plan",
    };

    #[test]
    fn no_permission_names_the_role_that_lacks_it() {
        let refused = REQUEST.refused(
            "AccessDenied",
            "User: x is not authorized to perform: y",
            403,
        );
        let error = refused.into_port();
        assert_eq!(
            error.to_string(),
            "CloudFormation refused to describe stack shop: User: x is not authorized to perform: y (AccessDenied)"
        );
        let hint = error.hint().unwrap();
        assert!(hint.contains("role/plan"), "{hint}");
    }

    #[test]
    fn throttling_tells_to_come_back_later() {
        let error = REQUEST
            .refused("Throttling", "Rate exceeded", 400)
            .into_port();
        let hint = error.hint().unwrap();
        assert!(hint.contains("in a few minutes"), "{hint}");
    }

    #[test]
    fn a_message_that_repeats_the_template_is_cut() {
        let error = REQUEST.refused("ValidationError", &"x".repeat(60_000), 400);
        assert!(error.to_string().len() < 1_200);
    }
}
