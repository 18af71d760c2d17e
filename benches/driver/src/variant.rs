//! The programs that are compared.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::certificates::Tls;

/// The ledger's table.
pub(crate) const TABLE: &str = "bench";

/// Where the programs are.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    /// The folder of cargo's release profile.
    pub(crate) release: PathBuf,
    /// The Python that has boto3 and awslambdaric.
    pub(crate) python: PathBuf,
    /// The folder of the boto3 function.
    pub(crate) boto3: PathBuf,
    /// The Node.js function, in one file.
    pub(crate) bundle: PathBuf,
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Variant {
    /// Says hello: what Rust on Lambda costs by itself.
    Floor,
    /// The function as it is shipped.
    Ours,
    /// The same with a ledger.
    Ledger,
    /// The same calls from Python, under Lambda's own runtime client.
    Boto3,
    /// The same calls from Node.js, bundled into one file.
    Node,
    /// The function that plans; for the growth of its cost.
    Evacuate,
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Floor => "hello world (floor)",
            Self::Ours => "associate",
            Self::Ledger => "associate with ledger",
            Self::Boto3 => "Python, boto3",
            Self::Node => "Node.js, SDK v3 bundled",
            Self::Evacuate => "evacuate",
        })
    }
}

impl Variant {
    /// Whether the answer is that of the whole work: a move that was made, a plan that leaves nothing behind.
    pub(crate) fn is_right(self, answer: &Value) -> bool {
        match self {
            Self::Floor => answer["outcome"] == "hello",
            Self::Evacuate => answer["requests"] != json!([]) && answer["skipped"] == json!([]),
            _ => answer["outcome"] == "associated",
        }
    }

    /// Starts it the way Lambda would: with an environment of its own and nothing else.
    pub(crate) fn command(
        self,
        programs: &Programs,
        api: SocketAddr,
        tls: &Tls,
        endpoints: &[(&'static str, String)],
    ) -> Command {
        let mut command = match self {
            Self::Floor => Command::new(programs.release.join("bench-floor")),
            Self::Ours | Self::Ledger => Command::new(programs.release.join("associate")),
            Self::Evacuate => Command::new(programs.release.join("evacuate")),
            Self::Boto3 => {
                let mut python = Command::new(&programs.python);
                python.args(["-m", "awslambdaric", "function.handler"]).current_dir(&programs.boto3);
                python
            }
            Self::Node => {
                let mut node = Command::new("node");
                node.arg(&programs.bundle);
                node
            }
        };
        command.env_clear();
        // Python and Node.js are found by it, and some builds of them find their libraries so.
        command.envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "LD_LIBRARY_PATH"));
        command.envs([
            ("AWS_LAMBDA_FUNCTION_NAME", "associate"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/associate"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            ("AWS_SESSION_TOKEN", "nobody"),
            ("EVENT_BUS_NAME", "associate-virtual-interface"),
            ("LC_ALL", "C.UTF-8"),
        ]);
        command.env("AWS_LAMBDA_RUNTIME_API", api.to_string()).envs(endpoints.iter().cloned());
        // Each trusts what it trusts by itself, and the mock.
        match self {
            Self::Floor => {}
            Self::Ours | Self::Ledger | Self::Evacuate => _ = command.env("AWS_CA_BUNDLE", &tls.amazon),
            Self::Boto3 => _ = command.env("AWS_CA_BUNDLE", &tls.system),
            Self::Node => _ = command.env("NODE_EXTRA_CA_CERTS", &tls.authority),
        }
        if self == Self::Ledger {
            command.env("LEDGER_TABLE", TABLE);
        }
        command
    }
}
