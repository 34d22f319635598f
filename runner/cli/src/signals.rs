//! Stopping in good order.

use tokio::sync::watch;

/// Turns true at the first SIGINT or SIGTERM: what is being changed is cancelled and waited for.
pub fn cancelled() -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        stop().await;
        crate::output::say("stopping: what is under way is cancelled and waited for");
        // Nobody listens any more once the work has ended.
        let _ended = sender.send(true);
        // Without the sender, a receiver that waits would see the channel closed: keep it.
        sender.closed().await;
    });
    receiver
}

#[cfg(unix)]
async fn stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn stop() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
