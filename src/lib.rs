//! Moves one AWS Direct Connect virtual interface onto another connection or LAG, safely and unattended.
//!
//! Read everything first, into one value. Decide with pure functions over that value. Act once, then read again and
//! believe what you read. Say what happened in one record: the same record to the caller, to the bus and to the log.
//!
//! # Map
//!
//! | file | is |
//! |---|---|
//! | [`associate`] | the mutating story, in one function |
//! | [`verify`] | whether a move has settled, and is healthy |
//! | [`evacuate`], [`evacuation`] | the planning story, and its doors, its judging of a whole set and its order |
//! | [`request`], [`fields`], [`json`] | both doors: a bare payload or an EventBridge envelope becomes a request |
//! | [`estate`], [`facts`] | what was read, and what of it a decision needs |
//! | [`check`] | the pre-checks, by subject |
//! | [`plan`] | nothing, no, or the one call |
//! | [`turn`] | how the call turned out |
//! | [`record`], [`error`], [`told`] | what is said about it, the errors by name, and to whom it is said |
//! | [`clock`] | the invocation's time and how it is shared out |
//! | [`aws`] | the edge to AWS: the only files that name an SDK |
//! | [`lambda`], [`log`], [`metrics`] | the edge to Lambda and CloudWatch |
//!
//! # Words
//!
//! | word | means |
//! |---|---|
//! | connection, LAG | AWS's; a *port* is either |
//! | source, target | the port that carries the interface, the port it shall move to |
//! | neighbour | another interface on the target |
//! | sibling | another interface of the same gateway |
//! | healthy path | an interface of a gateway that carries traffic now, on a port that is up |
//! | associate | AWS's verb for the move; an *association* is approved and not yet done |
//! | check, finding, report | a rule, what it found, all of that together |
//! | refuse, reject | what we do before the call, what AWS does to it |

mod again;
pub mod associate;
pub mod aws;
pub mod check;
pub mod clock;
pub mod digest;
pub mod error;
pub mod estate;
pub mod evacuate;
pub mod evacuation;
pub mod facts;
pub mod fields;
pub mod json;
mod keeping;
pub mod lambda;
pub mod ledger;
pub mod log;
pub mod metrics;
pub mod plan;
pub mod record;
pub mod request;
mod sweep;
pub mod told;
pub mod turn;
pub mod verify;
