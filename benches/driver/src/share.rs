//! A share of a CPU as a Lambda function of 128 MB has it, by the kernel's quota for a control group.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The length of a period, in microseconds.
const PERIOD: u32 = 20_000;
/// Lambda gives one whole CPU at 1,769 MB, and less in proportion.
const QUOTA: u32 = PERIOD * 128 / 1769;

/// A control group with the quota. It is removed with this value.
#[derive(Debug)]
pub(crate) struct Share {
    folder: PathBuf,
}

impl Share {
    /// Makes it; needs root, and control groups of either version with the CPU in them.
    pub(crate) fn of_128_mb() -> io::Result<Self> {
        let name = format!("associate-bench-{}", std::process::id());
        let old = Path::new("/sys/fs/cgroup/cpu");
        let folder = if old.is_dir() { old } else { Path::new("/sys/fs/cgroup") }.join(name);
        fs::create_dir(&folder)?;
        let share = Self { folder };
        if old.is_dir() {
            share.set("cpu.cfs_period_us", &PERIOD.to_string())?;
            share.set("cpu.cfs_quota_us", &QUOTA.to_string())?;
        } else {
            share.set("cpu.max", &format!("{QUOTA} {PERIOD}"))?;
        }
        Ok(share)
    }

    fn set(&self, file: &str, value: &str) -> io::Result<()> {
        fs::write(self.folder.join(file), value)
    }

    /// From now on the process has no more than this share. Before it asks for its first invocation Lambda does not hold
    /// a function back.
    pub(crate) fn confine(&self, process: u32) -> io::Result<()> {
        let process = process.to_string();
        // No quota holds for a process that runs in real time, as the whole bench may.
        Command::new("chrt").args(["--all-tasks", "--other", "--pid", "0", &process]).status()?;
        self.set("cgroup.procs", &process)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // It stays where a process is still in it; then the machine has it until it is restarted.
        let _ = fs::remove_dir(&self.folder);
    }
}
