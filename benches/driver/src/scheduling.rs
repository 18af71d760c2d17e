//! Who goes first on the CPUs, by `chrt`, which every Linux has: what is measured are programs, and not how fast a machine
//! wakes, nor how much its mock of AWS is in the way.

use std::fs;
use std::hint::spin_loop;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;

use nix::unistd::gettid;

use crate::{Error, say};

/// Keeps every CPU from sleeping, by a thread of the lowest priority on each: to wake a sleeping CPU of a virtual machine
/// takes a twentieth of a millisecond, some twenty times in one move.
pub(crate) fn keep_awake() {
    let (ready, all_ready) = channel();
    for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
        let ready = ready.clone();
        thread::spawn(move || {
            let idle = chrt(&["--idle", "--pid", "0"]);
            // Nothing is measured before: what `chrt` computes must not count as anybody's.
            drop(ready);
            match idle {
                Ok(()) => loop {
                    spin_loop();
                },
                Err(error) => say(&format!("the CPUs may sleep: {error}")),
            }
        });
    }
    drop(ready);
    // Over as soon as each has dropped its end: nothing is ever sent.
    let _: Result<(), _> = all_ready.recv();
}

/// Puts this thread, and those that it will start, behind the program that is measured: AWS takes no CPU from a function.
/// Only in real time does that have a meaning.
pub(crate) fn stand_back() -> Result<(), Error> {
    match real_time_priority()? {
        Some(priority) if priority > 1 => chrt(&["--fifo", "--pid", &(priority - 1).to_string()]),
        _ => Ok(()),
    }
}

/// `None` for a thread that shares the CPU as usual.
fn real_time_priority() -> Result<Option<u32>, Error> {
    /// Where it stands in `/proc/thread-self/stat` after the name, which may have anything in it. (`proc_pid_stat(5)`)
    const RT_PRIORITY: usize = 37;
    let line = fs::read_to_string("/proc/thread-self/stat")?;
    let after_name = line.rsplit(')').next().unwrap_or_default();
    let priority: u32 = after_name.split_whitespace().nth(RT_PRIORITY).ok_or("no rt_priority")?.parse()?;
    Ok((priority > 0).then_some(priority))
}

fn chrt(policy: &[&str]) -> Result<(), Error> {
    let status = Command::new("chrt").args(policy).arg(gettid().to_string()).stdin(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(format!("chrt {policy:?}: {status}").into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_can_stand_back_and_knows_where_it_stands() {
        let priorities = thread::spawn(|| {
            let before = real_time_priority().unwrap();
            // Without the right to it there is nothing to see.
            let raised = chrt(&["--fifo", "--pid", "3"]).is_ok();
            stand_back().unwrap();
            (before, raised, real_time_priority().unwrap())
        });
        let (before, raised, after) = priorities.join().unwrap();
        assert_eq!(before, None);
        assert_eq!(after, raised.then_some(2));
    }
}
