//! The Qt adapter: the documented exchanges through QJsonObject, and what a server
//! like sysadm's sees of it; also one made by the page for that server. With Qt 6 or Qt 5, whichever pkg-config finds.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::{
    CXX17, Folder, Machine, artifacts, compiler, is_installed, made_once, module_in_c, root, sanitizer,
    without_tools,
};

fn pkg_config(arguments: &[&str]) -> Option<Vec<String>> {
    let output = Command::new("pkg-config").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    Some(text.split_whitespace().map(str::to_owned).collect())
}

/// A program of the adapter's, built as a server would; `None` where there is no Qt. Each source is compiled once for
/// all that want it with these flags.
fn built(folder: &Folder, sources: &[&str], flags: &[&str]) -> Option<PathBuf> {
    let found = ["Qt6Core", "Qt5Core"]
        .into_iter()
        .find_map(|name| Some((pkg_config(&["--cflags", name])?, pkg_config(&["--libs", name])?)));
    let Some((of_qt, libraries)) = found else {
        crate::support::skipped!("there is no Qt, or no pkg-config to find it with");
        return None;
    };
    let compiled = |source: &str| {
        let mut command = compiler(CXX17.0);
        command.args([CXX17.1, "-fPIC", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]);
        // Qt's own headers are not ours to answer for.
        for flag in &of_qt {
            match flag.strip_prefix("-I") {
                Some(path) => command.args(["-isystem", path]),
                None => command.arg(flag),
            };
        }
        for path in ["include", "host-example/qt"] {
            command.arg("-I").arg(root().join(path));
        }
        command.arg(root().join(source)).args(flags);
        command
    };
    let program = folder.0.join("adapter");
    let mut command = compiler(CXX17.0);
    command.args(flags);
    let adapter = ["host-example/qt/class_modules.cpp", "host-example/qt/class_requests.cpp"];
    for source in sources.iter().chain(&adapter) {
        let mut object = compiled(source);
        object.arg("-c");
        command.arg(made_once(object));
    }
    let said = command.arg("-o").arg(&program).args(libraries).args(["-ldl", "-pthread"]).output();
    let said = said.expect("it runs");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    Some(program)
}

/// The adapter's program, and a folder of modules beside it: the class, another one,
/// and a file that is none.
struct Adapter {
    folder: Folder,
    modules: PathBuf,
}

impl Adapter {
    fn new() -> Option<Adapter> {
        let folder = Folder::new();
        built(&folder, &["tests/cpp/qt_document.cpp"], &[])?;
        let modules = folder.0.join("modules");
        std::fs::create_dir(&modules).expect("made");
        std::fs::copy(&artifacts().module, modules.join("iocage.so")).expect("copied");
        std::fs::copy(&artifacts().module, modules.join("twice.so")).expect("copied");
        std::fs::write(modules.join("broken.so"), "no library").expect("written");
        module_in_c(&folder, "include/template/c/echo.c", "modules/echo.so", &[]);
        Some(Adapter { folder, modules })
    }

    fn ask(&self, lines: &[Value]) -> Vec<Value> {
        told(Command::new(self.folder.0.join("adapter")).arg(&self.modules), lines)
    }
}

