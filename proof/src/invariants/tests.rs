//! Each invariant sees a history that breaks it.
