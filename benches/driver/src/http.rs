//! As much of HTTP/1.1 as the clients here speak: a request with a length, an answer with a length, connections that
//! stay.

use std::io::{self, BufRead, Write};

use http::{HeaderMap, HeaderName, HeaderValue};

/// The largest body that is read. Lambda's own limit is 6 MB.
const LARGEST: usize = 8 * 1024 * 1024;

/// A request that was read.
#[derive(Debug)]
pub(crate) struct Request {
    /// With the query, if there is one.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not a request that is understood here: {what}"))
}

fn line(stream: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(line.trim_end().to_owned()))
}

/// Reads one request; `None` where the other side has closed the connection between two.
pub(crate) fn read(stream: &mut impl BufRead) -> io::Result<Option<Request>> {
    let Some(first) = line(stream)? else { return Ok(None) };
    let path = first.split(' ').nth(1).ok_or_else(|| wrong("its first line"))?;
    let mut headers = HeaderMap::new();
    loop {
        let header = line(stream)?.ok_or_else(|| wrong("it breaks off"))?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').ok_or_else(|| wrong("a header without a colon"))?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong("the name of a header"))?;
        headers.append(name, HeaderValue::from_str(value.trim()).map_err(|_| wrong("the value of a header"))?);
    }
    if headers.contains_key("transfer-encoding") || headers.contains_key("expect") {
        return Err(wrong("a body without a length"));
    }
    let length = match headers.get("content-length").map(|length| length.to_str().unwrap_or_default().parse()) {
        None => 0,
        Some(Ok(length)) if length <= LARGEST => length,
        Some(_) => return Err(wrong("its length")),
    };
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Some(Request { path: path.to_owned(), headers, body }))
}

/// An answer as it goes over the wire, in one piece.
pub(crate) fn answer<'a>(
    status: u16,
    headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    body: &[u8],
) -> io::Result<Vec<u8>> {
    let mut whole = Vec::with_capacity(body.len() + 512);
    write!(whole, "HTTP/1.1 {status} \r\n")?;
    for (name, value) in headers {
        write!(whole, "{name}: ")?;
        whole.write_all(value)?;
        whole.write_all(b"\r\n")?;
    }
    write!(whole, "content-length: {}\r\n\r\n", body.len())?;
    whole.write_all(body)?;
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_to_its_end_and_not_further() {
        let mut stream = b"POST /a?b HTTP/1.1\r\nContent-Length: 2\r\nX-Amz-Target: A.B\r\n\r\nhiGET / ".as_slice();
        let request = read(&mut stream).unwrap().unwrap();
        assert_eq!((request.path.as_str(), request.body.as_slice()), ("/a?b", &b"hi"[..]));
        assert_eq!(request.headers["x-amz-target"], "A.B");
        assert_eq!(stream, b"GET / ");
        assert!(read(&mut b"".as_slice()).unwrap().is_none());
    }

    #[test]
    fn what_is_not_understood_is_an_error_and_not_a_guess() {
        for odd in [
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST /\r\nnonsense\r\n\r\n",
            "POST / \r\nA: b\r\n",
        ] {
            assert!(read(&mut odd.as_bytes()).is_err(), "{odd}");
        }
        let long = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n", LARGEST + 1);
        assert!(read(&mut long.as_bytes()).is_err());
    }

    #[test]
    fn an_answer_says_how_long_it_is() {
        let whole = answer(200, [("content-type", b"text/plain".as_slice())], b"hello").unwrap();
        assert_eq!(whole, b"HTTP/1.1 200 \r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello");
    }
}
