//! Actions of other components, called by name.

use std::fmt;
use std::time::Duration;

use crate::bindings::rusm::runtime::action as host;
use crate::http::{Request, Response};
use crate::process::Denied;

/// How long [`call`] waits.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// Calls an action of a handlers component by the name that a route would give it, and waits for its
/// response, [`CALL_TIMEOUT`] at most. A fresh instance answers, under its own component's profile.
///
/// Parameters, which a route would capture, go into the call by [`call_with`]. An action that streams its reply fails
/// when it is called so: a stream goes to an HTTP client alone.
///
/// ```no_run
/// use rusm_rs::http::Request;
///
/// let receipt = rusm_rs::call("billing#charge", Request::post("/").with_body(r#"{"cents": 499}"#))?;
/// assert_eq!(receipt.status_code(), 200);
/// # Ok::<_, rusm_rs::action::CallError>(())
/// ```
///
/// # Errors
///
/// See [`CallError`].
pub fn call(action: &str, request: Request) -> Result<Response, CallError> {
    call_with(CALL_TIMEOUT, action, [], request)
}

/// [`call`] with parameters and a limit of one's own.
///
/// ```no_run
/// # use rusm_rs::http::Request;
/// # use std::time::Duration;
/// let limit = Duration::from_millis(500);
/// let user = rusm_rs::action::call_with(limit, "api#show", [("id", "42")], Request::get("/users/42"))?;
/// # Ok::<_, rusm_rs::action::CallError>(())
/// ```
///
/// # Errors
///
/// See [`CallError`].
pub fn call_with<const N: usize>(
    limit: Duration,
    action: &str,
    params: [(&str, &str); N],
    request: Request,
) -> Result<Response, CallError> {
    let Some((component, action)) = action.split_once('#') else {
        return Err(CallError::NotFound(format!("`{action}` names no action: write `component#action`")));
    };
    let call = host::ActionCall {
        method: request.method().to_wire(),
        target: request.target().to_owned(),
        params: params.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        headers: request.headers().clone().into_wire(),
        body: request.into_body(),
    };
    let limit = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
    host::call(component, action, &call, limit).map(Response::from_wire).map_err(|error| match error {
        host::CallError::Denied(text) => CallError::Denied(Denied::new(text)),
        host::CallError::NotFound(text) => CallError::NotFound(text),
        host::CallError::Invalid(text) => CallError::Invalid(text),
        host::CallError::Busy => CallError::Busy,
        host::CallError::Failed(text) => CallError::Failed(text),
    })
}

/// Why an action gave no response.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError {
    /// The profile's `allow-spawn` does not name the component.
    Denied(Denied),
    /// There is no such component or action. The text says which, and what there is.
    NotFound(String),
    /// A part of the request is not what HTTP allows. The text says which.
    Invalid(String),
    /// No instance came free in time.
    Busy,
    /// It failed, or took too long. The text says how.
    Failed(String),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::Denied(denied) => denied.fmt(f),
            CallError::NotFound(text) | CallError::Invalid(text) | CallError::Failed(text) => {
                f.write_str(text)
            }
            CallError::Busy => f.write_str("no instance came free in time"),
        }
    }
}

impl std::error::Error for CallError {}
