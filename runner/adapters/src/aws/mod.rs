//! Who Nucleon is in AWS: base credentials, the hub's role, the target's role, and proof of the account after every hop.
//!
//! Surprising here: credentials are obtained and checked together. A link of the chain hands out only credentials for which
//! `GetCallerIdentity` has answered the expected account, also after every renewal, so nothing can be sent with wrong ones.

mod configuration;
pub(crate) mod error;
mod github_identity;
pub(crate) mod kept;
mod link;
mod session;
mod session_name;

pub use configuration::configuration;
pub use github_identity::GitHubIdentity;
pub use session::{Access, Base, Hub, Session, SessionSettings, Sessions};
pub use session_name::session_name;
