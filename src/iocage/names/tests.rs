//! A name leads to the jail that was meant, or nowhere, and the error says to which it could have led.

use super::*;

fn names(jails: &[(&str, &str)]) -> Names {
    let name = |(uuid, tag): &(&str, &str)| {
        let [uuid, tag] = [*uuid, *tag].map(str::to_owned);
        Name { uuid, tag }
    };
    Names(jails.iter().map(name).collect())
}

fn resolve(names: &Names, name: &str) -> Result<JailId, Error> {
    names.resolve(&JailName::parse(name).expect("a name"))
}

const UUID: &str = "611c89ae-c43c-11e5-9602-54ee75595566";

#[test]
fn a_jail_is_meant_by_equality_alone() {
    let names = names(&[(UUID, "db"), ("0bf985de-ca0f-11e5-8d45-d05099728dbf", "FIREWALL")]);
    for name in ["db", UUID, "611C89AE-C43C-11E5-9602-54EE75595566"] {
        assert_eq!(resolve(&names, name).expect(name).uuid(), UUID);
    }
    for name in ["d", "DB", "b", "54ee75595566", "611c89ae", "FIRE"] {
        let error = resolve(&names, name).expect_err(name);
        assert_eq!(error.code, Code::UnknownJail, "{name}");
    }
    assert!(resolve(&names, "d").expect_err("none").message.contains("did you mean \"db\""));
}

#[test]
fn several_with_one_tag_are_named() {
    let names = names(&[(UUID, "same"), ("0bf985de-ca0f-11e5-8d45-d05099728dbf", "same")]);
    let error = resolve(&names, "same").expect_err("two");
    assert_eq!(error.code, Code::AmbiguousJail);
    assert!(error.message.contains(UUID) && error.message.contains("0bf985de"), "{}", error.message);
}

#[test]
fn a_uuid_has_hexadecimal_digits_everywhere_and_dashes_where_they_belong() {
    assert!(is_uuid(UUID) && is_uuid(&UUID.to_uppercase()));
    for at in 0..UUID.len() {
        let with = |byte: &str| format!("{}{byte}{}", &UUID[..at], &UUID[at + 1..]);
        assert!(!is_uuid(&with("g")), "{}", with("g"));
        // A digit for a digit makes another UUID, and for a dash none.
        assert_eq!(is_uuid(&with("0")), &UUID[at..=at] != "-", "{}", with("0"));
    }
    assert!(!is_uuid(&UUID[1..]) && !is_uuid(&format!("{UUID}0")));
}

#[test]
fn the_advice_on_an_ambiguous_name_helps() {
    const OTHER: &str = "0bf985de-ca0f-11e5-8d45-d05099728dbf";
    for (jails, name, advice) in [
        ([(UUID, "same"), (OTHER, "same")], "same", "; use the UUID"),
        ([("same", "same"), ("same", "other")], "same", "; rename one of them"),
        ([(UUID, "a"), (UUID, "b")], UUID, "; give one of them another UUID, with iocage itself"),
        ([(UUID, "a"), (OTHER, UUID)], UUID, "; give that whose tag it is another one, with iocage itself"),
        ([("same", "same"), (OTHER, "same")], "same", "; use the UUID"),
    ] {
        let message = resolve(&names(&jails), name).expect_err("two").message;
        assert!(message.ends_with(advice), "{jails:?}: {message}");
    }
}

#[test]
fn a_name_that_is_taken_is_told_with_who_has_it() {
    let names = names(&[(UUID, "web"), ("a_b", "a_b")]);
    for (tag, told) in [
        (&UUID.to_uppercase()[..], "there is a jail \"611C89AE-C43C-11E5-9602-54EE75595566\" already"),
        ("a.b", "there is a jail a_b, and iocage takes \"a.b\" for the same name"),
        (
            "web",
            "the jail 611c89ae-c43c-11e5-9602-54ee75595566 has the tag \"web\"; iocage would take it away",
        ),
    ] {
        assert_eq!(names.refuse_taken(&[tag.to_owned()]).expect_err(tag).message, told);
    }
}

#[test]
fn a_uuid_that_is_anothers_tag_leads_nowhere() {
    const OTHER: &str = "0bf985de-ca0f-11e5-8d45-d05099728dbf";
    for tag in [UUID.to_owned(), format!("x-{}", UUID.to_uppercase())] {
        let names = names(&[(OTHER, &tag), (UUID, "web")]);
        for name in ["web", UUID] {
            let error = resolve(&names, name).expect_err(name);
            assert_eq!((error.code, error.key), (Code::AmbiguousJail, Some("jail")), "{name}");
            assert!(error.message.contains(OTHER) && error.message.contains("web"), "{}", error.message);
        }
        assert_eq!(resolve(&names, OTHER).expect("its own UUID").uuid(), OTHER);
    }
    // Two of one UUID: neither can be told from the other.
    let names = names(&[(UUID, "victim"), (UUID, "evil"), (OTHER, "other")]);
    for name in ["victim", "evil", UUID] {
        assert_eq!(resolve(&names, name).expect_err(name).code, Code::AmbiguousJail);
    }
    assert!(resolve(&names, "other").is_ok());
    // A jail may be called by its own UUID.
    assert!(resolve(&self::names(&[(UUID, UUID)]), UUID).is_ok());
}

#[test]
fn names_are_compared_with_case_and_uuids_without() {
    let names = names(&[("db", "db"), ("DB", "DB"), (UUID, UUID)]);
    assert_eq!(resolve(&names, "DB").expect("one").uuid(), "DB");
    assert_eq!(resolve(&names, &UUID.to_uppercase()).expect("one").uuid(), UUID);
}

#[test]
fn a_twin_is_told_and_never_made() {
    let names = names(&[("te.st", "te.st"), ("te_st", "te_st"), ("test", "test")]);
    assert_eq!(resolve(&names, "te.st").expect("one").twin(), Some("te_st"));
    assert_eq!(resolve(&names, "test").expect("one").twin(), None);
    let error = names.refuse_taken(&["te-st".to_owned(), "te.s_t".to_owned()]);
    assert!(error.is_ok(), "{error:?}");
    let names = self::names(&[("a_b", "a_b")]);
    assert_eq!(names.refuse_taken(&["a.b".to_owned()]).expect_err("a twin").code, Code::TagInUse);
}

#[test]
fn a_tag_in_use_is_refused() {
    let names = names(&[(UUID, "web")]);
    assert!(names.refuse_taken(&["db".to_owned()]).is_ok());
    assert_eq!(
        names.refuse_taken(&["db".to_owned(), "web".to_owned()]).expect_err("taken").code,
        Code::TagInUse
    );
    assert!(names.refuse_taken(&[UUID.to_owned()]).is_err());
}

#[test]
fn what_is_new_is_what_was_asked_for() {
    let before = names(&[("a", "a")]);
    let after = names(&[("a", "a"), ("mine", "mine"), ("theirs", "theirs")]);
    assert_eq!(after.new_since(&before, &["mine".to_owned()]), ["mine (mine)"]);
    assert_eq!(after.new_since(&before, &[]), ["mine (mine)", "theirs (theirs)"]);
}
