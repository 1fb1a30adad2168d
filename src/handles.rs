//! Handles: integers that refer to objects of the library and are validated on every use.
//!
//! A handle consists of a type, a generation and an index, so that a stale, double-freed, wrong-type or random
//! handle is detected. It is below 2^53, which a double represents exactly (JavaScript, Lua).

use bosauth::{Error, ForkSafeMutex, Status};

const INDEX_BITS: u32 = 24;
const GENERATION_BITS: u32 = 25;
const TYPE_SHIFT: u32 = INDEX_BITS + GENERATION_BITS;
const INDEX_MAX: u64 = (1 << INDEX_BITS) - 1;
const GENERATION_MAX: u64 = (1 << GENERATION_BITS) - 1;

/// The live objects of one type.
pub(crate) struct Table<T> {
    /// 1 to 15, different for each table.
    type_tag: u64,
    /// The parameter's name in the header.
    argument: &'static str,
    slots: ForkSafeMutex<Slots<T>>,
}

struct Slots<T> {
    all: Vec<Slot<T>>,
    free: Vec<usize>,
}

struct Slot<T> {
    generation: u64,
    object: Option<T>,
}

impl<T> Table<T> {
    /// Creates an empty table.
    pub const fn new(type_tag: u64, argument: &'static str) -> Self {
        Table {
            type_tag,
            argument,
            slots: ForkSafeMutex::new(Slots {
                all: Vec::new(),
                free: Vec::new(),
            }),
        }
    }

    /// Inserts an object and returns its handle.
    pub fn insert(&self, object: T) -> Result<u64, Error> {
        // An object without a slot is dropped after the lock is released: that may call the app.
        let slot = self.slots.with(|slots| slots.insert(object));
        let (index, generation) = slot.map_err(|_| Error::internal("too many handles"))?;
        Ok(self.type_tag << TYPE_SHIFT | generation << INDEX_BITS | index as u64)
    }

    /// Returns the object of a handle: a clone, so that the table is not locked while it is used.
    pub fn get(&self, handle: u64) -> Result<T, Error>
    where
        T: Clone,
    {
        let index = self.index(handle)?;
        let object = self
            .slots
            .with(|slots| slots.find(index, generation(handle))?.object.clone());
        object.ok_or_else(|| self.invalid())
    }

    /// Removes and returns the object of a handle, which is invalid from then on.
    pub fn remove(&self, handle: u64) -> Result<T, Error> {
        let index = self.index(handle)?;
        self.slots
            .with(|slots| slots.remove(index, generation(handle)))
            .ok_or_else(|| self.invalid())
    }

    fn index(&self, handle: u64) -> Result<usize, Error> {
        if handle >> TYPE_SHIFT != self.type_tag {
            return Err(self.invalid());
        }
        usize::try_from(handle & INDEX_MAX).map_err(|_| self.invalid())
    }

    fn invalid(&self) -> Error {
        let message = format!(
            "not a valid {} handle: it was freed, has another type or was never created",
            self.argument
        );
        Error::bad_argument(Status::InvalidHandle, self.argument, message)
    }
}

impl<T> Slots<T> {
    /// Inserts an object and returns its index and generation, or the object if the table is full.
    fn insert(&mut self, object: T) -> Result<(usize, u64), T> {
        let index = self.free.pop().unwrap_or(self.all.len());
        if index as u64 > INDEX_MAX {
            return Err(object);
        }
        if index == self.all.len() {
            self.all.push(Slot {
                generation: 0,
                object: None,
            });
        }
        self.all[index].object = Some(object);
        Ok((index, self.all[index].generation))
    }

    fn find(&mut self, index: usize, generation: u64) -> Option<&mut Slot<T>> {
        self.all
            .get_mut(index)
            .filter(|slot| slot.generation == generation)
    }

    fn remove(&mut self, index: usize, generation: u64) -> Option<T> {
        let slot = self.find(index, generation)?;
        let object = slot.object.take()?;
        // A slot without unused generations is never used again.
        if slot.generation < GENERATION_MAX {
            slot.generation += 1;
            self.free.push(index);
        }
        Some(object)
    }
}

