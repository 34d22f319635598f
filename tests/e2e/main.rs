//! What users see: the real binaries against real parts.
