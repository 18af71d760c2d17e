//! The least that a Rust function on Lambda is in practice, with the real functions' settings: what `cargo lambda new`
//! makes, logging as it comes with the runtime, one thread. It says hello.

use std::process::ExitCode;

use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use serde_json::{Value, json};

fn main() -> ExitCode {
    lambda_runtime::tracing::init_default_subscriber();
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return ExitCode::FAILURE;
    };
    match runtime.block_on(Runtime::new(service_fn(hello)).run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

async fn hello(_: LambdaEvent<Value>) -> Result<Value, Error> {
    Ok(json!({"outcome": "hello"}))
}
