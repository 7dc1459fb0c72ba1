//! Shares: who shares in a record, and how much of its value each of them gets.
//!
//! The regular shares of a record make up the whole: what is missing of a hundred is nobody's, and one rep takes what
//! rounding leaves over, so that nothing of the value is lost or made. Overlay shares come on top of that.

use std::cmp::Ordering;

use smallvec::SmallVec;

use crate::decimal::{Decimal, div_half_even};
use crate::expr::Cell;
use crate::rational::Rational;
use crate::symbol::Symbol;

/// The whole, in percent.
const WHOLE: Decimal = Decimal::from_int(100);

/// What a split says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    /// The rep, as a symbol.
    pub who: Cell,
    /// The share, in millionths of a percent.
    pub share: Cell,
    /// Whether it is overlay.
    pub overlay: Cell,
}

/// Who shares in a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// In the order of their ids, nobody first.
    holders: SmallVec<[Holder; 4]>,
    /// Who takes what rounding leaves over.
    taker: Symbol,
    /// What the regular shares add up to, without what is missing.
    sum: Decimal,
    /// Whether some split does not say whose or how much it is.
    unknown: bool,
}

/// One who shares in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Holder {
    /// Who it is.
    pub owner: Symbol,
    /// The regular share, in percent.
    pub regular: Option<Decimal>,
    /// The overlay share, in percent.
    pub overlay: Option<Decimal>,
}

impl Shares {
    /// The shares that splits say, which come in the order of their own ids; `order` is that of owners' ids.
    pub fn of(
        splits: impl IntoIterator<Item = Split>,
        order: impl Fn(Symbol, Symbol) -> Ordering,
    ) -> Self {
        let mut shares = Self::default();
        for split in splits {
            shares.add(split);
        }
        if shares.sum < WHOLE {
            let missing = WHOLE - shares.sum;
            *shares.holder(Symbol::NONE).regular.get_or_insert_default() += missing;
            shares.taker = Symbol::NONE;
        }
        shares.holders.sort_by(|one, other| order(one.owner, other.owner));
        shares
    }

    fn add(&mut self, Split { who, share, overlay }: Split) {
        let owner = match who {
            Cell::Known(symbol) => Symbol(symbol as u32),
            Cell::Null => Symbol::NONE,
            Cell::Unknown => return self.unknown = true,
        };
        let share = match share {
            Cell::Known(micros) => Decimal::from_micros(micros),
            Cell::Null => Decimal::ZERO,
            Cell::Unknown => return self.unknown = true,
        };
        match overlay {
            Cell::Unknown => self.unknown = true,
            Cell::Known(1) => *self.holder(owner).overlay.get_or_insert_default() += share,
            Cell::Known(_) | Cell::Null => {
                *self.holder(owner).regular.get_or_insert_default() += share;
                self.sum += share;
                self.taker = owner;
            }
        }
    }

    fn holder(&mut self, owner: Symbol) -> &mut Holder {
        let known = self.holders.iter().position(|holder| holder.owner == owner);
        let at = known.unwrap_or(self.holders.len());
        if known.is_none() {
            self.holders.push(Holder { owner, regular: None, overlay: None });
        }
        &mut self.holders[at]
    }

    /// All who share, in the order of their ids, nobody first.
    pub fn holders(&self) -> &[Holder] {
        &self.holders
    }

    /// Whether it is known who shares, and how much.
    pub fn are_known(&self) -> bool {
        !self.unknown
    }

    /// Whether the regular shares make up the whole.
    pub fn add_up(&self) -> bool {
        self.sum == WHOLE
    }

    /// Whether some share is overlay.
    pub fn have_overlay(&self) -> bool {
        self.holders.iter().any(|holder| holder.overlay.is_some())
    }

    /// What each of the [holders](Self::holders) gets by its regular share, given the value as each of them counts it.
    /// Nothing for who has none, and where it cannot be told.
    pub fn regular(&self, values: &[Option<Decimal>]) -> SmallVec<[Option<Decimal>; 4]> {
        let amount = |(holder, value): (&Holder, &Option<Decimal>)| {
            if holder.owner == self.taker {
                return self.rest(holder, (*value)?);
            }
            percent((*value)?, holder.regular?)
        };
        self.holders.iter().zip(values).map(amount).collect()
    }

    /// What is left of a value for who takes what rounding leaves over. What others count by another value is theirs.
    fn rest(&self, taker: &Holder, value: Decimal) -> Option<Decimal> {
        taker.regular?;
        let others = self.holders.iter().filter(|holder| holder.owner != taker.owner);
        let others = others.filter_map(|holder| holder.regular);
        let others = others.map(|share| percent(value, share)).sum::<Option<Decimal>>()?;
        Some(percent(value, self.sum.max(WHOLE))? - others)
    }
}

impl Holder {
    /// What the overlay share comes to of a value.
    pub fn overlaid(&self, value: Decimal) -> Option<Decimal> {
        percent(value, self.overlay?)
    }
}