/// What a program that reads these lines prints until it ends well.
#[expect(clippy::disallowed_methods, reason = "the thread is the test's")]
fn told(program: &mut Command, lines: &[Value]) -> Vec<Value> {
    let piped = program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("it runs");
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let mut input = child.stdin.take().expect("piped");
    // Written by a thread: what it answers has to be read meanwhile.
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("no panic").expect("it reads");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers = String::from_utf8(output.stdout).expect("UTF-8");
    answers.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn the_documented_exchanges_pass_through_qjsonobject() {
    let Some(adapter) = Adapter::new() else { return };
    let text = std::fs::read_to_string(root().join("host-example/src/document.json")).expect("our own file");
    let exchanges: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let machines: Vec<_> = exchanges.iter().map(|exchange| Machine::new(&exchange["state"])).collect();
    let lines: Vec<_> = exchanges
        .iter()
        .zip(&machines)
        .map(|(exchange, machine)| {
            let config: Value = serde_json::from_str(&machine.config()).expect("JSON");
            json!({"config": config, "request": exchange["request"], "answer": crate::exchanges::answer(exchange)})
        })
        .collect();
    let answers = adapter.ask(&lines);
    assert_eq!(answers.len(), 24);
    for (exchange, answer) in exchanges.iter().zip(&answers) {
        assert_eq!(answer["args"], crate::exchanges::answer(exchange), "{}", exchange["request"]);
        assert_eq!((&answer["same"], &answer["status"]), (&json!(true), &json!(200)));
        assert_eq!(answer["replaced"], "", "the module is well, so another one may take over");
    }
}

#[test]
fn a_server_sees_subsystems_rights_and_problems() {
    let Some(adapter) = Adapter::new() else { return };
    let machine = Machine::new(&json!({"pools": [{"name": "tank", "active": true}]}));
    let config: Value = serde_json::from_str(&machine.config()).expect("JSON");
    let clean = json!({"action": "cleanall"});
    let answers = adapter.ask(&[
        json!({"config": config, "request": clean, "limited": true}),
        json!({"config": config, "request": ["cleanall"]}),
        json!({"config": config, "request": clean, "name": "zfs"}),
        json!({"config": config, "request": {"action": "listjails"}, "namespace": "SYSADM", "name": "Iocage"}),
        json!({"config": config, "request": {"action": "x"}, "namespace": "example", "name": "echo"}),
        json!({"config": {"iocgae": 1}, "request": clean}),
        json!({"config": without_tools(json!({"iocage": "/nonexistent/iocage"})), "request": {"action": "df"}}),
    ]);
    let statuses: Vec<_> =
        answers.iter().map(|answer| answer["status"].as_i64().expect("a number")).collect();
    assert_eq!(statuses, [403, 400, 404, 200, 200, 404, 200]);
    let has: Vec<_> = answers.iter().map(|answer| answer["has"].as_bool().expect("a truth")).collect();
    assert_eq!(has, [true, true, false, true, true, false, true]);
    assert_eq!(answers[0]["subsystems"], json!({"example/echo": "read", "sysadm/iocage": "read"}));
    assert_eq!(
        answers[1]["subsystems"],
        json!({"example/echo": "read/write", "sysadm/iocage": "read/write"})
    );
    assert_eq!(answers[5]["subsystems"], json!({"example/echo": "read/write"}));
    assert_eq!(answers[4]["args"]["echo"], r#"{"action":"x"}"#);

    let problems = |answer: &Value| answer["problems"].as_str().expect("a text").to_owned();
    let usual = problems(&answers[0]);
    let usual: Vec<_> = usual.lines().collect();
    assert_eq!(usual.len(), 2, "{usual:?}");
    assert!(usual[0].contains("broken.so is not a shared library"), "{usual:?}");
    assert!(
        usual[1].contains("twice.so") && usual[1].contains("sysadm/iocage is there already"),
        "{usual:?}"
    );
    assert!(problems(&answers[5]).contains("iocgae"));
    assert_eq!(answers[6]["args"]["df"]["code"], "cannot-start");
    assert!(answers[6]["replaced"].as_str().expect("a text").contains("its health"), "{}", answers[6]);
}

/// Run, cancelled, stopped, replaced and unloaded under load. The sanitizer of threads
/// is of no use here: it does not see what Qt, which is built without it, keeps apart.
#[test]
fn requests_run_on_threads_of_their_own_and_end() {
    let sanitizers = [Some(vec!["-O2"]), sanitizer("address").map(|flags| flags.to_vec())];
    for flags in sanitizers.into_iter().flatten() {
        let folder = Folder::new();
        let sources = ["tests/cpp/qt_requests.cpp", "tests/cpp/qt_changes.cpp"];
        let Some(program) = built(&folder, &sources, &flags) else { return };
        for name in ["modules", "copies"] {
            std::fs::create_dir(folder.0.join(name)).expect("made");
        }
        let of_module: Vec<_> = flags.iter().copied().filter(|flag| flag.contains("sanitize")).collect();
        let flags = [&["-pthread"], &of_module[..]].concat();
        module_in_c(&folder, "include/template/c/count.c", "modules/count.so", &flags);
        let output = Command::new(program)
            .args([folder.0.join("modules"), folder.0.join("copies")])
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout);
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.ends_with("well\n"), "{said}{log}");
        assert_eq!(std::fs::read_dir(folder.0.join("copies")).expect("there").count(), 0);
    }
}

/// As a server's project would have it.
#[test]
fn qmake_builds_it() {
    let qmake = ["qmake6", "qmake"].into_iter().find(|name| is_installed(name));
    let Some(qmake) = qmake.filter(|_| is_installed("make")) else {
        crate::support::skipped!("there is no qmake, or no make");
        return;
    };
    let folder = Folder::new();
    let project = format!(
        "QT = core\nCONFIG += console\nTARGET = adapter\nSOURCES += {}\nSYSADM_INCLUDE = {}\ninclude({})\n",
        root().join("tests/cpp/qt_document.cpp").display(),
        root().join("include").display(),
        root().join("host-example/qt/class_modules.pri").display(),
    );
    std::fs::write(folder.0.join("adapter.pro"), project).expect("written");
    for command in [&[qmake][..], &["make"]] {
        let output = Command::new(command[0]).current_dir(&folder.0).output().expect("it runs");
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {}{log}", String::from_utf8_lossy(&output.stdout));
    }
    assert!(Command::new(folder.0.join("adapter")).stdin(Stdio::null()).status().expect("it runs").success());
}

