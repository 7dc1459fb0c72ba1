//! Shards: which partitions share record images.
//!
//! Where the key of a topic is the record's id, all changes of a record come through one partition, and each
//! partition is a shard of its own. Where it is not, or where several topics feed one entity, changes of one
//! record may come through any of them, and all these partitions form one shard, driven by one lane. So do those of
//! entities that are tied: whose records look at each other, or are split by each other.

/// A topic, as far as sharding is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Its number of partitions.
    pub partitions: usize,
    /// The entities it may feed, as indexes.
    pub entities: Vec<usize>,
    /// Whether the key of its messages is the record's id.
    pub keyed: bool,
}

/// The shards of all partitions, and the lanes that drive them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardPlan {
    /// The shard of each partition of each feed.
    pub shard_of: Vec<Vec<usize>>,
    /// How many shards there are.
    pub shards: usize,
}

impl ShardPlan {
    /// Shards for feeds; `ties` are pairs of entities whose records must be kept together.
    pub fn new(feeds: &[Feed], ties: &[(usize, usize)]) -> Self {
        let group = groups(feeds, ties);
        let mut shard_of_group = vec![None; feeds.len()];
        let mut shards = 0;
        let mut next = || {
            shards += 1;
            shards - 1
        };
        let mut shard_of = Vec::new();
        for (at, feed) in feeds.iter().enumerate() {
            let alone = group.iter().filter(|other| **other == group[at]).count() == 1;
            let is_tied = ties
                .iter()
                .any(|(one, other)| feed.entities.contains(one) && feed.entities.contains(other));
            let shards_of_feed = if alone && feed.keyed && !is_tied {
                (0..feed.partitions).map(|_| next()).collect()
            } else {
                let shard = *shard_of_group[group[at]].get_or_insert_with(&mut next);
                vec![shard; feed.partitions]
            };
            shard_of.push(shards_of_feed);
        }
        Self { shard_of, shards }
    }

    /// The lane of each shard: shards are dealt out so that lanes have about equally many partitions.
    pub fn lanes(&self, lanes: usize) -> Vec<usize> {
        let mut load = vec![0; lanes.max(1)];
        let mut partitions = vec![0; self.shards];
        self.shard_of.iter().flatten().for_each(|shard| partitions[*shard] += 1);
        let deal = |weight: &usize| {
            let lane = (0..load.len()).min_by_key(|lane| load[*lane]).unwrap_or(0);
            load[lane] += weight;
            lane
        };
        partitions.iter().map(deal).collect()
    }
}

/// For each feed the first feed that it shares an entity with, or has tied ones, directly or through others.
fn groups(feeds: &[Feed], ties: &[(usize, usize)]) -> Vec<usize> {
    let mut group: Vec<usize> = (0..feeds.len()).collect();
    for one in 0..feeds.len() {
        for other in 0..one {
            let have = |one: usize, other: usize, entities: (usize, usize)| {
                feeds[one].entities.contains(&entities.0)
                    && feeds[other].entities.contains(&entities.1)
            };
            let same =
                feeds[one].entities.iter().any(|entity| have(one, other, (*entity, *entity)));
            let tied = ties.iter().any(|tie| have(one, other, *tie) || have(other, one, *tie));
            if same || tied {
                let (from, to) = (group[one].max(group[other]), group[one].min(group[other]));
                group.iter_mut().filter(|group| **group == from).for_each(|group| *group = to);
            }
        }
    }
    group
}

#[cfg(test)]
mod tests {
    use super::{Feed, ShardPlan};

    fn feed(partitions: usize, entities: &[usize], keyed: bool) -> Feed {
        Feed { partitions, entities: entities.to_vec(), keyed }
    }

    #[test]
    fn a_keyed_topic_of_its_own_has_a_shard_a_partition() {
        let plan = ShardPlan::new(&[feed(2, &[0], true), feed(1, &[1], true)], &[]);
        assert_eq!(plan.shard_of, [vec![0, 1], vec![2]]);
        assert_eq!(plan.lanes(2), [0, 1, 0]);
    }

    #[test]
    fn topics_that_may_change_one_record_share_a_shard() {
        let feeds = [feed(2, &[0, 1], true), feed(3, &[2], false), feed(1, &[1], true)];
        let plan = ShardPlan::new(&feeds, &[]);
        assert_eq!(plan.shard_of, [vec![0, 0], vec![1, 1, 1], vec![0]]);
        assert_eq!(plan.shards, 2);
        assert_eq!(plan.lanes(2), [0, 1]);
    }

    #[test]
    fn sharing_is_transitive() {
        let feeds = [feed(1, &[0], true), feed(1, &[1], true), feed(1, &[0, 1], true)];
        let plan = ShardPlan::new(&feeds, &[]);
        assert_eq!(plan.shard_of, [vec![0], vec![0], vec![0]]);
    }

    #[test]
    fn topics_of_tied_entities_share_a_shard() {
        let feeds =
            [feed(2, &[0], true), feed(2, &[1], true), feed(1, &[2], true), feed(1, &[3], true)];
        let plan = ShardPlan::new(&feeds, &[(1, 0), (3, 1)]);
        assert_eq!(plan.shard_of, [vec![0, 0], vec![0, 0], vec![1], vec![0]]);
    }

    #[test]
    fn tied_entities_of_one_topic_keep_its_partitions_together() {
        let feeds = [feed(2, &[0, 1], true), feed(2, &[2], true)];
        let plan = ShardPlan::new(&feeds, &[(0, 1)]);
        assert_eq!(plan.shard_of, [vec![0, 0], vec![1, 2]]);
    }
}
