//! Credit split over several reps, and overlay.

use super::{BASE, Feed};
use crate::recompute::config::Config;

const NOW: &str = "2026-11-23T13:00:00Z";

const SUM: &str = "agg: sum, expr: amount, at: close_date";

/// The organisation with splits and one KPI `k` of what is won.
fn feed(kpi: &str) -> Feed {
    let base = BASE.replace(
        "entity: opportunity}]",
        "entity: opportunity}, {topic: crm.split, entity: split}]",
    );
    let split = r"
  split:
    fields:
      deal:    {path: OpportunityId, type: text}
      who:     {path: UserId, type: text}
      percent: {path: Percent, type: decimal}
      over:    {path: IsOverlay, type: bool}
reps:";
    let base = base.replacen("\nreps:", split, 1);
    let credit = "credit: {splits: split, record: deal, who: who, share: percent, overlay: over}";
    let kpi = format!(
        "{{name: k, type: simple, entity: opportunity, where: stage in states.won, {credit}, periods: [month], {kpi}}}"
    );
    Feed::new(Config::read(&format!("{base}kpis: [{kpi}]\n")).unwrap())
}

impl Feed {
    /// A split of the deal D as a full image.
    fn split(&mut self, id: &str, version: i64, who: &str, percent: &str, over: bool) {
        let set = format!(
            r#""set":{{"OpportunityId":"D","UserId":{who},"Percent":{percent},"IsOverlay":{over}}}"#
        );
        self.say_on("crm.split", id, "upsert", version, &set);
    }

    fn regular(&mut self, id: &str, who: &str, percent: &str) {
        self.split(id, 1, &format!("\"{who}\""), percent, false);
    }

    fn overlay(&mut self, id: &str, who: &str, percent: &str) {
        self.split(id, 1, &format!("\"{who}\""), percent, true);
    }

    /// Of each of these the number, how many records are behind it, `?` where something about these is unknown or
    /// does not add up, and `!` where changes were missed.
    fn split_rows(&self, now: &str, scopes: &[&str]) -> Vec<String> {
        let text = |scope: &&str| {
            let row = self.row(now, scope, "k");
            let incomplete = if row.doubt.incomplete { " ?" } else { "" };
            let missed = if row.doubt.missed { " !" } else { "" };
            format!("{} of {}{incomplete}{missed}", row.actual, row.sample)
        };
        scopes.iter().map(text).collect()
    }
}

const ALL: [&str; 6] = ["rep:U1", "rep:U2", "rep:M1", "team:M1", "unassigned", "org"];

#[test]
fn the_last_split_takes_what_the_others_leave() {
    let mut feed = feed(SUM);
    feed.won("D", "U2", "0.00001", 2);
    feed.regular("S1", "U1", "25");
    feed.regular("S2", "U2", "25");
    feed.regular("S3", "M1", "50");
    // Of ten millionths a quarter is 2.5, half-even 2; the last one takes 6, although half are 5.
    let rows = feed.split_rows(NOW, &ALL);
    let quarter = "0.000002 of 1";
    let whole = "0.00001 of 1";
    assert_eq!(rows, [quarter, quarter, "0.000006 of 1", whole, "0 of 0", whole]);
    // Ana's two splits are one share of 50, 5 millionths; Ben has the last split now.
    feed.split("S3", 2, "\"U1\"", "25", false);
    feed.regular("S4", "U2", "25");
    let half = "0.000005 of 1";
    assert_eq!(feed.split_rows(NOW, &ALL), [half, half, "0 of 0", whole, "0 of 0", whole]);
}

#[test]
fn what_is_missing_is_nobodys() {
    let mut feed = feed(SUM);
    feed.won("D", "U2", "50", 2);
    // The owner of the deal has no say.
    assert_eq!(
        feed.split_rows(NOW, &ALL),
        ["0 of 0", "0 of 0", "0 of 0", "0 of 0", "50 of 1 ?", "50 of 1 ?"]
    );
    feed.regular("S1", "U1", "60");
    assert_eq!(
        feed.split_rows(NOW, &ALL),
        ["30 of 1 ?", "0 of 0", "0 of 0", "30 of 1 ?", "20 of 1 ?", "50 of 1 ?"]
    );
    // What nobody has already is added up with what is missing: 10 and 30.
    feed.split("S2", 1, "null", "10", false);
    assert_eq!(feed.split_rows(NOW, &ALL)[4..], ["20 of 1 ?", "50 of 1 ?"]);
    feed.split("S2", 2, "null", "40", false);
    assert_eq!(
        feed.split_rows(NOW, &ALL),
        ["30 of 1", "0 of 0", "0 of 0", "30 of 1", "20 of 1", "50 of 1"]
    );
    // In October nothing is in doubt.
    feed.split("S2", 3, "null", "null", false);
    let last_month = "2026-10-23T13:00:00Z";
    assert_eq!(feed.split_rows(last_month, &["rep:U1", "org"]), ["0 of 0", "0 of 0"]);
}

