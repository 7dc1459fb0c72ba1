//! Messages as JSON, by the proto3 mapping (<https://protobuf.dev/programming-guides/json/>), so that what a
//! script reads here is what any protobuf library would write.

use anyhow::Context;
use paceline_client::proto;
use prost::Message;
use prost_reflect::{DescriptorPool, DeserializeOptions, DynamicMessage, MessageDescriptor};

/// The shape of a kind of message.
pub(crate) struct Shape {
    descriptor: MessageDescriptor,
}

impl Shape {
    /// The shape of the messages of this name in the package `paceline.v1`.
    pub(crate) fn of(name: &str) -> anyhow::Result<Self> {
        let pool =
            DescriptorPool::decode(proto::DESCRIPTORS).context("the descriptors are damaged")?;
        let descriptor = pool.get_message_by_name(&format!("paceline.v1.{name}"));
        let descriptor = descriptor.with_context(|| format!("{name} has no descriptor"))?;
        Ok(Self { descriptor })
    }

    /// A message as one line of JSON, without its end.
    pub(crate) fn line(&self, message: &impl Message) -> anyhow::Result<String> {
        let bytes = message.encode_to_vec();
        let message = DynamicMessage::decode(self.descriptor.clone(), bytes.as_slice())?;
        Ok(serde_json::to_string(&message)?)
    }

    /// Reads a message of JSON. Fields that are unknown are skipped, since a later version may have written them.
    pub(crate) fn read<M: Message + Default>(&self, text: &str) -> anyhow::Result<M> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let options = DeserializeOptions::new().deny_unknown_fields(false);
        let message = DynamicMessage::deserialize_with_options(
            self.descriptor.clone(),
            &mut deserializer,
            &options,
        )?;
        deserializer.end()?;
        Ok(message.transcode_to()?)
    }
}
