//! `wasi:filesystem`: open files and directories, and the one preopened directory, `/`.
//!
//! What a component opens has a number among the process's descriptors; the root has none, as in preview1. Paths may be absolute
//! and may climb: the container's tree is the boundary. Calls on names are in `names.rs`, the conversions in `convert.rs`.

mod convert;
mod names;

use super::super::super::description::Description;
use super::super::super::open::O_DIRECTORY;
use super::super::super::process::Process;
use super::View;
use super::bindings::wasi::filesystem::{preopens, types};
use super::input::Input;
use super::output::Output;
use crate::base::errno::Errno;
use crate::kernel::description::Object;
use crate::vfs::{At, DirEntry, OpenFile, OpenOptions};
use convert::{descriptor_flags, descriptor_type, new_time};
use std::collections::VecDeque;
use std::sync::Arc;
use wasmtime::component::{Resource, ResourceTableError};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, IoError};

/// How much one call reads at most.
const PIECE: u64 = 1 << 20;
/// How many entries of a directory are asked for at a time.
const BATCH: usize = 64;

/// Why a call failed: the guest is told an error number, or has broken a rule.
#[derive(Debug)]
pub enum Failure {
    Errno(Errno),
    Trap(wasmtime::Error),
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Failure {
        Failure::Errno(errno)
    }
}

impl From<ResourceTableError> for Failure {
    fn from(error: ResourceTableError) -> Failure {
        Failure::Trap(error.into())
    }
}

type Outcome<T> = Result<T, Failure>;

/// An open file, directory, device or pipe.
pub struct Descriptor {
    description: Arc<Description>,
    /// Its number in the process; none for the root.
    number: Option<u32>,
}

impl Descriptor {
    /// The file or directory; `other` for what is neither.
    fn file(&self, other: Errno) -> Result<&OpenFile, Errno> {
        self.description.file().ok_or(other)
    }
}

/// A directory that is being listed, without `.` and `..`.
pub struct Listing {
    directory: Arc<Description>,
    /// Where the next batch starts; `None` after the last.
    cookie: Option<u64>,
    batch: VecDeque<DirEntry>,
}

impl Listing {
    fn next(&mut self, process: &Process) -> Result<Option<DirEntry>, Errno> {
        if let (true, Some(cookie)) = (self.batch.is_empty(), self.cookie) {
            let directory = self.directory.file().ok_or(Errno::Notdir)?;
            self.batch = process
                .tree(|_, _| directory.read_dir(cookie, BATCH))?
                .into();
            self.cookie = self.batch.back().map(|entry| entry.next);
        }
        Ok(self.batch.pop_front())
    }
}

impl View<'_> {
    fn descriptor(&self, handle: &Resource<Descriptor>) -> Outcome<&Descriptor> {
        Ok(self.resources.get(handle)?)
    }
}

impl preopens::Host for View<'_> {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Resource<Descriptor>, String)>> {
        let options = OpenOptions {
            read: true,
            directory: true,
            ..OpenOptions::default()
        };
        let root = self
            .process
            .tree(|tree, cred| tree.open(cred, At::Path("/"), "/", &options));
        // Who may not even read the root finds nothing open.
        let Ok(root) = root else {
            return Ok(Vec::new());
        };
        let descriptor = Descriptor {
            description: Description::new(Object::File(root), O_DIRECTORY),
            number: None,
        };
        Ok(vec![(self.push(descriptor)?, "/".to_owned())])
    }
}

impl types::Host for View<'_> {
    fn filesystem_error_code(
        &mut self,
        error: Resource<IoError>,
    ) -> wasmtime::Result<Option<types::ErrorCode>> {
        let errno = self.resources.get(&error)?.downcast_ref::<Errno>();
        Ok(errno.map(|errno| (*errno).into()))
    }

    fn convert_error_code(&mut self, failure: Failure) -> wasmtime::Result<types::ErrorCode> {
        match failure {
            Failure::Errno(errno) => Ok(errno.into()),
            Failure::Trap(error) => Err(error),
        }
    }
}

impl types::HostDirectoryEntryStream for View<'_> {
    fn read_directory_entry(
        &mut self,
        listing: Resource<Listing>,
    ) -> Outcome<Option<types::DirectoryEntry>> {
        let entry = self.resources.get_mut(&listing)?.next(self.process)?;
        Ok(entry.map(|entry| types::DirectoryEntry {
            type_: descriptor_type(entry.kind),
            name: entry.name,
        }))
    }

    fn drop(&mut self, listing: Resource<Listing>) -> wasmtime::Result<()> {
        self.resources.delete(listing)?;
        Ok(())
    }
}

