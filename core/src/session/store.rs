//! The client's session and the order of its changes: [`SessionStore`].
//!
//! A change takes a ticket when it starts and commits when it succeeds. A commit takes effect only if no change with a
//! later ticket has committed: of two concurrent logins the one that started last wins, whatever the order of the
//! responses, and a login in flight does not undo a `clear`.

use super::Session;
use crate::fork::ForkSafeMutex;

/// The position of a change in the order of starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

/// The client's session and the order of its changes.
#[derive(Default)]
pub(crate) struct SessionStore {
    state: ForkSafeMutex<State>,
}

#[derive(Default)]
struct State {
    session: Option<Session>,
    started: u64,
    committed: u64,
}

impl SessionStore {
    /// Starts a change.
    pub fn begin(&self) -> Ticket {
        self.state.with(|state| {
            state.started += 1;
            Ticket(state.started)
        })
    }

    /// Commits a change: `session` becomes the client's, or none with `None`, unless a later change has committed.
    /// Returns whether it did.
    pub fn commit(&self, ticket: Ticket, session: Option<&Session>) -> bool {
        let new = session.map(|session| session.kept(true));
        // The old session is dropped, and its token zeroized, after the lock is released.
        let replaced = self.state.with(|state| {
            if ticket.0 < state.committed {
                return Err(new);
            }
            state.committed = ticket.0;
            Ok(std::mem::replace(&mut state.session, new))
        });
        replaced.is_ok()
    }

    /// Returns the client's session.
    pub fn current(&self) -> Option<Session> {
        self.state.with(|state| state.session.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    /// A change of a run: one that makes this session (`None`: a clear), and whether it succeeds.
    type Change = (Option<&'static str>, bool);

    /// Every order in which `changes` changes can start and commit: each occurs twice.
    fn orders(changes: usize) -> Vec<Vec<usize>> {
        let mut orders = Vec::new();
        extend(&mut vec![], &mut vec![2; changes], &mut orders);
        orders
    }

    fn extend(order: &mut Vec<usize>, remaining: &mut [usize], orders: &mut Vec<Vec<usize>>) {
        if remaining.iter().all(|&times| times == 0) {
            orders.push(order.clone());
        }
        for change in 0..remaining.len() {
            if remaining[change] > 0 {
                remaining[change] -= 1;
                order.push(change);
                extend(order, remaining, orders);
                order.pop();
                remaining[change] += 1;
            }
        }
    }

    /// Runs the changes in this order. Checks after each step that the session is that of the change that started last
    /// of those that have succeeded.
    fn run(order: &[usize], changes: &[Change]) {
        let store = SessionStore::default();
        let mut tickets = vec![None; changes.len()];
        let mut winner: Option<(Ticket, Option<&str>)> = None;
        for &change in order {
            let (session, succeeds) = changes[change];
            let Some(ticket) = tickets[change] else {
                tickets[change] = Some(store.begin());
                continue;
            };
            if !succeeds {
                continue;
            }
            let new = session.map(|token| Session::new(Secret::new(token), "", ""));
            let is_latest = winner.is_none_or(|(latest, _)| latest < ticket);
            assert_eq!(
                store.commit(ticket, new.as_ref()),
                is_latest,
                "{order:?} {changes:?}"
            );
            if is_latest {
                winner = Some((ticket, session));
            }
            let current = store.current();
            let expected = winner.and_then(|(_, session)| session);
            assert_eq!(
                current.as_ref().map(Session::token),
                expected,
                "{order:?} {changes:?}"
            );
            assert!(current.is_none_or(|session| session.was_kept()));
        }
    }

    #[test]
    fn change_that_started_last_wins_in_every_order() {
        let kinds: [Change; 3] = [(Some("login"), true), (Some("login"), false), (None, true)];
        let names = ["first", "second", "third"];
        let mut runs = 0;
        for order in orders(3) {
            for choice in 0..27 {
                let kind = |at: u32| kinds[choice / 3_usize.pow(at) % 3];
                let changes: Vec<Change> = (0..3)
                    .map(|at| (kind(at).0.map(|_| names[at as usize]), kind(at).1))
                    .collect();
                run(&order, &changes);
                runs += 1;
            }
        }
        assert_eq!(
            runs,
            90 * 27,
            "90 orders of three changes, 27 choices of what they are"
        );
    }
}
