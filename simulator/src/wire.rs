//! The protocol: AWS JSON 1.1, the only one that the SDKs of today speak to Direct Connect, and 1.0 for DynamoDB.
//!
//! Turns the headers and the body of a request into an operation and its input, and an outcome into an answer. All that
//! is peculiar to the protocol is here, for the day they switch to another.

use bytes::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{HeaderMap, Response, StatusCode};
use serde_json::{Value, json};

use crate::ids;
use crate::item::Item;
use crate::operation::Operation;

/// What Direct Connect and EventBridge speak.
pub(crate) const JSON_1_1: &str = "application/x-amz-json-1.1";
/// What DynamoDB speaks: the same for all that is used here.
pub(crate) const JSON_1_0: &str = "application/x-amz-json-1.0";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const TARGET: &str = "x-amz-target";

/// A request that could be read.
pub(crate) struct Request {
    pub(crate) operation: Operation,
    pub(crate) input: Item,
}

/// An error as AWS says it.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// A further member of the body.
    more: Option<Box<(&'static str, Value)>>,
}

impl ApiError {
    /// An error of the caller, status 400.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.into(), more: None }
    }

    /// The one error of the caller that Direct Connect models.
    pub(crate) fn client(message: impl Into<String>) -> Self {
        Self::new("DirectConnectClientException", message)
    }

    /// The same error with one more member in its body.
    pub(crate) fn with(self, name: &'static str, value: Value) -> Self {
        Self { more: Some(Box::new((name, value))), ..self }
    }

    /// The same error with another HTTP status.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

/// The service and the operation that a request names, known here or not.
pub(crate) fn named_operation(headers: &HeaderMap) -> (&str, &str) {
    let target = header(headers, TARGET).unwrap_or_default();
    let (prefix, operation) = target.split_once('.').unwrap_or(("", target));
    let service = match prefix {
        "OvertureService" => "directconnect",
        "AWSEvents" => "events",
        "DynamoDB_20120810" => "dynamodb",
        other => other,
    };
    (service, operation)
}

/// Reads a request, or says what is wrong with it.
pub(crate) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Request, ApiError> {
    if !headers.contains_key(AUTHORIZATION) {
        return Err(ApiError::new("MissingAuthenticationTokenException", "Missing Authentication Token"));
    }
    if header(headers, TARGET).is_none() {
        return Err(ApiError::new("UnknownOperationException", format!("there is no header {TARGET}")));
    }
    let (service, name) = named_operation(headers);
    let known = Operation::from_name(name).filter(|operation| operation.service() == service);
    let Some(operation) = known else {
        let message = format!("{service} {name} is not an operation that is simulated");
        return Err(ApiError::new("UnknownOperationException", message));
    };
    let content_type = header(headers, CONTENT_TYPE.as_str()).unwrap_or("none");
    if content_type != operation.content_type() {
        let message = format!("the content type is {content_type}, not {}", operation.content_type());
        return Err(ApiError::new("UnknownOperationException", message));
    }
    let Ok(Value::Object(input)) = serde_json::from_slice(body) else {
        return Err(ApiError::new("SerializationException", format!("the input of {name} is not a JSON object")));
    };
    let checked = operation.check_input(&input);
    checked.map_err(|problem| ApiError::new("SerializationException", format!("{name}: {problem}")))?;
    Ok(Request { operation, input })
}

/// The answer that says the outcome.
pub(crate) fn answer(outcome: &Result<Value, ApiError>, content_type: &'static str) -> Response<Bytes> {
    let (status, body) = match outcome {
        Ok(value) => (StatusCode::OK, value.to_string()),
        Err(error) => {
            let mut body = json!({"__type": error.code, "message": error.message});
            if let Some((name, value)) = error.more.as_deref() {
                body[*name] = value.clone();
            }
            (error.status, body.to_string())
        }
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(id) = HeaderValue::try_from(ids::uuid()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
