//! The real binary under the real runtime, against the simulator: what a state machine, a subscriber of the bus and
//! the world would see. Nothing here looks inside the function.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail where it stands")]

mod associations;
mod doors;
mod evacuations;
mod examples;
mod faults;
mod harness;
mod kills;
mod ledger;
mod refusals;
mod runbooks;
mod secrets;
mod table;
mod traps;
mod verifications;
