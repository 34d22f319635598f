//! See [`nucleon_fuzz::yaml`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| nucleon_fuzz::yaml(nucleon_fuzz::text(input)));
