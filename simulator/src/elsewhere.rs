//! DynamoDB, answered by somebody else: a call goes on as it came, and the answer comes back as it is.
//!
//! What either means is nothing to this file. Faults and the journal stay the simulator's.

use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper::header::CONTENT_TYPE;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Asks whoever listens at that address.
pub(crate) async fn ask(address: SocketAddr, headers: &HeaderMap, body: &[u8]) -> io::Result<Response<Bytes>> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    // It ends with its one answer; how it ends is known by that answer.
    let connection = tokio::spawn(connection);
    let mut request = Request::post("/").body(Full::new(Bytes::copy_from_slice(body))).map_err(io::Error::other)?;
    *request.headers_mut() = headers.clone();
    let (head, body) = sender.send_request(request).await.map_err(io::Error::other)?.into_parts();
    let mut response = Response::new(body.collect().await.map_err(io::Error::other)?.to_bytes());
    connection.abort();
    *response.status_mut() = head.status;
    if let Some(kind) = head.headers.get(CONTENT_TYPE) {
        response.headers_mut().insert(CONTENT_TYPE, kind.clone());
    }
    Ok(response)
}
