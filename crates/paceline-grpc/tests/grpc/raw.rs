//! A client of plain HTTP/2, which can do what no gRPC library does: ask by halves, and leave answers lie.

use h2::client::{Connection, ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use http::{HeaderMap, Request, Response};
use prost::Message;
use prost::bytes::Bytes;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tonic::{Code, Status};

use crate::stage::NAME;

/// A connection.
pub(crate) struct Raw {
    sender: SendRequest<Bytes>,
    connection: JoinHandle<Result<(), h2::Error>>,
    /// Who asks, if they say so.
    name: Option<&'static str>,
}

/// A request that is not whole yet. To drop it is to take it back.
pub(crate) struct Half {
    answer: ResponseFuture,
    body: SendStream<Bytes>,
}

/// An answer of which nothing is taken yet.
pub(crate) struct Body(RecvStream);

/// A message as gRPC frames it.
pub(crate) fn message(message: &impl Message) -> Vec<u8> {
    let length = u32::try_from(message.encoded_len()).expect("a small message");
    let mut framed = vec![0];
    framed.extend(length.to_be_bytes());
    framed.extend(message.encode_to_vec());
    framed
}

impl Raw {
    pub(crate) async fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("it listens");
        Self::over(stream).await.expect("HTTP/2")
    }

    /// Speaks over a connection, as one who takes no more than 64 KiB of an answer unread.
    pub(crate) async fn over(stream: TcpStream) -> Result<Self, h2::Error> {
        let (sender, connection): (_, Connection<TcpStream, Bytes>) =
            h2::client::handshake(stream).await?;
        let connection = tokio::spawn(connection);
        Ok(Self { sender, connection, name: None })
    }

    /// Says with each request who asks.
    pub(crate) fn named(self, name: &'static str) -> Self {
        Self { name: Some(name), ..self }
    }

    /// Asks whole, and answers how many bytes came.
    pub(crate) async fn call(&mut self, path: &str, asked: &[u8]) -> Result<usize, Status> {
        let (answer, _) = self.ask(path, asked, true).await?;
        Body(answer.into_body()).rest().await
    }

    /// Asks whole, and answers the body once the head is there.
    pub(crate) async fn begin(&mut self, path: &str, asked: &[u8]) -> Body {
        let (answer, _) = self.ask(path, asked, true).await.expect("an answer");
        Body(answer.into_body())
    }

    /// Asks by half, and answers how that ends.
    pub(crate) async fn half(&mut self, path: &str, asked: &[u8]) -> Status {
        match self.ask(path, asked, false).await {
            Err(status) => status,
            Ok((answer, _)) => {
                Body(answer.into_body()).rest().await.expect_err("it cannot be answered")
            }
        }
    }

    /// Asks by half, and leaves it at that.
    pub(crate) async fn leave_half(&self, path: &str, asked: &[u8]) -> Half {
        let (answer, body) = self.send(path, asked, false).await.expect("it is sent");
        Half { answer, body }
    }

    /// Waits until the connection has ended, however it does.
    pub(crate) async fn gone(self) {
        drop(self.connection.await.expect("no panic"));
    }

    /// Waits until the connection is told to go, and ends.
    pub(crate) async fn told_to_go(self) {
        self.connection.await.expect("no panic").expect("without an error");
    }

    async fn ask(
        &mut self,
        path: &str,
        asked: &[u8],
        is_whole: bool,
    ) -> Result<(Response<RecvStream>, SendStream<Bytes>), Status> {
        let (answer, body) = self.send(path, asked, is_whole).await?;
        Ok((answered(answer).await?, body))
    }

    async fn send(
        &self,
        path: &str,
        asked: &[u8],
        is_whole: bool,
    ) -> Result<(ResponseFuture, SendStream<Bytes>), Status> {
        let request = Request::post(format!("http://localhost{path}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        let request = self.name.iter().fold(request, |request, name| request.header(NAME, *name));
        let request = request.body(()).expect("a request");
        let mut ready = self.sender.clone().ready().await.map_err(broken)?;
        let (answer, mut body) = ready.send_request(request, false).map_err(broken)?;
        body.send_data(asked.to_vec().into(), is_whole).map_err(broken)?;
        Ok((answer, body))
    }
}

impl Half {
    /// Says the rest, and answers how many bytes came.
    pub(crate) async fn finish(mut self, rest: &[u8]) -> Result<usize, Status> {
        self.body.send_data(rest.to_vec().into(), true).map_err(broken)?;
        Body(answered(self.answer).await?.into_body()).rest().await
    }

    /// Says no more, and answers how that ends.
    pub(crate) async fn end(self) -> Status {
        let Self { answer, body: _body } = self;
        match answered(answer).await {
            Err(status) => status,
            Ok(answer) => Body(answer.into_body()).rest().await.expect_err("it cannot be answered"),
        }
    }

    /// Waits for the head of an answer that begins before all is said; the rest may be said later.
    pub(crate) async fn begin(self) -> (Body, SendStream<Bytes>) {
        let answer = answered(self.answer).await.expect("an answer");
        (Body(answer.into_body()), self.body)
    }
}

/// An answer whose head is there, and tells of no error.
async fn answered(answer: ResponseFuture) -> Result<Response<RecvStream>, Status> {
    let answer = answer.await.map_err(broken)?;
    match status(answer.headers()) {
        Some(status) => Err(status),
        None => Ok(answer),
    }
}

fn broken(error: h2::Error) -> Status {
    Status::unknown(error.to_string())
}

impl Body {
    /// Takes what comes, and answers how many bytes that is.
    pub(crate) async fn rest(&mut self) -> Result<usize, Status> {
        let mut bytes = 0;
        while let Some(data) = self.0.data().await {
            let data = data.map_err(|error| Status::unknown(error.to_string()))?;
            bytes += data.len();
            self.0.flow_control().release_capacity(data.len()).expect("it was taken");
        }
        let trailers = self.0.trailers().await.expect("no error").expect("trailers");
        status(&trailers).map_or(Ok(bytes), |status| match status.code() {
            Code::Ok => Ok(bytes),
            _ => Err(status),
        })
    }
}

fn status(headers: &HeaderMap) -> Option<Status> {
    Status::from_header_map(headers)
}
