"""What is done in the sheet of one jail: its snapshots, its properties, another name, what it takes. What the page says came of it is held to what the
server tells at its own socket."""

from desk import ADDRESS, HOSTILE, UNTOUCHED, ask, go_to, is_state, log_in, look, open_jail, row, shut, tell

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


def reopened(tab):
    """Closed, and opened for another jail before the browser has told that it was closed: what is read is that of the other."""
    open_jail(tab, "db")
    tab.run(f"document.querySelector('#jail').close(); {row('web')}.querySelector('.name').click()")
    tab.until("document.querySelector('#jail-title').textContent === 'web' && document.querySelector('#properties').rows.length > 50")
    shut(tab, "jail")


def snapshots(tab):
    go_to(tab, "Jails")
    is_state(tab, "web", "down")
    reopened(tab)
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
    tab.until("document.activeElement.id === 'properties-try'")
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


# What is asked for every few seconds is asked for at once, with a clock that goes on by four seconds each time; it is counted. A jail takes
# what is said of it here, for what the simulated ones take does not change.
QUICK = """
window.ahead = 0;
Date.now = ((real) => () => real() + window.ahead)(Date.now);
window.setTimeout = ((real) => (run, after) => real(run, after === 5000 ? 50 : after))(setTimeout);
window.asked = 0;
window.WebSocket = class extends WebSocket {
  set onmessage(run) {
    super.onmessage = ({data}) => {
      const frame = JSON.parse(data);
      const jail = frame.args.jailstats?.db;
      if (jail && window.takes) Object.assign(jail, window.takes);
      run({data: JSON.stringify(frame)});
    };
  }
  send(text) {
    if (JSON.parse(text).args?.action === 'jailstats') [window.asked, window.ahead] = [window.asked + 1, window.ahead + 4000];
    super.send(text);
  }
};
"""


def stats(browser):
    """What the running jails take, for as long as somebody looks."""
    tab = browser.tab(ADDRESS, QUICK)
    log_in(tab, "admin")
    cell = lambda jail, label: f"{row(jail)}.querySelector('td[data-label={label}]').textContent"
    takes = told("jailstats")["db"]
    tab.until(f"{cell('db', 'CPU')} === {float(takes['cpu']):.1f} + ' %'")
    tab.until(f"/^[\\d.]+ [KM]iB$/.test({cell('db', 'memory')})")
    is_state(tab, "web", "down")
    assert tab.run(cell("web", "CPU")) == "–"
    # Those that take nothing stand first, and then last.
    for state in ("down", "up"):
        tab.press("CPU")
        tab.until(f"document.querySelector('#jails tbody .chip').textContent.startsWith('{state}')")
    look(tab, "jails-takes")
    open_jail(tab, "db")
    take = lambda name, part: f"document.querySelector('[data-take={name}] {part}')"
    assert tab.until(f"{take('processes', '.figure')}.textContent") == takes["processes"]
    # It goes up and down, and that is drawn, and told to who does not see it.
    for cpu, memory in ((20, 40), (75, 90), (50, 64)):
        tab.run(f"window.takes = {{cpu: '{cpu}.5', memory: '{memory << 20}', processes: '{cpu}'}}")
        tab.until(f"{take('cpu', '.figure')}.textContent.startsWith('{cpu}.5 %') && {take('memory', '.figure')}.textContent.startsWith('{memory} MiB')")
        before = tab.run("window.asked")
        tab.until(f"window.asked > {before} + 8")
    said = tab.run(f"{take('cpu', 'svg')}.getAttribute('aria-label')")
    assert said.startswith("CPU, of one processor: now 50.5 %; in the last ") and said.endswith(" to 75.5 %"), said
    heights = tab.run(f"new Set({take('cpu', 'path')}.getAttribute('d').match(/ [\\d.]+/g)).size")
    assert heights >= 3, heights
    tab.run("document.querySelector('#jail').scrollTo(0, 0)")
    look(tab, "takes")
    # So many are kept, and no more.
    drawn = f"{take('cpu', 'path')}.getAttribute('d').match(/[ML]/g).length"
    tab.until(f"{drawn} === 60")
    before = tab.run("window.asked")
    tab.until(f"window.asked > {before} + 10")
    assert tab.run(drawn) == 60
    # It is not asked for where nobody looks: in the background, and in another view.
    hide = "Object.defineProperty(document, 'hidden', {{configurable: true, value: {}}}); document.dispatchEvent(new Event('visibilitychange'))"
    for stops, goes in (
        (lambda: tab.run(hide.format("true")), lambda: tab.run(hide.format("false"))),
        (lambda: (shut(tab, "jail"), go_to(tab, "Events")), lambda: go_to(tab, "Jails")),
    ):
        stops()
        rest = "(async () => { await new Promise((run) => setTimeout(run, 300)); const before = window.asked; await new Promise((run) => setTimeout(run, 700)); return window.asked - before })()"
        assert tab.run(rest) == 0
        before = tab.run("window.ahead += 20000, window.asked")
        goes()
        tab.until(f"window.asked > {before}")
    open_jail(tab, "db")
    assert tab.run(f"{take('cpu', 'path')}.getAttribute('d').match(/M/g).length") > 1
    shut(tab, "jail")
    # One that does not run takes nothing.
    open_jail(tab, "web")
    tab.until("!document.querySelector('#jail-stats').checkVisibility()")
    shut(tab, "jail")
    tell("what the jails take is told, drawn, and asked for while it is looked at")
