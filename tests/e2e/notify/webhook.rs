//! `nucleon-notify webhook`: signed JSON, and Slack's form.

use std::time::{SystemTime, UNIX_EPOCH};

use nucleon_tests::{Finished, Recorder, Repository, Request};
use ring::hmac;
use serde_json::{Value, json};

use super::{own, step};

const SECRET: &str = "whsec-of-acme";
const HOOK: &str = "POST /hook/T0/secret-part";

fn told(repository: &Repository, urls: &str, arguments: &[&str]) -> Finished {
    step(repository)
        .env("NUCLEON_WEBHOOKS", urls)
        .env("NUCLEON_WEBHOOK_SECRET", SECRET)
        .args(["webhook"])
        .args(arguments)
        .run()
        .succeeds()
}

fn hook(server: &Recorder) -> String {
    format!("{}/hook/T0/secret-part", server.url())
}

/// What a receiver does with a request, as the schema says.
fn is_genuine(request: &Request) -> bool {
    let signature = request.header("x-nucleon-signature").unwrap();
    let (time, tag) = signature.split_once(",v1=").unwrap();
    let time = time.strip_prefix("t=").unwrap();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    assert!(now.abs_diff(time.parse().unwrap()) < 300, "{signature}");
    let bytes: Vec<u8> = (0..tag.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&tag[at..at + 2], 16).unwrap())
        .collect();
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    hmac::verify(&key, format!("{time}.{}", request.text).as_bytes(), &bytes).is_ok()
}

#[test]
fn a_delivery_is_signed_and_stays_the_same_when_it_is_sent_again() {
    let server = Recorder::alone()
        .answer(HOOK, 200, Value::Null)
        .answer_once(HOOK, 503, &[("retry-after", "0")])
        .answer_once(HOOK, 429, &[("retry-after", "0")]);
    let outcome = json!({"format": 1, "targets": [{
        "target": "environment/dev", "stage": "environments", "account": "111122223333", "region": "eu-west-1",
        "status": "FAILED", "message": "no right",
    }]});
    let repository = own().write("outcome.json", outcome.to_string());
    let _told = told(
        &repository,
        &hook(&server),
        &["--plan", "plan.json", "--outcome", "outcome.json"],
    );

    let requests = server.requests();
    assert_eq!(requests.len(), 4, "{requests:#?}");
    assert!(requests.iter().all(is_genuine));
    let mut deliveries: Vec<(&str, &str)> = requests
        .iter()
        .map(|request| {
            (
                request.header("x-nucleon-event").unwrap(),
                request.header("x-nucleon-delivery").unwrap(),
            )
        })
        .collect();
    for (request, (event, delivery)) in requests.iter().zip(&deliveries) {
        assert_eq!(
            (&request.body["event"], &request.body["delivery"]),
            (&json!(event), &json!(delivery))
        );
        assert_eq!(request.body["repository"], "acme/platform");
    }
    deliveries.sort_unstable();
    deliveries.dedup();
    assert_eq!(
        deliveries
            .iter()
            .map(|(event, _)| *event)
            .collect::<Vec<_>>(),
        ["outcome", "plan"]
    );
}

#[test]
fn slack_is_told_in_its_own_form() {
    let server = Recorder::alone().answer(HOOK, 200, json!("ok"));
    let _told = told(&own(), &hook(&server), &["--slack", "--plan", "plan.json"]);
    let requests = server.requests();
    let request = &requests[0];
    assert_eq!(request.header("x-nucleon-signature"), None);
    assert!(
        request.body["text"]
            .as_str()
            .unwrap()
            .starts_with("Nucleon plan: 1 of 1 target changes")
    );
    let text = &request.body["blocks"][2]["text"]["text"];
    assert_eq!(
        text,
        ":warning: *service/shop/service-instance/prod* loses resources: 1 replaced"
    );
}

#[test]
fn what_cannot_be_delivered_is_a_warning_that_keeps_the_address_secret() {
    let server = Recorder::alone()
        .answer(HOOK, 404, Value::Null)
        .answer("POST /limited/secret-part", 429, Value::Null)
        .answer_once("POST /limited/secret-part", 429, &[("retry-after", "3600")]);
    let urls = format!(
        "{}\n\n{}/limited/secret-part\nhttp://acme.com/secret-part",
        hook(&server),
        server.url()
    );
    let finished = told(&own(), &urls, &["--plan", "plan.json"]);
    let said = format!("{}{}", finished.stdout(), finished.stderr());
    assert!(
        said.contains("::warning::the webhook at 127.0.0.1"),
        "{said}"
    );
    assert!(
        said.contains("could not be told: it answered 404"),
        "{said}"
    );
    assert!(
        said.contains("could not be told: it answered 429"),
        "{said}"
    );
    assert!(
        said.contains("webhook 3 is left out: it does not begin with `https://`"),
        "{said}"
    );
    assert!(
        !said.contains("secret-part") && !said.contains(SECRET),
        "{said}"
    );
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn json_without_a_secret_is_not_sent() {
    let server = Recorder::alone();
    let finished = step(&own())
        .args(["webhook", "--plan", "plan.json", "--url", &hook(&server)])
        .run()
        .succeeds();
    assert!(
        finished.stderr().contains("set NUCLEON_WEBHOOK_SECRET"),
        "{finished}"
    );
    assert!(server.requests().is_empty());
}