/// The lines that the page for that server gives, each at its place in one in small, with these
/// files instead of the installed ones.
fn by_the_page(modules: &Path, configurations: &Path) -> String {
    let page = std::fs::read_to_string(root().join("include/doc/sysadm-server.md")).expect("a page");
    let blocks = page.split("```cpp\n").skip(1);
    let mut blocks: Vec<_> = blocks.map(|rest| rest.split_once("```").expect("its end").0).collect();
    let server = std::fs::read_to_string(root().join("tests/cpp/qt_server.cpp")).expect("ours");
    let mut text = String::new();
    for line in server.lines() {
        text += match line.strip_prefix("//@ ") {
            None => line,
            Some(begin) => {
                let at = blocks.iter().position(|block| block.starts_with(begin));
                blocks.remove(at.unwrap_or_else(|| panic!("the page has no lines that begin with {begin}")))
            }
        };
        text.push('\n');
    }
    assert!(blocks.is_empty(), "the server in small has no place for {blocks:?}");
    let installed = ["/usr/local/lib/sysadm/modules\"", "/usr/local/etc/sysadm/modules.json\""];
    for (installed, path) in installed.into_iter().zip([modules, configurations]) {
        assert!(text.contains(installed), "{installed}");
        text = text.replace(installed, &format!("{}\"", path.display()));
    }
    text
}

#[test]
fn a_sysadm_server_by_the_page_compiles_serves_and_ends() {
    let folder = Folder::new();
    let [modules, configurations, source] =
        ["modules", "modules.json", "server.cpp"].map(|name| folder.0.join(name));
    std::fs::write(&source, by_the_page(&modules, &configurations)).expect("written");
    let Some(server) = built(&folder, &[source.to_str().expect("our own")], &[]) else { return };
    std::fs::create_dir(&modules).expect("made");
    std::fs::copy(&artifacts().module, modules.join("iocage.so")).expect("copied");
    let machine = Machine::new(&json!({"pools": [{"name": "tank", "active": true}]}));
    let config: Value = serde_json::from_str(&machine.config()).expect("JSON");
    std::fs::write(&configurations, json!({"sysadm/iocage": config}).to_string()).expect("written");

    // By a misspelt name nothing of what is denied is lost: the class is not there at all.
    let misspelt = folder.0.join("misspelt.json");
    let misspelt_source = folder.0.join("misspelt.cpp");
    std::fs::write(&misspelt, json!({"sysadm/iocge": config}).to_string()).expect("written");
    std::fs::write(&misspelt_source, by_the_page(&modules, &misspelt)).expect("written");
    let kept = folder.0.join("server");
    std::fs::rename(&server, &kept).expect("renamed");
    let other = built(&folder, &[misspelt_source.to_str().expect("our own")], &[]).expect("there is Qt");
    let mine = json!({"id": "mine", "namespace": "sysadm", "name": "iocage", "args": {"action": "df"}, "full": true, "web": true});
    let told_by_it = told(&mut Command::new(other), std::slice::from_ref(&mine));
    assert_eq!(told_by_it[..2], [json!({}), json!({})], "it has no subsystem");
    assert_eq!(told_by_it[2]["args"], "a class that is built in", "and nobody else's answer");
    let server = kept;

    let request = |id: &str, name: &str, action: &str, full: bool, web: bool| {
        let args = json!({"action": action});
        json!({"id": id, "namespace": "sysadm", "name": name, "args": args, "full": full, "web": web})
    };
    let mut answers = told(
        &mut Command::new(server),
        &[
            request("done", "iocage", "cleanall", true, true),
            request("done over REST", "iocage", "cleanall", true, false),
            request("denied", "iocage", "cleanall", false, true),
            request("denied over REST", "iocage", "cleanall", false, false),
            request("none", "iocage", "nothing", true, true),
            request("its own", "zfs", "list", true, true),
        ],
    );
    let of_answers = answers.split_off(2);
    assert_eq!(answers, [json!({"sysadm/iocage": "read"}), json!({"sysadm/iocage": "read/write"})]);
    let of = |id: &str| of_answers.iter().find(|answer| answer["id"] == id).expect("answered");
    let code = |id: &str| of(id)["code"].as_i64().expect("a number");
    let [ok, bad_request, forbidden] = [0, 1, 2];
    // Over WebSocket that server shows nothing of an answer that is not well.
    assert_eq!([code("done"), code("done over REST"), code("denied")], [ok; 3]);
    assert_eq!(
        [code("denied over REST"), code("none"), code("its own")],
        [forbidden, bad_request, bad_request]
    );
    assert_eq!(of("denied")["args"]["code"], "access-denied");
    assert!(of("done")["args"]["cleanall"].is_object(), "{}", of("done"));
    assert_eq!(of("done")["header"], "Content-Type: text/json; charset=utf-8");
    assert_eq!(of("its own")["args"], "a class that is built in");
    assert_eq!(of_answers.len(), 6);
}
