//! Decoding one message, in each format.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput};
use paceline::config::Config;
use paceline_benches::events::Events;
use paceline_benches::feed::as_read;
use paceline_benches::yardstick;
use paceline_crm::{Decoder, EntityBinding};
use paceline_sim::format::{Format, Messages, debezium, salesforce};

use crate::world::{OPPORTUNITY, config};

/// Enough that the messages do not stay in the first cache.
const MESSAGES: usize = 2_000;

/// What a field is called in a CRM, by its column.
const NAMES: [(&str, &str); 5] = [
    ("owner_id", "OwnerId"),
    ("amount", "Amount"),
    ("stage", "StageName"),
    ("close_date", "CloseDate"),
    ("created_at", "CreatedDate"),
];

pub(crate) fn bench(criterion: &mut Criterion) {
    let config = config();
    let schema = debezium::Options { with_schema: true, ..Default::default() };
    let confluent =
        salesforce::Options { shape: salesforce::Shape::Confluent, ..Default::default() };
    for (name, format) in [
        ("debezium", Format::debezium()),
        ("debezium with schema", Format::Debezium(schema)),
        ("paceline", Format::native()),
        ("salesforce", Format::salesforce()),
        ("salesforce by Confluent", Format::Salesforce(confluent)),
    ] {
        one(criterion, name, format, &config);
    }
    single_purpose(criterion);
}

/// One message of the format.
fn one(criterion: &mut Criterion, name: &str, format: Format, config: &Config) {
    let messages = messages(format);
    let as_crm = match format {
        Format::Native(_) => paceline_crm::Format::Paceline,
        Format::Salesforce(_) => paceline_crm::Format::Salesforce,
        Format::Debezium(_) => paceline_crm::Format::Debezium,
    };
    let mut decoder = Decoder::new(as_crm, Some(OPPORTUNITY), bound(config, as_crm));
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Bytes((messages.size() / messages.len()) as u64));
    let messages: Vec<_> = messages.iter().collect();
    let mut each = messages.iter().cycle();
    group.bench_function(name, |bencher| {
        bencher.iter_batched(
            || each.next().map(|message| as_read(message, 1)).expect("messages without end"),
            |message| black_box(decoder.decode(&message)).is_ok(),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

/// What the yardstick takes for the same message.
fn single_purpose(criterion: &mut Criterion) {
    let messages = messages(Format::debezium());
    let messages: Vec<_> = messages.iter().collect();
    let mut each = messages.iter().cycle();
    criterion.bench_function("decode/debezium by the yardstick", |bencher| {
        bencher.iter_batched(
            || each.next().expect("messages without end"),
            |message| black_box(yardstick::read(message.value)).is_ok(),
            BatchSize::SmallInput,
        );
    });
}

fn messages(format: Format) -> Messages {
    let mut messages = Messages::default();
    Events::new(format).next_into(&mut messages, MESSAGES);
    messages
}

/// The same fields, by the names they have in the format.
fn bound(config: &Config, format: paceline_crm::Format) -> Vec<EntityBinding> {
    let mut entities = config.bindings.clone();
    if format == paceline_crm::Format::Debezium {
        return entities;
    }
    for field in entities.iter_mut().flat_map(|entity| &mut entity.fields) {
        let name = NAMES.iter().find(|(column, _)| field.path == *column);
        field.path = name.map_or_else(|| field.path.clone(), |(_, name)| (*name).to_owned());
    }
    // Salesforce calls the entity by its own name, in lower case here.
    entities
}
