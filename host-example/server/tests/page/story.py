"""What an administrator does with the page, in a real browser against the real server on a simulated machine. Each view is looked at
in light and dark, at a desk and in 360 pixels: nothing overflows sideways, axe-core has nothing to say, a picture is kept.

Standard input is what `sysadmd --sim` has said; the arguments are the browser, axe-core's file (or nothing), the folder for pictures,
`sysadmctl`, and the number of the server's process."""

import json
import os
import signal
import subprocess
import threading

import sheet
from browser import Browser
from desk import (
    ADDRESS, CHROMIUM, HOSTILE, PASSWORDS, PICTURES, SERVER, UNTOUCHED, ask, card, go_to, is_state,
    log_in, look, offered, open_jail, row, shut, tell, user,
)


def logging_in(tab):
    tab.until("document.activeElement.id === 'username'")
    look(tab, "login")
    tab.type("#username", "admin")
    tab.type("#password", "wrong")
    tab.key("Enter")
    tab.until("document.querySelector('#login-note').textContent.includes('(401)')")
    look(tab, "login-refused")
    log_in(tab, "admin")
    is_state(tab, "db", "up")
    tab.call("Page.reload")
    is_state(tab, "db", "up")
    tell("logged in, a reload goes on")


def create(tab, name):
    """By the keyboard alone."""
    tab.run("document.querySelector('#filter').focus()")
    tab.key("Tab")
    assert tab.run("document.activeElement.matches('#create:focus-visible')")
    tab.key("Enter")
    tab.until("document.querySelector('#form').open")
    tab.type("[aria-label='Value of tag']", name)
    for _ in range(3):
        tab.key("Tab")
    tab.call("Input.insertText", text="12.4-RELEASE")
    tab.until("document.activeElement.value === '12.4-RELEASE'")
    for _ in range(6):
        tab.key("Tab")
    tab.key(" ")
    tab.until("document.activeElement.matches('[type=checkbox]:checked') && document.activeElement.closest('.field').textContent.includes('download')")


def downloads(tab):
    create(tab, "gone")
    look(tab, "create")
    tab.key("Enter")
    tab.until("!document.querySelector('#form').open")
    bar = f"{card('Create gone')}?.querySelector('progress').getAttribute('value')"
    seen = float(tab.until(bar))
    tab.until(f"Number({bar}) > {seen} && {card('Create gone')}.textContent.includes('base.txz')")
    look(tab, "jails-creating")
    tab.press("Output: Create gone")
    tab.until("document.querySelector('#job-output').textContent.includes('Fetching') && document.querySelectorAll('#job-programs li').length > 3")
    look(tab, "job")
    tab.press("Cancel this job")
    tab.until("document.querySelector('#job-note').textContent.includes('(cancelled)')")
    shut(tab, "job")
    tab.until(f"{card('Create gone')}?.textContent.includes('(cancelled)')")
    look(tab, "jails-cancelled")
    tab.press("Dismiss: Create gone")
    tab.until("document.querySelector('#doing').hidden")
    tell("a download was seen to move, and cancelled")
    create(tab, "web2")
    tab.key("Enter")
    tab.until(f"{card('Create web2')}?.querySelector('progress').getAttribute('value')")


def refused(tab):
    create(tab, "db")
    tab.key("Enter")
    tab.until("document.querySelector('#form-note').textContent.includes('(tag-in-use)')")
    look(tab, "create-refused")
    shut(tab, "form")
    assert tab.run("document.activeElement.id") == "create"


