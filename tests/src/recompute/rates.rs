//! What money in other currencies is worth in that of the organisation.

use std::collections::BTreeMap;

use jiff::civil::Date;
use num_traits::Signed;

use super::{
    basis::Images,
    config::{self, Config, Rate, RateFields},
    filter::V,
    number::{self, Exact},
    records::Image,
};

/// The rates into the currency of the organisation.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    org: String,
    /// By the currency they are for and the first day on which they hold.
    rates: BTreeMap<String, BTreeMap<Date, Exact>>,
}

impl Rates {
    /// Those of a config, or of the records that it names.
    #[must_use]
    pub fn of(config: &Config, images: &Images) -> Self {
        let Some(currency) = &config.currency else { return Self::default() };
        let all = match &currency.rates {
            config::Rates::List(rates) => rates.clone(),
            config::Rates::File(_) => Vec::new(),
            // In the order of their ids, so that of several for the same day the last one stays.
            config::Rates::Entity(fields) => {
                let images = images.of_entity(&fields.entity);
                images.filter_map(|(_, image)| read(fields, image)).collect()
            }
        };
        let mut rates: BTreeMap<String, BTreeMap<Date, Exact>> = BTreeMap::new();
        for rate in all.into_iter().filter(|rate| rate.to == currency.org) {
            rates.entry(rate.from).or_default().insert(rate.date, rate.rate);
        }
        Self { org: currency.org.clone(), rates }
    }

    /// What an amount in a currency is worth on a day: by the latest rate until then. Unknown where there is none.
    #[must_use]
    pub fn worth(&self, amount: &Exact, currency: &V, day: Date) -> V {
        match currency {
            V::Text(code) if *code != self.org => {
                let rate = self.rates.get(code).and_then(|rates| rates.range(..=day).next_back());
                rate.map_or(V::Unknown, |(_, rate)| V::Num(number::rounded(&(amount * rate))))
            }
            V::Unknown => V::Unknown,
            _ => V::Num(number::rounded(amount)),
        }
    }
}

fn read(fields: &RateFields, image: &Image) -> Option<Rate> {
    let text = |name: &str| match image.field(name) {
        V::Text(text) => Some(text),
        _ => None,
    };
    let (V::Date(date), V::Num(rate)) = (image.field(&fields.date), image.field(&fields.rate))
    else {
        return None;
    };
    let rate = Rate { from: text(&fields.from)?, to: text(&fields.to)?, date, rate };
    (image.alive && rate.rate.is_positive()).then_some(rate)
}
