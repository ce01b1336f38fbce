//! `wxflow export postman`.

use super::args::ToFile;
use super::{Chosen, choose, lost, put};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::export;
use crate::flow::Flow;
use crate::source::{Files as _, Overlay};

/// Writes a flow as a Postman collection.
///
/// # Errors
/// The flow is not valid, or the file cannot be written; it was told.
pub(super) fn postman(args: &ToFile, output: &Output) -> Result<Exit, Exit> {
    let Chosen { flow, project, .. } = choose(&args.one, output)?;
    let read = |flow: &Flow, path: &str| {
        let files = Overlay::new(flow.bundle.as_deref(), &*project);
        String::from_utf8(files.read(&flow.folder, path).ok()?).ok()
    };
    let exported = export::postman(&flow, &read);
    put(&exported, &args.target, output)?;
    Ok(lost(&exported, output))
}
