//! Plans and applies with CloudFormation, by change sets only.
//!
//! Surprising here: a plan is a change set that is made, read and deleted again, because only CloudFormation knows what it
//! would do. Two states of a stack allow no change set while the plan role may not leave them: what a failed creation has
//! left (`Road::Rebuild` in `site.rs`) and a rollback that failed (`Road::Unstick`). There the plan is read from the
//! templates (`outline.rs`), and executing clears the road first and then holds the real change set against that plan.

mod body;
mod cause;
mod changes;
mod client;
mod destroy;
mod difference;
mod ended;
mod execute;
mod inspect;
mod mask;
mod names;
mod neighbours;
mod outline;
mod ownership;
mod provisioner;
mod site;
mod standing;
mod verdict;
mod wait;
mod watch;

pub use provisioner::CloudFormationProvisioner;
