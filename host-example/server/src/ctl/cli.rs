//! The command line, as a table of commands: what `--help`, the completions and the parser are made of.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command, ValueHint, value_parser};

use super::events::NAMES;
use crate::accounts::Role;

/// Where a server listens that nobody has told otherwise.
pub(crate) const SOCKET: &str = "/var/run/sysadmd/sysadmd.sock";

const AFTER: &str = "Exit status: 0 done, 1 an error was answered, 2 what was typed is none of what there is, \
    3 there is no server or it takes nothing, 4 it is not for this user, 130 Ctrl-C or SIGTERM.\n\
    What was asked for is on the standard output, and all else on the standard error.";

/// A path that the environment has in the place of an option; one that is empty is none.
pub(crate) fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from)
}

fn flag(id: &'static str, help: &'static str) -> Arg {
    Arg::new(id).long(id).action(ArgAction::SetTrue).help(help)
}

fn word(id: &'static str, name: &'static str, help: &'static str) -> Arg {
    Arg::new(id).value_name(name).required(true).help(help)
}

fn json() -> Arg {
    flag("json", "Print the answer as it is")
}

fn command(name: &'static str, about: &'static str) -> Command {
    Command::new(name).about(about)
}

fn group(name: &'static str, about: &'static str) -> Command {
    command(name, about).subcommand_required(true).arg_required_else_help(true)
}

/// All that is there to be run.
pub(crate) fn cli() -> Command {
    shown().subcommand(complete())
}

/// All that is there to be seen.
pub(crate) fn shown() -> Command {
    Command::new("sysadmctl")
        .about("Asks a sysadmd, or a module without one, and looks after its accounts")
        .version(env!("CARGO_PKG_VERSION"))
        .after_help(AFTER)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .arg(
            Arg::new("socket")
                .long("socket")
                .value_name("PATH")
                .global(true)
                .value_hint(ValueHint::FilePath)
                .value_parser(value_parser!(PathBuf))
                .help("The server's socket; without it SYSADMD_SOCKET, or /var/run/sysadmd/sysadmd.sock"),
        )
        .arg(
            Arg::new("module")
                .long("module")
                .value_name("FILE")
                .global(true)
                .conflicts_with("socket")
                .value_hint(ValueHint::FilePath)
                .value_parser(value_parser!(PathBuf))
                .help("No server: load this module for as long as the command takes"),
        )
        .arg(
            Arg::new("config")
                .long("config")
                .value_name("FILE")
                .global(true)
                .requires("module")
                .value_hint(ValueHint::FilePath)
                .value_parser(value_parser!(PathBuf))
                .help("The configuration of its class, JSON"),
        )
        .subcommands([run(), jobs(), events(), modules(), user(), token(), whoami(), raw(), completion()])
}

fn run() -> Command {
    command("run", "Do an action: run [CLASS] ACTION KEY=VALUE ...")
        .long_about(
            "Does an action. Alone it lists the actions, and `run ACTION --help` tells the keys of one. What may take \
             long is done as a job, which is shown on a terminal as it goes on; Ctrl-C ends it.",
        )
        .disable_help_flag(true)
        .arg(
            Arg::new("words")
                .value_name("[CLASS] ACTION KEY=VALUE")
                .num_args(0..)
                .action(ArgAction::Append)
                .help("CLASS is NAMESPACE/NAME, and needed only where several have such an action"),
        )
        .arg(json())
        .arg(flag("yes", "Do not ask before all of a kind is destroyed"))
        .arg(flag("no-wait", "Begin it as a job, and print its id"))
        .arg(flag("help", "Tell the keys of the action").short('h'))
}

fn jobs() -> Command {
    let id = || word("id", "ID", "The id of a job, or a part of it");
    command("jobs", "What takes long: jobs that wait, run, or have finished")
        .subcommand(command("list", "List them (as without a command)").arg(json()))
        .subcommand(command("show", "Show one, with what it has printed and its answer").args([id(), json()]))
        .subcommand(command("wait", "Wait for its end; Ctrl-C leaves it").args([id(), json()]))
        .subcommand(command("kill", "End it, and tell what became of it").args([id(), json()]))
        .arg(json())
}

fn events() -> Command {
    command("events", "Print what happens, a line each, until Ctrl-C").arg(json()).arg(
        Arg::new("names")
            .value_name("NAME")
            .num_args(0..)
            .help(format!("Of {}, or the name of a class; without any these three", NAMES.join(", "))),
    )
}

fn modules() -> Command {
    let class = || word("class", "CLASS", "NAMESPACE/NAME");
    let module = || {
        Arg::new("file")
            .value_name("FILE")
            .value_hint(ValueHint::FilePath)
            .help("The name of a file in the server's folder of modules; a path with --module")
    };
    command("modules", "The versions of modules that serve, served, or failed")
        .subcommand(command("list", "List them (as without a command)").arg(json()))
        .subcommand(command("swap", "Let another version serve, under load").args([
            class(),
            module().required(true),
            json(),
        ]))
        .subcommand(command("rollback", "Let the version serve that served before").args([class(), json()]))
        .subcommand(command("load", "Load a further class").args([module().required(true), json()]))
        .subcommand(command("unload", "End a class").args([class(), json()]))
        .arg(json())
}

