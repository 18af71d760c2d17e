//! How the functions are linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // At a fixed address, as Go's programs are: sixteen thousand addresses need no adjusting at every start then, a twentieth
    // of a cold start. Stack, heap and libraries stay where nobody can foretell.
    if std::env::var_os("CARGO_CFG_TARGET_OS").is_some_and(|system| system == "linux") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
