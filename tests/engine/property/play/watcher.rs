//! A watcher who reads every update.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use paceline_core::board::Standing;

use super::{Names, Outcome, Play};

impl Play<'_> {
    /// Takes in what changed since the last time. Answers whose standings did.
    pub(super) fn watch(&mut self) -> Result<BTreeSet<Names>, String> {
        let (update, revision) = self.engine.changed(self.revision, self.now);
        // What changes reps or rates is followed by what changes because of it.
        self.in_steps = self.world.is_lively() && revision.0 > self.revision.0 + 1;
        self.revision = revision;
        for removal in &update.removed {
            let names = self.engine.names_of(&removal.key);
            // Where a zone of later days gives way to one of earlier days, a period that was left comes again, anew.
            if !update.standings.iter().any(|standing| standing.key == removal.key) {
                self.memory.remove(&names);
            }
            self.begun.remove(&names);
            let ends = self.watched.remove(&names).is_some() && names.0 != "org";
            self.coverage.saw_if("a scope ends", ends && !self.engine.has_scope(&names.0));
        }
        let named =
            update.standings.into_iter().map(|standing| (self.engine.names(&standing), standing));
        let changed: BTreeMap<Names, Standing> = named.collect();
        for (names, standing) in &changed {
            self.check_since(names, standing)?;
            self.check_begun(names, standing)?;
        }
        let known: BTreeSet<&String> = self.watched.keys().map(|(scope, ..)| scope).collect();
        let begins = changed.keys().any(|(scope, ..)| !known.contains(scope));
        self.coverage.saw_if("a scope begins", !known.is_empty() && begins);
        let names = changed.keys().cloned().collect();
        self.watched.extend(changed);
        Ok(names)
    }

    /// A status has begun when it became another, which is neither before the last one began nor yet to come.
    fn check_since(&self, names: &Names, standing: &Standing) -> Outcome {
        // What begins again at one instant does so a nanosecond later each time.
        let latest = self.now + Duration::from_nanos(100);
        let before = self.watched.get(names);
        let right = match before {
            Some(before) if before.status == standing.status && !self.in_steps => {
                before.since == standing.since
            }
            Some(before) => before.since <= standing.since && standing.since <= latest,
            None => standing.since <= latest,
        };
        if right {
            return Ok(());
        }
        let told = |standing: &Standing| (standing.status, standing.since);
        Err(format!(
            "at {} {names:?} is {:?}, having been {:?}",
            self.now,
            told(standing),
            before.map(told)
        ))
    }

    /// No status begins twice at one instant.
    fn check_begun(&mut self, names: &Names, standing: &Standing) -> Outcome {
        let before = self.watched.get(names);
        if before.is_some_and(|before| before.status == standing.status) {
            return Ok(());
        }
        let begun = self.begun.entry(names.clone()).or_default();
        if begun.insert((standing.status, standing.since)) {
            return Ok(());
        }
        let told = (standing.status, standing.since);
        Err(format!("at {} {names:?} begins to be {told:?} a second time", self.now))
    }

    /// Who has read every update knows what a fresh look shows, but for what follows from the clock.
    pub(super) fn compare_watched(&self, standings: &[Standing]) -> Outcome {
        if self.watched.len() != standings.len() {
            return Err(format!(
                "a watcher knows {} standings of {}",
                self.watched.len(),
                standings.len()
            ));
        }
        let told = |standing: &Standing| {
            let Standing { numbers, sample, status, since, next_change, doubt, revision, .. } =
                standing;
            (
                numbers.actual,
                numbers.goal,
                *sample,
                *status,
                *since,
                *next_change,
                *doubt,
                *revision,
            )
        };
        for standing in standings {
            let names = self.engine.names(standing);
            let watched = self.watched.get(&names).map(told);
            if watched != Some(told(standing)) {
                return Err(format!(
                    "{names:?}: a watcher knows {watched:?} instead of {:?}",
                    told(standing)
                ));
            }
        }
        Ok(())
    }
}