def work(tab):
    tab.press("Start web")
    is_state(tab, "web", "up")
    open_jail(tab, "web")
    tab.type("#command input:not([value])", f"echo '{HOSTILE}'")
    tab.press("Run")
    tab.until("document.querySelector('#command-note').textContent === 'Exit status 0.'")
    assert tab.run("document.querySelector('#command-output').textContent") == HOSTILE + "\n"
    tab.type("#command input:not([value])", "cat /nothing")
    tab.press("Run")
    tab.until("document.querySelector('#command-note').textContent.includes('(command-failed)')")
    tab.until("document.querySelector('#command-output').textContent.includes('No such file')")
    tab.until("document.querySelector('#jail-destroy').disabled")
    look(tab, "jail")
    tab.type("#command input:not([value])", "sleep 60")
    tab.press("Run")
    tab.press("Cancel")
    tab.until("document.querySelector('#command-note').textContent.includes('(cancelled)')")
    tell("commands ran, failed, and were cancelled")
    tab.press("Stop")
    tab.until("document.querySelector('#jail-state').textContent === 'down'")
    tab.press("Clone…")
    tab.type("[aria-label='Value of tag']", "noted")
    tab.press("Add a property")
    tab.type("[aria-label='Name of property 2']", "notes")
    tab.type("[aria-label='Value of property 2']", HOSTILE)
    tab.press("Clone")
    tab.until("!document.querySelector('#form').open")
    shut(tab, "jail")
    is_state(tab, "noted", "down")
    open_jail(tab, "noted")
    tab.until(f"[...document.querySelectorAll('#properties td')].some((cell) => cell.textContent === {HOSTILE!r})")
    assert tab.run(UNTOUCHED)
    shut(tab, "jail")
    # Somebody else changes something: it is seen without anything being pressed.
    assert list(ask([("sysadm", "iocage", {"action": "startjail", "jail": "base"})]))
    is_state(tab, "base", "up")
    go_to(tab, "Events")
    for event in ("startjail base: now up", "stopjail web: now down", "Create gone: cancelled", "Start web: done"):
        tab.until(f"document.querySelector('#events').textContent.includes({event!r})")
    look(tab, "events")
    go_to(tab, "Jobs")
    tab.until("[...document.querySelectorAll('#jobs .name')].some((one) => one.textContent === 'Create gone')")
    look(tab, "jobs")


def modules(tab):
    """Another version under load: several lists a second through connections of their own."""
    counts, over = [], threading.Event()

    def load():
        sent = 0

        def requests():
            nonlocal sent
            while not over.is_set():
                sent += 1
                yield "sysadm", "iocage", {"action": "listjails"}

        right = sum("base" in answer.get("listjails", {}) for answer in ask(requests()))
        counts.append((sent, right))

    threads = [threading.Thread(target=load) for _ in range(2)]
    for thread in threads:
        thread.start()
    note = "document.querySelector('#modules .note').textContent"
    try:
        go_to(tab, "Modules")
        tab.until("document.querySelector('#modules .back')?.disabled")
        tab.press("Swap")
        tab.until(f"{note}.includes('Generation 2')")
        look(tab, "modules")
        tab.press("Roll back to 0.1.0")
        tab.until("document.querySelector('#ask').open")
        look(tab, "roll-back")
        tab.press("Roll back")
        tab.until(f"{note}.includes('Generation 3')")
        tab.type("#modules input", "none.so")
        tab.press("Swap")
        tab.until(f"{note}.includes('(400)')")
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert len(counts) == 2 and all(sent == right > 5 for sent, right in counts), counts
    tell(f"swapped and rolled back under load, sent and answered: {counts}")


def destroy(tab):
    go_to(tab, "Jails")
    is_state(tab, "web2", "down")
    open_jail(tab, "web2")
    tab.press("Destroy…")
    tab.until("document.querySelector('#ask').open && document.querySelector('#ask-go').disabled")
    tab.type("#ask-name", "web")
    assert tab.run("document.querySelector('#ask-go').disabled")
    tab.key("Enter")
    look(tab, "destroy")
    tab.type("#ask-name", "web2")
    tab.key("Enter")
    tab.until(f"!({row('web2')}) && !document.querySelector('dialog[open]')")
    tab.until("document.activeElement.id === 'jails-title'")
    tell("created, and destroyed")


def connection(tab):
    """The server's other process dies; the page comes back by itself, as who it was."""
    tab.run("window.stays = 1")
    fronts = subprocess.run(["pgrep", "-P", SERVER, "-f", "front"], capture_output=True, text=True, check=True)
    os.kill(int(fronts.stdout.split()[0]), signal.SIGKILL)
    tab.until("document.querySelector('#link').textContent.includes('again in')")
    tab.until("document.querySelector('#link').textContent === 'connected'")
    tab.press("Start web")
    is_state(tab, "web", "up")
    assert tab.run("window.stays")
    tell("the connection was lost, and made again")


def limited(browser):
    tab = browser.tab(ADDRESS)
    log_in(tab, "guest")
    tab.until("!document.querySelector('#jails-limited').hidden")
    assert not offered(tab), offered(tab)
    look(tab, "limited")
    open_jail(tab, "db")
    assert not offered(tab), offered(tab)
    shut(tab, "jail")
    go_to(tab, "Modules")
    tab.until("document.querySelectorAll('#modules tbody tr').length")
    assert not offered(tab), offered(tab)
    # He is nobody any more.
    user("remove", "guest")
    tab.until("!document.querySelector('#view-login').hidden && document.querySelector('#login-note').textContent.includes('(401)')")
    tell("limited access changes nothing, and ends with the account")


