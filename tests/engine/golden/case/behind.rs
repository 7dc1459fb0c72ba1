//! What is behind one number: the records that contribute, and the pieces of its goal.

use paceline_core::{
    board::{Piece, Stretch},
    contributor::{Contributor, Credit},
    decimal::Decimal,
    rational::Rational,
};
use paceline_engine::Listing;
use paceline_tests::recompute::Board;

use super::{Case, Head};
use crate::behind::{Place, compare_contributors, compare_pieces, shown};
use crate::golden::table::{Cells, Table};

impl Case<'_> {
    /// The records behind a standing: `contributors at INSTANT [on DAY] of SCOPE KPI KIND`.
    pub(super) fn contributors(&mut self, head: &Head, table: &mut Table) {
        self.pass(head.instant);
        let place = self.named_place(head);
        let (oracle, records) = (self.oracle.clone(), self.records.clone());
        let board = Board::new(&oracle, &records);
        let listing = compare_contributors(&mut self.engine, &board, &place, head.on, head.instant);
        let listing = listing.unwrap_or_else(|error| panic!("{}: {place:?}: {error}", self.name));
        for one in &listing.contributors {
            table.add(&self.contributor(&listing, one));
        }
    }

    /// The pieces of a goal: `pieces at INSTANT [on DAY] of SCOPE KPI KIND`.
    pub(super) fn pieces(&mut self, head: &Head, table: &mut Table) {
        self.pass(head.instant);
        let place = self.named_place(head);
        let board = Board::new(&self.oracle, &self.records);
        let found = compare_pieces(&self.engine, &board, &place, head.on, head.instant);
        let found = found.unwrap_or_else(|error| panic!("{}: {place:?}: {error}", self.name));
        for piece in &found.pieces.pieces {
            for stretch in &piece.stretches {
                table.add(&self.stretch(piece, stretch));
            }
        }
    }

    fn named_place(&self, head: &Head) -> Place {
        let [scope, kpi, kind] = head.names.as_slice() else {
            panic!("{}: names no scope, KPI and kind of period: {head:?}", self.name)
        };
        (scope.clone(), kpi.clone(), kind.parse().expect("a kind of period"))
    }

    fn contributor(&self, listing: &Listing, one: &Contributor) -> Cells {
        let part = &one.part;
        let text = |number: Option<Decimal>| number.map(|it| it.to_string()).unwrap_or_default();
        let credit = |credit: &Credit| {
            let rep = listing.roster.rep_of(credit.owner);
            let rep = rep.map_or("nobody", |rep| listing.roster.reps()[rep].id.as_str());
            let overlay = if credit.overlay { " overlay" } else { "" };
            format!("{rep} {}% {}{overlay}", credit.share, credit.amount)
        };
        let credits: Vec<String> = part.credits.iter().map(credit).collect();
        let converted = part.money.as_ref().map(|money| {
            let rate = text(money.rate.to_decimal());
            let currency = &listing.texts[&money.currency];
            format!("{} {currency} at {rate} of {}", money.amount, money.dated)
        });
        Cells::from([
            ("kpi", self.engine.live.model().kpi(one.kpi).name.clone()),
            ("record", one.id.clone()),
            ("day", part.day.map(|day| day.to_string()).unwrap_or_default()),
            ("amount", text(part.amount)),
            ("value", shown(&self.engine, listing, one)),
            ("records", part.records.to_string()),
            ("credited", credits.join(", ")),
            ("converted", converted.unwrap_or_default()),
            ("incomplete", part.doubt.incomplete.to_string()),
            ("missed changes", part.doubt.gap.to_string()),
        ])
    }

    fn stretch(&self, piece: &Piece, stretch: &Stretch) -> Cells {
        let text = |value: &Rational| match value.fraction() {
            (whole, one) if one == "1" => whole,
            (numerator, denominator) => format!("{numerator}/{denominator}"),
        };
        let present = if stretch.present { "yes" } else { "no" };
        Cells::from([
            ("whose", self.engine.live.roster().name(piece.scope)),
            ("target", text(&piece.target)),
            ("from", stretch.first.to_string()),
            ("to", stretch.last.to_string()),
            ("days", stretch.days.to_string()),
            ("spread", text(&stretch.spread)),
            ("ramp", text(&stretch.ramp)),
            ("present", present.to_owned()),
            ("amount", text(&stretch.amount)),
            ("goal", text(&piece.amount)),
            ("due", piece.expected.as_ref().map(text).unwrap_or_default()),
        ])
    }
}