fn accounts() -> Arg {
    Arg::new("accounts")
        .long("accounts")
        .value_name("FILE")
        .global(true)
        .value_hint(ValueHint::FilePath)
        .value_parser(value_parser!(PathBuf))
        .help("The file of accounts; without it SYSADMD_ACCOUNTS, or that of the server")
}

fn user() -> Command {
    let name = || word("name", "NAME", "The account");
    let roles = || PossibleValuesParser::new(Role::ALL.map(|(_, word)| word));
    let no_password =
        || flag("no-password", "It is used by its tokens alone").conflicts_with("password-stdin");
    let from_stdin = || flag("password-stdin", "The password is the first line of the standard input");
    group("user", "Who may log in; in the file of accounts, so for root")
        .arg(accounts())
        .subcommand(
            command("add", "A new account; asks for its password").arg(name()).args([
                Arg::new("role")
                    .long("role")
                    .value_parser(roles())
                    .default_value("limited")
                    .help("What it may do"),
                Arg::new("actions")
                    .long("actions")
                    .value_name("NAMESPACE/NAME/ACTION")
                    .value_delimiter(',')
                    .action(ArgAction::Append)
                    .help("Nothing but these; `*` for all of a class"),
                no_password(),
                from_stdin(),
            ]),
        )
        .subcommand(command("remove", "Remove an account and its tokens").arg(name()))
        .subcommand(command("list", "List them"))
        .subcommand(
            command("role", "Give it another role")
                .args([name(), word("role", "ROLE", "What it may do").value_parser(roles())]),
        )
        .subcommand(command("passwd", "Give it another password").args([name(), no_password(), from_stdin()]))
        .subcommand(
            command("actions", "Say which actions alone it may do").arg(name()).args([
                Arg::new("actions")
                    .value_name("NAMESPACE/NAME/ACTION")
                    .num_args(0..)
                    .help("These; `*` for all of a class"),
                flag("all", "All that its role gives").conflicts_with("actions"),
            ]),
        )
}

fn token() -> Command {
    group("token", "What programs log in with; in the file of accounts, so for root")
        .arg(accounts())
        .subcommand(
            command("add", "A new one, which is printed once").args([
                word("name", "NAME", "Whose it is"),
                Arg::new("note").long("note").value_name("TEXT").default_value("").help("What it is for"),
                Arg::new("expires")
                    .long("expires")
                    .value_name("SPAN")
                    .default_value("90d")
                    .help("How long it lives: 90d, 12h, 30m, or never"),
            ]),
        )
        .subcommand(command("list", "List them, without their texts, which nobody has"))
        .subcommand(command("revoke", "Make it none any more").arg(word(
            "id",
            "ID",
            "As `token list` has it",
        )))
}

fn whoami() -> Command {
    command("whoami", "Tell who this is to the server, and what he may do").arg(json())
}

fn raw() -> Command {
    command("raw", "Send args as they are, and print the answer as it is").args([
        word("class", "CLASS", "NAMESPACE/NAME"),
        word("args", "JSON", "The args; - reads them from the standard input"),
    ])
}

fn completion() -> Command {
    command("completion", "Print what completes this in a shell").arg(
        word("shell", "SHELL", "Which")
            .value_parser(PossibleValuesParser::new(["sh", "bash", "zsh", "fish"])),
    )
}

/// For the completions of zsh and fish, which ask for what stands in no script.
fn complete() -> Command {
    command("complete", "The words that may come next in `run`").hide(true).arg(
        Arg::new("words")
            .num_args(0..)
            .allow_hyphen_values(true)
            .trailing_var_arg(true)
            .action(ArgAction::Append),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, INSTALLED};

    const PAGE: &str = include_str!("../../man/sysadmctl.8");

    #[test]
    fn the_table_is_one() {
        cli().debug_assert();
    }

    #[test]
    fn the_manual_has_every_command_and_option() {
        fn look(path: &str, command: &Command) {
            let options = command.get_arguments().filter_map(Arg::get_long);
            for option in options.filter(|option| !["help", "version"].contains(option)) {
                assert!(PAGE.contains(&format!("Fl -{option}")), "{path} --{option}");
            }
            for sub in command.get_subcommands() {
                let path = format!("{path} {}", sub.get_name());
                let optional = path.replacen(" list", " Op Cm list", 1);
                let is_there = |path: &str| PAGE.contains(&format!(".It Cm{path}"));
                assert!(is_there(&path) || is_there(&optional) || sub.has_subcommands(), "{path}");
                look(&path, sub);
            }
        }
        look("", &shown());
        let Config { socket, accounts, .. } = Config::default();
        let has = |path: &std::path::Path| path.to_str().is_some_and(|path| PAGE.contains(path));
        assert!(has(&socket.path) && has(&accounts) && PAGE.contains(INSTALLED));
        assert_eq!(PathBuf::from(SOCKET), socket.path);
    }
}
