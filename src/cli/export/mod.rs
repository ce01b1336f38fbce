//! `wxflow export`: a flow for other tools and other people.

pub(super) mod args;
mod bundle;
mod curl;
mod postman;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use args::{Export, One, Target};

use super::args::Flows;
use super::exit::Exit;
use super::machine;
use super::output::{Output, visible};
use super::select;
use crate::export::Exported;
use crate::flow::Flow;
use crate::load::{Project, Surroundings};

/// Writes a flow in another format.
///
/// # Errors
/// The flow is not valid, or the result cannot be written; it was told.
pub(super) fn export(args: &Export, output: &Output) -> Result<Exit, Exit> {
    match args {
        Export::Curl(args) => curl::curl(args, output),
        Export::Postman(args) => postman::postman(args, output),
        Export::Bundle(args) => bundle::bundle(args, output),
    }
}

/// The flow that is exported, with its project.
struct Chosen {
    /// Absolute, symlinks followed.
    place: PathBuf,
    flow: Arc<Flow>,
    project: Arc<Project>,
    around: Surroundings,
}

fn choose(one: &One, output: &Output) -> Result<Chosen, Exit> {
    let around = machine::surroundings(output)?;
    if around.current.join(&one.flow).is_dir() {
        let message =
            format!("{} is a folder: one flow is exported at a time", visible(&one.flow.display().to_string()));
        output.error(&message, Some("name the flow's file; `wxflow list` shows them"));
        return Err(Exit::Invalid);
    }
    let flows = Flows { paths: vec![one.flow.clone()], root: one.root.clone() };
    let loaded = select::load(&flows, &around, output)?;
    loaded.iter().filter_map(|l| l.flow.as_ref().err()).for_each(|list| output.diagnostics(list));
    // The flow itself comes first; where one that it uses is broken, it is so too.
    match loaded.into_iter().next() {
        Some(select::Loaded { flow: Ok(flow), project, .. }) => {
            let name = one.flow.file_name().unwrap_or_default();
            let place = around.current.join(&one.flow).canonicalize().unwrap_or_else(|_| flow.folder.join(name));
            Ok(Chosen { place, flow, project, around })
        }
        _ => Err(Exit::Invalid),
    }
}

/// Tells what was lost, and what that makes of the status.
fn lost(exported: &Exported, output: &Output) -> Exit {
    exported.lost.iter().for_each(|lost| output.say(&format!("not carried over: {}", visible(lost))));
    if exported.lost.is_empty() { Exit::Success } else { Exit::Failed }
}

/// Writes the result to a file, whole or not at all, or to stdout.
///
/// # Errors
/// The file exists already and is not to be replaced, or it cannot be written; it was told.
fn put(exported: &Exported, target: &Target, output: &Output) -> Result<(), Exit> {
    let Some(path) = target.out.as_deref().filter(|path| *path != Path::new("-")) else {
        return output.results(&exported.text);
    };
    let shown = visible(&path.to_string_lossy());
    if path.exists() && !target.force {
        output.error(&format!("{shown}: the file exists; nothing was written"), Some("write over it with --force"));
        return Err(Exit::Invalid);
    }
    let written = write(path, &output.redactor.mask(&exported.text));
    written.map_err(|error| {
        output.error(&format!("{shown} cannot be written: {error}"), None);
        Exit::Unwritten
    })
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As any new file: the umask takes away from it.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.prefix(".wxflow-").tempfile_in(folder)?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}
