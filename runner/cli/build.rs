//! Leaves out of the released programs what only unwinding needs: they abort on a panic.

use std::env;

/// What the standard library asks of an unwinder; a function that does nothing stands for each.
const WALKS: [&str; 10] = [
    "Backtrace",
    "GetDataRelBase",
    "GetIP",
    "GetIPInfo",
    "GetLanguageSpecificData",
    "GetRegionStart",
    "GetTextRelBase",
    "Resume",
    "SetGR",
    "SetIP",
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=released.ld");
    let is = |variable: &str, value: &str| env::var(variable).is_ok_and(|is| is == value);
    if is("CARGO_CFG_TARGET_ENV", "musl") && is("PROFILE", "release") {
        let folder = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{folder}/released.ld");
        // Without those tables nobody can walk the stack: a backtrace is empty, and what would walk is left out, too.
        for walks in WALKS {
            println!("cargo::rustc-link-arg-bins=-Wl,--defsym=_Unwind_{walks}=sched_yield");
        }
    }
}
