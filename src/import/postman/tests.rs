//! Collections to flows.
