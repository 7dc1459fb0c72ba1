//! Every way to tamper with a log, and what the check says of it; and what it cannot know.

use super::{BACK, Check, Expected, Findings, NONE_BEFORE, Wrong};
use crate::audit_log::record::{Record, Sealed, seal};

/// A log of so many records after the opening of each chain, each chain begun after the one before.
fn log(chains: &[(&str, u64)]) -> Vec<Sealed> {
    let mut log: Vec<Sealed> = Vec::new();
    for (chain, records) in chains {
        for seq in 0..=*records {
            let time = jiff::Timestamp::from_second(1_700_000_000 + log.len() as i64);
            let time = time.expect("an instant");
            let record = match seq {
                0 => Record::opened(time, None),
                _ => Record::suppressed(seq, time),
            };
            let prev = log.last().map_or_else(|| NONE_BEFORE.to_owned(), |last| last.hash.clone());
            log.push(seal(&record, (chain, seq, &prev)).expect("it is written"));
        }
    }
    log
}

fn check_with(log: &[Sealed], expected: Expected) -> Findings {
    let mut check = Check::new(expected);
    (0..).zip(log).for_each(|(at, sealed)| check.take(at, sealed.line.as_bytes()));
    check.finish()
}

fn wrong(log: &[Sealed]) -> Vec<(Option<u64>, Wrong)> {
    let findings = check_with(log, Expected::default());
    findings.faults.into_iter().map(|fault| (fault.place, fault.what)).collect()
}

#[test]
fn what_was_written_is_found_unbroken() {
    let log = log(&[("a", 5), ("b", 0), ("c", 3)]);
    let findings = check_with(&log, Expected::default());
    assert_eq!((findings.records, findings.chains, &findings.faults[..]), (11, 3, &[][..]));
    assert_eq!(findings.last.map(|last| last.hash), Some(log[10].hash.clone()));
    assert_eq!(check_with(&[], Expected::default()), Findings::default());
}

#[test]
fn any_byte_that_is_changed_is_found() {
    let log = log(&[("a", 2), ("b", 1)]);
    let mut tried = 0;
    for at in 0..log.len() {
        for byte in 0..log[at].line.len() {
            let mut line = log[at].line.clone().into_bytes();
            line[byte] = if line[byte] == b'0' { b'1' } else { b'0' };
            let mut check = Check::new(Expected::default());
            for (place, sealed) in (0..).zip(&log) {
                let bytes = if place == at as u64 { &line } else { sealed.line.as_bytes() };
                check.take(place, bytes);
            }
            let faults = check.finish().faults;
            let place = Some(at as u64);
            assert!(
                faults.iter().any(|fault| fault.place == place),
                "byte {byte} of {at}: {faults:?}"
            );
            tried += 1;
        }
    }
    assert!(tried > 800, "only {tried} changes were tried");
}

#[test]
fn a_record_that_is_rewritten_with_its_hash_is_found_by_the_next() {
    let mut log = log(&[("a", 4)]);
    let time = jiff::Timestamp::from_second(0).expect("an instant");
    let forged = Record::suppressed(9, time);
    log[2] = seal(&forged, ("a", 2, &log[1].hash)).expect("it is written");
    assert_eq!(wrong(&log), [(Some(3), Wrong::Unlinked)]);
}

#[test]
fn records_that_are_removed_are_found() {
    let whole = log(&[("a", 4), ("b", 3)]);
    for at in 0..whole.len() - 1 {
        let mut log = whole.clone();
        let gone = log.remove(at);
        let expected = match at {
            // The next record was amid what began there.
            0 | 5 => Wrong::Headless,
            // The next chain began after it.
            4 => Wrong::Rootless(gone.hash),
            _ => Wrong::Missing(1),
        };
        // What follows an opening that is gone is taken as it is: one fault tells of one deed.
        assert_eq!(wrong(&log), [(Some(at as u64), expected)], "without {at}");
    }
    let without_first = &whole[5..];
    assert_eq!(wrong(without_first), [(Some(0), Wrong::Rootless(whole[4].hash.clone()))]);
}

#[test]
fn records_that_change_places_or_stand_twice_are_found() {
    let whole = log(&[("a", 5)]);
    let mut swapped = whole.clone();
    swapped.swap(2, 3);
    assert_eq!(wrong(&swapped), [(Some(2), Wrong::Missing(1)), (Some(3), Wrong::Repeated)]);
    let mut twice = whole.clone();
    twice.insert(4, whole[2].clone());
    assert_eq!(wrong(&twice), [(Some(4), Wrong::Repeated)]);
    let mut again = whole.clone();
    again.push(whole[5].clone());
    assert_eq!(wrong(&again), [(Some(6), Wrong::Repeated)]);
}

#[test]
fn an_end_that_is_cut_off_shows_to_who_kept_its_hash_or_by_what_followed() {
    let whole = log(&[("a", 5)]);
    let cut = &whole[..4];
    // Nothing refers to what is gone: this is what a log cannot know of itself.
    assert_eq!(wrong(cut), []);
    let expected = Expected { holds: vec![whole[5].hash.clone()], ..Expected::default() };
    let faults = check_with(cut, expected.clone()).faults;
    assert_eq!(faults[0].what, Wrong::NotHeld(whole[5].hash.clone()));
    assert_eq!(check_with(&whole, expected).faults, []);
    let whole = log(&[("a", 5), ("b", 1)]);
    let cut = [&whole[..5], &whole[6..]].concat();
    assert_eq!(wrong(&cut), [(Some(5), Wrong::Rootless(whole[5].hash.clone()))]);
}

