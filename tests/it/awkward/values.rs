//! Values, tables and output as iocage prints them, and as they are answered:
//! whole, told apart by columns, with what the documented form cannot hold
//! beside it.

use super::row::Is::{Answer, BadRequest, Error};
use super::row::{Is, Row, TEST};

const HEAD: &str = "JID  UUID                                  BOOT  STATE  TAG       TYPE      IP4\n";

const ALL: &str = r#"{"action": "getjailsettings", "jail": "test"}"#;
const NOTES: &str = r#"{"action": "getjailsettings", "jail": "test", "prop": "notes"}"#;
const LIST: &str = r#"{"action": "listjails"}"#;
const DF: &str = r#"{"action": "df"}"#;
const EXEC: &str = r#"{"action": "execjail", "jail": "test", "user": "root", "command": "x"}"#;

const GET_ALL: &str = "[df] | [list][-t] | ![get][all][@]";
const GET_NOTES: &str = "[df] | [list][-t] | ![get][notes][@]";
const RUN_X: &str = "[df] | [list][-t] | ![exec][-U][root][@][x]";

/// All settings of the jail `test`.
fn all(settings: &str) -> Is {
    Answer(format!(r#"{{"getjailsettings":{{"test":{settings}}}}}"#))
}

fn listed(jails: &str) -> Is {
    Answer(format!(r#"{{"listjails":{jails}}}"#))
}

/// The output of a command, in the document's form.
fn execed(output: &str) -> Is {
    Answer(format!(r#"{{"execjail":{{"success":{output}}}}}"#))
}

/// One stopped jail in the answer to `listjails`.
fn stopped(uuid: &str, tag: &str, kind: &str, ip4: &str) -> String {
    format!(
        r#""{uuid}":{{"boot":"off","ip4":"{ip4}","jid":"-","state":"down","tag":"{tag}","type":"{kind}"}}"#
    )
}

/// The same as a row of the table.
fn row_of(uuid: &str, tag: &str) -> String {
    format!("-    {uuid}  off   down   {tag}   basejail  -\n")
}

const OTHER: &str = "0bf985de-ca0f-11e5-8d45-d05099728dbf";

pub(super) fn rows() -> Vec<Row> {
    let mut rows = settings();
    rows.extend(tables());
    rows.extend(outputs());
    rows.extend(names());
    rows
}

fn settings() -> Vec<Row> {
    vec![
        Row::new(
            "values with colons are whole",
            ALL,
            GET_ALL,
            all(r#"{"gitlocation":"https://github.com","ip6_addr":"em0|2001:db8::1/64","last_started":"2016-02-10_20:31:58","notes":"a:b:c"}"#),
        )
        .prints("notes:a:b:c\nip6_addr:em0|2001:db8::1/64\ngitlocation:https://github.com\nlast_started:2016-02-10_20:31:58\n"),
        Row::new(
            "one value with a colon is whole",
            r#"{"action": "getjailsettings", "jail": "test", "prop": "gitlocation"}"#,
            "[df] | [list][-t] | ![get][gitlocation][@]",
            all(r#"{"gitlocation":"https://github.com"}"#),
        )
        .prints("https://github.com\n"),
        Row::new("a value may speak of a JID", ALL, GET_ALL, all(r#"{"notes":"see JID 5","tag":"test"}"#))
            .prints("notes:see JID 5\ntag:test\n"),
        Row::new(
            "a value may speak of an error",
            ALL,
            GET_ALL,
            all(r#"{"boot":"on","notes":"ERROR: seen in the log","tag":"test"}"#),
        )
        .prints("tag:test\nnotes:ERROR: seen in the log\nboot:on\n"),
        Row::new(
            "a tag of two words",
            r#"{"action": "getjailsettings", "prop": "vnet", "switches": "-r"}"#,
            "![get][-r][vnet]",
            Answer(format!(r#"{{"getjailsettings":{{"{TEST}":{{"TAG":"my jail","vnet":"off"}}}}}}"#)),
        )
        .prints(format!("UUID                                  TAG      vnet\n{TEST}  my jail  off\n")),
        Row::new(
            "a value of two words",
            r#"{"action": "getjailsettings", "prop": "exec_start", "switches": "-r"}"#,
            "![get][-r][exec_start]",
            Answer(format!(r#"{{"getjailsettings":{{"{TEST}":{{"TAG":"test","exec_start":"/bin/sh /etc/rc"}}}}}}"#)),
        )
        .prints(format!("UUID                                  TAG   exec_start\n{TEST}  test  /bin/sh /etc/rc\n")),
        Row::new("the blanks of a value stay", NOTES, GET_NOTES, all(r#"{"notes":"two  spaces   here"}"#))
            .prints("two  spaces   here\n"),
        Row::new("a value of nothing is a value", NOTES, GET_NOTES, all(r#"{"notes":""}"#)).prints("\n"),
        Row::new(
            "a default may be JID",
            r#"{"action": "getdefaultsettings"}"#,
            "![defaults]",
            Answer(r#"{"getdefaultsettings":{"defaults":{"boot":"off","notes":"JID"}}}"#.to_owned()),
        )
        .prints("notes=JID\nboot=off\n"),
    ]
}

fn tables() -> Vec<Row> {
    let one = |text: &str| format!("{HEAD}{text}");
    let up = |tag: &str, ip4: &str| {
        listed(&format!(r#"{{"{TEST}":{{"boot":"on","ip4":"{ip4}","jid":"JID","state":"up","tag":"{tag}","type":"basejail"}}}}"#).replace("JID", if tag == "test" { "7" } else { "1" }))
    };
    vec![
        Row::new("a listed tag of two words", LIST, "![list]", up("my jail", "10.0.0.5")).prints(format!(
            "JID  UUID                                  BOOT  STATE  TAG      TYPE      IP4\n\
             1    {TEST}  on    up     my jail  basejail  10.0.0.5\n"
        )),
        Row::new(
            "jails that are not iocage's are another table",
            LIST,
            "![list]",
            listed(&format!("{{{}}}", stopped(TEST, "test", "basejail", "-"))),
        )
        .prints(format!(
            "JID  UUID                                  BOOT  STATE  TAG   TYPE      IP4\n\
             -    {TEST}  off   down   test  basejail  -\n\
             --- non iocage jails currently active ---\n\
             JID  PATH                                  IP4   HOSTNAME\n\
             3    /usr/jails/www  10.0.0.9  www.example.org\n"
        )),
        Row::new(
            "an empty line ends no table",
            LIST,
            "![list]",
            listed(&format!("{{{},{}}}", stopped(TEST, "a", "basejail", "-"), stopped(OTHER, "b", "basejail", "-"))),
        )
        .prints(one(&format!("{}\n{}", row_of(TEST, "a"), row_of(OTHER, "b")))),
        // The first is kept, and the second told.
        Row::new(
            "a UUID twice",
            LIST,
            "![list]",
            Answer(format!(
                r#"{{"listjails":{{{}}},"problems":["{TEST} is listed twice; the second time as off - - down b basejail"]}}"#,
                stopped(TEST, "a", "basejail", "-")
            )),
        )
        .prints(one(&(row_of(TEST, "a") + &row_of(TEST, "b")))),
        // What this version does not tell is what iocage writes for nothing.
        Row::new(
            "a table with fewer columns",
            LIST,
            "![list]",
            listed(&format!("{{{}}}", stopped(TEST, "testjail", "-", "-"))),
        )
        .prints(format!(
            "JID   UUID                                  BOOT  STATE  TAG\n\
             -     {TEST}  off   down   testjail\n"
        )),
        // Of the two answers that would do, the one that is not taken for "no jails".
        Row::new("no table", LIST, "![list]", Error("unexpected-output", "", "no table")),
        Row::new("a cell that is not there", LIST, "![list]", up("test", "")).prints(format!(
            "JID  UUID                                  BOOT  STATE  TAG   TYPE      IP4\n\
             7    {TEST}  on    up     test  basejail\n"
        )),
        Row::new(
            "a tag of two words in df",
            DF,
            "![df]",
            Answer(format!(r#"{{"df":{{"{TEST}":{{"ava":"83.4G","crt":"2.30x","qta":"none","res":"none","tag":"my jail","use":"1.69M"}}}}}}"#)),
        )
        .prints(format!(
            "UUID                                  CRT     RES    QTA    USE    AVA    TAG\n\
             {TEST}  2.30x   none   none   1.69M  83.4G  my jail\n"
        )),
        // Left out, as it has to be, but not in silence.
        Row::new(
            "a row without a UUID",
            DF,
            "![df]",
            Answer(
                r#"{"df":{},"problems":["-                                     1.00x   none   none   96K  83.4G  -"]}"#.to_owned(),
            ),
        )
        .prints(
            "UUID  CRT  RES  QTA  USE  AVA  TAG\n\
             -                                     1.00x   none   none   96K  83.4G  -\n",
        ),
    ]
}

/// What commands print. Where the case asks for the output as it was beside the
/// document's form, that is `detail`, for whoever asks for it.
fn outputs() -> Vec<Row> {
    let exec =
        |name, output: &str, printed: &[u8]| Row::new(name, EXEC, RUN_X, execed(output)).prints(printed);
    vec![
        // The case would rather have the whole line as a key. The document keys
        // each line by what is before its first colon, and so do we: nothing is
        // lost by it, as key, colon and value are the line.
        exec(
            "a line with colons",
            r#"{"Wed Feb 10 21":"49:26 CST 2016"}"#,
            b"Wed Feb 10 21:49:26 CST 2016\n",
        ),
        exec("an empty line in the middle", r#"{"a":"","b":""}"#, b"a\n\nb\n"),
        exec("a line twice", r#"{"x":"","y":""}"#, b"x\ny\nx\n"),
        exec("lines in an order of their own", r#"{"alpha":"","zeta":""}"#, b"zeta\nalpha\n"),
        exec("output that is JSON", r#"{"{\"k\"":"\"v\",\"n\":[1,2]}"}"#, b"{\"k\":\"v\",\"n\":[1,2]}\n"),
        exec("words on both streams", r#"{"out":""}"#, b"out\n").complains("warn: w\n"),
        exec("output that is not UTF-8", "{\"caf\u{fffd} \u{fffd}\u{fffd}\":\"\"}", b"caf\xe9 \xff\xfe\n"),
        exec("output with a NUL", r#"{"a\u0000b":""}"#, b"a\0b\n"),
        exec("output with a byte order mark", r#"{"hi":""}"#, "\u{feff}hi\n".as_bytes()),
    ]
}

fn names() -> Vec<Row> {
    let created = "89e78032-cfba-11e5-8209-d05099728dbf (2016-02-09@23:48:15)";
    vec![
        // What is printed there is of a jail `x`, which is not the one that was
        // to be stopped: no success to us. The case is about the answer's key,
        // for which see `more`.
        Row::new(
            "a jail is called error, and another one was stopped",
            r#"{"action": "stopjail", "jail": "error"}"#,
            "[df] | [list][-t] | ![stop][89e78032-cfba-11e5-8209-d05099728dbf]",
            Error("not-done", "", "turned another one: \"x (error)\""),
        )
        .prints("* Stopping x (error)\n"),
        // The whole value: the document's was cut by the old server's parser.
        Row::new(
            "a tag that is a time",
            r#"{"action": "clonejail", "jail": "test"}"#,
            "[df] | [list][-t] | [df] | [list][-t] | ![clone][@]",
            Answer(format!(
                r#"{{"clonejail":{{"jail":"test","props":"","success":{{"Successfully created":" {created}"}}}}}}"#
            )),
        )
        .prints(format!("  Successfully created: {created}\n")),
        // The case would call the name illegal. Half a surrogate is no character
        // at all, so that these args are no JSON text in UTF-8: status 400.
        Row::new("half a character in a name", r#"{"action":"stopjail","jail":"\ud800"}"#, "", BadRequest),
        Row::new(
            "a NUL in a name",
            r#"{"action":"destroyjail","jail":"te\u0000st"}"#,
            "",
            Error("illegal-name", "jail", ""),
        ),
        Row::new(
            "a name of 5,000 letters",
            &format!(r#"{{"action": "destroyjail", "jail": "{}"}}"#, "a".repeat(5000)),
            "",
            Error("too-long", "jail", "240"),
        ),
    ]
}

/// Rows of ours beside the cases.
pub(super) fn more() -> Vec<Row> {
    vec![
        // A failure has text under `error`; a jail of that name has an object.
        Row::new(
            "a jail is called error and was stopped",
            r#"{"action": "stopjail", "jail": "error"}"#,
            "[df] | [list][-t] | ![stop][89e78032-cfba-11e5-8209-d05099728dbf]",
            Answer(
                r#"{"stopjail":{"error":{"* Stopping 89e78032-cfba-11e5-8209-d05099728dbf (error)":""}}}"#
                    .to_owned(),
            ),
        )
        .prints("* Stopping 89e78032-cfba-11e5-8209-d05099728dbf (error)\n"),
    ]
}
