//! See [`nucleon_fuzz::render`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| nucleon_fuzz::render(nucleon_fuzz::text(input)));
