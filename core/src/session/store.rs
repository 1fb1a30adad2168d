//! The client's session and the order of its changes: [`SessionStore`].
//!
//! A change takes a ticket when it starts and commits when it succeeds. A commit takes effect only if no change with a
//! later ticket has committed: of two concurrent logins the one that started last wins, whatever the order of the
//! responses, and a login in flight does not undo a `clear`. A refresh takes no ticket: it commits only if the session
//! is still the one that it started with.

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
        self.replace(session, |state| {
            let is_latest = ticket.0 >= state.committed;
            if is_latest {
                state.committed = ticket.0;
            }
            is_latest
        })
    }

    /// Commits a refresh of the session `old`: `new` becomes the client's if `old` still is. Returns whether it did.
    pub fn commit_refresh(&self, old: &Session, new: &Session) -> bool {
        self.replace(Some(new), |state| {
            let current = state.session.as_ref();
            current.is_some_and(|current| current.is(old))
        })
    }

    /// Replaces the session if `may_replace` returns true, and returns whether it did.
    fn replace(
        &self,
        session: Option<&Session>,
        may_replace: impl FnOnce(&mut State) -> bool,
    ) -> bool {
        let new = session.map(|session| session.kept(true));
        // The old session is dropped, and its token zeroized, after the lock is released.
        let replaced = self.state.with(|state| {
            if !may_replace(state) {
                return Err(new);
            }
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

    /// A change of a run.
    #[derive(Clone, Copy, Debug)]
    enum Change {
        Login,
        FailedLogin,
        Clear,
        Refresh,
    }

    /// A change that has started: its ticket or, for a refresh, the session and how many changes preceded it.
    enum Started {
        Ticket(Ticket),
        Refresh(Option<Session>, usize),
    }

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
    /// of those that have succeeded, or of a refresh since.
    fn run(order: &[usize], changes: &[Change]) {
        let store = SessionStore::default();
        let mut started: Vec<Option<Started>> = changes.iter().map(|_| None).collect();
        let mut latest: Option<Ticket> = None;
        // The token of the session, and how many changes have taken effect.
        let (mut expected, mut count) = (None, 0);
        for &at in order {
            let token = ["first", "second", "third"][at];
            let new = Session::new(Secret::new(token), "", "");
            let (is_expected, is_committed) = match (&started[at], changes[at]) {
                (None, Change::Refresh) => {
                    started[at] = Some(Started::Refresh(store.current(), count));
                    continue;
                }
                (None, _) => {
                    started[at] = Some(Started::Ticket(store.begin()));
                    continue;
                }
                (Some(_), Change::FailedLogin) | (Some(Started::Refresh(None, _)), _) => continue,
                (Some(Started::Refresh(Some(old), before)), _) => {
                    (*before == count, store.commit_refresh(old, &new))
                }
                (Some(Started::Ticket(ticket)), change) => {
                    let is_latest = latest.is_none_or(|latest| latest < *ticket);
                    if is_latest {
                        latest = Some(*ticket);
                    }
                    let session = matches!(change, Change::Login).then_some(&new);
                    (is_latest, store.commit(*ticket, session))
                }
            };
            assert_eq!(is_committed, is_expected, "{order:?} {changes:?}");
            if is_committed {
                count += 1;
                expected = (!matches!(changes[at], Change::Clear)).then_some(token);
            }
            let current = store.current();
            let token = current.as_ref().map(Session::token);
            assert_eq!(token, expected, "{order:?} {changes:?}");
            assert!(current.is_none_or(|session| session.was_kept()));
        }
    }

    #[test]
    fn change_that_started_last_wins_in_every_order() {
        use Change::{Clear, FailedLogin, Login, Refresh};
        let mut runs = 0;
        for order in orders(3) {
            for choice in 0..64 {
                let kind =
                    |at: u32| [Login, FailedLogin, Clear, Refresh][choice / 4_usize.pow(at) % 4];
                run(&order, &[kind(0), kind(1), kind(2)]);
                runs += 1;
            }
        }
        assert_eq!(runs, 90 * 64, "90 orders of three changes of four kinds");
    }

    #[test]
    fn refresh_does_not_replace_a_session_with_the_same_token() {
        let store = SessionStore::default();
        let [old, same, new] =
            ["a", "a", "b"].map(|token| Session::new(Secret::new(token), "", ""));
        store.commit(store.begin(), Some(&old));
        store.commit(store.begin(), Some(&same));
        assert!(!store.commit_refresh(&old, &new));
        assert!(store.commit_refresh(&same, &new));
        assert!(!store.commit_refresh(&same, &old));
    }
}
