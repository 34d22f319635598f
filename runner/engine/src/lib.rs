//! The use cases: render, plan, apply, import, status, notify, over traits that stand for the outside world.
//!
//! What is surprising: nothing here decides from the view branch, from comments or from check runs. Only the state refs count,
//! and a record says `IN_PROGRESS` before the first change in a cloud, so that whoever comes next can find out what really happened.

pub mod apply;
mod body;
pub mod candidate;
pub mod cores;
pub mod deploy;
pub mod difference;
pub mod dispatch;
mod execute;
pub mod farewell;
pub mod fleet;
mod given;
mod hidden;
pub mod import;
pub mod journal;
pub mod load;
mod module;
pub mod notify;
pub mod plan;
pub mod ports;
mod proposal;
pub mod propose;
pub mod publish;
pub mod recover;
pub mod refusal;
pub mod report;
pub mod run;
mod script;
pub mod select;
pub mod status;
pub mod testing;
pub mod unlock;
pub mod view;
