//! See [`nucleon_fuzz::pattern`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| nucleon_fuzz::pattern(nucleon_fuzz::text(input)));
