//! Calls on names below an open directory, and the trait that gathers all calls of a descriptor.

use super::super::View;
use super::super::bindings::wasi::filesystem::types::{
    Advice, DescriptorFlags, DescriptorStat, DescriptorType, HostDescriptor, MetadataHashValue,
    NewTimestamp, OpenFlags, PathFlags,
};
use super::convert::{descriptor_type, metadata_hash, new_time, open_flags, stat};
use super::{Descriptor, Listing, Outcome};
use crate::base::errno::Errno;
use crate::kernel::open::open;
use crate::vfs::{At, Attr, PATH_MAX, Place};
use wasmtime::component::Resource;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream};

type Handle = Resource<Descriptor>;

impl View<'_> {
    /// Where a path starts; the path is looked at too.
    fn base(&self, handle: &Handle, path: &str) -> Outcome<Place> {
        checked(path)?;
        let file = self.descriptor(handle)?.file(Errno::Notdir)?;
        Ok(file.place().clone())
    }

    fn attr_at(&self, handle: &Handle, flags: PathFlags, path: &str) -> Outcome<Attr> {
        let base = self.base(handle, path)?;
        let follow = flags.contains(PathFlags::SYMLINK_FOLLOW);
        let attr = self
            .process
            .tree(|tree, cred| tree.stat(cred, At::Place(&base), path, follow));
        Ok(attr?)
    }
}

fn checked(path: &str) -> Result<(), Errno> {
    match path {
        long if long.len() >= PATH_MAX => Err(Errno::Nametoolong),
        path if path.contains('\0') => Err(Errno::Ilseq),
        _ => Ok(()),
    }
}