#[test]
fn a_chain_that_ended_goes_on_nowhere() {
    let time = jiff::Timestamp::from_second(0).expect("an instant");
    let mut log = log(&[("a", 1)]);
    for (seq, record) in [(2, Record::closed(time)), (3, Record::suppressed(1, time))] {
        let prev = log[seq as usize - 1].hash.clone();
        log.push(seal(&record, ("a", seq, &prev)).expect("it is written"));
    }
    assert_eq!(wrong(&log), [(Some(3), Wrong::AfterEnd)]);
}

#[test]
fn chains_of_services_that_run_at_once_lie_among_each_other() {
    let one = log(&[("a", 3)]);
    let mut other = vec![one[1].clone()];
    for seq in 0..3 {
        let time = jiff::Timestamp::from_second(0).expect("an instant");
        let record =
            if seq == 0 { Record::opened(time, None) } else { Record::suppressed(seq, time) };
        let prev = other.last().expect("one").hash.clone();
        other.push(seal(&record, ("b", seq, &prev)).expect("it is written"));
    }
    let mixed =
        [&one[0], &one[1], &one[2], &other[1], &other[2], &one[3], &other[3]].map(Clone::clone);
    assert_eq!(wrong(&mixed), []);
}

#[test]
fn a_log_that_was_begun_elsewhere_goes_on_from_the_hash_that_is_told() {
    let whole = log(&[("a", 5)]);
    let part = &whole[3..];
    assert_eq!(wrong(part), [(Some(0), Wrong::Headless)]);
    let expected = Expected { after: Some(whole[2].hash.clone()), ..Expected::default() };
    assert_eq!(check_with(part, expected).faults, []);
}

#[test]
fn a_line_that_a_crash_cut_off_is_told_apart_from_one_that_was_altered() {
    let whole = log(&[("a", 2), ("b", 1)]);
    let mut cut = whole.clone();
    let half = whole[1].line[..40].to_owned();
    cut.insert(3, Sealed { line: half, hash: String::new() });
    let expected = Expected { in_file: true, ..Expected::default() };
    let findings = check_with(&cut, expected.clone());
    assert_eq!((findings.cut_off, findings.faults), (1, Vec::new()));
    // On a topic nothing is cut off, and amid a chain nothing either.
    assert_eq!(wrong(&cut), [(Some(3), Wrong::Unreadable)]);
    cut.swap(1, 3);
    assert!(!check_with(&cut, expected).faults.is_empty());
}

fn time() -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_700_000_000).expect("an instant")
}

fn opened(chain: &str, prev: &Sealed, in_file: Option<&Sealed>) -> Sealed {
    let in_file = in_file.map(|sealed| sealed.hash.clone());
    seal(&Record::opened(time(), in_file), (chain, 0, &prev.hash)).expect("it is written")
}

fn follow(chain: &str, seq: u64, prev: &Sealed) -> Sealed {
    seal(&Record::suppressed(seq, time()), (chain, seq, &prev.hash)).expect("it is written")
}

#[test]
fn the_file_of_one_of_several_services_is_checked_by_what_was_last_in_it() {
    // On the topic stands a0 a1 b0 b1 c0 c1: the service of a and c was started again after the other had written.
    let [a0, a1] = [0, 1].map(|at| log(&[("a", 1)])[at].clone());
    let b0 = opened("b", &a1, None);
    let b1 = follow("b", 1, &b0);
    let c0 = opened("c", &b1, Some(&a1));
    let c1 = follow("c", 1, &c0);
    let topic = [&a0, &a1, &b0, &b1, &c0, &c1].map(Clone::clone);
    assert_eq!(wrong(&topic), []);
    let in_file = Expected { in_file: true, ..Expected::default() };
    let check = |log: &[&Sealed], expected: &Expected| {
        let log: Vec<Sealed> = log.iter().map(|sealed| (*sealed).clone()).collect();
        let faults = check_with(&log, expected.clone()).faults;
        faults.into_iter().map(|fault| (fault.place, fault.what)).collect::<Vec<_>>()
    };
    assert_eq!(check(&[&a0, &a1, &c0, &c1], &in_file), []);
    // A real cut is none the less found, and on the topic what stands there counts.
    let rootless = |at, sealed: &Sealed| vec![(Some(at), Wrong::Rootless(sealed.hash.clone()))];
    assert_eq!(check(&[&a0, &c0, &c1], &in_file), rootless(1, &a1));
    assert_eq!(check(&[&c0, &c1], &in_file), rootless(0, &a1));
    let cut = [&a0, &a1, &b0, &c0, &c1];
    assert_eq!(check(&cut, &Expected::default()), rootless(3, &b1));
    let after = Expected { after: Some(a1.hash.clone()), ..in_file };
    assert_eq!(check(&[&c0, &c1], &after), []);
}

#[test]
fn a_chain_begins_after_the_end_of_another_however_long_ago_that_was() {
    let mut log = log(&[("a", 2)]);
    let ends = [log[1].clone(), log[2].clone()];
    log.push(opened("b", &ends[1], None));
    for seq in 1..BACK as u64 + 10 {
        let last = log.last().expect("one").clone();
        log.push(follow("b", seq, &last));
    }
    // Of the last of its own chain a service may not know that it was taken.
    for (chain, end) in ["c", "d"].into_iter().zip(ends) {
        log.push(opened(chain, &end, None));
    }
    assert_eq!(wrong(&log), []);
    let first = log[0].clone();
    log.push(opened("e", &first, None));
    let place = Some(log.len() as u64 - 1);
    assert_eq!(wrong(&log), [(place, Wrong::Rootless(first.hash))], "that is amid another");
}
