"""A browser, driven over two pipes: Debian's chromium and nothing that has to be installed beside it. What is waited for is asked
for again until it is so; nothing sleeps for a time that seems long enough."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars --lang=en "
    # The certificate was made for this run.
    "--ignore-certificate-errors --remote-debugging-pipe"
).split()


class Browser:
    def __init__(self, program):
        # All that it writes, wherever it thinks that belongs.
        self.folder = tempfile.mkdtemp(prefix="sysadmd-page-")
        home = dict.fromkeys(("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), self.folder)
        ours, theirs = os.pipe(), os.pipe()

        def pipes():
            # 3 is what it reads, 4 what it writes; neither of the two is in the way of the other.
            read, write = os.dup(ours[0]), os.dup(theirs[1])
            os.dup2(read, 3)
            os.dup2(write, 4)

        self.child = subprocess.Popen(
            [program, *FLAGS, "--user-data-dir=" + self.folder + "/profile", "about:blank"],
            env={**os.environ, **home},
            preexec_fn=pipes, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        os.close(ours[0])
        os.close(theirs[1])
        self.write, self.read = os.fdopen(ours[1], "wb"), os.fdopen(theirs[0], "rb")
        self.number, self.answers, self.heard = 0, {}, threading.Condition()
        self.said = []
        threading.Thread(target=self._hear, daemon=True).start()

    def _hear(self):
        rest = b""
        while data := os.read(self.read.fileno(), 1 << 20):
            *messages, rest = (rest + data).split(b"\0")
            for message in map(json.loads, messages):
                with self.heard:
                    if "id" in message:
                        self.answers[message["id"]] = message
                    elif message["method"] in ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled"):
                        self.said.append(message["params"])
                    self.heard.notify_all()
        with self.heard:
            self.answers = None
            self.heard.notify_all()

    def call(self, method, session=None, **params):
        with self.heard:
            self.number += 1
            number = self.number
            message = {"id": number, "method": method, "params": params}
            if session:
                message["sessionId"] = session
            self.write.write(json.dumps(message).encode() + b"\0")
            self.write.flush()
            if not self.heard.wait_for(lambda: self.answers is None or number in self.answers, 60):
                raise TimeoutError(method)
            if self.answers is None:
                raise ConnectionError("the browser has gone")
            answer = self.answers.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def tab(self, address, before=""):
        return Tab(self, address, before)

    def close(self):
        try:
            self.call("Browser.close")
        except (OSError, RuntimeError, TimeoutError):
            self.child.kill()
        # It writes into its profile to its end.
        self.child.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)


class Tab:
    """A tab of its own, with storage of its own."""

    def __init__(self, browser, address, before):
        self.browser = browser
        context = browser.call("Target.createBrowserContext")["browserContextId"]
        target = browser.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(domain + ".enable")
        self.size(1200, 800)
        # A script that runs before those of the page.
        self.call("Page.addScriptToEvaluateOnNewDocument", source=before)
        self.call("Page.navigate", url=address)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def scheme(self, name):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def run(self, script):
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{script[:200]}: {answer['exceptionDetails']['exception'].get('description')}")
        return answer["result"].get("value")

    def until(self, script, seconds=40):
        """What the expression is when it is something."""
        end = time.monotonic() + seconds
        while True:
            value = self.run(script)
            if value:
                return value
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds} s: {script}\n{self.text()}")
            time.sleep(0.05)

    def text(self):
        return self.run("([...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body).innerText")

    def key(self, name, text=None, modifiers=0):
        codes = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32}
        common = {"key": name, "code": name, "windowsVirtualKeyCode": codes.get(name, 0), "modifiers": modifiers}
        text = text or {"Enter": "\r", " ": " "}.get(name)
        self.call("Input.dispatchKeyEvent", type="keyDown", **common, **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, selector, text):
        """Into a field, in the place of what is there."""
        self.until(f"(() => {{ const at = document.querySelector({selector!r}); at?.focus(); at?.select(); return document.activeElement === at }})()")
        self.call("Input.insertText", text=text)

    def press(self, words, within="[...document.querySelectorAll('dialog[open]')].at(-1) ?? document"):
        """The button or link of that name, as a mouse does where it is seen."""
        found = (
            f"[...(({within})).querySelectorAll('button, a')].find((one) => one.checkVisibility() && !one.disabled && "
            f"(one.getAttribute('aria-label') ?? one.textContent).trim() === {words!r})"
        )
        place = self.until(
            f"(() => {{ const one = {found}; if (!one) return; one.scrollIntoView({{block: 'center'}});"
            " const box = one.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2] })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def picture(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))
