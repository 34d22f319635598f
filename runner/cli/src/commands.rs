//! One module a command.

pub mod apply;
pub mod history;
pub mod import;
pub mod init;
pub mod notify;
pub mod nucleon;
pub mod outdated;
pub mod plan;
pub mod publish;
pub mod render;
pub mod status;
pub mod unlock;
pub mod validate;
