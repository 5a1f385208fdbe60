"""What is done in the sheet of one jail: its snapshots, its properties, another name. What the page says came of it is held to what the
server tells at its own socket."""

from desk import HOSTILE, UNTOUCHED, ask, go_to, is_state, look, open_jail, row, shut, tell

SNAPSHOTS = "[...document.querySelectorAll('#snapshots tbody th .mono')].map((one) => one.textContent).join()"


def told(action, **args):
    """What the class answers another client."""
    (answer,) = ask([("sysadm", "iocage", {"action": action, **args})])
    return answer[action]


def button(label):
    return f"[...document.querySelectorAll('#jail button')].find((one) => one.getAttribute('aria-label') === {label!r})"


def on_keyboard(tab, label):
    """That button, by the keyboard."""
    tab.until(f"(() => {{ const one = {button(label)}; one?.focus(); return one && document.activeElement === one }})()")
    tab.key("Enter")


def take(tab, name):
    tab.press("Take a snapshot…")
    tab.type("#form-fields input", name)
    tab.key("Enter")
    tab.until(f"!document.querySelector('#form').open && {SNAPSHOTS}.split(',').includes({name!r})")


def snapshots(tab):
    go_to(tab, "Jails")
    is_state(tab, "web", "down")
    open_jail(tab, "web")
    # Somebody's jail was made of that one.
    tab.until(f"{SNAPSHOTS} === 'noted' && {button('Remove noted')}.disabled && !{button('Roll back noted')}.disabled")
    assert "clones, tank/iocage/jails/noted" in tab.run("document.querySelector('#snapshots').textContent")
    tab.press("Take a snapshot…")
    tab.type("#form-fields input", "before")
    tab.press("What would be run")
    tab.until("document.querySelector('#form-note').textContent.includes('iocage snapshot -n before web')")
    assert list(told("listsnapshots", jail="web")) == ["noted"]
    look(tab, "snapshot-take")
    tab.press("Take")
    tab.until(f"!document.querySelector('#form').open && {SNAPSHOTS} === 'before,noted'")
    take(tab, "after")
    take(tab, "later")
    tab.press("Take a snapshot…")
    tab.type("#form-fields input", "later")
    tab.key("Enter")
    tab.until("document.querySelector('#form-note').textContent.includes('(snapshot-exists)')")
    shut(tab, "form")
    tab.run("document.querySelector('#jail-snapshots').scrollIntoView()")
    look(tab, "snapshots")
    # What would go is named, and no less than the jail's name does it.
    on_keyboard(tab, "Roll back before")
    tab.until("document.querySelector('#ask').open && document.querySelector('#ask-go').disabled")
    named = tab.run("document.querySelector('#ask-text').textContent")
    assert "are destroyed: after, later." in named or "are destroyed: later, after." in named, named
    tab.type("#ask-name", "web")
    look(tab, "roll-back-jail")
    # What came meanwhile was not named, and stays.
    assert told("snapshotjail", jail="web", snapshot="between")
    tab.key("Enter")
    tab.until("document.querySelector('#ask-note').textContent.includes('(newer-snapshots)')")
    assert set(told("listsnapshots", jail="web")) == {"after", "before", "between", "later", "noted"}
    look(tab, "roll-back-refused")
    shut(tab, "ask")
    tab.until(f"{SNAPSHOTS}.split(',').includes('between')")
    on_keyboard(tab, "Remove between")
    tab.until("document.querySelector('#ask-text').textContent.includes('The snapshot between of web')")
    look(tab, "snapshot-remove")
    tab.press("Remove")
    tab.until("document.querySelector('#snapshots-note').textContent === 'The snapshot between is removed.'")
    on_keyboard(tab, "Roll back before")
    tab.type("#ask-name", "web")
    tab.key("Enter")
    tab.until("document.querySelector('#snapshots-note').textContent.startsWith('web is as it was at before. Destroyed: ')")
    tab.until(f"{SNAPSHOTS} === 'before,noted'")
    assert set(told("listsnapshots", jail="web")) == {"before", "noted"}
    assert tab.run("document.querySelector('#jail').contains(document.activeElement)")
    # Of a jail that runs it is said before it is tried.
    tab.press("Start")
    tab.until("document.querySelector('#jail-state').textContent === 'up'")
    tab.until(f"{button('Roll back before')}.disabled && document.querySelector('#snapshots-runs').checkVisibility()")
    tell("snapshots were taken, refused, removed, and gone back to")


