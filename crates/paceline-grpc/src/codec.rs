//! The codec of all services: messages as protobuf, into buffers no larger than they are.
//!
//! A stream keeps its buffer for as long as it lives, and there are many of them. And what is sent to many is encoded once.

use std::marker::PhantomData;

use prost::Message;
use prost::bytes::{BufMut as _, Bytes};
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, EncodeBuf, Encoder};
use tonic_prost::ProstDecoder;

/// What a buffer holds at first: it grows with what is put there.
const BUFFER_BYTES: usize = 0;

/// How much is sent in one go.
const SEND_BYTES: usize = 32 * 1024;

/// A message that is encoded already; copies share the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded(Bytes);

impl Encoded {
    /// A message, encoded.
    pub fn of(message: &impl Message) -> Self {
        Self(message.encode_to_vec().into())
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What can be sent.
pub(crate) trait Payload: Send + 'static {
    /// Appends it to a buffer.
    fn put(&self, buffer: &mut EncodeBuf<'_>);
}

impl<M: Message + Send + 'static> Payload for M {
    fn put(&self, buffer: &mut EncodeBuf<'_>) {
        buffer.reserve(self.encoded_len());
        self.encode_raw(buffer);
    }
}

impl Payload for Encoded {
    fn put(&self, buffer: &mut EncodeBuf<'_>) {
        buffer.reserve(self.0.len());
        buffer.put_slice(&self.0);
    }
}

/// The codec, which sends one type and receives another.
#[derive(Debug)]
pub(crate) struct Lean<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for Lean<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T: Payload, U: Message + Default + Send + 'static> Codec for Lean<T, U> {
    type Encode = T;
    type Decode = U;
    type Encoder = Out<T>;
    type Decoder = ProstDecoder<U>;

    fn encoder(&mut self) -> Out<T> {
        Out(PhantomData)
    }

    fn decoder(&mut self) -> ProstDecoder<U> {
        ProstDecoder::new(buffers())
    }
}

/// Encodes what is sent.
#[derive(Debug)]
pub(crate) struct Out<T>(PhantomData<T>);

impl<T: Payload> Encoder for Out<T> {
    type Item = T;
    type Error = Status;

    fn encode(&mut self, item: T, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        item.put(buffer);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        buffers()
    }
}

fn buffers() -> BufferSettings {
    BufferSettings::new(BUFFER_BYTES, SEND_BYTES)
}
