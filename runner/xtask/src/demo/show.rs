//! How the demo speaks.

/// Begins a chapter.
pub(super) fn title(text: &str) {
    println!("\n\x1b[1m── {text}\x1b[0m\n");
}

/// Tells one thing.
pub(super) fn line(text: &str) {
    println!("{text}");
}

/// Shows what somebody would see, set off from what the demo says.
pub(super) fn quote(text: &str) {
    for line in text.lines() {
        println!("  \x1b[2m│\x1b[0m {line}");
    }
}