def edit(tab, name, text):
    value = f"[...document.querySelectorAll('#properties .value')].find((one) => one.getAttribute('aria-label').startsWith('Change {name}, '))"
    tab.until(f"(() => {{ const one = {value}; one?.focus(); return one && document.activeElement === one }})()")
    tab.key("Enter")
    tab.until(f"document.activeElement.matches('#properties input[aria-label={name}]')")
    tab.call("Input.insertText", text=text)


def properties(tab):
    """Of a jail that runs."""
    note = "document.querySelector('#properties-told').textContent"
    settings = lambda: told("getjailsettings", jail="web")["web"]
    edit(tab, "notes", "not this")
    tab.key("Escape")
    tab.until("document.activeElement.getAttribute('aria-label') === 'Change notes, now none'")
    assert tab.run("document.querySelector('#jail').open && document.querySelector('#properties-acts').hidden")
    edit(tab, "notes", HOSTILE)
    edit(tab, "vnet", "on")
    tab.until("document.querySelector('#properties-changed').textContent.endsWith('notes, vnet')")
    tab.press("What would be run")
    tab.until(f"{note}.includes('iocage set') && {note}.includes('vnet=on')")
    assert settings()["vnet"] == "0"
    look(tab, "properties-changed")
    tab.press("Set")
    tab.until(f"{note}.includes('vnet: 0 → 1') && {note}.includes('after a restart of the jail: vnet')")
    tab.until(f"{note}.includes({'notes: none → ' + HOSTILE!r})")
    assert tab.run(UNTOUCHED + " && !document.querySelector('#properties-set').checkVisibility()")
    assert (settings()["vnet"], settings()["notes"]) == ("1", HOSTILE)
    look(tab, "properties-set")
    tab.press("Dismiss")
    tab.until("document.querySelector('#properties-acts').hidden")
    # Those that are refused say so where they were typed, each with its reason; the others wait.
    edit(tab, "boot", "maybe")
    edit(tab, "dhcp", "perhaps")
    edit(tab, "notes", "fine")
    tab.key("Enter")
    wrong = "[...document.querySelectorAll('#properties [aria-invalid]')].map((one) => one.getAttribute('aria-label')).join()"
    tab.until(f"{wrong} === 'boot,dhcp'")
    for name, text in (("boot", "maybe"), ("dhcp", "perhaps")):
        said = tab.run(f"document.querySelector('#properties input[aria-label={name}]').nextElementSibling.textContent")
        assert f'"{text}"' in said and said.endswith("(illegal-value)"), said
    assert settings()["notes"] == HOSTILE
    assert tab.run("document.activeElement.getAttribute('aria-label')") == "boot"
    look(tab, "properties-refused")
    tab.press("Take back")
    tab.until(f"!{wrong} && document.querySelector('#properties-acts').hidden")
    # What iocage refused after it had set the one before.
    edit(tab, "comment", "half")
    edit(tab, "ip4_addr", "banana")
    tab.key("Enter")
    tab.until(f"{note} === 'Set: comment. Refused: ip4_addr.' && {wrong} === 'ip4_addr'")
    assert settings()["comment"] == "half"
    tab.press("Take back")
    number = "document.querySelector('#jail-facts').textContent.match(/JID (\\d+)/)?.[1]"
    before = tab.until(number)
    tab.press("Restart")
    tab.until(f"{number} && {number} !== {before!r} && document.querySelector('#jail-state').textContent === 'up'")
    tab.press("Stop")
    tab.until("document.querySelector('#jail-state').textContent === 'down'")
    shut(tab, "jail")
    tell("properties were set together, refused at their place, and in force after a restart")


def rename(tab):
    open_jail(tab, "noted")
    tab.press("Rename…")
    tab.type("#form-fields input", "db")
    tab.key("Enter")
    tab.until("document.querySelector('#form-note').textContent.includes('(tag-in-use)')")
    assert tab.run("document.querySelector('#form-fields [aria-invalid]').value") == "db"
    look(tab, "rename-refused")
    tab.type("#form-fields input", "shop")
    tab.key("Enter")
    tab.until("!document.querySelector('#form').open && document.querySelector('#jail-title').textContent === 'shop'")
    tab.until("document.querySelector('#properties').rows.length > 50")
    tab.until("document.querySelector('#jail').contains(document.activeElement)")
    # It is the new one's sheet, and not a picture of the old one.
    edit(tab, "notes", "renamed")
    tab.key("Enter")
    tab.until("document.querySelector('#properties-told').textContent.endsWith('→ renamed')")
    assert told("getjailsettings", jail="shop")["shop"]["notes"] == "renamed"
    look(tab, "renamed")
    shut(tab, "jail")
    tab.until(f"{row('shop')} && !({row('noted')})")
    tell("another name, under which the sheet goes on")
