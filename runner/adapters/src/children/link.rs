//! Programs under another name.

use std::io;
use std::path::Path;

/// Gives a program another name.
#[cfg(unix)]
pub(crate) fn link(program: &Path, name: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(program, name)
}

/// Gives a program another name.
#[cfg(not(unix))]
pub(crate) fn link(program: &Path, name: &Path) -> io::Result<()> {
    std::fs::copy(program, name).map(|_| ())
}
