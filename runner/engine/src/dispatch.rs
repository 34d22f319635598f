//! One provisioner in front of four: each deployment goes to the one that its body is for.

use async_trait::async_trait;
use nucleon_core::deployment::{Body, Deployment};
use nucleon_core::outcome::Outcome;
use nucleon_core::plan::{ApprovedPlan, Plan};
use nucleon_core::record::{Provisioned, Record};

use crate::ports::{Found, Living, PortError, Prepared, Progress, Provisioner};

/// Serves deployments of every kind.
#[derive(Debug)]
pub struct DispatchingProvisioner<Stacks, Scripts, Modules, Proposals> {
    /// Serves stacks.
    pub stacks: Stacks,
    /// Runs commands.
    pub scripts: Scripts,
    /// Runs Terraform.
    pub modules: Modules,
    /// Opens pull requests.
    pub proposals: Proposals,
}

impl<Stacks: Provisioner, Scripts: Provisioner, Modules: Provisioner, Proposals: Provisioner>
    DispatchingProvisioner<Stacks, Scripts, Modules, Proposals>
{
    fn of(&self, deployment: &Deployment) -> &dyn Provisioner {
        match deployment.body {
            Body::Stack(_) => &self.stacks,
            Body::Script(_) => &self.scripts,
            Body::Module(_) => &self.modules,
            Body::Proposal(_) => &self.proposals,
        }
    }
}

#[async_trait]
impl<Stacks: Provisioner, Scripts: Provisioner, Modules: Provisioner, Proposals: Provisioner>
    Provisioner for DispatchingProvisioner<Stacks, Scripts, Modules, Proposals>
{
    async fn plan(&self, deployment: &Deployment) -> Result<Plan, PortError> {
        self.of(deployment).plan(deployment).await
    }

    async fn prepare(&self, deployment: &Deployment) -> Result<Prepared, PortError> {
        self.of(deployment).prepare(deployment).await
    }

    async fn execute(
        &self,
        deployment: &Deployment,
        approved: &ApprovedPlan,
        provisioned: &Provisioned,
        progress: &dyn Progress,
    ) -> Result<Outcome, PortError> {
        let provisioner = self.of(deployment);
        provisioner
            .execute(deployment, approved, provisioned, progress)
            .await
    }

    async fn discard(
        &self,
        deployment: &Deployment,
        provisioned: &Provisioned,
    ) -> Result<(), PortError> {
        self.of(deployment).discard(deployment, provisioned).await
    }

    async fn inspect(&self, deployment: &Deployment, record: &Record) -> Result<Found, PortError> {
        self.of(deployment).inspect(deployment, record).await
    }

    async fn wait(
        &self,
        deployment: &Deployment,
        provisioned: &Provisioned,
        progress: &dyn Progress,
    ) -> Result<Outcome, PortError> {
        let provisioner = self.of(deployment);
        provisioner.wait(deployment, provisioned, progress).await
    }

    async fn cancel(
        &self,
        deployment: &Deployment,
        provisioned: &Provisioned,
    ) -> Result<(), PortError> {
        self.of(deployment).cancel(deployment, provisioned).await
    }

    async fn describe(&self, deployment: &Deployment) -> Result<Option<Living>, PortError> {
        self.of(deployment).describe(deployment).await
    }
}
