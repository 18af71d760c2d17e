//! How the one call turned out: what AWS answered, and the read afterwards that decides.
//!
//! Classified by error code and by the state of the world, never by HTTP status: AWS's own pages disagree on the status
//! of DirectConnectServerException.

use crate::estate::Failed;
use crate::facts::VirtualInterface;
use crate::record::AwsError;

/// What AWS answered to the call, when it was not the moved interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The role may not. Nothing was applied.
    Denied(AwsError),
    /// Not now: throttled, "in a transitioning state", or credentials that had expired. Nothing was applied.
    PutOff(AwsError),
    /// No, for good.
    Rejected(AwsError),
    /// No answer, an unreadable one, or one that does not tell whether anything was applied.
    Indefinite(AwsError),
}

/// How the call turned out.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// The interface is on the target. The error is AWS's answer where that said otherwise.
    Associated(Box<VirtualInterface>, Option<AwsError>),
    /// AWS said no, and the interface as read afterwards is not on the target.
    Rejected(AwsError, Option<Box<VirtualInterface>>),
    /// Nobody can say: the interface as read afterwards, if it could be read, is not on the target, and may yet be.
    Unsettled(AwsError, Option<Box<VirtualInterface>>),
    /// Nothing was applied; waiting helps.
    PutOff(AwsError),
    /// Nothing was applied; the role may not.
    Denied(AwsError),
    /// Nothing was applied, and the request's `notAfter` has passed.
    TooLate,
}

/// Codes by which AWS denies, before it does anything. (Common errors of the AWS APIs.)
const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "OptInRequired",
    "SignatureDoesNotMatch",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
];

