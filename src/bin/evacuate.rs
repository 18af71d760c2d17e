//! The `evacuate` function: plans the moves that empty a connection or LAG.

use std::process::ExitCode;

fn main() -> ExitCode {
    associate_virtual_interface::lambda::evacuate()
}
