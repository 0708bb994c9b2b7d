//! Jobs as ash shows them: `[1]+  Done                       sleep 1`.

use yash_env::job::{JobList, ProcessResult, ProcessState};

/// Linux's words for what a signal did to a process (`strsignal`).
pub fn signal_words(signal: i32) -> &'static str {
    match signal {
        1 => "Hangup",
        2 => "Interrupt",
        3 => "Quit",
        4 => "Illegal instruction",
        5 => "Trace/breakpoint trap",
        6 => "Aborted",
        7 => "Bus error",
        8 => "Floating point exception",
        9 => "Killed",
        10 => "User defined signal 1",
        11 => "Segmentation fault",
        12 => "User defined signal 2",
        13 => "Broken pipe",
        14 => "Alarm clock",
        15 => "Terminated",
        16 => "Stack fault",
        19 => "Stopped (signal)",
        20 => "Stopped",
        21 => "Stopped (tty input)",
        22 => "Stopped (tty output)",
        24 => "CPU time limit exceeded",
        25 => "File size limit exceeded",
        26 => "Virtual timer expired",
        27 => "Profiling timer expired",
        29 => "I/O possible",
        30 => "Power failure",
        31 => "Bad system call",
        _ => "Unknown signal",
    }
}

/// A job's state in words.
pub fn state_words(state: ProcessState) -> String {
    match state {
        ProcessState::Running => "Running".to_owned(),
        ProcessState::Halted(ProcessResult::Exited(status)) if status.is_successful() => {
            "Done".to_owned()
        }
        ProcessState::Halted(ProcessResult::Exited(status)) => format!("Done({status})"),
        ProcessState::Halted(ProcessResult::Stopped(signal)) => {
            signal_words(crate::system::raw(signal)).to_owned()
        }
        ProcessState::Halted(ProcessResult::Signaled { signal, core_dump }) => {
            let core = if core_dump { " (core dumped)" } else { "" };
            format!("{}{core}", signal_words(crate::system::raw(signal)))
        }
    }
}

/// One job's line.
pub fn line(jobs: &JobList, index: usize, with_pid: bool) -> String {
    let Some(job) = jobs.get(index) else {
        return String::new();
    };
    let mark = if jobs.current_job() == Some(index) {
        '+'
    } else if jobs.previous_job() == Some(index) {
        '-'
    } else {
        ' '
    };
    let pid = if with_pid {
        format!("{} ", job.pid)
    } else {
        String::new()
    };
    let state = state_words(job.state);
    format!("[{}]{mark}  {pid}{state:<26} {}\n", index + 1, job.name)
}

/// The lines of jobs whose state changed, and forgets those that ended.
pub fn report_changes(jobs: &mut JobList) -> String {
    let changed: Vec<usize> = jobs
        .iter()
        .filter(|(_, job)| job.state_changed)
        .map(|(index, _)| index)
        .collect();
    let mut text = String::new();
    for index in changed {
        text += &line(jobs, index, false);
        if let Some(mut job) = jobs.get_mut(index) {
            job.state_reported();
        }
    }
    jobs.remove_if(|_, job| !job.state.is_alive());
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use yash_env::job::{Job, Pid};

    #[test]
    fn lines_are_ashs() {
        let mut jobs = JobList::new();
        let mut job = Job::new(Pid(7));
        job.name = "sleep 50".to_owned();
        jobs.insert(job);
        assert_eq!(
            line(&jobs, 0, false),
            "[1]+  Running                    sleep 50\n"
        );
        jobs.update_status(Pid(7), ProcessState::exited(3));
        assert_eq!(
            report_changes(&mut jobs),
            "[1]+  Done(3)                    sleep 50\n"
        );
        assert!(jobs.is_empty());
    }
}