/// Calls on what is open; those on names below it are in `names.rs`.
impl View<'_> {
    fn read_stream(
        &mut self,
        handle: &Resource<Descriptor>,
        offset: u64,
    ) -> Outcome<Resource<DynInputStream>> {
        let description = self.descriptor(handle)?.description.clone();
        if !description.readable() {
            return Err(Errno::Badf.into());
        }
        let stream: DynInputStream = Box::new(Input::from(self.process, &description, offset));
        Ok(self.resources.push(stream)?)
    }

    fn write_stream(
        &mut self,
        handle: &Resource<Descriptor>,
        offset: Option<u64>,
    ) -> Outcome<Resource<DynOutputStream>> {
        let description = self.descriptor(handle)?.description.clone();
        if !description.writable() {
            return Err(Errno::Badf.into());
        }
        let stream: DynOutputStream = Box::new(Output::to(self.process, &description, offset));
        Ok(self.resources.push(stream)?)
    }

    fn read_at(
        &mut self,
        handle: &Resource<Descriptor>,
        length: u64,
        offset: u64,
    ) -> Outcome<(Vec<u8>, bool)> {
        let mut bytes = vec![0; length.min(PIECE) as usize];
        let file = self.descriptor(handle)?.file(Errno::Spipe)?;
        let count = file.read_at(offset, &mut bytes)?;
        bytes.truncate(count);
        Ok((bytes, count == 0 && length > 0))
    }

    fn write_at(
        &mut self,
        handle: &Resource<Descriptor>,
        bytes: &[u8],
        offset: u64,
    ) -> Outcome<u64> {
        let file = self.descriptor(handle)?.file(Errno::Spipe)?;
        let (count, _) = file.write_at(&self.process.cred(), offset, bytes, false)?;
        Ok(count as u64)
    }

    fn flags(&self, handle: &Resource<Descriptor>) -> Outcome<types::DescriptorFlags> {
        let description = &self.descriptor(handle)?.description;
        let directory = description.attr()?.is_dir();
        Ok(descriptor_flags(description.flags(), directory))
    }

    fn resize(&self, handle: &Resource<Descriptor>, size: u64) -> Outcome<()> {
        let file = self.descriptor(handle)?.file(Errno::Inval)?;
        Ok(file.truncate(&self.process.cred(), size)?)
    }

    fn touch(
        &self,
        handle: &Resource<Descriptor>,
        accessed: types::NewTimestamp,
        modified: types::NewTimestamp,
    ) -> Outcome<()> {
        let (accessed, modified) = (new_time(accessed)?, new_time(modified)?);
        match self.descriptor(handle)?.description.node() {
            Some(node) => Ok(node.set_times(&self.process.cred(), accessed, modified)?),
            None => Ok(()),
        }
    }

    fn sync_file(&self, handle: &Resource<Descriptor>) -> Outcome<()> {
        Ok(self.descriptor(handle)?.file(Errno::Inval)?.sync()?)
    }

    fn list(&mut self, handle: &Resource<Descriptor>) -> Outcome<Resource<Listing>> {
        let descriptor = self.descriptor(handle)?;
        if !descriptor.file(Errno::Notdir)?.attr()?.is_dir() {
            return Err(Errno::Notdir.into());
        }
        let listing = Listing {
            directory: descriptor.description.clone(),
            cookie: Some(0),
            batch: VecDeque::new(),
        };
        Ok(self.resources.push(listing)?)
    }

    fn same(
        &self,
        one: &Resource<Descriptor>,
        other: &Resource<Descriptor>,
    ) -> wasmtime::Result<bool> {
        let (one, other) = (self.resources.get(one)?, self.resources.get(other)?);
        match (one.description.node(), other.description.node()) {
            (Some(one), Some(other)) => Ok(one.place().is(other.place())),
            _ => Ok(Arc::ptr_eq(&one.description, &other.description)),
        }
    }

    fn close(&mut self, handle: Resource<Descriptor>) -> wasmtime::Result<()> {
        let descriptor = self.resources.delete(handle)?;
        if let Some(number) = descriptor.number {
            let closed = self.process.files.lock().remove(number);
            drop(closed);
        }
        Ok(())
    }
}
