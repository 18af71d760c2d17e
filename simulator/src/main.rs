//! The simulator on a port of this machine, for people: see `--help`.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use dx_sim::{Fault, Inventory, Options, Simulator, fault_help};

/// AWS Direct Connect, EventBridge PutEvents, a little DynamoDB and the Lambda Runtime API on one loopback port.
#[derive(Parser)]
#[command(name = "dx-sim", after_help = fault_help())]
struct Arguments {
    /// Port on 127.0.0.1; 0 picks a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// Saved output of an `aws directconnect describe-...`; several are merged
    #[arg(long, value_name = "FILE")]
    inventory: Vec<PathBuf>,
    /// Milliseconds until a move has settled
    #[arg(long, value_name = "MS", default_value_t = 0)]
    settle: u64,
    /// Milliseconds that every call of the API takes at least
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency: u64,
    /// What goes wrong: see below
    #[arg(long = "fault", value_name = "SPEC")]
    faults: Vec<Fault>,
    /// Largest page of every read
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=100))]
    page_size: u16,
    /// Interface, connection or LAG where no BGP session comes up after a move, as if no router were configured for it
    #[arg(long, value_name = "ID")]
    never_up: Vec<String>,
    /// Address of another DynamoDB that answers in this one's place
    #[arg(long, value_name = "IP:PORT")]
    dynamodb: Option<SocketAddr>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let inventory = match read_all(&arguments.inventory) {
        Ok(inventory) => inventory,
        Err(error) => {
            eprintln!("dx-sim: {error}");
            return ExitCode::from(2);
        }
    };
    let options = Options {
        port: arguments.port,
        inventory,
        settle: Duration::from_millis(arguments.settle),
        latency: Duration::from_millis(arguments.latency),
        faults: arguments.faults,
        page_size: arguments.page_size.into(),
        never_up: arguments.never_up,
        dynamodb: arguments.dynamodb,
    };
    match Simulator::start(options).await {
        Ok(simulator) => {
            // Whoever started it may not care to read this line.
            let mut stdout = std::io::stdout();
            let _ = writeln!(stdout, "listening on {}", simulator.url()).and_then(|()| stdout.flush());
            std::future::pending().await
        }
        Err(error) => {
            eprintln!("dx-sim: port {}: {error}", arguments.port);
            ExitCode::FAILURE
        }
    }
}

fn read_all(files: &[PathBuf]) -> Result<Inventory, String> {
    let mut all = Inventory::default();
    for file in files {
        let one = Inventory::read(file).map_err(|error| error.to_string())?;
        all.merge(one).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(all)
}
