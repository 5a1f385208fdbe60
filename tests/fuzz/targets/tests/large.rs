//! Output that grows: what is done with a line must not depend on how many there
//! are. The targets hold every dispatch to a time; two hundred thousand bytes in
//! the shortest lines are enough to be late for what looks at each pair of them.

use fuzz_targets::find;

const SIZE: usize = 200_000;

/// Text of about `SIZE` bytes, of a line for each number.
fn lines(line: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    let mut number = 0;
    while text.len() < SIZE {
        text += &line(number);
        number += 1;
    }
    text
}

/// A target, a request, and for a command its standard output and error.
fn run(target: &str, request: &str, replies: &[(&str, &str, &str)]) {
    let replies: String =
        replies.iter().map(|(head, out, err)| format!("\u{1e}{head}\n{out}\u{1f}{err}")).collect();
    println!("{target} {request}");
    (find(target).expect("a target").run)(format!("{request}{replies}").as_bytes());
}

#[test]
fn many_lines_on_standard_error() {
    let said = lines(|n| format!("{n:x}\n"));
    for (request, command, stdout) in [
        (r#"{"action":"listjails"}"#, "list 0", "None\tweb\toff\tdown\tjail\t-\t-\t-\t-\tno\n"),
        (r#"{"action":"startjail","jail":"test"}"#, "start 0", "* Starting test\n"),
        (r#"{"action":"destroyjail","jail":"web"}"#, "destroy 0", "Destroying web\n"),
        (r#"{"action":"getjailsettings","jail":"web"}"#, "get all 0", "boot:on\n"),
        (r#"{"action":"cleanjails"}"#, "clean 0", "been destroyed.\n"),
        (r#"{"action":"clonejail","jail":"web"}"#, "clone 1", ""),
    ] {
        run("python", request, &[(command, stdout, &said)]);
        run("shell", request, &[(command, stdout, &said)]);
    }
}

#[test]
fn many_jails() {
    let df = lines(|n| format!("{n}\t1x\t-\t-\t-\t-\n"));
    let corrupt = lines(|n| format!("-\t{n}\ton\tCORRUPT\tj\t-\t-\t-\t-\t-\n"));
    let values = lines(|n| format!("{n}\tv\n"));
    let after = lines(|n| format!("x{n}\t1x\t-\t-\t-\t-\n")) + "0\t1x\t-\t-\t-\t-\n";
    let list = r#"{"action":"listjails"}"#;
    run("python", list, &[("list 0", &corrupt, "")]);
    let each = r#"{"action":"getjailsettings","prop":"notes","switches":"-r"}"#;
    run("python", each, &[("df 0", &df, ""), ("get -rh 0", &values, "")]);
    let destroy = r#"{"action":"destroyjail","jail":"0"}"#;
    // The jails before, twice, and others afterwards.
    let replies =
        [("df 0", &*df, ""), ("df 0", &df, ""), ("destroy 0", "Destroying 0\n", ""), ("df 0", &after, "")];
    run("python", destroy, &replies);
    let create = r#"{"action":"createjail","switches":"-e","props":"tag=y"}"#;
    run("python", create, &[("df 0", &df, ""), ("create 1", "", ""), ("df 0", &after, "")]);
    let names = lines(|n| format!("tank/iocage/jails/{n}\n"));
    run(
        "python",
        r#"{"action":"cleanreleases"}"#,
        &[("clean 0", "been destroyed.\n", ""), ("zfs list 0", &names, "")],
    );
    let table = |tag: &str| {
        let row = |n| format!("{n:08x}-0000-0000-0000-000000000000 1 1 1 1 1 {tag}{n}\n");
        format!("UUID CRT RES QTA USE AVA TAG\n{}", lines(row))
    };
    let (one, other) = (table("a"), table("b").replace("-0000-0000-0000-", "-0000-0000-0001-"));
    let create = r#"{"action":"createjail","props":"tag=y"}"#;
    run("shell", create, &[("df 0", &one, ""), ("create 0", "", ""), ("df 0", &other, "")]);
    run("shell", r#"{"action":"df"}"#, &[("df 0", &(one.clone() + &one), "")]);
}
