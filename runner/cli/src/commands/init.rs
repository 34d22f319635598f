//! `nucleon init`: the files that a platform repository starts with.

use std::ops::Range;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;

use crate::args::Common;
use crate::error::Failure;
use crate::output;

/// A file, and where it goes.
type Written = (&'static str, &'static str);

/// What every repository starts with.
const FILES: [Written; 3] = [
    ("nucleon.yaml", include_str!("../init/nucleon.yaml")),
    (".github/CODEOWNERS", include_str!("../init/CODEOWNERS")),
    ("roles.yaml", include_str!("../init/roles.yaml")),
];
/// The workflows of a platform repository.
const PLATFORM: [Written; 2] = [
    (
        ".github/workflows/nucleon-pull-request.yml",
        include_str!("../init/nucleon-pull-request.yml"),
    ),
    (
        ".github/workflows/nucleon-deploy.yml",
        include_str!("../init/nucleon-deploy.yml"),
    ),
];
/// The workflow of an infrastructure repository.
const INFRASTRUCTURE: [Written; 1] = [(
    ".github/workflows/nucleon-infrastructure.yml",
    include_str!("../init/nucleon-infrastructure.yml"),
)];

/// Arguments of `nucleon init`.
#[derive(Debug, Args)]
pub struct Init {
    /// This repository, as GitHub names it
    #[arg(long, value_name = "OWNER/NAME", value_parser = repository)]
    repository: Option<(String, String)>,
    /// Ids of its owner and of itself, for subjects in GitHub's immutable form (gh api repos/OWNER/NAME --jq '.owner.id, .id')
    #[arg(long, value_name = "OWNER_ID/ID", requires = "repository", value_parser = ids)]
    repository_ids: Option<(String, String)>,
    /// The account that Proton was managed in
    #[arg(long, value_name = "ID", value_parser = account)]
    account: Option<String>,
    /// Its region
    #[arg(long, value_name = "REGION", value_parser = region)]
    region: Option<String>,
    /// GitHub environments whose jobs may apply
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        requires = "repository",
        value_parser = environment
    )]
    environments: Vec<String>,
    /// Make it an infrastructure repository, which is told here whose folders it gets: the platform repository
    #[arg(long, value_name = "OWNER/NAME", value_parser = repository)]
    infrastructure_of: Option<(String, String)>,
}

