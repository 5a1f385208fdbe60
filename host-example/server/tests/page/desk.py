"""What the story is told with: the server's own socket and accounts, and what one looks at and presses in the page."""

import json
import os
import re
import socket
import subprocess
import sys
import time

CHROMIUM, AXE, PICTURES, CTL, SERVER = sys.argv[1:]
WELCOME = sys.stdin.read()
ADDRESS = re.search(r"https://\S+", WELCOME)[0]
SOCKET = re.search(r"socket +(\S+)", WELCOME)[1]
PASSWORDS = dict(re.findall(r"account +(\w+), password (\w+)", WELCOME))
HOSTILE = "<img src=x onerror=document.documentElement.dataset.hit=1>"
UNTOUCHED = "!document.documentElement.dataset.hit && !document.querySelector('img, main script, iframe')"

axe = open(AXE, encoding="utf-8").read() if AXE else None
begun = time.monotonic()


def tell(what):
    print(f"{time.monotonic() - begun:5.1f} s  {what}", flush=True)


def ask(requests):
    """Over the server's own socket, as another client does; the answers' args."""
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(60)
        one.connect(SOCKET)
        answers = one.makefile()
        for namespace, name, args in requests:
            frame = {"namespace": namespace, "name": name, "id": "x", "args": args}
            one.sendall((json.dumps(frame) + "\n").encode())
            yield json.loads(answers.readline())["args"]


def look(tab, name):
    """This view, in all its forms."""
    for scheme in ("light", "dark"):
        tab.scheme(scheme)
        for width, height in ((360, 740), (1200, 800)):
            tab.size(width, height)
            tab.run("document.querySelector('dialog[open] :focus')?.parentElement.scrollIntoView({block: 'nearest'})")
            tab.run("new Promise((run) => requestAnimationFrame(() => requestAnimationFrame(run)))")
            wide = tab.run(
                "[document.documentElement, ...document.querySelectorAll('dialog[open]')]"
                ".map((node) => [node.scrollWidth, node.clientWidth])"
            )
            assert all(inside <= there <= width for inside, there in wide), f"{name}, {scheme}, {width}: {wide}"
            tab.picture(f"{PICTURES}/{name}-{scheme}-{width}.png")
        if axe:
            found = tab.run(
                axe + ";axe.run(document, {resultTypes: ['violations']}).then((told) => told.violations.map((one) =>"
                " `${one.id}: ${one.help}: ${one.nodes.map((node) => node.html.slice(0, 200)).join(' / ')}`))"
            )
            assert not found, f"{name}, {scheme}: " + "\n".join(found)
    tab.scheme("light")
    tell(f"looked at: {name}")


def row(jail):
    return f"[...document.querySelectorAll('#jails tbody')].find((row) => row.querySelector('.name').textContent === {jail!r})"


def card(title):
    return f"[...document.querySelectorAll('#cards .card')].find((card) => card.querySelector('h3').textContent === {title!r})"


def is_state(tab, jail, state):
    tab.until(f"{row(jail)}?.querySelector('.chip').textContent.startsWith({state!r})")


def go_to(tab, view):
    tab.press(view)
    tab.until(f"!document.querySelector('#view-{view.lower()}').hidden")


def open_jail(tab, jail):
    tab.press(jail)
    tab.until("document.querySelector('#jail').open && document.querySelector('#properties').rows.length > 50")


def shut(tab, dialog):
    tab.key("Escape")
    tab.until(f"!document.querySelector('#{dialog}').open")


def log_in(tab, name):
    tab.until("!document.querySelector('#view-login').hidden")
    tab.type("#username", name)
    tab.type("#password", PASSWORDS[name])
    tab.key("Enter")
    tab.until("document.querySelectorAll('#jails tbody').length > 2")


def user(*words):
    """Edit the accounts."""
    file = ["--accounts", os.path.dirname(SOCKET) + "/accounts"]
    subprocess.run([CTL, "user", *words, *file], input="operator-secret\n", text=True, stdout=subprocess.PIPE, check=True)


def offered(tab):
    """Of what changes something, what may be pressed."""
    changes = {
        "Start", "Stop", "New jail…", "Restart", "Rename…", "Clone…", "Destroy…", "Run", "Swap", "Roll back",
        "Take a snapshot…", "Roll back…", "Remove…", "Change",
    }
    seen = tab.run(
        "[...document.querySelectorAll('button')].filter((one) => one.checkVisibility())"
        ".map((one) => one.matches('.value') ? 'Change' : one.textContent)"
    )
    return changes & set(seen)
