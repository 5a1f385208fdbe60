// The page as a whole: who is logged in, which view is shown, what happens.

const VIEWS = { jails: () => [lookAgain(), watchStats()], jobs: askJobs, modules: askModules, events: () => {} };
const EVENTS = 200;

// Events.

/** Something has happened; answers where it is told. The newest stands first, the oldest go. */
function happened(kind, text, mood = "") {
  const list = $("events");
  const told = el("span", { text });
  const item = el("li", {}, el("time", { class: "quiet number", text: clock(new Date()) }), chip(el("span"), kind, mood), told);
  list.prepend(item);
  flash(item);
  while (list.children.length > EVENTS) list.lastElementChild.remove();
  return told;
}

on("iocage", ({ action, code, jail, outcome, pool, state, tag, uuid }) => {
  const what = tag ?? jail ?? uuid ?? pool ?? "";
  const failed = code ? `${outcome} (${code})` : outcome;
  const how = [outcome === "done" && state ? "" : failed, state && `now ${state}`].filter(Boolean).join(", ");
  happened("jail", `${[action, what].filter(Boolean).join(" ")}: ${how}`, outcome === "done" ? "good" : "bad");
});
on("system-state", ({ hostname, priority }) => happened("server", `${hostname}: ${priority}`));
on("missed", (count) => happened("page", `${count} events came faster than they were read; everything was looked at again`, "warn"));

// Logging in and out.

$("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  const [username, password] = [form.elements.username.value, form.elements.password.value];
  note($("login-note"));
  button.disabled = true;
  try {
    await enter({ username, password });
    form.reset();
  } catch (error) {
    link.socket?.close();
    chip($("link"), "", "");
    $("link").hidden = true;
    const told = error.code === "401" ? new Refused(401, "this name and this password are not those of an account") : error;
    note($("login-note"), why(told), "bad");
    form.elements.password.select();
    form.elements.password.focus();
  } finally {
    button.disabled = false;
  }
});
$("logout").addEventListener("click", () => logOut());

on("in", (who, hostname) => {
  put($("host"), hostname);
  document.title = `${clean(hostname)} – sysadmd`;
  $("who").hidden = $("logout").hidden = $("nav").hidden = false;
  put($("who"), `${who.name} · ${who.access} access${who.actions ? ", some actions" : ""}`);
  for (const [view, action] of Object.entries({ jails: ["sysadm/iocage", "listjails"], jobs: ["rpc/dispatcher", "list"], modules: ["rpc/modules", "list"] })) {
    document.querySelector(`nav a[href="#${view}"]`).hidden = !may(...action);
  }
  note($("login-note"));
  if (!$("view-login").hidden || !link.wasIn) route();
  link.wasIn = true;
});
on("out", (text) => {
  link.wasIn = false;
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  for (const id of ["who", "logout", "nav", "link"]) $(id).hidden = true;
  $("events").replaceChildren();
  document.title = "sysadmd";
  view("login");
  note($("login-note"), text, "warn");
  $("username").focus();
});
on("state", (state, delay) => {
  const [word, mood] = {
    connecting: ["connecting…", "warn"],
    connected: ["connected", "good"],
    lost: [`no connection; again in ${Math.ceil(delay / 1000)} s`, "bad"],
  }[state];
  $("link").hidden = false;
  chip($("link"), word, mood);
  // Once, however often it is tried.
  if (state === "lost" && link.attempts === 1) happened("page", "the connection is lost", "bad");
});

// Views.

function view(name) {
  for (const section of document.querySelectorAll("main > section[id^=view-]")) section.hidden = section.id !== `view-${name}`;
  for (const a of document.querySelectorAll("nav a")) {
    if (a.hash === `#${name}`) a.setAttribute("aria-current", "page");
    else a.removeAttribute("aria-current");
  }
}

function route() {
  if (!link.who) return;
  const name = location.hash.slice(1);
  const known = Object.hasOwn(VIEWS, name) ? name : "jails";
  view(known);
  VIEWS[known]();
  drawJobs();
}
window.addEventListener("hashchange", () => {
  route();
  if (link.who) document.querySelector("main > section[id^=view-]:not([hidden]) h1")?.focus();
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  $("main").focus();
});

if (link.token) resume();
else {
  view("login");
  $("username").focus();
}