/// Codes that put off, before anything is done. `LimitExceededException` is not among them: for Direct Connect it is a
/// quota, although the SDK takes it for throttling.
const PUT_OFF: &[&str] = &[
    "ExpiredToken",
    "ExpiredTokenException",
    "PriorRequestNotComplete",
    "RequestExpired",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// Codes that say no for good.
const REJECTED: &[&str] = &[
    "DirectConnectClientException",
    "InvalidAction",
    "InvalidParameterCombination",
    "InvalidParameterValue",
    "LimitExceededException",
    "MissingParameter",
    "SerializationException",
    "UnknownOperationException",
    "ValidationError",
    "ValidationException",
];

/// The one text that is looked at: attested as transient, and only with this code, which is else that of any refusal.
/// (Terraform's AWS provider retries on it.)
const TRANSITIONING: (&str, &str) = ("DirectConnectClientException", "is in a transitioning state");

impl Answer {
    /// What an error answer means. A code that is not known proves nothing.
    #[must_use]
    pub fn of(error: AwsError) -> Self {
        let code = error.code.as_str();
        if DENIED.contains(&code) {
            Self::Denied(error)
        } else if PUT_OFF.contains(&code) || (code == TRANSITIONING.0 && error.message.contains(TRANSITIONING.1)) {
            Self::PutOff(error)
        } else if REJECTED.contains(&code) {
            Self::Rejected(error)
        } else {
            Self::Indefinite(error)
        }
    }

    /// AWS's words, or ours where it had none.
    #[must_use]
    pub fn error(&self) -> &AwsError {
        match self {
            Self::Denied(error) | Self::PutOff(error) | Self::Rejected(error) | Self::Indefinite(error) => error,
        }
    }

    /// What the same answer to a read means.
    #[must_use]
    pub fn into_failed(self) -> Failed {
        match self {
            Self::Denied(error) => Failed::Denied { code: error.code },
            Self::Rejected(error) => Failed::Refused { code: error.code, message: error.message },
            Self::PutOff(error) | Self::Indefinite(error) => Failed::Incomplete { why: error.to_string() },
        }
    }
}

/// Lets the read afterwards decide: `seen` is the interface as it is now, if it could be read and is still there.
#[must_use]
pub fn decide(answer: Answer, seen: Result<Option<VirtualInterface>, Failed>, arrived: bool) -> Turn {
    let read = seen.is_ok();
    let seen = seen.ok().flatten().map(Box::new);
    match (answer, seen) {
        (answer, Some(interface)) if arrived => Turn::Associated(interface, Some(answer.error().clone())),
        (Answer::Denied(error), _) => Turn::Denied(error),
        (Answer::PutOff(error), _) => Turn::PutOff(error),
        (Answer::Rejected(error), seen) if read => Turn::Rejected(error, seen),
        (Answer::Rejected(error) | Answer::Indefinite(error), seen) => Turn::Unsettled(error, seen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: &str, message: &str) -> Answer {
        Answer::of(AwsError::new(code, message))
    }

    #[test]
    fn answers_are_known_by_their_code_and_one_by_its_text() {
        let kind = |answer: Answer| match answer {
            Answer::Denied(_) => "denied",
            Answer::PutOff(_) => "put off",
            Answer::Rejected(_) => "rejected",
            Answer::Indefinite(_) => "indefinite",
        };
        let client = "DirectConnectClientException";
        for (code, message, expected) in [
            ("AccessDeniedException", "", "denied"),
            ("UnrecognizedClientException", "", "denied"),
            ("ThrottlingException", "Rate exceeded", "put off"),
            ("ExpiredTokenException", "", "put off"),
            (client, "Connection dxcon-fexample is in a transitioning state", "put off"),
            (client, "Could not find Connection with ID dxcon-fexample", "rejected"),
            (client, "whatever AWS may say", "rejected"),
            ("LimitExceededException", "", "rejected"),
            ("DirectConnectServerException", "", "indefinite"),
            ("DirectConnectServerException", "Connection dxcon-fexample is in a transitioning state", "indefinite"),
            ("InternalFailure", "", "indefinite"),
            ("ServiceUnavailable", "", "indefinite"),
            ("SomethingNew", "", "indefinite"),
        ] {
            assert_eq!(kind(said(code, message)), expected, "{code}: {message}");
        }
    }

    #[test]
    fn the_same_answer_to_a_read_means_as_much() {
        let (code, message) = ("code".to_owned(), "message".to_owned());
        let error = || AwsError { code: code.clone(), message: message.clone() };
        let why = "code: message".to_owned();
        assert_eq!(Answer::Denied(error()).into_failed(), Failed::Denied { code: code.clone() });
        assert_eq!(Answer::PutOff(error()).into_failed(), Failed::Incomplete { why: why.clone() });
        assert_eq!(Answer::Indefinite(error()).into_failed(), Failed::Incomplete { why });
        let refused = Failed::Refused { code: code.clone(), message: message.clone() };
        assert_eq!(Answer::Rejected(error()).into_failed(), refused);
    }

    #[test]
    fn the_read_after_the_call_decides() {
        let there = VirtualInterface { connection_id: Some("target".to_owned()), ..VirtualInterface::default() };
        let not_there = VirtualInterface { connection_id: Some("source".to_owned()), ..VirtualInterface::default() };
        let unread = || Err(Failed::Incomplete { why: "no answer came in time".to_owned() });
        let turn = |answer: &Answer, seen, arrived| match decide(answer.clone(), seen, arrived) {
            Turn::Associated(interface, Some(error)) if *interface == there && error == *answer.error() => "associated",
            Turn::Associated(..) => "associated, but not truthfully",
            Turn::Rejected(..) => "rejected",
            Turn::Unsettled(..) => "unsettled",
            Turn::PutOff(_) => "put off",
            Turn::Denied(_) => "denied",
            Turn::TooLate => "too late",
        };
        let error = AwsError::new("code", "message");
        // Answer; then: seen on the target, seen elsewhere, gone, not to be read.
        for (answer, expected) in [
            (Answer::Denied(error.clone()), ["associated", "denied", "denied", "denied"]),
            (Answer::PutOff(error.clone()), ["associated", "put off", "put off", "put off"]),
            (Answer::Rejected(error.clone()), ["associated", "rejected", "rejected", "unsettled"]),
            (Answer::Indefinite(error), ["associated", "unsettled", "unsettled", "unsettled"]),
        ] {
            let turns = [
                turn(&answer, Ok(Some(there.clone())), true),
                turn(&answer, Ok(Some(not_there.clone())), false),
                turn(&answer, Ok(None), false),
                turn(&answer, unread(), false),
            ];
            assert_eq!(turns, expected, "{answer:?}");
        }
    }
}
