//! `poll_oneoff`: waiting for descriptors and clocks together.

use super::super::super::context::Context;
use super::super::super::poll::{Question, Ready, poll};
use super::super::guest::{Answer, Guest, array, process, put, put_word, writable};
use super::clock::now;
use super::waiting_calls;
use crate::base::errno::Errno;
use std::time::Duration;
use wasmtime::{Linker, Result};

/// As many as a process may have files.
const MOST: u32 = 1024;
const SUBSCRIPTION: u32 = 48;
const EVENT: u32 = 32;

pub(super) fn add(linker: &mut Linker<Context>) -> Result<()> {
    waiting_calls! { linker;
        poll_oneoff(subscriptions: u32, events: u32, count: u32, out: u32);
    }
    Ok(())
}

/// What a subscription asks.
enum Wish {
    /// Nanoseconds from the beginning of the call.
    Clock(u64),
    Descriptor {
        question: usize,
    },
    Wrong(Errno),
}

struct Subscription {
    userdata: u64,
    kind: u8,
    wish: Wish,
}

async fn poll_oneoff(
    guest: &mut Guest<'_>,
    subscriptions: u32,
    events: u32,
    count: u32,
    out: u32,
) -> Answer {
    if count == 0 || count > MOST {
        return Err(Errno::Inval);
    }
    writable(guest, events, count * EVENT)?;
    writable(guest, out, 4)?;
    let process = process(guest);
    let mut questions = Vec::new();
    let mut wishes = Vec::with_capacity(count as usize);
    for index in 0..count {
        let at = subscriptions
            .checked_add(index * SUBSCRIPTION)
            .ok_or(Errno::Fault)?;
        let bytes: [u8; SUBSCRIPTION as usize] = array(guest, at)?;
        let double = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let word = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let kind = bytes[8];
        let wish = match kind {
            0 => {
                let (id, time, absolute) = (word(16), double(24), bytes[40] & 1 != 0);
                match now(&process, id) {
                    Ok(_) if !absolute => Wish::Clock(time),
                    Ok(now) => Wish::Clock(time.saturating_sub(now)),
                    Err(errno) => Wish::Wrong(errno),
                }
            }
            1 | 2 => match process.files.lock().get(word(16)) {
                Ok(description) => {
                    let asked = if kind == 1 { Ready::IN } else { Ready::OUT };
                    questions.push(Question {
                        description: Some(description),
                        asked,
                    });
                    Wish::Descriptor {
                        question: questions.len() - 1,
                    }
                }
                Err(errno) => Wish::Wrong(errno),
            },
            _ => return Err(Errno::Inval),
        };
        wishes.push(Subscription {
            userdata: double(0),
            kind,
            wish,
        });
    }
    let first = wishes.iter().filter_map(|s| match s.wish {
        Wish::Clock(after) => Some(after),
        Wish::Wrong(_) => Some(0),
        Wish::Descriptor { .. } => None,
    });
    let timeout = first.min();
    let clock = process.sandbox.machine.clock().clone();
    let began = clock.monotonic();
    let answers = poll(
        &process,
        &questions,
        timeout.map(Duration::from_nanos),
        None,
    )
    .await?;
    let mut elapsed = clock.monotonic().saturating_sub(began);
    if answers.iter().all(|answer| *answer == Ready::NONE) {
        // The timer and the clock may differ by a little; what was waited for has come.
        elapsed = elapsed.max(timeout.unwrap_or(0));
    }
    let mut told = 0;
    for subscription in &wishes {
        let mut event = [0; EVENT as usize];
        event[0..8].copy_from_slice(&subscription.userdata.to_le_bytes());
        event[10] = subscription.kind;
        match subscription.wish {
            Wish::Clock(after) if after <= elapsed => {}
            Wish::Clock(_) => continue,
            Wish::Wrong(errno) => event[8..10].copy_from_slice(&errno.raw().to_le_bytes()),
            Wish::Descriptor { question } => {
                let answer = answers[question];
                if answer == Ready::NONE {
                    continue;
                }
                let bytes = match (&questions[question].description, subscription.kind) {
                    (Some(description), 1) => description.available(),
                    _ => 4096,
                };
                event[16..24].copy_from_slice(&bytes.to_le_bytes());
                event[24] = answer.intersects(Ready::HUP).into();
            }
        }
        put(guest, events + told * EVENT, &event)?;
        told += 1;
    }
    put_word(guest, out, told)
}
