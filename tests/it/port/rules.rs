//! What portlint and the Porter's Handbook ask of a port's files, as far as it can be seen without a ports tree. Each rule
//! gives what it finds wrong as a sentence that begins with the file's name.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The order of what is set in the Makefile before its first target: `*` stands for what a name begins or ends with. What
/// stands in one row stands in one block, and only in the first three is nothing else.
const ORDER: &[&[&str]] = &[
    &["PORTNAME", "DISTVERSIONPREFIX", "DISTVERSION", "PORTREVISION", "CATEGORIES"],
    &["MAINTAINER", "COMMENT", "WWW"],
    &["LICENSE", "LICENSE_COMB", "LICENSE_FILE_*"],
    &["ONLY_FOR_ARCHS", "ONLY_FOR_ARCHS_REASON"],
    &["BUILD_DEPENDS", "RUN_DEPENDS", "TEST_DEPENDS"],
    &["USES", "LTO_UNSAFE", "USE_GITHUB", "GH_ACCOUNT"],
    &["SUB_FILES"],
    &["OPTIONS_DEFINE", "OPTIONS_DEFAULT", "OPTIONS_SUB"],
    &["*_DESC"],
    &["*_USES", "*_RUN_DEPENDS", "*_VARS"],
    &["*"],
];

/// Those that one who commits it would send back if they were not there.
const WANTED: [&str; 10] = [
    "PORTNAME",
    "DISTVERSION",
    "CATEGORIES",
    "MAINTAINER",
    "COMMENT",
    "WWW",
    "LICENSE",
    "USES",
    "GH_ACCOUNT",
    "OPTIONS_DEFINE",
];

/// Every file of a port, with what it holds.
pub fn files(port: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["", "files/"] {
        for entry in fs::read_dir(port.join(folder)).expect("a port") {
            let path = entry.expect("an entry").path();
            if path.is_file() {
                let name = path.file_name().expect("a name").to_string_lossy().into_owned();
                found.push((format!("{folder}{name}"), fs::read_to_string(path).expect("text")));
            }
        }
    }
    found.sort();
    found
}

/// The variables that a Makefile sets before its first target, with lines that go on put together.
pub fn variables(makefile: &str) -> Vec<(String, String)> {
    let whole = makefile.replace("\\\n", " ");
    let lines = whole.lines().take_while(|line| !is_target(line));
    let set =
        lines.filter(|line| !line.starts_with(['#', '.', '\t'])).filter_map(|line| line.split_once('='));
    set.map(|(name, value)| (name.trim_end_matches(['+', '?']).to_owned(), value.trim().to_owned())).collect()
}

/// The value of one of them.
pub fn value(makefile: &str, name: &str) -> String {
    let found = variables(makefile).into_iter().find(|(other, _)| other == name);
    found.map(|(_, value)| value).unwrap_or_default()
}

fn is_target(line: &str) -> bool {
    line.ends_with(':') && !line.starts_with(['#', '\t']) && !line.contains('=')
}

/// Its place in the order: the row, and that in the row.
fn place(name: &str) -> (usize, usize) {
    let is = |pattern: &str| match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => name.ends_with(end),
        (_, Some(begin)) => name.starts_with(begin),
        _ => name == pattern,
    };
    let found =
        ORDER.iter().enumerate().find_map(|(row, names)| Some((row, names.iter().position(|p| is(p))?)));
    found.expect("the last row takes all")
}

/// What is wrong with a port.
pub fn faults(port: &Path) -> Vec<String> {
    let files = files(port);
    let text = |name: &str| files.iter().find(|(file, _)| file == name).map_or("", |(_, text)| text);
    let mut faults: Vec<String> = files.iter().flat_map(|(name, text)| plain(name, text)).collect();
    let makefile = text("Makefile");
    faults.extend(order(makefile));
    faults.extend(uses(makefile));
    faults.extend(makefile_lines(makefile));
    faults.extend(comment(&value(makefile, "COMMENT")));
    faults.extend(description(text("pkg-descr")));
    faults.extend(plist(makefile, text("pkg-plist")));
    faults.extend(distinfo(text("Makefile.crates"), text("distinfo")));
    faults.extend(message(text("files/pkg-message.in")));
    let scripts = makefile.split_whitespace().filter_map(|word| word.strip_prefix("USE_RC_SUBR+="));
    for file in value(makefile, "SUB_FILES").split_whitespace().chain(scripts) {
        if text(&format!("files/{file}.in")).is_empty() {
            faults.push(format!("Makefile: there is no files/{file}.in"));
        }
    }
    let account = value(makefile, "GH_ACCOUNT");
    let told = |(name, text): &(String, String)| vec![name.clone(); text.matches(&account).count()];
    let told: Vec<_> = files.iter().flat_map(told).collect();
    if told != ["Makefile"] {
        faults.push(format!("Makefile: the account stands in more than one place: {told:?}"));
    }
    faults
}