#[test]
fn more_than_the_whole_counts_as_it_is_said() {
    let mut feed = feed(SUM);
    feed.won("D", "U2", "0.00001", 2);
    feed.regular("S1", "U1", "65");
    feed.regular("S2", "U2", "70");
    // 135 % of ten millionths are 13.5, half-even 14; Ana's 6.5 are 6; Ben takes 8.
    assert_eq!(
        feed.split_rows(NOW, &ALL),
        [
            "0.000006 of 1 ?",
            "0.000008 of 1 ?",
            "0 of 0",
            "0.000014 of 1 ?",
            "0 of 0",
            "0.000014 of 1 ?"
        ]
    );
}

#[test]
fn overlay_counts_once_and_only_where_it_is_more() {
    let mut feed = feed(SUM);
    feed.won("D", "U2", "50", 2);
    feed.regular("S1", "U1", "100");
    feed.overlay("S2", "U2", "40");
    feed.overlay("S3", "M1", "10");
    assert_eq!(
        feed.split_rows(NOW, &ALL),
        ["50 of 1", "20 of 1", "5 of 1", "50 of 1", "0 of 0", "50 of 1"]
    );
    // Ana's share goes to nobody: of the team's overlay shares of 40 and 10 the greater counts.
    feed.split("S1", 2, "null", "100", false);
    assert_eq!(
        feed.split_rows(NOW, &ALL),
        ["0 of 0", "20 of 1", "5 of 1", "20 of 1", "50 of 1", "50 of 1"]
    );
    // A regular share of 40 is as much: it counts itself, and so does the org's whole.
    feed.split("S1", 3, "null", "60", false);
    feed.regular("S4", "M1", "40");
    assert_eq!(
        feed.split_rows(NOW, &ALL),
        ["0 of 0", "20 of 1", "20 of 1", "20 of 1", "30 of 1", "50 of 1"]
    );
    // 150 % on top are more than the whole.
    feed.overlay("S5", "U2", "110");
    assert_eq!(feed.split_rows(NOW, &["rep:U2", "team:M1", "org"]), ["75 of 1"; 3]);
}

#[test]
fn a_split_of_which_not_all_is_known_may_be_anybodys() {
    let mut feed = feed(SUM);
    feed.won("D", "U2", "50", 2);
    feed.regular("S1", "U1", "100");
    feed.say_on("crm.split", "S2", "patch", 1, r#""set":{"OpportunityId":"D","Percent":0}"#);
    assert_eq!(feed.split_rows(NOW, &ALL), ["0 of 0 ?"; 6]);
    feed.say_on("crm.split", "S2", "patch", 2, r#""set":{"UserId":"U2"},"unset":["IsOverlay"]"#);
    // No share, but a record of the sample.
    assert_eq!(
        feed.split_rows(NOW, &ALL),
        ["50 of 1", "0 of 1", "0 of 0", "50 of 1", "0 of 0", "50 of 1"]
    );
    // Gone, it is nobody's split; nor is one of which it is not known what it splits.
    feed.say_on("crm.split", "S2", "delete", 3, "");
    feed.say_on("crm.split", "S3", "patch", 1, r#""set":{"Percent":70}"#);
    assert_eq!(feed.split_rows(NOW, &ALL)[..2], ["50 of 1", "0 of 0"]);
}

#[test]
fn a_gap_of_a_split_is_doubt_for_all_who_share() {
    let mut feed = feed(SUM);
    feed.won("D", "U2", "50", 2);
    feed.regular("S1", "U1", "100");
    feed.overlay("S2", "M1", "40");
    feed.say_on("crm.split", "S1", "gap", 2, "");
    assert_eq!(
        feed.split_rows(NOW, &ALL),
        ["50 of 1 !", "0 of 0", "20 of 1 !", "50 of 1 !", "0 of 0", "50 of 1 !"]
    );
    // Also while the deal counts nowhere: what was missed may change that.
    feed.say("D", "patch", 2, r#""unset":["CloseDate"]"#);
    let last_month = "2026-10-23T13:00:00Z";
    assert_eq!(feed.split_rows(last_month, &ALL)[..2], ["0 of 0 !", "0 of 0"]);
}

#[test]
fn counted_shares_add_up_to_one() {
    let mut feed = feed("agg: count, at: close_date");
    feed.won("D", "U2", "50", 2);
    feed.won("E", "U2", "50", 2);
    feed.regular("S1", "U1", "33.333333");
    feed.regular("S2", "U2", "66.666667");
    // 0.33333333 of a deal is 0.333333; E is nobody's.
    assert_eq!(
        feed.split_rows(NOW, &ALL),
        ["0.333333 of 1", "0.666667 of 1", "0 of 0", "1 of 1", "1 of 1 ?", "2 of 2 ?"]
    );
}

#[test]
fn each_rep_dates_an_instant_in_the_own_zone() {
    let mut feed = feed("agg: sum, expr: amount, at: closed_at");
    feed.won("D", "U2", "50", 2);
    // 00:30 on 1 December in Madrid, where Ana is.
    feed.say("D", "patch", 2, r#""set":{"ClosedAt":"2026-11-30T23:30:00Z"}"#);
    feed.regular("S1", "U1", "70");
    feed.regular("S2", "U2", "30");
    let both = ["rep:U1", "rep:U2", "team:M1"];
    assert_eq!(feed.split_rows("2026-11-20T00:00:00Z", &both), ["0 of 0", "15 of 1", "15 of 1"]);
    assert_eq!(feed.split_rows("2026-12-20T00:00:00Z", &both), ["35 of 1", "0 of 0", "35 of 1"]);
}
