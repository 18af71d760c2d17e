//! The errors by name. A name exists only if a state machine would branch on it, and it answers two questions about
//! the world: did the interface move, and does waiting help? Retrying any error for which waiting helps is always safe,
//! because a retry begins by reading.

use std::fmt;

/// The `errorType` that Step Functions sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// What arrived is not a request. Nothing was read and nothing moved; the same request will never do.
    InvalidRequest,
    /// A request that has expired, is too old, or was replayed. Nothing was read and nothing moved; make a new request.
    StaleRequest,
    /// AWS denied a read that is needed, or the call. The interface is where it was; the role needs mending.
    AccessDenied,
    /// At least one finding that will not clear by itself stands in the way. Nothing was called; the interface is where
    /// it was, and it takes a person or another request.
    PreCheckRefused,
    /// Only findings that may clear stand in the way: something is still settling. Nothing was called; ask again.
    PreCheckNotYet,
    /// The facts could not be read completely, AWS put the call off, or too little time was left to finish safely.
    /// Whatever was sent was answered with the proof that nothing was applied. The interface is where it was.
    Unavailable,
    /// AWS said no, and a read afterwards agrees that the interface is not on the target.
    AssociationRejected,
    /// There was no definite answer, and the read afterwards did not show the interface on the target. It may have moved
    /// by now or move yet: read before doing anything else.
    AssociationUnsettled,
    /// The interface is on the target, and the bus did not take the record. Ask again: the same request will find it
    /// there and emit.
    RecordNotEmitted,
    /// From the ledger: the same request is being carried out, or another one holds the interface, or another path of its
    /// gateway: it is being carried out, or nobody knows yet whether its call was applied. Nothing was called; ask again.
    InProgress,
    /// From the ledger: a request with this `requestId` and other content was carried out, or is being. Nothing was
    /// called; give the new request an id of its own.
    RequestIdReused,
    /// From `verify`: AWS took the move, and the interface is still in transition, or its sessions and prefixes are still
    /// coming back. Nothing was said on the bus; ask again.
    NotSettledYet,
    /// From `verify`: the move is over, and the interface is worse off than before; the findings say in what. Nothing
    /// will change by itself: mend the far end, or move it back.
    SettledUnhealthy,
}

/// Where the interface is when an error is returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It is on the target.
    Yes,
    /// It is where it was.
    No,
    /// Nobody can say yet.
    Unknown,
}

impl Name {
    /// Every name, in the order of the README's table.
    pub const ALL: [Self; 13] = [
        Self::InvalidRequest,
        Self::StaleRequest,
        Self::AccessDenied,
        Self::PreCheckRefused,
        Self::PreCheckNotYet,
        Self::Unavailable,
        Self::AssociationRejected,
        Self::AssociationUnsettled,
        Self::RecordNotEmitted,
        Self::InProgress,
        Self::RequestIdReused,
        Self::NotSettledYet,
        Self::SettledUnhealthy,
    ];

    /// The name as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "InvalidRequest",
            Self::StaleRequest => "StaleRequest",
            Self::AccessDenied => "AccessDenied",
            Self::PreCheckRefused => "PreCheckRefused",
            Self::PreCheckNotYet => "PreCheckNotYet",
            Self::Unavailable => "Unavailable",
            Self::AssociationRejected => "AssociationRejected",
            Self::AssociationUnsettled => "AssociationUnsettled",
            Self::RecordNotEmitted => "RecordNotEmitted",
            Self::InProgress => "InProgress",
            Self::RequestIdReused => "RequestIdReused",
            Self::NotSettledYet => "NotSettledYet",
            Self::SettledUnhealthy => "SettledUnhealthy",
        }
    }

    /// Did it move?
    #[must_use]
    pub fn did_it_move(self) -> Moved {
        match self {
            Self::InvalidRequest
            | Self::StaleRequest
            | Self::AccessDenied
            | Self::PreCheckRefused
            | Self::PreCheckNotYet
            | Self::Unavailable
            | Self::AssociationRejected
            | Self::RequestIdReused => Moved::No,
            Self::AssociationUnsettled | Self::InProgress => Moved::Unknown,
            Self::RecordNotEmitted | Self::NotSettledYet | Self::SettledUnhealthy => Moved::Yes,
        }
    }

    /// Does waiting help, so that the same request may be sent again?
    #[must_use]
    pub fn waiting_helps(self) -> bool {
        match self {
            Self::InvalidRequest
            | Self::StaleRequest
            | Self::AccessDenied
            | Self::PreCheckRefused
            | Self::AssociationRejected
            | Self::RequestIdReused
            | Self::SettledUnhealthy => false,
            Self::PreCheckNotYet
            | Self::Unavailable
            | Self::AssociationUnsettled
            | Self::RecordNotEmitted
            | Self::InProgress
            | Self::NotSettledYet => true,
        }
    }
}

/// An error by name, with one readable sentence per finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What a state machine branches on.
    pub name: Name,
    /// What a person reads. It never holds a value of the request that was rejected, nor a secret.
    pub message: String,
}

impl Error {
    /// An error with its sentence.
    #[must_use]
    pub fn new(name: Name, message: impl Into<String>) -> Self {
        Self { name, message: message.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name.as_str(), self.message)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_says_whether_it_moved_and_whether_waiting_helps() {
        use Moved::{No, Unknown, Yes};
        let told = Name::ALL.map(|name| (name.as_str(), name.did_it_move(), name.waiting_helps()));
        assert_eq!(
            told,
            [
                ("InvalidRequest", No, false),
                ("StaleRequest", No, false),
                ("AccessDenied", No, false),
                ("PreCheckRefused", No, false),
                ("PreCheckNotYet", No, true),
                ("Unavailable", No, true),
                ("AssociationRejected", No, false),
                ("AssociationUnsettled", Unknown, true),
                ("RecordNotEmitted", Yes, true),
                ("InProgress", Unknown, true),
                ("RequestIdReused", No, false),
                ("NotSettledYet", Yes, true),
                ("SettledUnhealthy", Yes, false),
            ]
        );
        assert_eq!(Error::new(Name::StaleRequest, "why").to_string(), "StaleRequest: why");
    }
}
