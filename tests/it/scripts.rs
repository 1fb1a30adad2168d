//! Shell scripts and workflows pass their linters.

use std::path::Path;
use std::process::Command;

use crate::support::tools;

/// The files of the repository that match a pattern of git.
fn files(pattern: &str) -> Vec<String> {
    let mut git = Command::new("git");
    git.args(["ls-files", pattern]).current_dir(tools::root());
    tools::run(&mut git).lines().map(str::to_owned).collect()
}

fn is_shell_script(path: &str) -> bool {
    let content = std::fs::read(tools::root().join(path)).unwrap_or_default();
    let first = content.split(|byte| *byte == b'\n').next();
    let first = String::from_utf8_lossy(first.unwrap_or_default());
    first.starts_with("#!") && first.ends_with("sh")
}

#[test]
fn shell_scripts_pass_shellcheck() {
    if !tools::has("shellcheck") {
        return;
    }
    let scripts: Vec<_> = files("*")
        .into_iter()
        .filter(|it| is_shell_script(it))
        .collect();
    assert!(scripts.iter().any(|it| it == ".ci/run"), "{scripts:?}");
    let mut shellcheck = Command::new("shellcheck");
    shellcheck.args(["--external-sources", "--source-path=SCRIPTDIR"]);
    tools::run(shellcheck.args(&scripts).current_dir(tools::root()));
}

#[test]
fn workflows_pass_actionlint() {
    if !tools::has("actionlint") {
        return;
    }
    let workflows = files(".github/workflows");
    assert!(!workflows.is_empty());
    tools::run(
        Command::new("actionlint")
            .args(&workflows)
            .current_dir(tools::root()),
    );
}

/// A workflow runs scripts of the repository.
#[test]
fn scripts_in_workflows_exist() {
    let workflows = files(".github/workflows");
    assert!(!workflows.is_empty());
    for workflow in workflows {
        let text = tools::read(&workflow);
        let words = text.split_whitespace();
        for word in words.filter(|word| word.contains('/') && word.ends_with(".sh")) {
            assert!(
                Path::new(tools::root()).join(word).is_file(),
                "{workflow}: {word}"
            );
        }
    }
}
