//! Shows by faults and schedules that no record is lost and no interface moved twice.
//!
//! The function's own code runs in this process, with the real clients of the AWS SDK, against the simulator. Clock, ids
//! and the order in which calls arrive are the harness's and follow from one seed, so that the same seed gives the same
//! schedule, call by call.
//!
//! | file | is |
//! |---|---|
//! | [`stage`] | one schedule: invocations of the function over our network, on our clock |
//! | [`network`] | when a call arrives, what goes wrong with it, and whether its sender lives |
//! | [`trouble`], [`plan`] | what can go wrong, and what does |
//! | [`estate`] | the world, and the moment of a move |
//! | [`history`], [`invariants`] | what happened, and what must hold of it |
//! | [`seeds`] | random schedules |
//! | [`cells`] | every trouble at every call, and every two |
//! | [`reached`] | what was seen at least once |

pub mod cells;
pub mod estate;
pub mod history;
pub mod invariants;
pub mod network;
pub mod plan;
pub mod reached;
pub mod seeds;
pub mod stage;
pub mod trouble;