impl HostDescriptor for View<'_> {
    fn read_via_stream(&mut self, own: Handle, offset: u64) -> Outcome<Resource<DynInputStream>> {
        self.read_stream(&own, offset)
    }

    fn write_via_stream(&mut self, own: Handle, offset: u64) -> Outcome<Resource<DynOutputStream>> {
        self.write_stream(&own, Some(offset))
    }

    fn append_via_stream(&mut self, own: Handle) -> Outcome<Resource<DynOutputStream>> {
        self.write_stream(&own, None)
    }

    /// Advice changes nothing.
    fn advise(&mut self, own: Handle, _offset: u64, _length: u64, _: Advice) -> Outcome<()> {
        self.descriptor(&own)?.file(Errno::Spipe)?;
        Ok(())
    }

    fn sync_data(&mut self, own: Handle) -> Outcome<()> {
        self.sync_file(&own)
    }

    fn sync(&mut self, own: Handle) -> Outcome<()> {
        self.sync_file(&own)
    }

    fn get_flags(&mut self, own: Handle) -> Outcome<DescriptorFlags> {
        self.flags(&own)
    }

    fn get_type(&mut self, own: Handle) -> Outcome<DescriptorType> {
        Ok(descriptor_type(
            self.descriptor(&own)?.description.attr()?.kind,
        ))
    }

    fn set_size(&mut self, own: Handle, size: u64) -> Outcome<()> {
        self.resize(&own, size)
    }

    fn set_times(
        &mut self,
        own: Handle,
        access: NewTimestamp,
        change: NewTimestamp,
    ) -> Outcome<()> {
        self.touch(&own, access, change)
    }

    fn read(&mut self, own: Handle, length: u64, offset: u64) -> Outcome<(Vec<u8>, bool)> {
        self.read_at(&own, length, offset)
    }

    fn write(&mut self, own: Handle, bytes: Vec<u8>, offset: u64) -> Outcome<u64> {
        self.write_at(&own, &bytes, offset)
    }

    fn read_directory(&mut self, own: Handle) -> Outcome<Resource<Listing>> {
        self.list(&own)
    }

    fn create_directory_at(&mut self, own: Handle, path: String) -> Outcome<()> {
        let base = self.base(&own, &path)?;
        let mode = 0o777 & !self.process.paths.lock().umask;
        let made = self
            .process
            .tree(|tree, cred| tree.mkdir(cred, At::Place(&base), &path, mode));
        Ok(made?)
    }

    fn stat(&mut self, own: Handle) -> Outcome<DescriptorStat> {
        Ok(stat(&self.descriptor(&own)?.description.attr()?))
    }

    fn stat_at(&mut self, own: Handle, flags: PathFlags, path: String) -> Outcome<DescriptorStat> {
        Ok(stat(&self.attr_at(&own, flags, &path)?))
    }

    fn set_times_at(
        &mut self,
        own: Handle,
        flags: PathFlags,
        path: String,
        access: NewTimestamp,
        change: NewTimestamp,
    ) -> Outcome<()> {
        let base = self.base(&own, &path)?;
        let (access, change) = (new_time(access)?, new_time(change)?);
        let follow = flags.contains(PathFlags::SYMLINK_FOLLOW);
        let set = self.process.tree(|tree, cred| {
            tree.set_times(cred, At::Place(&base), &path, access, change, follow)
        });
        Ok(set?)
    }

    fn link_at(
        &mut self,
        own: Handle,
        flags: PathFlags,
        old: String,
        target: Handle,
        new: String,
    ) -> Outcome<()> {
        let (from, to) = (self.base(&own, &old)?, self.base(&target, &new)?);
        let follow = flags.contains(PathFlags::SYMLINK_FOLLOW);
        let linked = self.process.tree(|tree, cred| {
            tree.link(cred, At::Place(&from), &old, follow, At::Place(&to), &new)
        });
        Ok(linked?)
    }

    async fn open_at(
        &mut self,
        own: Handle,
        path_flags: PathFlags,
        path: String,
        flags: OpenFlags,
        wanted: DescriptorFlags,
    ) -> Outcome<Handle> {
        let base = self.base(&own, &path)?;
        let flags = open_flags(path_flags, flags, wanted);
        let description = open(self.process, At::Place(&base), &path, flags, 0o666).await?;
        let number = self.process.install(description.clone(), true)?;
        let descriptor = Descriptor {
            description,
            number: Some(number),
        };
        Ok(self.resources.push(descriptor)?)
    }

    fn readlink_at(&mut self, own: Handle, path: String) -> Outcome<String> {
        let base = self.base(&own, &path)?;
        let target = self
            .process
            .tree(|tree, cred| tree.readlink(cred, At::Place(&base), &path));
        Ok(target?)
    }

    fn remove_directory_at(&mut self, own: Handle, path: String) -> Outcome<()> {
        let base = self.base(&own, &path)?;
        let removed = self
            .process
            .tree(|tree, cred| tree.rmdir(cred, At::Place(&base), &path));
        Ok(removed?)
    }

    fn rename_at(&mut self, own: Handle, old: String, target: Handle, new: String) -> Outcome<()> {
        let (from, to) = (self.base(&own, &old)?, self.base(&target, &new)?);
        let renamed = self.process.tree(|tree, cred| {
            tree.rename(cred, At::Place(&from), &old, At::Place(&to), &new, false)
        });
        Ok(renamed?)
    }

    fn symlink_at(&mut self, own: Handle, target: String, path: String) -> Outcome<()> {
        checked(&target)?;
        let base = self.base(&own, &path)?;
        let made = self
            .process
            .tree(|tree, cred| tree.symlink(cred, &target, At::Place(&base), &path));
        Ok(made?)
    }

    fn unlink_file_at(&mut self, own: Handle, path: String) -> Outcome<()> {
        let base = self.base(&own, &path)?;
        let removed = self
            .process
            .tree(|tree, cred| tree.unlink(cred, At::Place(&base), &path));
        Ok(removed?)
    }

    fn is_same_object(&mut self, own: Handle, other: Handle) -> wasmtime::Result<bool> {
        self.same(&own, &other)
    }

    fn metadata_hash(&mut self, own: Handle) -> Outcome<MetadataHashValue> {
        Ok(metadata_hash(&self.descriptor(&own)?.description.attr()?))
    }

    fn metadata_hash_at(
        &mut self,
        own: Handle,
        flags: PathFlags,
        path: String,
    ) -> Outcome<MetadataHashValue> {
        Ok(metadata_hash(&self.attr_at(&own, flags, &path)?))
    }

    fn drop(&mut self, own: Handle) -> wasmtime::Result<()> {
        self.close(own)
    }
}
