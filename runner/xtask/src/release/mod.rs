//! What a release consists of: one archive for each platform, and their checksums.
//!
//! `actions/install.sh` reads both: it knows the names of archives and the
//! lines of `actions/checksums.txt`.

mod checksums;
mod package;

pub(crate) use checksums::Checksums;
pub(crate) use package::Package;
