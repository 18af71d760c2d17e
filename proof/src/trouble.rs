//! What can go wrong with one call, and where: the fault model. A cell of it is an operation, which of its calls, and a
//! trouble; a cell that cannot be is void.

use std::time::Duration;

use dx_sim::Effect;

/// Something that goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// What the simulator does.
    Effect(Effect),
    /// The answer is this many seconds on its way.
    Slow(u64),
    /// The answer has members that nobody knows, one of them a secret.
    Unknown,
    /// The process is killed before the call is sent.
    KillBefore,
    /// The process is killed after the call was carried out.
    KillAfter,
}

/// How long after the call a late move shows: well within `IN_DOUBT_SECONDS`, which is five minutes.
const LATE: Duration = Duration::from_secs(100);

/// Where a trouble can be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Any,
    DirectConnect,
    Reads,
    Writes,
    Associate,
    PutEvents,
    Items,
}

/// Every trouble, its name, and where it can be.
const TROUBLES: &[(&str, Trouble, At)] = &[
    ("throttle", Trouble::Effect(Effect::Throttle), At::Any),
    ("500", Trouble::Effect(Effect::Error500), At::Any),
    ("503", Trouble::Effect(Effect::Error503), At::Any),
    ("server-exception-400", Trouble::Effect(Effect::ServerException400), At::DirectConnect),
    ("denied", Trouble::Effect(Effect::Denied), At::Any),
    ("client", Trouble::Effect(Effect::Client), At::DirectConnect),
    ("transitioning", Trouble::Effect(Effect::Transitioning), At::Associate),
    ("reset-before", Trouble::Effect(Effect::ResetBefore), At::Any),
    ("reset-after", Trouble::Effect(Effect::ResetAfter), At::Writes),
    ("500-after", Trouble::Effect(Effect::Error500After), At::Writes),
    ("hang", Trouble::Effect(Effect::Hang), At::Any),
    ("hang-after", Trouble::Effect(Effect::HangAfter), At::Writes),
    ("truncated", Trouble::Effect(Effect::Truncated), At::Any),
    ("late", Trouble::Effect(Effect::LateBy(LATE)), At::Associate),
    ("partial", Trouble::Effect(Effect::Partial), At::PutEvents),
    ("partial-final", Trouble::Effect(Effect::PartialFinal), At::PutEvents),
    ("stale", Trouble::Effect(Effect::Stale), At::Reads),
    ("conditional", Trouble::Effect(Effect::Conditional), At::Items),
    ("conflict", Trouble::Effect(Effect::Conflict), At::Items),
    ("slow-3", Trouble::Slow(3), At::Any),
    ("slow-30", Trouble::Slow(30), At::Any),
    ("unknown-member", Trouble::Unknown, At::Any),
    ("kill-before", Trouble::KillBefore, At::Any),
    ("kill-after", Trouble::KillAfter, At::Any),
];

impl At {
    fn is(self, operation: &str) -> bool {
        let associate = operation == "AssociateVirtualInterface";
        let put_events = operation == "PutEvents";
        let item_write = matches!(operation, "TransactWriteItems" | "UpdateItem");
        let item = item_write || matches!(operation, "GetItem" | "Query");
        match self {
            Self::Any => true,
            Self::DirectConnect => !put_events && !item,
            Self::Reads => !associate && !put_events && !item,
            Self::Writes => associate || put_events || item_write,
            Self::Associate => associate,
            Self::PutEvents => put_events,
            Self::Items => item_write,
        }
    }
}

impl Trouble {
    /// Its name in traces and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        TROUBLES.iter().find(|(_, trouble, _)| *trouble == self).map_or("?", |(name, ..)| name)
    }

    /// Whether the move may show long after the call.
    #[must_use]
    pub fn is_late(self) -> bool {
        matches!(self, Self::Effect(Effect::LateBy(_)))
    }

    /// Whether AWS says with it that it has not begun to move: what the documents say of throttling, and what is known
    /// of "is in a transitioning state". A server error proves nothing.
    #[must_use]
    pub fn proves_that_nothing_was_applied(self) -> bool {
        matches!(self, Self::Effect(Effect::Throttle | Effect::Transitioning))
    }

    /// What the simulator is told.
    #[must_use]
    pub fn effect(self) -> Option<Effect> {
        if let Self::Effect(effect) = self { Some(effect) } else { None }
    }
}

/// Everything that can go wrong with a call of this operation.
pub fn troubles(operation: &str) -> impl Iterator<Item = Trouble> {
    TROUBLES.iter().filter(move |(_, _, at)| at.is(operation)).map(|(_, trouble, _)| *trouble)
}
