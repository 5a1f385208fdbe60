//! Jails that iocage takes for one another.

use serde_json::{Value, json};
use sysadm_iocage::config::Generation;

use super::tables::{A, B, df, templates};
use crate::support::fault;
use crate::support::stand::{Answered, Answers, Said, ask, said};

fn shell(request: &Value, commands: Vec<(&str, Said)>) -> Answered {
    let answers: Answers = commands.into_iter().map(|(key, said)| (key.to_owned(), vec![said])).collect();
    ask(Generation::Shell, answers, request)
}

fn destroyed(uuid: &str) -> Said {
    said(format!(
        " \n  WARNING: this will destroy jail {uuid}\n \n  Are you sure ? y[N]:   Destroying: {uuid}\n"
    ))
}

/// A template and a jail of one tag: the template is found by its UUID.
#[test]
fn a_template_is_handed_on_by_its_uuid() {
    for jail in ["t1", "other"] {
        let request = json!({"action": "destroyjail", "jail": B});
        let destroy = format!("destroy {B}");
        let answers = vec![
            ("df".to_owned(), vec![df(&[(A, jail)])]),
            ("list -t".to_owned(), vec![templates(&[(B, "t1")]), templates(&[])]),
            (destroy.clone(), vec![destroyed(B)]),
        ];
        let answered = ask(Generation::Shell, answers, &request);
        assert_eq!(answered.args, json!({"destroyjail": {"success": {"Destroying": format!(" {B}")}}}));
        assert!(answered.calls.contains(&destroy), "{:?}", answered.calls);
    }
    // By the tag it is one of two.
    let request = json!({"action": "startjail", "jail": "t1"});
    let answered = shell(&request, vec![("df", df(&[(A, "t1")])), ("list -t", templates(&[(B, "t1")]))]);
    assert_eq!(answered.args["startjail"]["code"], json!("ambiguous-jail"));
}

/// A jail whose tag is another one's UUID would be hit in its place.
#[test]
fn a_uuid_that_is_anothers_tag_is_not_handed_on() {
    let upper = B.to_uppercase();
    for (jails, others) in [
        (vec![(A, B), (B, "WEB")], vec![]),
        (vec![(B, "WEB")], vec![(A, B)]),
        // Which is only found once the other is gone.
        (vec![(B, "WEB")], vec![(A, upper.as_str())]),
    ] {
        for action in ["destroyjail", "getjailsettings", "stopjail", "clonejail", "capjail"] {
            let request = json!({"action": action, "jail": "WEB", "prop": "tag"});
            let answered = shell(&request, vec![("df", df(&jails)), ("list -t", templates(&others))]);
            let answer = &answered.args[action];
            assert_eq!(answer["code"], json!("ambiguous-jail"), "{}", answered.args);
            let sentence = answer["error"].as_str().unwrap_or_default();
            assert!(sentence.contains(A) && sentence.contains("WEB"), "{sentence}");
            assert!(
                answered.calls.iter().all(|call| call == "df" || call == "list -t"),
                "{:?}",
                answered.calls
            );
        }
    }
}

/// A clone that was given another jail's UUID: neither can be told from the other.
#[test]
fn two_jails_of_one_uuid_cannot_be_told_apart() {
    for name in ["victim", "evil", A] {
        let request = json!({"action": "destroyjail", "jail": name});
        let jails = df(&[(A, "victim"), (A, "evil"), (B, "other")]);
        let answered = shell(&request, vec![("df", jails), ("list -t", templates(&[]))]);
        assert_eq!(answered.args["destroyjail"]["code"], json!("ambiguous-jail"), "{}", answered.args);
    }
    for props in [format!("tag=evil host_hostuuid={A}"), "tag=x count=2".to_owned()] {
        let request = json!({"action": "clonejail", "jail": "other", "props": props});
        let answered = shell(&request, vec![("df", df(&[(B, "other")])), ("list -t", templates(&[]))]);
        let answer = &answered.args["clonejail"];
        assert_eq!(fault(answer), ("illegal-value", "props"));
        assert!(!answered.calls.iter().any(|call| call.starts_with("clone")), "{:?}", answered.calls);
    }
}

/// Names over 64 bytes exist; a name with a snapshot or a slash is none.
#[test]
fn a_long_name_is_a_name() {
    let long = "build-agent-0123456789-amd64-15.0-RELEASE.internal.lab.example.com";
    let longest = format!("j{}", "x".repeat(239));
    for name in [long, &longest] {
        let answers: Answers = vec![
            ("df -lh".to_owned(), vec![said(format!("{name}\t1.00x\tnone\tnone\t1.2M\t10G\n"))]),
            (format!("get boot {name}"), vec![said("0\n")]),
        ];
        let request = json!({"action": "getjailsettings", "jail": name, "prop": "boot"});
        let answered = ask(Generation::Python, answers, &request);
        assert_eq!(answered.args["getjailsettings"][name]["boot"], json!("0"), "{}", answered.args);
    }
    for (name, code) in [
        ("web/", "illegal-name"),
        ("web/root", "illegal-name"),
        ("web@2018-04-10_19:54:17", "unknown-jail"),
        ("web@", "unknown-jail"),
    ] {
        let answers = vec![("df -lh".to_owned(), vec![said("web\t1.00x\tnone\tnone\t1.2M\t10G\n")])];
        let request = json!({"action": "getjailsettings", "jail": name});
        let answered = ask(Generation::Python, answers, &request);
        assert_eq!(answered.args["getjailsettings"]["code"], json!(code), "{name}");
        assert!(answered.args.to_string().contains("web"), "{}", answered.args);
    }
}
