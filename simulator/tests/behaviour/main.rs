//! What the simulator does, asked over the wire: raw HTTP, no SDK, and nothing of the programs that are tested with it.

#![expect(clippy::expect_used, reason = "helpers of tests fail like tests do")]
#![expect(clippy::needless_pass_by_value, reason = "tests hand over what they have just written with json!")]

mod binary;
mod client;
mod describe;
mod dynamodb;
mod example;
mod faults;
mod inventory;
mod moving;
mod put_events;
mod rules;
mod runtime_api;
mod secrets;
mod simulator;
mod wire;
