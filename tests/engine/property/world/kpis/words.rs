//! What KPIs are made of: aggregates, conditions, dates and moments, from which each is drawn.

/// Aggregates of opportunities.
pub(super) const AGGS: [&str; 15] = [
    "agg: sum, expr: amount",
    "agg: count",
    "agg: avg, expr: amount",
    "agg: min, expr: amount",
    "agg: max, expr: amount - days",
    "agg: count_distinct, expr: account",
    "agg: sum, expr: \"hot ? amount : days\"",
    "agg: sum, expr: \"amount * 0.333333 / days\"",
    "agg: avg, expr: days",
    "agg: count_distinct, expr: amount",
    "agg: median, expr: amount",
    "agg: p90, expr: amount",
    "agg: median, expr: \"amount / days\"",
    "agg: avg, expr: \"days(at_time, first(stage in states.won))\"",
    "agg: max, expr: \"days(close_date, date('2026-11-10')) + days / 7\"",
];

pub(super) const ACTIVITY_AGGS: [&str; 5] = [
    "agg: count",
    "agg: sum, expr: minutes",
    "agg: count_distinct, expr: kind",
    "agg: median, expr: minutes",
    "agg: p90, expr: minutes",
];

/// Aggregates of money, some of which are numbers in the end.
pub(super) const MONEY: [&str; 14] = [
    "agg: sum, expr: amount",
    "agg: count",
    "agg: avg, expr: amount",
    "agg: min, expr: amount",
    "agg: max, expr: \"amount - fee\"",
    "agg: count_distinct, expr: amount",
    "agg: sum, expr: \"hot ? amount : 0\"",
    "agg: sum, expr: \"amount * 0.333333 / days\"",
    "agg: avg, expr: \"fee / amount\"",
    "agg: median, expr: amount",
    "agg: p90, expr: \"-fee\"",
    "agg: sum, expr: \"hot ? fee + amount : fee\"",
    "agg: median, expr: \"amount / days\"",
    "agg: sum, expr: \"bare - days\"",
];

/// Aggregates of what the accounts of opportunities say.
pub(super) const LINKED_AGGS: [&str; 3] = [
    "agg: sum, expr: account.size",
    "agg: count_distinct, expr: account.tier",
    "agg: max, expr: \"account.size / 3\"",
];

/// Aggregates of what is shared in.
pub(super) const SPLIT_AGGS: [&str; 3] =
    ["agg: sum, expr: amount", "agg: count", "agg: sum, expr: \"amount * 0.333333 / days\""];

/// Conditions on opportunities.
pub(super) const FILTERS: [Option<&str>; 14] = [
    Some("stage in states.won"),
    None,
    Some("stage in states.won && amount > 0"),
    Some("!(stage in states.open)"),
    Some("hot"),
    Some("!hot || stage == 'Won'"),
    Some("amount >= 50 || days < 3"),
    Some("amount > -1.5 && amount * -0.5 < 20"),
    Some("close_date >= date('2026-11-10')"),
    Some("account != null && owner != 'U1'"),
    Some("at_time > timestamp('2026-11-01T00:00:00Z') || hot"),
    Some("(amount - days > 10 && hot) || stage in ['Won', 'Lost']"),
    Some("stage in ['Won', 'Lost'] && first(stage == 'Proposal') == null"),
    Some("since(stage) >= since(amount) || days(at_time, first(hot)) > 1.5"),
];

pub(super) const ACTIVITY_FILTERS: [Option<&str>; 3] =
    [None, Some("done"), Some("kind == 'Call' || minutes > 20")];

/// Conditions on the accounts of opportunities; the last four change by the clock.
pub(super) const LINKED_FILTERS: [&str; 9] = [
    "account.partner",
    "account.tier in account.states.won && hot",
    "account.bare > 50 || stage in states.won",
    "account.tier == null || days > 2",
    "account.owner != owner",
    "age(account.since) > duration('36h')",
    "account.day < today() && !(stage in states.lost)",
    "age(account.since, 'working') >= duration('2d') || hot",
    "account.since <= now()",
];

/// Conditions that the clock alone changes.
pub(super) const TIMED: [&str; 17] = [
    "age(at_time) > duration('1d')",
    "age(at_time) >= duration('36h') && hot",
    "age(at_time) < duration('90m') || stage == 'Won'",
    "age(since(stage in states.open)) > duration('1d12h')",
    "stage in states.open && age(since(stage == 'Proposal' || hot)) >= duration('2d')",
    "!(age(since(amount > 5)) <= duration('30h')) && days > 0",
    "stage in states.open && age(since(stage)) > duration('1d12h')",
    "close_date < today() && !(stage in states.won)",
    "close_date >= today()",
    "today() == close_date || close_date != today() && hot",
    "at_time <= now()",
    "now() < at_time && amount > 0",
    "duration('1d') < age(at_time) && duration('3d') > age(at_time)",
    "age(at_time, 'working') > duration('3d')",
    "age(at_time, 'working') <= duration('1d') || hot",
    "stage in states.open && age(since(stage), 'working') >= duration('2d')",
    "age(since(hot), 'working') < duration('1d') || age(at_time, 'working') >= duration('5d')",
];

pub(super) const ACTIVITY_TIMED: [&str; 5] = [
    "at_time <= now() && done",
    "close_date <= today()",
    "age(at_time) > duration('1h')",
    "age(at_time, 'working') > duration('1d')",
    "age(since(done)) < duration('1d')",
];

/// Moments of opportunities; the states make it possible to jump over one.
pub(super) const MOMENTS: [&str; 10] = [
    "first(stage == 'Proposal')",
    "since(stage in states.open)",
    "first(stage in states.won, else: close_date)",
    "since(stage != 'Proposal')",
    "first(amount > 50 && stage != 'Lost', else: at_time)",
    "since(hot || days > 2)",
    "first(!hot)",
    "first(true, else: at_time)",
    "since(stage)",
    "since(amount)",
];

pub(super) const ACTIVITY_MOMENTS: [&str; 3] =
    ["first(done)", "since(kind == 'Call' || minutes > 20)", "first(minutes > 1, else: at_time)"];

/// From, to, and within which time.
pub(super) const CONVERSIONS: [[&str; 3]; 6] = [
    ["stage == 'Proposal'", "stage in states.won", "3d"],
    ["stage in states.open", "stage in ['Won', 'Lost']", "60d"],
    ["hot", "amount > 50", "90m"],
    ["amount > 0", "stage in states.won", "1s"],
    ["stage == 'Open'", "stage == 'Proposal'", "2h"],
    ["true", "hot && days > 0", "36h"],
];

pub(super) const ACTIVITY_CONVERSIONS: [[&str; 3]; 2] =
    [["kind == 'Call'", "done", "1d"], ["minutes > 1", "kind != 'Call'", "12h"]];
