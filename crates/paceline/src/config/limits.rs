//! `server.limits`: what clients may hold, one of them and all together.

use paceline_grpc::{Allowance, Limits, Rate};
use schemars::JsonSchema;
use serde::Deserialize;

use super::located::Located;
use super::report::Report;

/// What clients may hold, one of them and all together. What is over is refused with RESOURCE_EXHAUSTED and a delay.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Limits")]
pub(super) struct RawLimits {
    /// Connections at a time, of each of the two addresses. Default: 12000, or as many as there are file descriptors for.
    #[schemars(range(min = 1, max = 1_000_000))]
    connections: Option<Located<u64>>,
    /// Connections at a time from one address; of IPv6, from one network of 64 bits. Default: 256.
    #[schemars(range(min = 1, max = 1_000_000))]
    connections_per_address: Option<Located<u64>>,
    /// The same from the loopback, where a proxy may speak for everybody. Default: 12000.
    #[schemars(range(min = 1, max = 1_000_000))]
    connections_from_loopback: Option<Located<u64>>,
    /// Streams at a time, of all together. Each takes about 6 KiB. Default: 12000.
    #[schemars(range(min = 1, max = 1_000_000))]
    streams: Option<Located<u64>>,
    /// How often streams may be opened, by all together. Default: 1000 a second, 12000 at once.
    openings: Option<RawRate>,
    /// Calls that are answered at once, under way at a time, of all together. Default: 1024.
    #[schemars(range(min = 1, max = 1_000_000))]
    calls: Option<Located<u64>>,
    /// How often anything may be called that is answered at once, by all together. Default: 10000 a second, 20000 at once.
    call_rate: Option<RawRate>,
    /// What one rep, manager, executive or admin may have. Without `auth` nobody is told from another, and it does not apply.
    person: Option<RawAllowance>,
    /// What one program of the role `service` may have.
    service: Option<RawAllowance>,
}

/// What one of them may have.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Allowance")]
struct RawAllowance {
    /// Streams at a time. Default: 16 for a person, 12000 for a service.
    #[schemars(range(min = 1, max = 1_000_000))]
    streams: Option<Located<u64>>,
    /// How often streams may be opened. Default: 5 a second and 20 at once for a person, 500 and 12000 for a service.
    openings: Option<RawRate>,
    /// How often anything else may be called. Default: 50 a second and 100 at once for a person, 1000 and 2000 for a service.
    calls: Option<RawRate>,
}

/// How often something may be done.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rate")]
struct RawRate {
    /// How many times a second, in the long run. Required.
    #[schemars(range(min = 1, max = 1_000_000))]
    per_second: Located<u64>,
    /// How many times at once, after a rest. Default: once for each of `per_second`.
    #[schemars(range(min = 1, max = 1_000_000))]
    burst: Option<Located<u64>>,
}

/// The most of anything.
const MOST: u32 = 1_000_000;

/// Compiles the limits.
pub(super) fn compile(raw: Option<&RawLimits>, report: &mut Report) -> Limits {
    let default = Limits::default();
    let Some(raw) = raw else { return default };
    let from_loopback = raw.connections_from_loopback.as_ref();
    Limits {
        connections: places(raw.connections.as_ref(), default.connections, report),
        address_connections: places(
            raw.connections_per_address.as_ref(),
            default.address_connections,
            report,
        ),
        loopback_connections: places(from_loopback, default.loopback_connections, report),
        streams: places(raw.streams.as_ref(), default.streams, report),
        openings: rate(raw.openings.as_ref(), default.openings, report),
        calls: places(raw.calls.as_ref(), default.calls, report),
        call_rate: rate(raw.call_rate.as_ref(), default.call_rate, report),
        person: allowance(raw.person.as_ref(), default.person, report),
        service: allowance(raw.service.as_ref(), default.service, report),
        ..default
    }
}

fn allowance(raw: Option<&RawAllowance>, default: Allowance, report: &mut Report) -> Allowance {
    let Some(raw) = raw else { return default };
    Allowance {
        streams: places(raw.streams.as_ref(), default.streams, report),
        openings: rate(raw.openings.as_ref(), default.openings, report),
        calls: rate(raw.calls.as_ref(), default.calls, report),
    }
}

fn rate(raw: Option<&RawRate>, default: Rate, report: &mut Report) -> Rate {
    let Some(raw) = raw else { return default };
    let per_second = count(&raw.per_second, report);
    Rate { per_second, burst: raw.burst.as_ref().map_or(per_second, |burst| count(burst, report)) }
}

fn places(raw: Option<&Located<u64>>, default: usize, report: &mut Report) -> usize {
    raw.map_or(default, |number| count(number, report) as usize)
}

fn count(number: &Located<u64>, report: &mut Report) -> u32 {
    if let Some(count) = u32::try_from(number.value).ok().filter(|count| (1..=MOST).contains(count))
    {
        return count;
    }
    report.error(
        number.at,
        format_args!("{} is not between 1 and {MOST}", number.value),
        "leave the key out for the default, which docs/limits.md tells",
    );
    1
}
