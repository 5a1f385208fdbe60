// Elements and their texts. Whatever the server tells is hostile: names, output, notes. It comes into the page here alone, as text
// nodes and the values of attributes that run nothing, never as HTML; what would turn the direction of the line or hide in it is
// written out.

const $ = (id) => document.getElementById(id);

/** A text as it is shown: control characters and those that reorder a line are written as their numbers. */
const clean = (text) =>
  String(text).replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (hidden) => `\\u{${hidden.codePointAt(0).toString(16)}}`,
  );

/** What a program printed: lines that a terminal would draw again stand under each other, colours are left out. */
const printed = (text) => String(text).replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "").replace(/\r\n?/g, "\n");

/** An element. `on` are its listeners, `text` its text, all else attributes; children that are texts become text nodes. */
function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "on") for (const [event, run] of Object.entries(value)) node.addEventListener(event, run);
    else if (key === "text") node.textContent = clean(value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined) node.append(child instanceof Node ? child : clean(child));
  }
  return node;
}

/** Set a text only where it is another one: nothing is drawn or read aloud for what has not changed. */
function put(node, text) {
  const shown = clean(text);
  if (node.textContent !== shown) node.textContent = shown;
}

function chip(node, word, mood) {
  put(node, word);
  node.className = mood ? `chip ${mood}` : "chip";
  return node;
}

/** A note beside what was done: why it failed, with the code, or what came of it. Without a text it goes. */
function note(node, text, mood = "") {
  node.hidden = !text;
  node.className = `note ${mood}`;
  put(node, text ?? "");
}

/** Why something failed, in words, and the code by which the manual and a program know it. */
const why = (error) =>
  error instanceof Refused
    ? `${sentence(error.message)} (${error.code}${error.retryAfter ? `; again in ${error.retryAfter} s` : ""})`
    : `The page is at fault: ${error.message}`;

const sentence = (text) => {
  const whole = String(text).trim();
  const first = whole.charAt(0).toUpperCase() + whole.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
};

/** The dialog that is in front, of which the rest of the page is no part while it is. */
const front = () => [...document.querySelectorAll("dialog[open]")].at(-1);

/** Told to everybody: seen for a while, and read aloud. It stands in the dialog in front, for the page behind is not heard. */
function say(text) {
  clearTimeout(say.timer);
  const place = front() ?? document.body;
  if ($("say").parentElement !== place) place.append($("say"));
  put($("say"), text);
  say.timer = setTimeout(() => put($("say"), ""), 6000);
}

/** It has just come, which is seen for a while. */
function flash(node) {
  node.classList.add("fresh");
  setTimeout(() => node.classList.remove("fresh"), 3000);
}

/** Run once before the next frame, however often it is asked for; a page in the background is drawn when it is looked at. */
function drawn(run) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      run();
    });
  };
}

/** Run soon, and after that once more where it was asked for meanwhile: many wishes lead to one run, and never two at a time. */
function soon(run) {
  let isAsked = false;
  const again = () => {
    isAsked = true;
    if (again.isOn) return;
    again.isOn = true;
    setTimeout(async () => {
      try {
        while (isAsked) {
          isAsked = false;
          await run();
        }
      } finally {
        again.isOn = false;
      }
    }, 150);
  };
  again.isOn = false;
  return again;
}

const clock = (time) => (time ? new Date(time).toLocaleTimeString([], { hour12: false }) : "");
const day = (time) => {
  const at = new Date(time);
  return at.toDateString() === new Date().toDateString() ? clock(at) : at.toLocaleString([], { hour12: false });
};
/** A size in bytes as it is read. */
const sized = (bytes) => {
  const step = Math.min(5, Math.max(0, Math.floor(Math.log2(bytes) / 10)));
  const number = bytes / 1024 ** step;
  return bytes > 0 ? `${number < 10 && step ? number.toFixed(1) : Math.round(number)} ${["B", "KiB", "MiB", "GiB", "TiB", "PiB"][step]}` : "0 B";
};
const lasted = (ms) =>
  ms < 1000 ? "under 1 s" : ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;

/** A dialog closes by Escape and by its buttons. */
function show(dialog) {
  if (!dialog.open) dialog.showModal();
  dialog.append($("say"));
}
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-close]")) dialog.close();
  });
  closed(dialog, () => {
    (front() ?? document.body).append($("say"));
    keepFocus();
  });
}

/** Run when it was closed, and is: the browser tells of it later, when it may have been opened again for something else. */
function closed(dialog, run) {
  dialog.addEventListener("close", () => dialog.open || run());
}

/** Where what had the keyboard is gone, it goes on at the title of what is in front. */
function keepFocus() {
  const at = document.activeElement;
  if (at !== document.body && at.checkVisibility()) return;
  (front()?.querySelector("h2") ?? document.querySelector("main > section:not([hidden]) h1"))?.focus();
}
