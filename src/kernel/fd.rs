//! A process's descriptors: small numbers for shared descriptions.
//!
//! Promises POSIX's lowest free number, EMFILE at the limit, close-on-exec per number. Descriptions are in `description.rs`.

use super::description::Description;
use crate::base::errno::Errno;
use std::sync::Arc;

/// No process has more, whatever its limit says.
pub const MAX_FILES: usize = 1024;

#[derive(Clone)]
struct Slot {
    description: Arc<Description>,
    cloexec: bool,
}

/// The table. A clone of it shares every description, as after `fork`.
#[derive(Clone)]
pub struct FdTable {
    slots: Vec<Option<Slot>>,
    limit: usize,
}

impl FdTable {
    /// An empty table for at most `limit` descriptors.
    pub fn new(limit: u64) -> FdTable {
        FdTable {
            slots: Vec::new(),
            limit: usize::try_from(limit).map_or(MAX_FILES, |limit| limit.min(MAX_FILES)),
        }
    }

    /// Follows `setrlimit`; what is open above it stays open.
    pub fn set_limit(&mut self, limit: u64) {
        self.limit = FdTable::new(limit).limit;
    }

    /// The description behind a number; EBADF.
    pub fn get(&self, fd: u32) -> Result<Arc<Description>, Errno> {
        self.slot(fd).map(|slot| slot.description.clone())
    }

    fn slot(&self, fd: u32) -> Result<&Slot, Errno> {
        self.slots
            .get(fd as usize)
            .and_then(Option::as_ref)
            .ok_or(Errno::Badf)
    }

    /// Whether the number is closed by `exec`.
    pub fn cloexec(&self, fd: u32) -> Result<bool, Errno> {
        self.slot(fd).map(|slot| slot.cloexec)
    }

    pub fn set_cloexec(&mut self, fd: u32, cloexec: bool) -> Result<(), Errno> {
        let slot = self
            .slots
            .get_mut(fd as usize)
            .and_then(Option::as_mut)
            .ok_or(Errno::Badf)?;
        slot.cloexec = cloexec;
        Ok(())
    }

    /// Gives a description the lowest free number that is at least `min`; EMFILE.
    pub fn insert(
        &mut self,
        min: u32,
        description: Arc<Description>,
        cloexec: bool,
    ) -> Result<u32, Errno> {
        let min = min as usize;
        if min >= self.limit {
            return Err(Errno::Inval);
        }
        let fd = (min..self.limit)
            .find(|fd| self.slots.get(*fd).is_none_or(Option::is_none))
            .ok_or(Errno::Mfile)?;
        self.put(
            fd,
            Slot {
                description,
                cloexec,
            },
        );
        Ok(fd as u32)
    }

    /// Whether another descriptor fits.
    pub fn has_room(&self) -> bool {
        self.slots.len() < self.limit || self.slots.iter().take(self.limit).any(Option::is_none)
    }

    /// Puts a description at a number of the caller's choosing and gives what was there, to be dropped without the lock.
    pub fn replace(
        &mut self,
        fd: u32,
        description: Arc<Description>,
        cloexec: bool,
    ) -> Result<Option<Arc<Description>>, Errno> {
        if fd as usize >= self.limit {
            return Err(Errno::Badf);
        }
        Ok(self
            .put(
                fd as usize,
                Slot {
                    description,
                    cloexec,
                },
            )
            .map(|slot| slot.description))
    }

    fn put(&mut self, fd: usize, slot: Slot) -> Option<Slot> {
        if fd >= self.slots.len() {
            self.slots.resize(fd + 1, None);
        }
        self.slots[fd].replace(slot)
    }

    /// Takes a number out; drop what it gives without the lock.
    pub fn remove(&mut self, fd: u32) -> Result<Arc<Description>, Errno> {
        let slot = self
            .slots
            .get_mut(fd as usize)
            .and_then(Option::take)
            .ok_or(Errno::Badf)?;
        while self.slots.last().is_some_and(Option::is_none) {
            self.slots.pop();
        }
        Ok(slot.description)
    }

    /// Takes out everything that `exec` closes.
    pub fn take_cloexec(&mut self) -> Vec<Arc<Description>> {
        let closed = self
            .slots
            .iter_mut()
            .filter(|slot| slot.as_ref().is_some_and(|slot| slot.cloexec));
        closed
            .filter_map(Option::take)
            .map(|slot| slot.description)
            .collect()
    }

    /// The open numbers, in order.
    pub fn list(&self) -> Vec<(u32, Arc<Description>)> {
        let open = self.slots.iter().enumerate();
        open.filter_map(|(fd, slot)| Some((fd as u32, slot.as_ref()?.description.clone())))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::device::Device;
    use super::*;

    fn null() -> Arc<Description> {
        Description::device(Device::Null)
    }

    #[test]
    fn lowest_number_first_and_a_limit() {
        let mut table = FdTable::new(4);
        for expected in 0..4 {
            assert_eq!(table.insert(0, null(), false), Ok(expected));
        }
        assert!(!table.has_room());
        assert_eq!(table.insert(0, null(), false), Err(Errno::Mfile));
        table.remove(1).unwrap();
        assert_eq!(table.insert(2, null(), false), Err(Errno::Mfile));
        assert_eq!(table.insert(0, null(), false), Ok(1));
        assert_eq!(table.replace(4, null(), false).err(), Some(Errno::Badf));
        assert_eq!(table.insert(9, null(), false), Err(Errno::Inval));
    }

    #[test]
    fn exec_closes_what_is_marked() {
        let mut table = FdTable::new(10);
        for cloexec in [false, true, false, true] {
            table.insert(0, null(), cloexec).unwrap();
        }
        assert_eq!(table.take_cloexec().len(), 2);
        let left: Vec<u32> = table.list().into_iter().map(|(fd, _)| fd).collect();
        assert_eq!(left, [0, 2]);
    }
}
