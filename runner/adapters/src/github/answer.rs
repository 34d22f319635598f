//! What GitHub's answer means, and what to do next. Nothing here waits or sends.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

/// How often a request is sent at most.
pub(super) const ATTEMPTS: u32 = 5;
/// How long one request may be waited for in all; a job costs money while it sleeps.
pub(super) const PATIENCE: Duration = Duration::from_secs(150);
/// GitHub's advice where it does not say how long.
const PAUSE: Duration = Duration::from_mins(1);

/// An answer, as far as it decides something.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<u64>,
    pub(super) remaining: Option<u64>,
    /// When the limit is lifted, in seconds since 1970.
    pub(super) reset: Option<i64>,
    /// The time at GitHub's; clocks of runners are wrong now and then.
    pub(super) date: Option<Timestamp>,
    pub(super) body: Vec<u8>,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Take the answer.
    Take,
    /// Ask again after a while.
    Wait(Duration),
    /// Asking again won't help.
    Refuse {
        message: String,
        hint: Option<String>,
    },
    /// Nobody answered in a useful way.
    GiveUp { message: String },
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Complaint {
    message: String,
    errors: Vec<serde_json::Value>,
}

impl Answer {
    /// What to do after the `attempt`th try, where so much patience is left; `permission` is what the request needs.
    pub(super) fn next(&self, attempt: u32, patience: Duration, permission: &str) -> Next {
        match self.status {
            200..=299 => Next::Take,
            _ if self.is_limited() => self.pause(attempt, patience),
            500.. => again(attempt, format!("it answered {}", self.status)),
            _ => Next::Refuse {
                message: self.message(),
                hint: self.hint(permission),
            },
        }
    }

    fn is_limited(&self) -> bool {
        let said = || self.message().to_ascii_lowercase().contains("rate limit");
        match self.status {
            429 => true,
            403 => self.remaining == Some(0) || self.retry_after.is_some() || said(),
            _ => false,
        }
    }

    fn pause(&self, attempt: u32, patience: Duration) -> Next {
        let pause = self.pause_asked_for();
        if attempt < ATTEMPTS && pause <= patience {
            return Next::Wait(pause);
        }
        let minutes = pause.as_secs().div_ceil(60).max(1);
        let plural = if minutes == 1 { "" } else { "s" };
        Next::Refuse {
            message: format!("the limit of requests is reached: {}", self.message()),
            hint: Some(format!(
                "run it again in {minutes} minute{plural}, when GitHub takes requests again"
            )),
        }
    }

    fn pause_asked_for(&self) -> Duration {
        if let Some(seconds) = self.retry_after {
            return Duration::from_secs(seconds);
        }
        let reset = self.reset.filter(|_| self.remaining == Some(0));
        let until = reset.map(|reset| {
            let now = self.date.unwrap_or_else(Timestamp::now).as_second();
            // A second more: the limit is lifted at the end of that second.
            u64::try_from(reset.saturating_sub(now)).map_or(1, |left| left.saturating_add(1))
        });
        until.map_or(PAUSE, Duration::from_secs)
    }

    /// GitHub's own words.
    fn message(&self) -> String {
        let complaint: Complaint = serde_json::from_slice(&self.body).unwrap_or_default();
        let errors = complaint.errors.iter().map(|error| {
            let text = error.as_str().or_else(|| error["message"].as_str());
            text.map_or_else(|| error.to_string(), str::to_owned)
        });
        let told: Vec<String> = Some(complaint.message)
            .into_iter()
            .chain(errors)
            .filter(|text| !text.is_empty())
            .collect();
        if told.is_empty() {
            format!("it answered {}", self.status)
        } else {
            format!("{} ({})", told.join(": "), self.status)
        }
    }

    fn hint(&self, permission: &str) -> Option<String> {
        let grant = format!("give the job `permissions: {permission}`");
        match self.status {
            401 => Some("give a token that is valid: the action's input `github-token`, or NUCLEON_GITHUB_TOKEN".to_owned()),
            403 if self.message().contains("locked") => Some("unlock the conversation".to_owned()),
            403 => Some(grant),
            404 => Some(format!("GitHub does not tell what a token may not see; {grant}")),
            _ => None,
        }
    }
}

