//! See [`nucleon_fuzz::spec`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| nucleon_fuzz::spec(nucleon_fuzz::text(input)));
