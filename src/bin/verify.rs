//! The `verify` function: says whether a move has settled, and whether the interface is as well off as before it.

use std::process::ExitCode;

fn main() -> ExitCode {
    associate_virtual_interface::lambda::verify()
}
