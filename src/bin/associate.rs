//! The `associate` function: moves one virtual interface onto a connection or LAG.

use std::process::ExitCode;

fn main() -> ExitCode {
    associate_virtual_interface::lambda::associate()
}
