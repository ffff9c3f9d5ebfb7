//! Many queues, few hands: which lane may go next. In memory only; the rows stay in their table.
//!
//! A lane is a queue that must be worked off in order, one item at a time: an origin that we deliver to, or an actor
//! whose activities we process. This structure knows of each lane only whether somebody works on it, when it may go
//! on, and the rank of its head; the heads themselves are read from the table when their turn comes.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::clock::Time;

/// How the head of a lane compares with other lanes' heads: by priority (lower first), then by age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// Lower goes first.
    pub priority: i64,
    /// The row's id; ids grow with time.
    pub id: i64,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Due,
    Waiting {
        until: Time,
        rank: Rank,
    },
    /// Somebody works on it; `more`: a row that arrived meanwhile.
    Busy {
        more: Option<Rank>,
    },
}

/// All lanes that have work. Every operation takes logarithmic time.
#[derive(Debug, Default)]
pub struct Lanes {
    states: HashMap<Arc<str>, State>,
    due: BTreeSet<(Rank, Arc<str>)>,
    waiting: BTreeSet<(Time, Arc<str>)>,
    busy: usize,
}

impl Lanes {
    /// Tells of a row that was found in the table. The head of a known lane stays what it was, for it is older.
    pub fn arrived(&mut self, lane: &str, rank: Rank, not_before: Time, now: Time) {
        match self.states.get_mut(lane) {
            None => self.place(lane.into(), rank, not_before, now),
            Some(State::Busy { more }) => *more = Some(more.map_or(rank, |known| known.min(rank))),
            Some(State::Due | State::Waiting { .. }) => {}
        }
    }

    /// Takes up to `count` lanes in the order of their heads; each is busy until it is given back.
    pub fn take(&mut self, count: usize, now: Time) -> Vec<Arc<str>> {
        self.wake(now);
        let mut taken = Vec::with_capacity(count.min(self.due.len()));
        while taken.len() < count {
            let Some((_, lane)) = self.due.pop_first() else { break };
            self.states.insert(lane.clone(), State::Busy { more: None });
            self.busy += 1;
            taken.push(lane);
        }
        taken
    }

    /// As [`Lanes::take`], but of the lanes whose rank is at least `slow` only up to `slow_count`.
    pub fn take_few_slow(&mut self, count: usize, slow: i64, slow_count: usize, now: Time) -> Vec<Arc<str>> {
        self.wake(now);
        // Slow ones come last in the order.
        let first_slow = (Rank { priority: slow, id: i64::MIN }, Arc::from(""));
        let healthy = self.due.range(..first_slow).take(count).count();
        self.take(count.min(healthy + slow_count), now)
    }

    /// Gives back a busy lane whose next row is `next`; without one the lane is forgotten.
    pub fn give_back(&mut self, lane: &str, next: Option<(Rank, Time)>, now: Time) {
        let Some((lane, State::Busy { more })) = self.states.remove_entry(lane) else { return };
        self.busy -= 1;
        match (next, more) {
            (Some((rank, not_before)), _) => self.place(lane, rank, not_before, now),
            (None, Some(rank)) => self.place(lane, rank, now, now),
            (None, None) => {}
        }
    }

    /// Lets every waiting lane that `chosen` names go on at once.
    pub fn hurry(&mut self, chosen: impl Fn(&str) -> bool, now: Time) {
        let lanes: Vec<_> = self.waiting.iter().map(|(_, lane)| lane).filter(|lane| chosen(lane)).cloned().collect();
        for lane in lanes {
            let Some(State::Waiting { until, rank }) = self.states.remove(&lane) else { continue };
            self.waiting.remove(&(until, lane.clone()));
            self.place(lane, rank, now, now);
        }
    }

    /// When the next waiting lane may go on.
    pub fn next_time(&self) -> Option<Time> {
        self.waiting.first().map(|(until, _)| *until)
    }

    /// How many lanes could be taken now.
    pub fn due(&mut self, now: Time) -> usize {
        self.wake(now);
        self.due.len()
    }

    /// How many lanes are taken.
    pub fn busy(&self) -> usize {
        self.busy
    }

    fn wake(&mut self, now: Time) {
        while self.next_time().is_some_and(|until| until <= now) {
            let Some((_, lane)) = self.waiting.pop_first() else { break };
            if let Some(State::Waiting { rank, .. }) = self.states.remove(&lane) {
                self.place(lane, rank, now, now);
            }
        }
    }

    fn place(&mut self, lane: Arc<str>, rank: Rank, not_before: Time, now: Time) {
        if not_before > now {
            self.waiting.insert((not_before, lane.clone()));
            self.states.insert(lane, State::Waiting { until: not_before, rank });
        } else {
            self.due.insert((rank, lane.clone()));
            self.states.insert(lane, State::Due);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_000);

    fn rank(priority: i64, id: i64) -> Rank {
        Rank { priority, id }
    }

    fn names(lanes: &mut Lanes, count: usize, now: Time) -> Vec<String> {
        lanes.take(count, now).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn lanes_go_by_priority_then_age_and_one_at_a_time() {
        let mut lanes = Lanes::default();
        for (lane, priority, id) in [("a", 1, 1), ("b", 1, 2), ("c", 0, 3), ("a", 0, 4)] {
            lanes.arrived(lane, rank(priority, id), NOW, NOW);
        }
        assert_eq!(names(&mut lanes, 2, NOW), ["c", "a"]);
        assert_eq!(names(&mut lanes, 2, NOW), ["b"]);
        assert_eq!(lanes.busy(), 3);
        lanes.give_back("a", Some((rank(0, 4), NOW)), NOW);
        assert_eq!(names(&mut lanes, 2, NOW), ["a"]);
    }

    #[test]
    fn a_row_that_arrives_while_its_lane_is_busy_is_not_forgotten() {
        let mut lanes = Lanes::default();
        lanes.arrived("a", rank(1, 1), NOW, NOW);
        lanes.take(1, NOW);
        lanes.arrived("a", rank(1, 2), NOW, NOW);
        lanes.give_back("a", None, NOW);
        assert_eq!(names(&mut lanes, 1, NOW), ["a"]);
        lanes.give_back("a", None, NOW);
        assert_eq!((lanes.due(NOW), lanes.busy()), (0, 0));
    }

    #[test]
    fn a_waiting_lane_goes_on_in_time_or_when_hurried() {
        let mut lanes = Lanes::default();
        let (soon, late) = (Time(2_000), Time(9_000));
        lanes.arrived("soon", rank(1, 1), soon, NOW);
        lanes.arrived("late", rank(1, 2), late, NOW);
        assert_eq!((lanes.due(NOW), lanes.next_time()), (0, Some(soon)));
        assert_eq!(names(&mut lanes, 9, soon), ["soon"]);
        lanes.hurry(|lane| lane == "late", soon);
        assert_eq!(names(&mut lanes, 9, soon), ["late"]);
        assert_eq!(lanes.next_time(), None);
    }
}
