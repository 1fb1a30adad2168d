//! Which change of the session wins: [`Keeper`].
//!
//! A change draws a ticket when it starts and commits when it succeeds; it wins only if no change with
//! a later ticket has committed. So of two logins at once the one begun last stays, in whatever order
//! the answers come, and a login that was under way does not undo a `clear`.

use super::Session;
use crate::fork::Guarded;

/// The order in which a change began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

/// The client's session and the order of its changes.
#[derive(Default)]
pub(crate) struct Keeper {
    state: Guarded<State>,
}

#[derive(Default)]
struct State {
    session: Option<Session>,
    drawn: u64,
    committed: u64,
}

impl Keeper {
    /// Begins a change.
    pub fn draw(&self) -> Ticket {
        self.state.with(|state| {
            state.drawn += 1;
            Ticket(state.drawn)
        })
    }

    /// Ends a change that succeeded: `session` becomes the client's (`None`: nobody's) unless a later
    /// change has committed. Answers whether it did.
    pub fn commit(&self, ticket: Ticket, session: Option<&Session>) -> bool {
        let new = session.map(|session| session.kept(true));
        // The session that goes is dropped, and its token wiped, after the lock is released.
        let gone = self.state.with(|state| {
            if ticket.0 < state.committed {
                return Err(new);
            }
            state.committed = ticket.0;
            Ok(std::mem::replace(&mut state.session, new))
        });
        gone.is_ok()
    }

    /// The client's session now.
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

    /// Every order in which `changes` changes can begin and end: each appears twice.
    fn orders(changes: usize) -> Vec<Vec<usize>> {
        let mut found = Vec::new();
        extend(&mut vec![], &mut vec![2; changes], &mut found);
        found
    }

    fn extend(order: &mut Vec<usize>, left: &mut [usize], found: &mut Vec<Vec<usize>>) {
        if left.iter().all(|&times| times == 0) {
            found.push(order.clone());
        }
        for change in 0..left.len() {
            if left[change] > 0 {
                left[change] -= 1;
                order.push(change);
                extend(order, left, found);
                order.pop();
                left[change] += 1;
            }
        }
    }

    /// Runs the changes in this order and checks after each step that the session is that of the
    /// latest begun of those that have succeeded.
    fn run(order: &[usize], changes: &[Change]) {
        let keeper = Keeper::default();
        let mut tickets = vec![None; changes.len()];
        let mut winner: Option<(Ticket, Option<&str>)> = None;
        for &change in order {
            let (session, succeeds) = changes[change];
            let Some(ticket) = tickets[change] else {
                tickets[change] = Some(keeper.draw());
                continue;
            };
            if !succeeds {
                continue;
            }
            let made = session.map(|token| Session::new(Secret::new(token), "", ""));
            let is_latest = winner.is_none_or(|(latest, _)| latest < ticket);
            assert_eq!(
                keeper.commit(ticket, made.as_ref()),
                is_latest,
                "{order:?} {changes:?}"
            );
            if is_latest {
                winner = Some((ticket, session));
            }
            let current = keeper.current();
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
    fn the_change_begun_last_wins_in_every_order() {
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
