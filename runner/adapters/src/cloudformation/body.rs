//! How a template's body reaches CloudFormation: in the request, or through the artifacts bucket where it is larger.

use aws_sdk_s3::config::Builder;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;
use nucleon_core::deployment::{Artifacts, Deployment, Place, Stack};
use nucleon_engine::ports::PortError;

use crate::aws::error::Request;
use crate::aws::{Access, Session};

/// What a request may carry.
const LONGEST: usize = 51_200;

/// A template's body on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// In the request.
    Text(String),
    /// In a bucket.
    Url(String),
}

impl Body {
    /// The body and the URL of a request; one of them is nothing.
    pub(crate) fn into_parts(self) -> (Option<String>, Option<String>) {
        match self {
            Self::Text(text) => (Some(text), None),
            Self::Url(url) => (None, Some(url)),
        }
    }
}

/// Brings a deployment's body on its way.
pub(crate) async fn body(
    session: &Session,
    deployment: &Deployment,
    stack: &Stack,
) -> Result<Body, PortError> {
    let text = &stack.template;
    if text.len() <= LONGEST {
        return Ok(Body::Text(text.clone()));
    }
    let artifacts = stack.artifacts.as_ref().ok_or_else(|| no_bucket(stack))?;
    let key = key(session.access(), deployment);
    upload(session, artifacts, &key, text).await?;
    Ok(Body::Url(url(artifacts, &deployment.place, &key)))
}

/// The same body has the same key, so that it is kept once; what the plan role may write is never what is applied.
fn key(access: Access, deployment: &Deployment) -> String {
    let digest = deployment.rendered.as_str().trim_start_matches("sha256:");
    let folder = match access {
        Access::Plan => "plan",
        Access::Apply => "apply",
    };
    format!("templates/{folder}/{digest}")
}

async fn upload(
    session: &Session,
    artifacts: &Artifacts,
    key: &str,
    text: &str,
) -> Result<(), PortError> {
    let config = session.config();
    let client = aws_sdk_s3::Client::from_conf(
        Builder::from(config)
            // Another endpoint than AWS's rarely has a name for every bucket.
            .force_path_style(config.endpoint_url().is_some())
            .build(),
    );
    let encryption = artifacts
        .kms_key
        .as_ref()
        .map(|_| ServerSideEncryption::AwsKms);
    client
        .put_object()
        .bucket(&artifacts.bucket)
        .key(key)
        .set_server_side_encryption(encryption)
        .set_ssekms_key_id(artifacts.kms_key.clone())
        .body(ByteStream::from(text.to_owned().into_bytes()))
        .send()
        .await
        .map_err(|error| {
            let request = Request {
                system: "S3",
                action: &format!("put the template into bucket {}", artifacts.bucket),
                identity: &session.identity(),
            };
            request.error(error).into_port()
        })?;
    Ok(())
}

/// CloudFormation reads only S3's own addresses; a bucket with dots has no certificate of its own.
fn url(artifacts: &Artifacts, place: &Place, key: &str) -> String {
    let domain = if place.region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    let (bucket, region) = (&artifacts.bucket, &place.region);
    if bucket.contains('.') {
        format!("https://s3.{region}.{domain}/{bucket}/{key}")
    } else {
        format!("https://{bucket}.s3.{region}.{domain}/{key}")
    }
}

fn no_bucket(stack: &Stack) -> PortError {
    PortError::Refused {
        system: "CloudFormation",
        action: format!("take the template of stack {}", stack.name),
        message: format!(
            "it has {} bytes, more than the {LONGEST} that a request may carry",
            stack.template.len()
        ),
        hint: Some("name a bucket: `artifacts: {bucket: \"nucleon-{account_id}-{region}\"}` in nucleon.yaml".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url_of(bucket: &str, region: &str) -> String {
        let artifacts = Artifacts {
            bucket: bucket.to_owned(),
            kms_key: None,
        };
        let place = Place {
            account: "111122223333".to_owned(),
            region: region.to_owned(),
        };
        url(&artifacts, &place, "templates/ab")
    }

    #[test]
    fn a_bucket_is_named_as_its_region_does() {
        insta::assert_snapshot!(
            [url_of("nucleon", "eu-west-1"), url_of("a.b", "us-east-1"), url_of("nucleon", "cn-north-1")].join("\n"),
            @r"
        https://nucleon.s3.eu-west-1.amazonaws.com/templates/ab
        https://s3.us-east-1.amazonaws.com/a.b/templates/ab
        https://nucleon.s3.cn-north-1.amazonaws.com.cn/templates/ab
        "
        );
    }
}
