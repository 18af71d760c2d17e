//! What a move and a plan cost as the estate grows.

use std::fmt::Write as _;
use std::time::Duration;

use crate::estate::{SMALL, Size, evacuation, request};
use crate::figures::{Figure, median};
use crate::mock::{Calls, Mock};
use crate::scenario::Stage;
use crate::variant::Variant;
use crate::{Error, say};

/// How often each row is measured.
const LIVES: usize = 5;
/// Once cold, and then warm.
const INVOCATIONS: usize = 4;
/// What AWS takes for an answer.
const DELAY: Duration = Duration::from_millis(20);

/// One row: what is asked for, and of which estate.
struct Row {
    what: String,
    variant: Variant,
    size: Size,
}

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for in_region in [10, 100, 2000] {
        let size = Size { in_region, ..SMALL };
        rows.push(Row { what: format!("move of one, {in_region} in the Region"), variant: Variant::Ours, size });
    }
    for on_target in [1, 10, 50] {
        let size = Size { in_region: 100, on_target, ..SMALL };
        rows.push(Row {
            what: format!("move of one, {on_target} on the target, 100 in the Region"),
            variant: Variant::Ours,
            size,
        });
    }
    for to_leave in [1, 10, 50] {
        let size = Size { in_region: 100, to_leave, ..SMALL };
        rows.push(Row { what: format!("plan for {to_leave}, 100 in the Region"), variant: Variant::Evacuate, size });
    }
    let size = Size { in_region: 2000, to_leave: 50, ..SMALL };
    rows.push(Row { what: "plan for 50, 2000 in the Region".to_owned(), variant: Variant::Evacuate, size });
    rows
}

/// Measures every row, and tells it as a table.
pub(crate) fn growth(stage: &Stage) -> Result<String, Error> {
    let mut text = String::from(
        "| what | calls | calls that follow each other | warm, AWS at 0 ms | warm, AWS at 20 ms | peak memory |\n\
         |---|---:|---:|---:|---:|---:|\n",
    );
    for row in rows() {
        say(&row.what);
        let (slow, calls) = measure(stage, &row, DELAY)?;
        let (fast, _) = measure(stage, &row, Duration::ZERO)?;
        let _ = writeln!(
            text,
            "| {} | {} | {} | {:.1} ms | {:.1} ms | {:.1} MB |",
            row.what,
            calls.values().sum::<usize>(),
            trips(row.variant, &calls),
            fast.0,
            slow.0,
            fast.1.max(slow.1)
        );
    }
    Ok(text)
}

/// The median of warm invocations in milliseconds, that of the peaks in megabytes, and what was called.
fn measure(stage: &Stage, row: &Row, delay: Duration) -> Result<((f64, f64), Calls), Error> {
    let mock = Mock::start(&stage.tls, delay, row.size)?;
    let payload = if row.variant == Variant::Evacuate { evacuation } else { request };
    let mut lives = Vec::new();
    let mut called = Calls::new();
    for _ in 0..LIVES {
        let (life, calls) = stage.live(row.variant, &mock, INVOCATIONS, payload, None)?;
        lives.push(life);
        called = calls;
    }
    let of = |figure: Figure| median(lives.iter().map(|life| figure.of(life))).ok_or("no lives");
    Ok(((of(Figure::Warm)?, of(Figure::Peak)?), called))
}

/// The longest listing's pages; for a move also the association and the event.
fn trips(variant: Variant, calls: &Calls) -> usize {
    let pages = calls.get("DescribeVirtualInterfaces()").copied().unwrap_or_default();
    if variant == Variant::Evacuate { pages } else { pages + 2 }
}
