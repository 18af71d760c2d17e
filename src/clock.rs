//! The invocation's time: what o'clock it is, and how much of the Lambda deadline is left for what.
//!
//! Both are derived from one reading of the clock, made in `lambda.rs`, so that a test can own them.

use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::Instant;

use crate::error::{Error, Name};

/// What one attempt at a read may take. The SDK makes up to three.
pub const READ: Duration = Duration::from_secs(5);
/// What the one call may take at most.
pub const CALL: Duration = Duration::from_secs(20);
/// Less than this is not enough to start the call with: a slow answer would be cut off and leave the outcome unknown.
pub const CALL_MINIMUM: Duration = Duration::from_secs(5);
/// What is kept after the call for the read that decides and for the record.
pub const RESERVE: Duration = Duration::from_secs(12);
/// What is kept, of that, for the record.
pub const RESERVE_FOR_RECORD: Duration = Duration::from_secs(5);
/// What is kept, of that, for the answer to the caller.
pub const RESERVE_FOR_ANSWER: Duration = Duration::from_millis(500);
/// What must be left before the deadline when the facts are known: what it takes to act on them and to say so.
#[must_use]
pub fn needed_to_act(dry_run: bool) -> Duration {
    if dry_run { RESERVE_FOR_RECORD } else { RESERVE + CALL_MINIMUM }
}

/// What an invocation is taken to have, when its deadline lies in the past already. (Local emulators send such.)
const ASSUMED: Duration = Duration::from_mins(1);

/// The clock of one invocation.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started_at: OffsetDateTime,
    started: Instant,
    deadline: Instant,
}

impl Clock {
    /// A clock that shows `now`, with a Lambda deadline in milliseconds since 1970.
    #[must_use]
    pub fn start(now: OffsetDateTime, deadline_ms: u64) -> Self {
        let now_ms = u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
        let left = deadline_ms.checked_sub(now_ms).filter(|left| *left > 0).map_or(ASSUMED, Duration::from_millis);
        let started = Instant::now();
        // No Lambda runs for a day, and what is longer than that need not be counted.
        let deadline = started + left.min(Duration::from_hours(24));
        Self { started_at: now, started, deadline }
    }

    /// The time of day.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.started_at + self.started.elapsed()
    }

    /// What o'clock it was when the invocation began.
    #[must_use]
    pub fn began(&self) -> OffsetDateTime {
        self.started_at
    }

    /// When the invocation is over at the latest.
    #[must_use]
    pub fn ends(&self) -> OffsetDateTime {
        self.started_at + self.deadline.saturating_duration_since(self.started)
    }

    /// What this invocation has taken so far.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The moment that leaves `reserve` before the deadline.
    #[must_use]
    pub fn until(&self, reserve: Duration) -> Instant {
        self.deadline.checked_sub(reserve).unwrap_or(self.started)
    }

    /// With too little time left nothing is begun: not even the reads, whose only use is to act on them.
    ///
    /// # Errors
    /// [`Name::Unavailable`], when less than this is left.
    pub fn is_enough_for(&self, needed: Duration) -> Result<(), Error> {
        if !self.left(needed).is_zero() {
            return Ok(());
        }
        let (left, needed) = (self.left(Duration::ZERO).as_secs(), needed.as_secs());
        let message =
            format!("{left} seconds are left before the Lambda deadline, and {needed} are needed to finish safely");
        Err(Error::new(Name::Unavailable, message))
    }

    /// What is left before [`Self::until`].
    #[must_use]
    pub fn left(&self, reserve: Duration) -> Duration {
        self.until(reserve).saturating_duration_since(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_deadline_is_shared_out_and_an_impossible_one_replaced() {
        let now = OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000);
        let now_ms = u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap();
        let clock = Clock::start(now, now_ms + 30_000);
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(clock.left(RESERVE), Duration::from_secs(8));
        assert_eq!(clock.left(Duration::from_secs(25)), Duration::ZERO);
        assert_eq!(clock.now(), now + time::Duration::seconds(10));
        assert_eq!(clock.elapsed(), Duration::from_secs(10));
        assert_eq!(clock.ends(), now + time::Duration::seconds(30));
        assert_eq!((needed_to_act(false), needed_to_act(true)), (Duration::from_secs(17), RESERVE_FOR_RECORD));
        assert_eq!(Clock::start(now, now_ms).left(Duration::ZERO), ASSUMED);
        // `cargo lambda watch` sends 600000, ten minutes after 1970 began.
        assert_eq!(Clock::start(now, 600_000).left(Duration::ZERO), ASSUMED);
        assert_eq!(Clock::start(now, u64::MAX).left(Duration::ZERO), Duration::from_hours(24));
    }
}
