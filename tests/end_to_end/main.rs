//! The real binary under the real runtime, against the simulator: what a state machine, a subscriber of the bus and
//! the world would see. Nothing here looks inside the function.

mod associations;
mod doors;
mod examples;
mod faults;
mod harness;
mod refusals;
mod secrets;
mod traps;