def some_actions(browser):
    """Full access, to a few actions; of jobs he is told nothing, so that the answer is waited for."""
    allowed = [word for action in ("listjails", "startjail", "stopjail") for word in ("--actions", "sysadm/iocage/" + action)]
    user("add", "operator", "--role", "full", "--password-stdin", *allowed)
    PASSWORDS["operator"] = "operator-secret"
    tab = browser.tab(ADDRESS)
    log_in(tab, "operator")
    assert offered(tab) == {"Start", "Stop"}, offered(tab)
    assert tab.run("[...document.querySelectorAll('nav a')].filter((one) => one.checkVisibility()).map((one) => one.textContent)") == ["Jails", "Events"]
    assert not tab.run("document.querySelector('#jails .takes').checkVisibility() || document.querySelector('#jails-stats-note').checkVisibility()")
    tab.press("Stop web")
    is_state(tab, "web", "down")
    tab.press("web")
    tab.until("document.querySelector('#properties-note').textContent.includes('may not')")
    assert offered(tab) == {"Start", "Stop"}, offered(tab)
    look(tab, "some-actions")
    tell("an account with some actions is offered those")


# Jails that there are not, and a clock that goes 300 times as fast for what is done again and again.
MANY = """
window.setInterval = ((real) => (run, every) => real(run, every / 300))(setInterval);
window.WebSocket = class extends WebSocket {
  set onmessage(run) {
    super.onmessage = ({data}) => {
      const frame = JSON.parse(data);
      if (frame.args.listjails) {
        frame.args.listjails = Object.fromEntries(Array.from({length: 1000}, (_, number) =>
          [`jail${number}`, {state: number % 3 ? 'down' : 'up', jid: '-', boot: 'off', tag: number ? `jail${number}` : HOSTILE, ip4: HOSTILE}]));
        frame.args.problems = [HOSTILE];
      }
      run({data: JSON.stringify(frame)});
    };
  }
  send(text) {
    if (JSON.parse(text).name === 'query') performance.mark('query');
    super.send(text);
  }
};
""".replace("HOSTILE", json.dumps(HOSTILE))


def many(browser):
    """A thousand jails; of one the name, of all the address is hostile."""
    tab = browser.tab(ADDRESS, MANY)
    log_in(tab, "admin")
    tab.until("document.querySelectorAll('#jails tbody').length === 1000")
    took = tab.run(
        "(async () => { const at = performance.now(); const field = document.querySelector('#filter'); field.value = 'jail99';"
        " field.dispatchEvent(new Event('input')); await new Promise((run) => requestAnimationFrame(() => setTimeout(run)));"
        " return performance.now() - at })()"
    )
    assert tab.run("[...document.querySelectorAll('#jails tbody')].filter((row) => row.checkVisibility()).length") == 11
    tab.type("#filter", "img")
    tab.until(row(HOSTILE) + ".checkVisibility()")
    assert tab.run(UNTOUCHED)
    tab.type("#filter", "")
    tab.key("x")
    tab.picture(f"{PICTURES}/many.png")
    assert took < 1000, took
    asked = "performance.getEntriesByName('query').length"
    tab.until(f"{asked} > {tab.run(asked)}")
    tab.press("Log out")
    tab.until("!document.querySelector('#view-login').hidden && sessionStorage.length === 0")
    tell(f"a thousand jails are filtered in {took:.0f} ms")


def too_long(*_):
    raise TimeoutError("the story takes too long")


def main():
    # Whatever is waited for: it ends, with all that it has started.
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(600)
    browser = Browser(CHROMIUM)
    try:
        tab = browser.tab(ADDRESS)
        logging_in(tab)
        look(tab, "jails")
        refused(tab)
        downloads(tab)
        work(tab)
        modules(tab)
        destroy(tab)
        sheet.snapshots(tab)
        sheet.properties(tab)
        sheet.rename(tab)
        sheet.stats(browser)
        connection(tab)
        limited(browser)
        some_actions(browser)
        many(browser)
        assert tab.run(UNTOUCHED)
        # What the browser itself complains of, but for the connection that was ended, and the icon that there is none of.
        rest = [told for told in map(json.dumps, browser.said) if "WebSocket" not in told and "favicon" not in told]
        assert not rest, rest
    except BaseException:
        for number, told in enumerate(browser.said[-5:]):
            print(number, json.dumps(told)[:500])
        raise
    finally:
        browser.close()


main()