fn plain(name: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.ends_with([' ', '\t', '\r']) {
            faults.push(format!("{name}:{}: blanks at the end", at + 1));
        }
    }
    if !text.ends_with('\n') || text.ends_with("\n\n") {
        faults.push(format!("{name}: does not end with the end of a line, and one only"));
    }
    if !text.is_ascii() {
        faults.push(format!("{name}: holds something beside ASCII"));
    }
    faults
}

fn order(makefile: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let names: Vec<_> = variables(makefile).into_iter().map(|(name, _)| name).collect();
    for pair in names.windows(2) {
        if place(&pair[0]) > place(&pair[1]) {
            faults.push(format!("Makefile: {} comes after {}", pair[1], pair[0]));
        }
    }
    let blocks = makefile.split("\n\n").take(3).map(variables);
    for (row, block) in blocks.enumerate() {
        for (name, _) in block.iter().filter(|(name, _)| place(name).0 != row) {
            faults.push(format!("Makefile: {name} is in block {}", row + 1));
        }
    }
    for wanted in WANTED.iter().filter(|wanted| !names.iter().any(|name| name == *wanted)) {
        faults.push(format!("Makefile: there is no {wanted}"));
    }
    let options = value(makefile, "OPTIONS_DEFINE");
    for option in options.split_whitespace().filter(|option| *option != "DOCS") {
        if !names.contains(&format!("{option}_DESC")) {
            faults.push(format!("Makefile: the option {option} is not described"));
        }
    }
    faults
}

/// Ports that none is to depend on, for what they bring is said by a word of USES or by a version.
const NO_DEPENDENCIES: [&str; 6] =
    ["lang/python", "lang/python2", "lang/python3", "lang/gcc", "lang/julia", "devel/llvm"];

/// What `stage-qa` looks at, and that of two uses with one name the first alone counts.
fn uses(makefile: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut used = BTreeSet::new();
    for (name, value) in variables(makefile) {
        for word in value.split_whitespace() {
            let origin = word.split_once(':').map_or("", |(_, origin)| origin);
            let origin = origin.split('@').next().unwrap_or_default();
            if name.ends_with("_DEPENDS") && NO_DEPENDENCIES.contains(&origin) {
                faults.push(format!("Makefile: {name}: nothing depends on {origin}; USES has a word for it"));
            }
            let use_of = word.split(':').next().unwrap_or_default().to_owned();
            if (name == "USES" || name.ends_with("_USES")) && !used.insert(use_of) {
                faults.push(format!("Makefile: {name}: {word} is not looked at, for it is used already"));
            }
        }
    }
    faults
}

fn makefile_lines(makefile: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut goes_on = false;
    for (at, line) in makefile.lines().enumerate() {
        let mut fault = |what: &str| faults.push(format!("Makefile:{}: {what}", at + 1));
        let is_comment = line.starts_with('#');
        if goes_on && !line.starts_with('\t') {
            fault("what goes on begins with a tab");
        }
        if line.starts_with(' ') || line.contains(" \t") {
            fault("blanks where a tab is to be");
        }
        if !is_comment
            && !goes_on
            && !line.starts_with(['\t', '.'])
            && let Some((_, value)) = line.split_once('=')
            && !value.starts_with('\t')
        {
            fault("a value begins behind a tab");
        }
        if ["fetch:", "extract:", "patch:", "configure:", "build:", "install:", "test:"].contains(&line) {
            fault("a target of the framework itself, of which do- is ours");
        }
        if !is_comment && ["/usr/local", "/usr/ports"].iter().any(|path| line.contains(path)) {
            fault("a path that a variable stands for");
        }
        if !is_comment && line.starts_with('\t') && !goes_on {
            let word = line.trim_start_matches(['\t', '@', '-']).split(' ').next().unwrap_or_default();
            if ["install", "mkdir", "sed", "env", "sh", "cp"].contains(&word) {
                fault("a program that a variable stands for");
            }
        }
        goes_on = line.ends_with('\\');
    }
    if !makefile.ends_with("\n\n.include <bsd.port.mk>\n") {
        faults.push("Makefile: the last line is not that of bsd.port.mk".to_owned());
    }
    faults
}

