//! The command line from outside: what is printed where, and the exit status. One module per command.

mod list;
mod project;
mod run;
mod sandbox;
mod schema;
mod signals;
mod usage;
mod validate;
mod values;
