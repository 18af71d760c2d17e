//! The time of day, for the few things that carry it. Whatever waits or settles goes by tokio's clock instead, which
//! tests can move.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time since the epoch.
#[expect(clippy::disallowed_methods, reason = "the one place of this crate that reads the time of day")]
pub(crate) fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
