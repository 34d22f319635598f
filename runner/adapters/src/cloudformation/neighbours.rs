//! The stacks of each account and region, listed once a process.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_cloudformation::types::Stack;
use nucleon_core::deployment::Place;
use nucleon_engine::ports::PortError;
use tokio::sync::{Mutex, OnceCell};

use super::client::Stacks;

type Slot = Arc<OnceCell<Arc<Vec<Stack>>>>;

/// The stacks of each place, as they were when the process first looked.
///
/// Stacks that come later are this process's own, or another run's, which the state's locks keep apart.
#[derive(Debug, Default)]
pub(crate) struct Neighbours(Mutex<BTreeMap<Place, Slot>>);

impl Neighbours {
    /// The stacks of a place.
    pub(crate) async fn of(
        &self,
        place: &Place,
        stacks: &Stacks,
    ) -> Result<Arc<Vec<Stack>>, PortError> {
        let slot = self
            .0
            .lock()
            .await
            .entry(place.clone())
            .or_default()
            .clone();
        let listed = slot
            .get_or_try_init(|| async { stacks.all().await.map(Arc::new) })
            .await?;
        Ok(listed.clone())
    }
}