fn generation(handle: u64) -> u64 {
    handle >> INDEX_BITS & GENERATION_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handle_is_valid_until_it_is_removed() {
        let table = Table::new(1, "client");
        let first = table.insert("a").expect("room");
        let second = table.insert("b").expect("room");
        assert_eq!(
            (table.get(first).ok(), table.get(second).ok()),
            (Some("a"), Some("b"))
        );
        assert_eq!(table.remove(first).ok(), Some("a"));
        let third = table.insert("c").expect("room");
        assert_ne!(first, third);
        for stale in [table.get(first).err(), table.remove(first).err()] {
            assert_eq!(
                stale.map(|e| (e.status(), e.argument())),
                Some((Status::InvalidHandle, "client"))
            );
        }
        assert_eq!(table.get(third).ok(), Some("c"));
    }

    #[test]
    fn threads_insert_get_and_remove_at_once() {
        let table = Table::new(1, "client");
        let kept = table.insert(0).expect("room");
        std::thread::scope(|scope| {
            for thread in 1..=8 {
                let table = &table;
                scope.spawn(move || {
                    for round in 0..100 {
                        let object = thread * 1000 + round;
                        let handle = table.insert(object).expect("room");
                        assert_eq!(table.get(handle).ok(), Some(object));
                        assert_eq!(table.remove(handle).ok(), Some(object));
                        assert!(table.get(handle).is_err());
                        assert_eq!(table.get(kept).ok(), Some(0));
                    }
                });
            }
        });
    }

    #[test]
    fn random_and_wrong_type_handles_are_invalid() {
        let (table, other) = (Table::new(1, "client"), Table::new(2, "cancel"));
        let handle = table.insert(()).expect("room");
        let wrong_type = other.insert(()).expect("room");
        for bad in [
            0,
            1,
            wrong_type,
            handle + 1,
            handle ^ 1 << 30,
            handle | 1 << 53,
            handle | 1 << 63,
            u64::MAX,
        ] {
            assert!(table.get(bad).is_err(), "{bad:#x}");
            assert!(table.remove(bad).is_err(), "{bad:#x}");
        }
        assert!(table.get(handle).is_ok());
    }

    #[test]
    fn objects_are_dropped_without_the_lock() {
        static TABLE: Table<UsesTable> = Table::new(1, "client");

        /// Its drop locks the table, which panics if it is locked.
        struct UsesTable;

        impl Drop for UsesTable {
            fn drop(&mut self) {
                assert!(TABLE.remove(1 << TYPE_SHIFT).is_err());
            }
        }

        let handle = TABLE.insert(UsesTable).expect("room");
        assert!(TABLE.remove(handle).is_ok());
        let beyond = usize::try_from(INDEX_MAX + 1).expect("64 bits");
        TABLE.slots.with(|slots| slots.free.push(beyond));
        assert!(TABLE.insert(UsesTable).is_err());
    }

    #[test]
    fn handles_stay_below_2_to_the_53() {
        let table = Table::new(15, "client");
        table.insert(()).expect("room");
        table
            .slots
            .with(|slots| slots.all[0].generation = GENERATION_MAX);
        let highest = 15 << TYPE_SHIFT | GENERATION_MAX << INDEX_BITS | INDEX_MAX;
        assert!(highest < 1 << 53);
    }

    #[test]
    fn slot_without_unused_generations_is_retired() {
        let table = Table::new(1, "client");
        let first = table.insert(()).expect("room");
        table
            .slots
            .with(|slots| slots.all[0].generation = GENERATION_MAX);
        let last = first | GENERATION_MAX << INDEX_BITS;
        assert!(table.remove(last).is_ok());
        let next = table.insert(()).expect("room");
        assert_eq!(next & INDEX_MAX, 1);
        assert!(table.get(last).is_err());
    }
}
