//! A call: what is known of a request besides what it asks, first of all the id by which it is found again in logs, in the audit
//! log and in the answer.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tonic::{Extensions, Status};
use tonic_types::{ErrorDetails, StatusExt as _};
use tracing::Instrument as _;

use crate::methods::Names;

/// The metadata that holds the id, of requests that bring one and of all answers.
pub const REQUEST_ID: &str = "x-request-id";
/// The longest id that is taken over.
const ID_BYTES: usize = 128;

/// A request, as it is told of elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The service and the method, `paceline.v1.GoalsService/SetGoal`; `unknown` where there is no such method.
    pub method: String,
    /// Its id: the caller's, or one that was made for it.
    pub request_id: String,
    /// Where the connection came from, which may be a proxy.
    pub peer: Option<SocketAddr>,
}

impl Call {
    /// The call that a request is.
    ///
    /// # Errors
    /// `INTERNAL` when nobody looked.
    pub(crate) fn of(extensions: &Extensions) -> Result<Arc<Self>, Status> {
        let call = extensions.get::<Arc<Self>>();
        call.cloned().ok_or_else(|| Status::internal("the request has no id"))
    }

    fn new(request: &Request, names: &Names) -> Self {
        Self {
            method: names.of(request.uri().path()).to_owned(),
            request_id: brought(request.headers()).map_or_else(made, str::to_owned),
            peer: request.extensions().get::<Peer>().map(|peer| peer.0),
        }
    }
}

/// Where the connection of a request came from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Gives every request an id, and has its answer, its errors and what is logged meanwhile tell it.
pub(crate) async fn called(
    State(names): State<Arc<Names>>,
    mut request: Request,
    next: Next,
) -> Response {
    let call = Arc::new(Call::new(&request, &names));
    request.extensions_mut().insert(call.clone());
    let span = tracing::info_span!("call", request_id = call.request_id, method = call.method);
    let answer = async {
        let response = next.run(request).await;
        let status = response.extensions().get::<Status>().cloned();
        let Some(status) = status else { return response };
        with_id(status, &call, response)
    };
    let mut response = answer.instrument(span).await;
    if let Ok(id) = HeaderValue::from_str(&call.request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The refusal with the id among its details, for those who see an error and no metadata.
fn with_id(status: Status, call: &Call, response: Response) -> Response {
    let mut details: ErrorDetails = status.get_error_details();
    // The message stays out of the log: it repeats what the caller wrote.
    let reason = details.error_info().map(|info| info.reason.as_str());
    tracing::debug!(code = ?status.code(), reason, "refused");
    details.set_request_info(&call.request_id, "");
    let metadata = status.metadata().clone();
    let (code, message) = (status.code(), status.message().to_owned());
    let told = Status::with_error_details_and_metadata(code, message, details, metadata);
    let mut told = told.into_http::<tonic::body::Body>().into_response();
    *told.extensions_mut() = response.into_parts().0.extensions;
    told
}

/// The id that a request brings, if it can be one.
fn brought(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let fits = (1..=ID_BYTES).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then_some(id)
}

/// An id that no other request has.
fn made() -> String {
    let mut bytes = [0; 16];
    // Without random bytes a request goes on under an id that others have too.
    if let Err(error) = getrandom::fill(&mut bytes) {
        tracing::error!(%error, "no random bytes for the id of a request");
    }
    bytes.iter().fold(String::new(), |mut id, byte| {
        write!(id, "{byte:02x}").expect("a string takes any text");
        id
    })
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::{REQUEST_ID, brought, made};

    #[test]
    fn an_id_is_taken_over_if_it_can_be_one() {
        let longest = "x".repeat(128);
        for (text, is_taken) in [
            ("7d9f", true),
            ("3f2c0e7e-6f0b-4a53-9a9b-2d1d1f0f4c11", true),
            (longest.as_str(), true),
            ("", false),
            ("two words", false),
            ("tab\there", false),
            (&"x".repeat(129), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_str(text).expect("a value"));
            assert_eq!(brought(&headers), is_taken.then_some(text), "{text}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID, HeaderValue::from_bytes(&[0xff]).expect("a value"));
        assert_eq!((brought(&headers), brought(&HeaderMap::new())), (None, None));
    }

    #[test]
    fn ids_that_are_made_differ() {
        let (one, other) = (made(), made());
        assert!(one != other && one.len() == 32 && one.bytes().all(|b| b.is_ascii_hexdigit()));
    }
}
