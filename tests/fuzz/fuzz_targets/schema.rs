//! See [`nucleon_fuzz::schema`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| nucleon_fuzz::schema(nucleon_fuzz::text(input)));
