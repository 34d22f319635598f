//! See [`nucleon_fuzz::repository`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| nucleon_fuzz::repository(nucleon_fuzz::text(input)));
