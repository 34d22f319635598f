//! See [`nucleon_fuzz::record`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| nucleon_fuzz::record(nucleon_fuzz::text(input)));
