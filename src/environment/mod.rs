//! An environment: the values, secrets and permissions that the person who runs flows brings along.

mod shape;

pub use shape::{ENVIRONMENT, SECRET};