/// A share of a value, rounded half-even to six places; nothing beyond what an amount may be.
fn percent(value: Decimal, share: Decimal) -> Option<Decimal> {
    let amount = match value.micros().checked_mul(share.micros()) {
        Some(product) => Decimal::from_micros(div_half_even(product, WHOLE.micros())),
        None => {
            let product = &Rational::from(value) * &Rational::from(share);
            product.checked_div(&Rational::from(WHOLE))?.to_decimal()?
        }
    };
    Some(amount).filter(|amount| amount.abs() <= Decimal::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Shares, Split};
    use crate::decimal::Decimal;
    use crate::expr::Cell;
    use crate::symbol::Symbol;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).expect("a decimal")
    }

    /// Of a list of `(who, share)`, who being a number and 0 nobody, what each gets of a value.
    fn regular(value: &str, splits: &[(u32, &str)]) -> (Vec<(u32, String)>, bool) {
        let split = |(who, share): &(u32, &str)| Split {
            who: if *who == 0 { Cell::Null } else { Cell::Known((*who).into()) },
            share: Cell::Known(decimal(share).micros()),
            overlay: Cell::Known(0),
        };
        let shares = Shares::of(splits.iter().map(split), |one, other| one.cmp(&other));
        let values = vec![Some(decimal(value)); shares.holders().len()];
        let amounts = shares.regular(&values);
        let amount = |(holder, amount): (&super::Holder, &Option<Decimal>)| {
            (holder.owner.0, amount.map(|amount| amount.to_string()).unwrap_or_default())
        };
        (shares.holders().iter().zip(&amounts).map(amount).collect(), shares.add_up())
    }

    #[test]
    fn regular_shares_make_up_the_whole() {
        type Case<'a> = (&'a str, &'a [(u32, &'a str)], &'a [(u32, &'a str)], bool);
        let cases: [Case<'_>; 9] = [
            ("100", &[(1, "60"), (2, "40")], &[(1, "60"), (2, "40")], true),
            // The last one takes what rounding leaves over.
            ("0.000001", &[(1, "50"), (2, "50")], &[(1, "0"), (2, "0.000001")], true),
            ("0.000003", &[(2, "50"), (1, "50")], &[(1, "0.000001"), (2, "0.000002")], true),
            // Two splits of one rep are one share.
            ("10", &[(1, "25"), (2, "50"), (1, "25")], &[(1, "5"), (2, "5")], true),
            // What is missing is nobody's.
            ("10", &[], &[(0, "10")], false),
            ("10", &[(1, "30")], &[(0, "7"), (1, "3")], false),
            ("10", &[(0, "20"), (1, "30")], &[(0, "7"), (1, "3")], false),
            // What is too much is counted, and the last one takes the rest of that.
            ("10", &[(1, "80"), (2, "40")], &[(1, "8"), (2, "4")], false),
            ("-0.000001", &[(1, "50"), (2, "100")], &[(1, "0"), (2, "-0.000002")], false),
        ];
        for (value, splits, expected, adds_up) in cases {
            let expected: Vec<_> =
                expected.iter().map(|(who, amount)| (*who, (*amount).to_owned())).collect();
            assert_eq!(regular(value, splits), (expected, adds_up), "{value} by {splits:?}");
        }
    }

    /// Where it is another day already, another rate holds.
    #[test]
    fn each_has_a_share_of_the_value_that_they_count() {
        let split = |(who, share): (i128, &str)| Split {
            who: Cell::Known(who),
            share: Cell::Known(decimal(share).micros()),
            overlay: Cell::Null,
        };
        let shares = Shares::of([(1, "50"), (2, "50")].map(split), |one, other| one.cmp(&other));
        let amounts = shares.regular(&[Some(decimal("90")), Some(decimal("110"))]);
        assert_eq!(amounts.as_slice(), [Some(decimal("45")), Some(decimal("55"))]);
        assert_eq!(
            shares.regular(&[None, Some(decimal("0.000003"))])[1],
            Some(decimal("0.000001"))
        );
    }

    #[test]
    fn a_share_of_a_very_large_value_is_exact_too() {
        let third = super::percent(Decimal::MAX, decimal("99.999999"));
        assert_eq!(third, Some(decimal("999999990000000000000000")));
        assert_eq!(super::percent(Decimal::MAX, decimal("100.000001")), None);
    }

    #[test]
    fn a_split_that_does_not_say_whose_it_is_makes_all_unknown() {
        let whole = Split { who: Cell::Known(1), share: Cell::Known(1), overlay: Cell::Null };
        for split in [
            Split { who: Cell::Unknown, ..whole },
            Split { share: Cell::Unknown, ..whole },
            Split { overlay: Cell::Unknown, ..whole },
        ] {
            assert!(!Shares::of([split], |one, other| one.cmp(&other)).are_known());
        }
        let shares =
            Shares::of([Split { share: Cell::Null, ..whole }], |one, other| one.cmp(&other));
        assert!(shares.are_known());
        let owners: Vec<Symbol> = shares.holders().iter().map(|holder| holder.owner).collect();
        assert_eq!(owners, [Symbol::NONE, Symbol(1)]);
    }
}
