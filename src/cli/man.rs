//! `wxflow man`: manual pages, made from what `--help` says.

use clap::{Args, CommandFactory as _};

use super::args::Arguments;
use super::exit::Exit;
use super::output::Output;
use crate::diagnostic::nearest;

/// `wxflow man`.
#[derive(Debug, Args)]
pub(super) struct Man {
    /// Command to print the page of, like `run` or `guest create` [default: wxflow itself]
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

/// Prints a page.
///
/// # Errors
/// There is no such command; it was told.
pub(super) fn man(args: &Man, output: &Output) -> Result<Exit, Exit> {
    let mut command = Arguments::command();
    command.build();
    for name in &args.command {
        let known: Vec<String> =
            command.get_subcommands().filter(|c| !c.is_hide_set()).map(|c| c.get_name().to_owned()).collect();
        let Some(inner) = command.find_subcommand(name).filter(|c| !c.is_hide_set()) else {
            let help = match nearest(name, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => "it has none".to_owned(),
                None => format!("there are {}", known.join(", ")),
            };
            output.error(&format!("`{}` has no command `{name}`", command.get_name()), Some(&help));
            return Err(Exit::Invalid);
        };
        command = inner.clone();
    }
    // As git does it: wxflow-guest-create(1).
    let name = std::iter::once("wxflow").chain(args.command.iter().map(String::as_str)).collect::<Vec<_>>().join("-");
    let mut page = Vec::new();
    let page_of = clap_mangen::Man::new(command.display_name(name))
        .source(concat!("wxflow ", env!("CARGO_PKG_VERSION")))
        .manual("wxflow");
    page_of.render(&mut page).map_err(|_| Exit::Bug)?;
    output.results(&tidy(&String::from_utf8_lossy(&page)))?;
    Ok(Exit::Success)
}

/// What readers of manual pages frown at: a title without a place for its date, several breaks in a row. What stands
/// behind the options is examples.
fn tidy(page: &str) -> String {
    let dated = page.replacen(" 1  \"", " 1 \"\" \"", 1);
    dated.replace("\n.br\n\n.br\n", "\n.sp\n").replace("\n.SH EXTRA\n", "\n.SH EXAMPLES\n")
}
