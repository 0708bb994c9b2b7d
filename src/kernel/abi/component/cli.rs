//! `wasi:cli`: arguments, environment, the three standard streams, whether they are terminals, and ending.

use super::super::super::context::Leave;
use super::View;
use super::bindings::wasi::cli;
use super::input::Input;
use super::output::Output;
use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream};

/// That a stream is a terminal; the interface offers nothing more.
pub struct Terminal;

impl cli::environment::Host for View<'_> {
    fn get_environment(&mut self) -> Result<Vec<(String, String)>> {
        let image = self.process.image.lock().clone();
        let pairs = image.env.iter();
        Ok(pairs
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect())
    }

    fn get_arguments(&mut self) -> Result<Vec<String>> {
        Ok(self.process.image.lock().argv.clone())
    }

    fn initial_cwd(&mut self) -> Result<Option<String>> {
        Ok(Some(self.process.cwd()))
    }
}

impl cli::exit::Host for View<'_> {
    fn exit(&mut self, status: std::result::Result<(), ()>) -> Result<()> {
        Err(Leave::Exit(status.is_err().into()).into())
    }

    fn exit_with_code(&mut self, code: u8) -> Result<()> {
        Err(Leave::Exit(code.into()).into())
    }
}

impl View<'_> {
    fn standard_output(&mut self, fd: u32) -> Result<Resource<DynOutputStream>> {
        let description = self.process.files.lock().get(fd).ok();
        let stream: DynOutputStream = Box::new(Output::shared(self.process, description));
        self.push(stream)
    }

    fn terminal(&mut self, fd: u32) -> Result<Option<Resource<Terminal>>> {
        let description = self.process.files.lock().get(fd).ok();
        match description.is_some_and(|description| description.terminal().is_some()) {
            true => self.push(Terminal).map(Some),
            false => Ok(None),
        }
    }
}

impl cli::stdin::Host for View<'_> {
    fn get_stdin(&mut self) -> Result<Resource<DynInputStream>> {
        let description = self.process.files.lock().get(0).ok();
        let stream: DynInputStream = Box::new(Input::shared(self.process, description));
        self.push(stream)
    }
}

impl cli::stdout::Host for View<'_> {
    fn get_stdout(&mut self) -> Result<Resource<DynOutputStream>> {
        self.standard_output(1)
    }
}

impl cli::stderr::Host for View<'_> {
    fn get_stderr(&mut self) -> Result<Resource<DynOutputStream>> {
        self.standard_output(2)
    }
}

impl cli::terminal_input::Host for View<'_> {}

impl cli::terminal_input::HostTerminalInput for View<'_> {
    fn drop(&mut self, terminal: Resource<Terminal>) -> Result<()> {
        self.resources.delete(terminal)?;
        Ok(())
    }
}

impl cli::terminal_output::Host for View<'_> {}

impl cli::terminal_output::HostTerminalOutput for View<'_> {
    fn drop(&mut self, terminal: Resource<Terminal>) -> Result<()> {
        self.resources.delete(terminal)?;
        Ok(())
    }
}

impl cli::terminal_stdin::Host for View<'_> {
    fn get_terminal_stdin(&mut self) -> Result<Option<Resource<Terminal>>> {
        self.terminal(0)
    }
}

impl cli::terminal_stdout::Host for View<'_> {
    fn get_terminal_stdout(&mut self) -> Result<Option<Resource<Terminal>>> {
        self.terminal(1)
    }
}

impl cli::terminal_stderr::Host for View<'_> {
    fn get_terminal_stderr(&mut self) -> Result<Option<Resource<Terminal>>> {
        self.terminal(2)
    }
}
