//! Windows: a named pipe in message mode whose access list names the owner's SID alone.
//!
//! Message mode, because an empty message is the half-close that Docker's clients send at the end of input.

use super::Stream;
use std::ffi::c_void;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::ptr;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::windows::named_pipe::{NamedPipeServer, PipeMode, ServerOptions};
use windows_sys::Win32::Foundation::{CloseHandle, HANDLE, LocalFree};
use windows_sys::Win32::Security::Authorization::{
    ConvertSidToStringSidW, ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1,
};
use windows_sys::Win32::Security::{
    GetTokenInformation, PSECURITY_DESCRIPTOR, SECURITY_ATTRIBUTES, TOKEN_QUERY, TOKEN_USER,
    TokenUser,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

pub struct Local {
    name: String,
    next: NamedPipeServer,
}

impl Local {
    pub fn unix(_path: &Path) -> io::Result<Self> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "on Windows the engine listens on a named pipe",
        ))
    }

    /// Makes the pipe's first instance; fails when another program owns the name.
    pub fn pipe(name: &str) -> io::Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            next: instance(name, true)?,
        })
    }

    pub async fn accept(&mut self) -> io::Result<Box<dyn Stream>> {
        self.next.connect().await?;
        let fresh = instance(&self.name, false)?;
        Ok(Box::new(HalfClosing(std::mem::replace(
            &mut self.next,
            fresh,
        ))))
    }
}

fn instance(name: &str, first: bool) -> io::Result<NamedPipeServer> {
    let owner = owner_sid()?;
    let descriptor = Descriptor::parse(&format!("D:P(A;;GA;;;{owner})"))?;
    let mut attributes = SECURITY_ATTRIBUTES {
        nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
        lpSecurityDescriptor: descriptor.0,
        bInheritHandle: 0,
    };
    let mut options = ServerOptions::new();
    options
        .first_pipe_instance(first)
        .pipe_mode(PipeMode::Message)
        .reject_remote_clients(true);
    // SAFETY: `attributes` and the descriptor that it points to live until the call returns, and the system
    // copies both.
    unsafe {
        options.create_with_security_attributes_raw(name, (&raw mut attributes).cast::<c_void>())
    }
}

/// A security descriptor in memory of the system's.
struct Descriptor(PSECURITY_DESCRIPTOR);

impl Descriptor {
    fn parse(text: &str) -> io::Result<Self> {
        let text = wide(text);
        let mut descriptor = ptr::null_mut();
        // SAFETY: the text ends with a zero, the out pointer is valid, and no size is asked for.
        let ok = unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                text.as_ptr(),
                SDDL_REVISION_1,
                &raw mut descriptor,
                ptr::null_mut(),
            )
        };
        if ok == 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(Self(descriptor))
        }
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: the system allocated it for us with LocalAlloc, and nothing else frees it.
        unsafe { LocalFree(self.0) };
    }
}

/// The user's SID as text.
fn owner_sid() -> io::Result<String> {
    let mut token: HANDLE = ptr::null_mut();
    // SAFETY: the pseudo handle of the process is always valid, and so is the out pointer.
    if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // Eight-byte words keep the structure aligned.
    let mut buffer = [0u64; 64];
    let mut length = 0;
    // SAFETY: the buffer is as long as is said, and the token was opened for queries.
    let ok = unsafe {
        let size = size_of_val(&buffer) as u32;
        let ok = GetTokenInformation(
            token,
            TokenUser,
            buffer.as_mut_ptr().cast(),
            size,
            &raw mut length,
        );
        CloseHandle(token);
        ok
    };
    if ok == 0 {
        return Err(io::Error::last_os_error());
    }
    let mut text: *mut u16 = ptr::null_mut();
    // SAFETY: on success the buffer begins with a TOKEN_USER whose SID lies in the same buffer; the text that is
    // returned ends with a zero, is copied, and is freed once.
    unsafe {
        let user = &*buffer.as_ptr().cast::<TOKEN_USER>();
        if ConvertSidToStringSidW(user.User.Sid, &raw mut text) == 0 {
            return Err(io::Error::last_os_error());
        }
        let length = (0..).take_while(|&i| *text.add(i) != 0).count();
        let sid = String::from_utf16_lossy(std::slice::from_raw_parts(text, length));
        LocalFree(text.cast());
        Ok(sid)
    }
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// A pipe whose shutdown sends an empty message.
struct HalfClosing(NamedPipeServer);

impl AsyncRead for HalfClosing {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for HalfClosing {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_write(cx, &[]).map_ok(|_| ())
    }
}
