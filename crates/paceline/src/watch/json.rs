//! Frames as JSON, by the proto3 mapping (<https://protobuf.dev/programming-guides/json/>), so that what a
//! script reads here is what any protobuf library would write.

use anyhow::Context;
use paceline_grpc::proto;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};

/// The shape of a frame.
pub(super) struct Shape {
    frame: MessageDescriptor,
}

impl Shape {
    pub(super) fn new() -> anyhow::Result<Self> {
        let pool =
            DescriptorPool::decode(proto::DESCRIPTORS).context("the descriptors are damaged")?;
        let frame = pool
            .get_message_by_name("paceline.v1.WatchStandingsResponse")
            .context("a frame has no descriptor")?;
        Ok(Self { frame })
    }

    /// A frame as one line of JSON, without its end.
    pub(super) fn line(&self, frame: &proto::WatchStandingsResponse) -> anyhow::Result<String> {
        let message = DynamicMessage::decode(self.frame.clone(), frame.encode_to_vec().as_slice())?;
        Ok(serde_json::to_string(&message)?)
    }
}
