//! Reading `environments/NAME.yaml`, and what it extends.

use std::path::Path;
use std::sync::Arc;

use super::{Project, read, shown};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use crate::environment::Environment;
use crate::source::{FileError, Source};

/// The environment `name` of a project, with what it extends merged in. `current` decides how paths are shown.
///
/// # Errors
/// `Err(Err(_))`: there is no such environment, told with those there are. `Err(Ok(_))`: its files have mistakes.
pub fn environment(
    project: &Project,
    name: &str,
    current: &Path,
) -> Result<Environment, Result<Vec<Diagnostic>, FileError>> {
    let folder = project.root.join("environments");
    let names = environment_names(project);
    if !names.iter().any(|n| n == name) {
        return Err(Err(unknown(name, &names, &shown(&folder, current))));
    }
    chain(&folder, name, &names, current).map_err(Ok)
}

/// Reads from the chosen file down to what it finally extends, and merges from there up.
fn chain(folder: &Path, name: &str, names: &[String], current: &Path) -> Result<Environment, Vec<Diagnostic>> {
    let mut files: Vec<(String, Environment)> = Vec::new();
    let mut next = name.to_owned();
    loop {
        let path = folder.join(format!("{next}.yaml"));
        let source: Arc<Source> = read::source(&path, &shown(&path, current))?;
        let read = Environment::parse(source)?;
        let extends = read.extends.clone();
        let source = Arc::clone(&read.source);
        files.push((next, read));
        let Some((base, span)) = extends else { break };
        let mut list = Diagnostics::new(source);
        if files.iter().any(|(name, _)| *name == base) {
            list.error(Code::InvalidValue, span, format!("`{base}` is extended in a circle"))
                .help("let the one that the others build on extend none");
        } else if !names.contains(&base) {
            let error = unknown(&base, names, &shown(folder, current));
            list.error(Code::InvalidValue, span, error.message).help(error.help.unwrap_or_default());
        }
        if list.has_errors() {
            return Err(list.into_sorted());
        }
        next = base;
    }
    let mut merged = files.pop().map(|(_, file)| file).unwrap_or_default();
    while let Some((_, file)) = files.pop() {
        merged = file.over(merged);
    }
    name.clone_into(&mut merged.name);
    merged.complete()?;
    Ok(merged)
}

/// The environments of a project, sorted.
#[must_use]
pub fn environment_names(project: &Project) -> Vec<String> {
    let entries = std::fs::read_dir(project.root.join("environments")).into_iter().flatten();
    let mut names: Vec<_> = entries
        .filter_map(|e| e.ok()?.file_name().into_string().ok())
        .filter_map(|n| n.strip_suffix(".yaml").map(str::to_owned))
        .collect();
    names.sort();
    names
}

fn unknown(name: &str, names: &[String], folder: &str) -> FileError {
    let help = match nearest(name, names.iter().map(String::as_str)) {
        _ if names.is_empty() => format!("write `{folder}/{name}.yaml`; there is no environment yet"),
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")),
    };
    FileError { message: format!("there is no environment `{name}` in {folder}"), help: Some(help) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::SecretSource;
    use crate::load::Surroundings;
    use serde_json::json;

    fn project(files: &[(&str, &str)]) -> (tempfile::TempDir, Project) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("environments")).unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join("environments").join(name), text).unwrap();
        }
        let around = Surroundings::new(dir.path(), None).unwrap();
        let project = Project::named(dir.path(), &around).unwrap();
        (dir, project)
    }

    fn unknown(project: &Project, name: &str) -> (String, String) {
        let error = environment(project, name, &project.root).unwrap_err().unwrap_err();
        (error.message, error.help.unwrap())
    }

    #[test]
    fn an_unknown_name_is_told_with_those_there_are() {
        let (_dir, none) = project(&[]);
        assert_eq!(unknown(&none, "x").1, "write `environments/x.yaml`; there is no environment yet");
        let (_dir, two) = project(&[("staging.yaml", ""), ("prod.yaml", "")]);
        assert_eq!(unknown(&two, "stagin").1, "did you mean `staging`?");
        assert_eq!(unknown(&two, "../../etc/x").1, "there are `prod`, `staging`");
    }

    #[test]
    fn mappings_merge_and_lists_replace() {
        let base =
            "vars: {url: a, deep: {x: 1, y: 2}}\nsecrets: {token: {env: BASE}}\nallow_env: [A, B]\nhosts: [a.example]";
        let top = "extends: base\nvars: {deep: {y: 3}, own: 1}\nsecrets: {token: {hosts: [b.example]}}\nallow_env: [C]";
        let (_dir, project) = project(&[("base.yaml", base), ("top.yaml", top)]);
        let merged = environment(&project, "top", &project.root).unwrap();
        let value = |name| &merged.vars.iter().find(|v| &*v.name == name).unwrap().value;
        assert_eq!(value("url"), &json!("a"));
        assert_eq!(value("deep"), &json!({"x": 1, "y": 3}));
        assert_eq!(merged.secrets[0].from, Some(SecretSource::Variable("BASE".to_owned())));
        assert_eq!(merged.secrets[0].hosts.as_ref().unwrap().len(), 1);
        assert_eq!(merged.allow_env, Some(vec!["C".to_owned()]));
        assert_eq!(merged.hosts.unwrap().len(), 1);
        assert_eq!(merged.name, "top");
    }

    #[test]
    fn connections_merge_and_a_key_stays_with_its_certificate() {
        let base = "tls: {ca: ca.pem, cert: a.pem, key: a.key}\nproxy: http://a:1";
        let files = [("base.yaml", base), ("b.yaml", "extends: base\ntls: {cert: b.pem}"), ("c.yaml", "tls: {key: k}")];
        let (_dir, project) = project(&files);
        let merged = environment(&project, "b", &project.root).unwrap();
        let text = |located: &Option<crate::environment::Located>| located.as_ref().map(|l| l.text.clone());
        let tls = &merged.tls;
        assert_eq!(
            (text(&tls.ca), text(&tls.cert), text(&tls.key)),
            (Some("ca.pem".into()), Some("b.pem".into()), None)
        );
        assert_eq!(text(&merged.proxy).as_deref(), Some("http://a:1"));
        let error = environment(&project, "c", &project.root).unwrap_err().unwrap();
        assert_eq!(error[0].message, "`key` belongs to a certificate, and `tls` names none");
    }

    #[test]
    fn a_circle_and_a_missing_base_are_told_in_the_file() {
        let (_dir, project) = project(&[("a.yaml", "extends: b"), ("b.yaml", "extends: a"), ("c.yaml", "extends: d")]);
        let message = |name| environment(&project, name, &project.root).unwrap_err().unwrap()[0].message.clone();
        assert_eq!(message("a"), "`a` is extended in a circle");
        assert_eq!(message("c"), "there is no environment `d` in environments");
    }
}