fn comment(comment: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fault = |what: &str| faults.push(format!("Makefile: COMMENT {what}"));
    if comment.len() > 70 {
        fault("has more than 70 characters");
    }
    if comment.ends_with('.') {
        fault("ends with a period");
    }
    if !comment.starts_with(|first: char| first.is_ascii_uppercase() || first.is_ascii_digit()) {
        fault("does not begin with a capital");
    }
    if ["A ", "An ", "The "].iter().any(|article| comment.starts_with(article)) {
        fault("begins with an article");
    }
    faults
}

fn description(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if text.lines().any(|line| line.len() > 80) {
        faults.push("pkg-descr: a line of more than 80 characters".to_owned());
    }
    if !(3..=24).contains(&text.lines().count()) {
        faults.push("pkg-descr: has not 3 to 24 lines".to_owned());
    }
    faults
}

fn plist(makefile: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let options = value(makefile, "OPTIONS_DEFINE");
    let options: Vec<_> =
        options.split_whitespace().map(|option| option.replace("DOCS", "PORTDOCS")).collect();
    let mut seen = BTreeSet::new();
    for line in text.lines() {
        let mut fault = |what: &str| faults.push(format!("pkg-plist: {line}: {what}"));
        let (option, path) = match line.strip_prefix("%%").and_then(|rest| rest.split_once("%%")) {
            Some((option, path)) => (option, path),
            None => ("", line),
        };
        if !option.is_empty() && !options.iter().any(|known| known == option) {
            fault("of an option that there is not");
        }
        if (option == "PORTDOCS") != path.starts_with("%%DOCSDIR%%/") {
            fault("documents are in DOCSDIR, and nothing else");
        }
        let path = path.trim_start_matches("@sample ");
        if path.starts_with(['/', '@']) || path.contains("lib/pkgconfig") {
            fault("a path or a word that is not for a plist");
        }
        if path.contains("/man/") && !path.ends_with(".gz") {
            fault("manual pages are compressed");
        }
        if path.starts_with("etc/") && (!line.contains("@sample ") || !path.ends_with(".sample")) {
            fault("a configuration is a sample");
        }
        if !seen.insert(path.to_owned()) {
            fault("is there twice");
        }
    }
    faults
}

fn distinfo(crates: &str, distinfo: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut lines = distinfo.lines();
    let time = lines.next().and_then(|line| line.strip_prefix("TIMESTAMP = "));
    if time.and_then(|time| time.parse::<u64>().ok()).is_none() {
        faults.push("distinfo: does not begin with its TIMESTAMP".to_owned());
    }
    let names = crates.trim_start_matches("CARGO_CRATES=").split([' ', '\t', '\n', '\\']);
    for name in names.filter(|name| !name.is_empty()) {
        let (sum, size) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        let of = |kind: &str| format!("{kind} (rust/crates/{name}.crate) = ");
        let is_sum = |sum: &str| sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !sum.strip_prefix(&of("SHA256")).is_some_and(is_sum) {
            faults.push(format!("distinfo: {sum}: not the SHA256 of {name}"));
        }
        if size.strip_prefix(&of("SIZE")).and_then(|size| size.parse::<u64>().ok()).is_none() {
            faults.push(format!("distinfo: {size}: not the SIZE of {name}"));
        }
    }
    if let Some(line) = lines.next() {
        faults.push(format!("distinfo: {line}: of nothing that is in Makefile.crates"));
    }
    faults
}

/// What pkg reads: a list of objects, each with a type and a text up to `EOM`.
fn message(text: &str) -> Vec<String> {
    let mut lines = text.lines().peekable();
    let mut fine = lines.next() == Some("[");
    while fine && lines.peek() != Some(&"]") {
        fine = ["{ type: install", "{ type: upgrade", "{ type: remove"]
            .contains(&lines.next().unwrap_or_default());
        fine = fine && lines.next() == Some("  message: <<EOM");
        fine = fine && lines.any(|line| line == "EOM");
        let ends = lines.next().unwrap_or_default();
        fine = fine && ends == if lines.peek() == Some(&"]") { "}" } else { "}," };
    }
    let fine = fine && lines.next() == Some("]") && lines.next().is_none();
    let mut faults = if fine { Vec::new() } else { vec!["pkg-message: is not a list in UCL".to_owned()] };
    // What is listed as a sample is copied to its place where there is none, and what is there is somebody's.
    for line in
        text.lines().map(str::trim).filter(|line| line.starts_with("cp ") && line.contains(".sample "))
    {
        faults.push(format!("pkg-message: {line}: writes over what an administrator has made of the sample"));
    }
    faults
}
