//! On what it was measured, and what was measured.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Error;

/// What somebody has to know who compares two tables.
#[derive(Debug)]
pub(crate) struct Machine {
    cpu: String,
    cores: usize,
    kernel: String,
    load: String,
    commit: String,
    versions: Vec<String>,
}

/// The first line that a program prints.
fn said(program: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())?;
    String::from_utf8_lossy(&output.stdout).lines().next().map(str::to_owned)
}

impl Machine {
    /// This one.
    pub(crate) fn here(python: &Path) -> Self {
        let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpus.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
        let read = |path| fs::read_to_string(path).map(|text: String| text.trim().to_owned()).unwrap_or_default();
        let git = |arguments: &[&str]| said(Path::new("git"), arguments);
        // What the bench itself writes is no change of what is measured.
        let changed = git(&["status", "--porcelain", "--untracked-files=no", "--", ":!benches/results"]).is_some();
        let commit = git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
        let versions = [
            said(Path::new("rustc"), &["--version"]),
            said(python, &["--version"]),
            said(python, &["-c", "import boto3; print('boto3', boto3.__version__)"]),
            said(Path::new("node"), &["--version"]).map(|version| format!("Node.js {version}")),
        ];
        Self {
            cpu: model.trim_start_matches([' ', '\t', ':']).to_owned(),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            kernel: read("/proc/sys/kernel/osrelease"),
            load: read("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned(),
            commit: if changed { format!("{commit}, with changes") } else { commit },
            versions: versions.into_iter().flatten().collect(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}, {} cores, Linux {}, {}; load {} when it began.",
            self.cpu,
            self.cores,
            self.kernel,
            std::env::consts::ARCH,
            self.load
        )?;
        writeln!(f, "Commit {}. {}.", self.commit, self.versions.join(", "))
    }
}

/// How many crates are in the function as it is shipped.
pub(crate) fn crates() -> Result<usize, Error> {
    let tree =
        ["tree", "--locked", "--edges", "normal", "--prefix", "none", "--package", "associate-virtual-interface"];
    let output = Command::new("cargo").args(tree).output()?;
    if !output.status.success() {
        return Err(Error::from(format!("cargo tree: {}", String::from_utf8_lossy(&output.stderr))));
    }
    let text = String::from_utf8(output.stdout)?;
    let mut crates: Vec<&str> = text.lines().map(|line| line.split(" (").next().unwrap_or(line)).collect();
    crates.sort_unstable();
    crates.dedup();
    Ok(crates.len())
}

/// Bytes of a program. Cargo has stripped it: `strip` stands in the release profile.
pub(crate) fn size(program: &Path) -> Result<u64, Error> {
    let size = fs::metadata(program).map_err(|error| format!("{}: {error}", program.display()))?.len();
    Ok(size)
}