impl Init {
    /// Does it.
    pub fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        let mut written = 0;
        let workflows: &[Written] = match self.infrastructure_of {
            Some(_) => &INFRASTRUCTURE,
            None => &PLATFORM,
        };
        for (path, text) in FILES.iter().chain(workflows) {
            let file = common.root.join(path);
            if file.exists() {
                output::say(&format!("kept     {path}: it is there already"));
                continue;
            }
            output::file(&file, &self.filled(text))?;
            output::say(&format!("written  {path}"));
            written += 1;
        }
        if written > 0 {
            output::say(&self.next(&common.root));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn filled(&self, text: &str) -> String {
        let mut text = text.to_owned();
        if let Some((owner, name)) = &self.repository {
            if let Some(place) = subjects_of(&text).filter(|_| !self.environments.is_empty()) {
                text.replace_range(place, &self.subjects(owner, name));
            }
            let (owner_id, id) = self.ids();
            let with_ids = format!("{owner}@{owner_id}/{name}@{id}");
            text = text
                .replace("acme@0/platform@0", &with_ids)
                .replace("acme/platform", &format!("{owner}/{name}"))
                .replace("@acme/", &format!("@{owner}/"));
        }
        if let Some((owner, name)) = &self.infrastructure_of {
            text = text.replace("platform: OWNER/NAME", &format!("platform: {owner}/{name}"));
        }
        if let Some(account) = &self.account {
            text = text.replace("111122223333", account);
        }
        if let Some(region) = &self.region {
            text = text.replace("us-east-1", region);
        }
        text
    }

    /// The subjects of tokens that may apply, a pair for each GitHub environment.
    fn subjects(&self, owner: &str, name: &str) -> String {
        let (owner_id, id) = self.ids();
        let pair = |environment: &String| {
            [
                format!("repo:{owner}/{name}:environment:{environment}"),
                format!("repo:{owner}@{owner_id}/{name}@{id}:environment:{environment}"),
            ]
        };
        self.environments
            .iter()
            .flat_map(pair)
            .collect::<Vec<_>>()
            .join(",\\\n      ")
    }

    /// The ids of the owner and the repository; `0`, which nobody has, until they are given.
    fn ids(&self) -> (&str, &str) {
        let ids = self.repository_ids.as_ref();
        ids.map_or(("0", "0"), |(owner_id, id)| (owner_id, id))
    }

    fn next(&self, root: &Path) -> String {
        let mut steps = vec![
            "next:".to_owned(),
            format!(
                "  1. say in {} which accounts and environments there are",
                root.join("nucleon.yaml").display()
            ),
            "  2. deploy roles.yaml into each account (its head says how)".to_owned(),
            "  3. nucleon validate".to_owned(),
        ];
        if self.infrastructure_of.is_some() {
            steps.push(
                "  4. put the id of the GitHub App into nucleon-infrastructure.yml, and its key into the secret NUCLEON_APP_PRIVATE_KEY"
                    .to_owned(),
            );
        }
        if self.repository_ids.is_none() {
            steps.push("  roles.yaml trusts GitHub's subjects with ids only once `@0` is replaced: run init with --repository-ids, or edit it".to_owned());
        }
        steps.join("\n")
    }
}

/// Where the default of `ApplySubjects` stands.
fn subjects_of(text: &str) -> Option<Range<usize>> {
    let parameter = text.find("\n  ApplySubjects:")?;
    let start = parameter + text[parameter..].find("Default: \"")? + "Default: \"".len();
    let end = start + text[start..].find('"')?;
    Some(start..end)
}

fn repository(text: &str) -> Result<(String, String), String> {
    let good = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    match text.split_once('/') {
        Some((owner, name)) if good(owner) && good(name) => Ok((owner.to_owned(), name.to_owned())),
        _ => Err("write OWNER/NAME, as in acme/platform".to_owned()),
    }
}

fn ids(text: &str) -> Result<(String, String), String> {
    let good = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('/') {
        Some((owner, id)) if good(owner) && good(id) => Ok((owner.to_owned(), id.to_owned())),
        _ => Err("write two numbers, OWNER_ID/ID".to_owned()),
    }
}

/// The name stands between quotes in `roles.yaml`, in a list with commas.
fn environment(text: &str) -> Result<String, String> {
    let is_bad = |c: char| c.is_control() || "\"\\,*?".contains(c);
    if text.is_empty() || text.contains(is_bad) {
        Err("write the name of a GitHub environment, without quotes and wildcards".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

fn account(text: &str) -> Result<String, String> {
    let good = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if good {
        Ok(text.to_owned())
    } else {
        Err("an account has 12 digits".to_owned())
    }
}

fn region(text: &str) -> Result<String, String> {
    let good = text.split('-').count() >= 3
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if good {
        Ok(text.to_owned())
    } else {
        Err("write a region, as in us-east-1".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_placeholders_become_the_repository() {
        let init = Init {
            repository: Some(("octo".into(), "infra".into())),
            repository_ids: Some(("12".into(), "34".into())),
            account: Some("999900001111".into()),
            region: Some("eu-west-1".into()),
            environments: vec!["live".into()],
            infrastructure_of: None,
        };
        let roles = init.filled(FILES[2].1);
        assert!(
            roles.contains("repo:octo@12/infra@34:environment:live\""),
            "{}",
            &roles[..3000]
        );
        assert!(
            !roles.contains("acme")
                && !roles.contains("111122223333")
                && !roles.contains("environment:dev,")
        );
    }
}
