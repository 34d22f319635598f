//! See [`nucleon_fuzz::terraform`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| nucleon_fuzz::terraform(nucleon_fuzz::text(input)));
