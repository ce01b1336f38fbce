//! Panics: a bug in wxflow is told in two lines, masked, and is exit status 70.
//!
//! The hook only notes what happened: it may run while the redactor is in use. It is told at the end.

use std::panic::{self, PanicHookInfo};
use std::sync::{Mutex, PoisonError};

use super::output::Output;

static NOTED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Takes the place of Rust's own message, which nobody masks.
pub(super) fn watch() {
    panic::set_hook(Box::new(note));
}

fn note(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let what = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let place = info.location().map_or_else(String::new, |l| format!(" ({}:{})", l.file(), l.line()));
    let text = format!("{}{place}", what.unwrap_or("a panic without a text"));
    NOTED.lock().unwrap_or_else(PoisonError::into_inner).push(text);
}

/// Tells every bug that was noted; true where there was one.
pub(super) fn tell(output: &Output) -> bool {
    let noted = std::mem::take(&mut *NOTED.lock().unwrap_or_else(PoisonError::into_inner));
    for text in &noted {
        output.error(&message(text), Some("please report it, with the flow if you can share it"));
    }
    !noted.is_empty()
}

fn message(text: &str) -> String {
    format!("this is a bug in wxflow {}: {text}", env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_noted_with_its_place() {
        let before = panic::take_hook();
        watch();
        panic::catch_unwind(|| panic!("boom {}", 1)).unwrap_err();
        // A worker's, which quotes a secret as Rust does.
        let secret = "pass\"w0rd\u{7f}\n/x";
        std::thread::spawn(move || panic!("on a value: {secret:?}")).join().unwrap_err();
        panic::set_hook(before);
        let noted = NOTED.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(noted.iter().any(|text| text.starts_with("boom 1 (src/cli/bugs.rs:")), "{noted:?}");
        let worker = noted.iter().find(|text| text.contains("w0rd")).unwrap();
        let output = Output::new(crate::cli::args::Color::Never);
        output.redactor.learn("s", secret, None);
        let line = output.line(&message(worker));
        assert!(line.contains("on a value: \"***\" (src/cli/bugs.rs:"), "{line}");
    }
}
