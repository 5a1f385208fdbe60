//! What is installed is found, by pkg-config and by CMake, and is enough to build the hosts far from this repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use sysadm_class::ffi;

use super::{MODULE, complaint, run, script};
use crate::support::{Folder, Machine, compiler, is_installed, root, skipped};

/// The sources of the hosts, away from this repository.
fn sources(folder: &Folder) -> PathBuf {
    let sources = folder.0.join("sources");
    fs::create_dir(&sources).expect("made");
    for host in
        ["c/host.c", "c/module.h", "c/ears.h", "c/ending.h", "cpp/host.cpp", "cpp/ears.hpp", "cpp/ending.hpp"]
    {
        let from = root().join("host-example").join(host);
        fs::copy(&from, sources.join(from.file_name().expect("a name"))).expect("copied");
    }
    sources
}

fn answers(host: &Path, module: &Path) {
    let machine = Machine::new(&json!({"pools": [{"name": "tank", "active": true}]}));
    let output = run(Command::new(host).arg(module).arg(machine.config()).arg(r#"{"action":"listjails"}"#));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "200 {\"listjails\":{}}\n");
}

#[test]
fn pkg_config_is_enough_to_build_the_hosts() {
    if !is_installed("pkg-config") {
        skipped!("pkg-config is not installed");
        return;
    }
    let folder = Folder::new();
    let (prefix, sources) = (folder.0.join("prefix"), sources(&folder));
    run(&mut script(&prefix, &[]));
    let ask = |what: &str| {
        let mut command = Command::new("pkg-config");
        command.arg(what).arg("sysadm-class").env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
        String::from_utf8(run(&mut command).stdout).expect("UTF-8").trim().to_owned()
    };
    assert_eq!(ask("--modversion"), format!("{}.{}", ffi::ABI_MAJOR, ffi::ABI_MINOR));
    let module = PathBuf::from(ask("--variable=moduledir")).join("sysadm_iocage.so");
    assert_eq!(module, prefix.join(MODULE));
    for (name, standard, source) in [("cc", "-std=c11", "host.c"), ("c++", "-std=c++17", "host.cpp")] {
        let mut command = compiler(name);
        command.args([standard, "-pthread"]).args(ask("--cflags").split_whitespace());
        command.arg(source).args(["-o", name]).args(ask("--libs").split_whitespace());
        run(command.current_dir(&sources));
        answers(&sources.join(name), &module);
    }
}

const PROJECT: &str = "cmake_minimum_required(VERSION 3.16)
project(hosts C CXX)
set(CMAKE_CXX_STANDARD 17)
find_package(SysadmClass @WANTED@ REQUIRED)
find_package(Threads REQUIRED)
add_executable(host_c host.c)
add_executable(host_cpp host.cpp)
foreach(host host_c host_cpp)
    target_link_libraries(${host} SysadmClass::headers Threads::Threads)
endforeach()
message(STATUS \"modules in ${SysadmClass_MODULE_DIR}\")
";

#[test]
fn cmake_is_enough_to_build_the_hosts_wherever_they_were_moved() {
    if !is_installed("cmake") {
        skipped!("cmake is not installed");
        return;
    }
    let folder = Folder::new();
    let (first, prefix, sources) = (folder.0.join("first"), folder.0.join("moved"), sources(&folder));
    run(&mut script(&first, &[]));
    fs::rename(&first, &prefix).expect("moved");
    let configure = |wanted: &str| {
        fs::write(sources.join("CMakeLists.txt"), PROJECT.replace("@WANTED@", wanted)).expect("written");
        let build = sources.join(format!("build-{wanted}"));
        let mut command = Command::new("cmake");
        command.arg("-S").arg(&sources).arg("-B").arg(&build);
        command.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display()));
        (command, build)
    };
    for wanted in ["2.0", "0.9", "1.9"] {
        let said = complaint(&mut configure(wanted).0);
        assert!(said.contains("SysadmClass") && said.contains("version: 1.1"), "{said}");
    }
    for wanted in ["1.0", "1.1", "1"] {
        let (mut command, build) = configure(wanted);
        let said = String::from_utf8(run(&mut command).stdout).expect("UTF-8");
        let modules = prefix.join("lib/sysadm/modules");
        assert!(said.contains(&format!("modules in {}\n", modules.display())), "{said}");
        if wanted == "1.0" {
            run(Command::new("cmake").arg("--build").arg(&build));
            for host in ["host_c", "host_cpp"] {
                answers(&build.join(host), &modules.join("sysadm_iocage.so"));
            }
        }
    }
}
