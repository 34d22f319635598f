//! See [`nucleon_fuzz::bundle`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| nucleon_fuzz::bundle(nucleon_fuzz::text(input)));
