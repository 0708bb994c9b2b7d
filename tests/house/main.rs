//! House rules, held by tests: the layers, the length of files, the opening words of modules, forgotten tests.

mod dependencies;
mod files;
mod forgotten;
mod layers;
mod source;
mod words;
