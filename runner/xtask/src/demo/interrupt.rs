//! Ctrl-C ends the demo in good order: the servers and every temporary folder go.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use crate::{Outcome, Result};

/// Knows whether somebody wants the demo to end.
#[derive(Clone, Debug)]
pub(super) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Takes SIGINT and SIGTERM from now on.
    pub(super) fn listen() -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (mut interrupt, mut terminate) = {
            let _inside = runtime.enter();
            (
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
            )
        };
        let wanted = Arc::new(AtomicBool::new(false));
        let listening = Self(Arc::clone(&wanted));
        // Ends with the process.
        thread::spawn(move || {
            runtime.block_on(async {
                loop {
                    tokio::select! {
                        _ = interrupt.recv() => {}
                        _ = terminate.recv() => {}
                    }
                    wanted.store(true, Ordering::Relaxed);
                }
            });
        });
        Ok(listening)
    }

    /// Fails once the demo is to end.
    pub(super) fn check(&self) -> Outcome {
        if self.0.load(Ordering::Relaxed) {
            Err("interrupted; nothing is left behind".into())
        } else {
            Ok(())
        }
    }

    /// Waits until the demo is to end.
    pub(super) fn wait(&self) {
        while self.check().is_ok() {
            thread::sleep(Duration::from_millis(100));
        }
    }
}