/// What to do when the `attempt`th try brought nothing.
pub(super) fn again(attempt: u32, message: String) -> Next {
    if attempt < ATTEMPTS {
        Next::Wait(Duration::from_millis(250) * 2_u32.pow(attempt - 1))
    } else {
        Next::GiveUp { message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, message: &str) -> Answer {
        Answer {
            status,
            body: serde_json::json!({"message": message})
                .to_string()
                .into_bytes(),
            ..Answer::default()
        }
    }

    fn hint(answer: &Answer) -> String {
        match answer.next(1, PATIENCE, "checks: write") {
            Next::Refuse { hint, .. } => hint.unwrap_or_default(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_refusal_names_the_permission_that_is_missing() {
        let answer = answer(403, "Resource not accessible by integration");
        assert_eq!(
            answer.next(1, PATIENCE, "checks: write"),
            Next::Refuse {
                message: "Resource not accessible by integration (403)".to_owned(),
                hint: Some("give the job `permissions: checks: write`".to_owned()),
            }
        );
    }

    #[test]
    fn other_refusals_have_other_hints() {
        assert!(hint(&answer(401, "Bad credentials")).contains("github-token"));
        assert!(hint(&answer(404, "Not Found")).contains("checks: write"));
        assert_eq!(
            hint(&answer(
                403,
                "Unable to create comment because issue is locked."
            )),
            "unlock the conversation"
        );
        assert_eq!(hint(&answer(422, "Validation Failed")), "");
    }

    #[test]
    fn what_a_validation_says_is_told() {
        let body = r#"{"message": "Validation Failed", "errors": [{"message": "body is too long"}, "no", {"code": "x"}]}"#;
        let answer = Answer {
            status: 422,
            body: body.as_bytes().to_vec(),
            ..Answer::default()
        };
        assert_eq!(
            answer.message(),
            r#"Validation Failed: body is too long: no: {"code":"x"} (422)"#
        );
    }

    #[test]
    fn a_limit_is_waited_for_as_long_as_github_asks() {
        let secondary = Answer {
            retry_after: Some(30),
            ..answer(403, "You have exceeded a secondary rate limit")
        };
        let primary = Answer {
            remaining: Some(0),
            reset: Some(1_000_060),
            date: Timestamp::from_second(1_000_000).ok(),
            ..answer(403, "API rate limit exceeded")
        };
        let silent = answer(429, "slow down");
        assert_eq!(
            secondary.next(1, PATIENCE, ""),
            Next::Wait(Duration::from_secs(30))
        );
        assert_eq!(
            primary.next(1, PATIENCE, ""),
            Next::Wait(Duration::from_secs(61))
        );
        assert_eq!(silent.next(1, PATIENCE, ""), Next::Wait(PAUSE));
    }

    #[test]
    fn a_limit_that_lasts_longer_is_refused_and_says_how_long() {
        let limited = Answer {
            retry_after: Some(1_800),
            ..answer(403, "API rate limit exceeded")
        };
        assert_eq!(
            hint(&limited),
            "run it again in 30 minutes, when GitHub takes requests again"
        );
        let patient = answer(429, "slow down");
        assert!(matches!(
            patient.next(ATTEMPTS, PATIENCE, ""),
            Next::Refuse { .. }
        ));
    }

    #[test]
    fn a_server_in_trouble_is_asked_again_later_and_later() {
        let trouble = answer(502, "");
        assert_eq!(
            trouble.next(1, PATIENCE, ""),
            Next::Wait(Duration::from_millis(250))
        );
        assert_eq!(
            trouble.next(3, PATIENCE, ""),
            Next::Wait(Duration::from_secs(1))
        );
        assert!(matches!(
            trouble.next(ATTEMPTS, PATIENCE, ""),
            Next::GiveUp { .. }
        ));
    }
}
