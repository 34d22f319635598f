//! The environment variables by which `cargo xtask test` speaks to the tests.

/// The emulator's address, `http://127.0.0.1:PORT`; without it a test starts its own.
pub const EMULATOR: &str = "NUCLEON_TEST_EMULATOR";
/// Prism's address; without it a test starts its own.
pub const PRISM: &str = "NUCLEON_TEST_PRISM";
/// The folder of installed tools; without it `target/nucleon`.
pub const TOOLS: &str = "NUCLEON_TEST_TOOLS";
/// The folder of the binaries under test; without it the one the test was built into.
pub const BINARIES: &str = "NUCLEON_TEST_BINARIES";
/// The folder of the conformance cases.
pub const CONFORMANCE: &str = "NUCLEON_CONFORMANCE";
