//! `accounts` and `hub`: where targets go, and with which roles.

use crate::config::value::{account_id, region, role};
use crate::deployment::Roles;
use crate::fields::{Fields, Reader, join};
use crate::located::Located;
use crate::yaml::Node;

/// One AWS account, in one region where it says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name in `nucleon.yaml`.
    pub name: String,
    /// Its id, 12 digits.
    pub id: String,
    /// Its region, where it differs from Proton's.
    pub region: Option<String>,
    /// What the names of new stacks begin with; roles made for Proton allow nothing but `AWSProton-`.
    pub stack_prefix: String,
    /// The roles in it.
    pub roles: Roles,
}

/// The roles between the runner and the accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hub {
    /// Reaches the plan roles.
    pub plan: Option<String>,
    /// Reaches the apply roles.
    pub apply: Option<String>,
}

/// The prefix of stacks that roles made for Proton allow.
pub(super) const STACK_PREFIX: &str = "AWSProton-";

impl Account {
    /// Reads one entry of `accounts`.
    pub(super) fn read(reader: &mut Reader, name: &str, node: &Node) -> Option<Self> {
        let path = join("accounts", name);
        let fields = reader.fields(node, &path, &["id", "region", "stack_prefix", "roles"])?;
        let id = reader
            .required(
                &fields,
                "id",
                "write the account's 12 digits: `id: \"444455556666\"`",
            )
            .and_then(|node| account_id(reader, node, &fields.path("id")));
        let region = fields.get("region");
        let region = region.and_then(|node| region_of(reader, node, &fields));
        let stack_prefix = stack_prefix(reader, &fields);
        let roles = fields.get("roles");
        let roles = roles.map(|node| roles_of(reader, node, &fields.path("roles"), id.as_ref()));
        Some(Self {
            name: name.to_owned(),
            id: id?.value,
            region,
            stack_prefix: stack_prefix.unwrap_or_else(|| STACK_PREFIX.to_owned()),
            roles: roles.unwrap_or_default(),
        })
    }
}

fn region_of(reader: &mut Reader, node: &Node, fields: &Fields<'_>) -> Option<String> {
    region(reader, node, &fields.path("region")).map(|region| region.value)
}

fn stack_prefix(reader: &mut Reader, fields: &Fields<'_>) -> Option<String> {
    let node = fields.get("stack_prefix")?;
    let parse = |text: &str| {
        let letter = text.starts_with(|head: char| head.is_ascii_alphabetic());
        let plain = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if letter && plain && text.len() <= 60 {
            Ok(text.to_owned())
        } else {
            Err(format!("`{text}` cannot begin a stack's name"))
        }
    };
    let help = "use letters, digits and `-`, a letter first, at most 60";
    let prefix = reader.parsed(node, &fields.path("stack_prefix"), parse, help)?;
    Some(prefix.value)
}

fn roles_of(reader: &mut Reader, node: &Node, path: &str, id: Option<&Located<String>>) -> Roles {
    let known = &["plan", "apply", "execution", "component", "verify"];
    let Some(fields) = reader.fields(node, path, known) else {
        return Roles::default();
    };
    let mut read = |key: &str| {
        let node = fields.get(key)?;
        role(reader, node, &fields.path(key), id)
    };
    Roles {
        plan: read("plan"),
        apply: read("apply"),
        execution: read("execution"),
        component: read("component"),
        verify: read("verify"),
    }
}

impl Hub {
    /// Reads `hub`.
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Self> {
        let fields = reader.fields(node, "hub", &["plan", "apply"])?;
        let mut read = |key: &str| {
            let node = fields.get(key)?;
            role(reader, node, &fields.path(key), None)
        };
        Some(Self {
            plan: read("plan"),
            apply: read("apply"),
        })
    }
}
