//! `wxflow new`: a flow to begin with.

use clap::Args;

use super::exit::Exit;
use super::import::args::Target;
use super::import::read::refuse;
use super::import::write::{put, write};
use super::output::{Output, visible};
use crate::import::{self, FileNames};
use crate::value::Value;
use crate::yaml;

/// What follows the head of a new flow.
const STARTER: &str = include_str!("new.flow.yaml");

/// `wxflow new`.
#[derive(Debug, Args)]
pub(super) struct New {
    /// What the flow is called; its file is named after it
    #[arg(value_name = "NAME")]
    name: String,
    /// A curl command to make the flow of
    #[arg(long, value_name = "curl …")]
    from_curl: Option<String>,
    #[command(flatten)]
    target: Target,
}

/// Writes a flow, and says what to do next.
///
/// # Errors
/// The name or the curl command is none, or the file exists or cannot be written; it was told.
pub(super) fn new(args: &New, output: &Output) -> Result<Exit, Exit> {
    let (name, file) = names(&args.name);
    if !name.chars().any(char::is_alphanumeric) {
        output.error(
            &format!("`{}` is no name for a flow", visible(&args.name)),
            Some("write a few words, like `Smoke test`"),
        );
        return Err(Exit::Invalid);
    }
    let path = format!("flows/{file}.flow.yaml");
    let exit = match &args.from_curl {
        Some(command) => {
            let mut import =
                import::curl::text(command, Some(&name), "curl").map_err(|error| refuse(&error, output))?;
            import.flows.iter_mut().for_each(|(place, _)| path.clone_into(place));
            write(&import, &args.target, output)?
        }
        None => {
            put(&[(path.clone(), starter(&name, &path))], &args.target, output)?;
            Exit::Success
        }
    };
    let path = args.target.out.join(&path);
    let path = visible(&path.strip_prefix(".").unwrap_or(&path).to_string_lossy());
    let sandbox = if args.from_curl.is_none() { " --sandbox" } else { "" };
    output.say(&format!("next: look at it, then `wxflow validate {path}` and `wxflow run{sandbox} {path}`"));
    Ok(exit)
}

/// The flow's name, and its file's; a path is taken for its last part.
fn names(given: &str) -> (String, String) {
    let last = given.rsplit(['/', '\\']).next().unwrap_or(given);
    let name = [".flow.yaml", ".yaml"].iter().find_map(|end| last.strip_suffix(end)).unwrap_or(last).trim();
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    // A name is shown as it stands: it can hold no template.
    let name = name.replace("{{", "{ {");
    let part = if name.starts_with('_') { "_" } else { "" };
    let file = format!("{part}{}", FileNames::default().unique(&name, "flow"));
    (name, file)
}

fn starter(name: &str, path: &str) -> String {
    let mut text = format!(
        "# A flow to begin with: it runs as it is, against a Webex on your machine.\n#   wxflow run --sandbox {path}\n\
         # With a token in WEBEX_ACCESS_TOKEN it runs against Webex itself: wxflow run {path}\n"
    );
    yaml::write::entry(&mut text, "name", &Value::from(name), 0, false);
    text.push_str("description: Says who the token belongs to, opens a space, speaks there, and cleans up.\n\n");
    text.push_str(STARTER);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_flows_and_files() {
        let both = |given| names(given);
        assert_eq!(both("Guest joins"), ("Guest joins".to_owned(), "guest-joins".to_owned()));
        assert_eq!(both("flows/smoke.flow.yaml"), ("smoke".to_owned(), "smoke".to_owned()));
        assert_eq!(both("_log in"), ("_log in".to_owned(), "_log-in".to_owned()));
        assert_eq!(both("../../x"), ("x".to_owned(), "x".to_owned()));
    }
}
