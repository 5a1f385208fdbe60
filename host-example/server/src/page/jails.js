// The jails: a table that follows events, and a sheet for one of them. A row that has not changed is not touched, so that a thousand
// of them cost what the changed ones do.

const jails = new Map();
const rows = new Map();
/** By jail the job of this page that was the last to change it. */
const lastJob = (key) => [...jobs.values()].findLast((job) => job.isMine && job.jail === key && job.action !== "execjail");
const BUSY = { startjail: "starting", stopjail: "stopping", destroyjail: "being destroyed", clonejail: "being cloned", capjail: "being capped" };
const order = { by: "name", way: 1 };

// Looking.

let isAsking = false;
let isStale = false;

/** Look again, soon: many events lead to one look, and never two at a time. */
function lookAgain() {
  isStale = true;
  if (isAsking || !link.who) return;
  isAsking = true;
  setTimeout(async () => {
    while (isStale && link.who) {
      isStale = false;
      await look();
    }
    isAsking = false;
  }, 150);
}

async function look() {
  if (!may("sysadm/iocage", "listjails")) return note($("jails-note"), "This account may not list jails.", "warn");
  try {
    const used = may("sysadm/iocage", "df") ? askClass({ action: "df" }).catch(() => ({ answer: {} })) : { answer: {} };
    const [listed, { answer: uses }] = await Promise.all([askClass({ action: "listjails" }), used]);
    const there = new Map(Object.entries(listed.answer));
    const isFirst = jails.size === 0;
    for (const key of jails.keys()) if (!there.has(key)) jails.delete(key);
    for (const [key, told] of there) {
      const tag = typeof told.tag === "string" && told.tag !== "-" ? told.tag : "";
      const isNew = !isFirst && !jails.has(key);
      const address = [told.ip4, told.ip6].filter((text) => text && text !== "-" && text !== "none").join(", ");
      jails.set(key, { ...told, key, name: tag || key, address, use: uses[key]?.use ?? "", isNew });
    }
    const problems = (listed.problems ?? []).map((one) => (typeof one === "string" ? one : JSON.stringify(one)));
    note($("jails-note"), problems.join("\n"), "warn");
  } catch (error) {
    if (error.code !== "disconnected") note($("jails-note"), why(error), "bad");
  }
  drawJails();
}

on("in", () => {
  const mayCreate = may("sysadm/iocage", "createjail");
  $("create").hidden = !mayCreate;
  $("jails-limited").hidden = Object.keys(BUSY).some((action) => may("sysadm/iocage", action)) || mayCreate;
  lookAgain();
});
on("missed", lookAgain);
on("iocage", (event) => {
  // What the event says is there at once; the rest with the next look.
  const jail = jails.get(event.uuid);
  if (jail && event.state && event.state !== "gone") jail.state = event.state;
  if (event.outcome === "done" && event.state === "gone") jails.delete(event.uuid);
  drawJails();
  lookAgain();
});
on("out", () => {
  jails.clear();
  $("jail").close();
  drawJails();
});

// The table.

const stateMood = (state) => (state === "up" ? "good" : state === "down" ? "" : "bad");

const drawJails = drawn(() => {
  const body = $("jails");
  const wanted = $("filter").value.trim().toLowerCase();
  const list = [...jails.values()].sort(compare);
  for (const [key, row] of rows) {
    if (jails.has(key)) continue;
    const hadFocus = row.node.contains(document.activeElement);
    row.node.remove();
    rows.delete(key);
    if (hadFocus) keepFocus();
  }
  let at = body.tHead.nextElementSibling;
  let shown = 0;
  const latest = new Map();
  for (const job of jobs.values()) if (job.isMine && job.jail && job.action !== "execjail") latest.set(job.jail, job);
  for (const jail of list) {
    if (!rows.has(jail.key)) rows.set(jail.key, newJailRow(jail.key));
    const row = rows.get(jail.key);
    if (row.node === at) at = at.nextElementSibling;
    else body.insertBefore(row.node, at);
    row.draw(jail, latest.get(jail.key));
    const text = `${jail.name} ${jail.key} ${jail.state} ${jail.address}`.toLowerCase();
    row.node.hidden = !text.includes(wanted);
    if (!row.node.hidden) shown += 1;
  }
  const up = list.filter((jail) => jail.state === "up").length;
  put($("jails-count"), `${list.length}, ${up} up${wanted ? `; ${shown} shown` : ""}`);
  $("jails-none").hidden = shown > 0;
  put($("jails-none"), list.length ? "No jail is called so." : "There are no jails.");
  drawSheet();
});

const bytes = (use) => {
  const [, number, unit] = /^([\d.]+)\s*([KMGTP]?)/i.exec(use) ?? [0, "0", ""];
  return Number(number) * 1024 ** " KMGTP".indexOf(unit.toUpperCase() || " ");
};
const { compare: inWords } = new Intl.Collator(undefined, { numeric: true });
function compare(a, b) {
  const { by, way } = order;
  const first = by === "use" ? bytes(a.use) - bytes(b.use) : inWords(a[by] ?? "", b[by] ?? "");
  return first * way || inWords(a.name, b.name) || (a.key < b.key ? -1 : 1);
}

for (const button of document.querySelectorAll("#jails .sort")) {
  button.addEventListener("click", () => {
    order.way = order.by === button.dataset.by ? -order.way : 1;
    order.by = button.dataset.by;
    for (const th of $("jails").tHead.rows[0].cells) th.removeAttribute("aria-sort");
    button.parentElement.setAttribute("aria-sort", order.way > 0 ? "ascending" : "descending");
    drawJails();
  });
}
$("filter").addEventListener("input", drawJails);

function newJailRow(key) {
  const name = el("button", { type: "button", class: "name", on: { click: () => openJail(key) } });
  const long = el("div", { class: "quiet mono" });
  const state = el("span");
  const cells = ["address", "use", "boot"].map((label) => el("td", { role: "cell", "data-label": label, class: "number" }));
  const turn = el("button", { type: "button", on: { click: () => turnJail(key) } });
  const row = el("tr", { role: "row" }, el("th", { role: "rowheader", scope: "row" }, name, long), el("td", { role: "cell" }, state), cells, el("td", { role: "cell", class: "act" }, turn));
  const told = el("p");
  const away = el("button", { type: "button", text: "Dismiss" });
  const under = el("tr", { role: "row", class: "under", hidden: true }, el("td", { role: "cell", colspan: 6 }, told, away));
  const node = el("tbody", { role: "rowgroup" }, row, under);
  let before;
  return {
    node,
    draw(jail, job) {
      const now = JSON.stringify([{ ...jail, isNew: false }, job?.id, job?.state, job?.isSeen, link.who?.access]);
      if (now === before) return;
      before = now;
      put(name, jail.name);
      put(long, jail.key === jail.name ? "" : jail.key);
      const isBusy = job && isLive(job) && BUSY[job.action];
      const jid = jail.state === "up" && jail.jid && jail.jid !== "-" ? ` · JID ${jail.jid}` : "";
      chip(state, isBusy ? `${isBusy}…` : `${jail.state}${jid}`, isBusy ? "warn" : stateMood(jail.state));
      [jail.address, jail.use, jail.boot].forEach((text, place) => {
        put(cells[place], text || "–");
        cells[place].classList.toggle("none", !text);
      });
      const action = turnOf(jail);
      turn.hidden = !action;
      turn.disabled = Boolean(isBusy);
      put(turn, action === "stopjail" ? "Stop" : "Start");
      turn.setAttribute("aria-label", `${turn.textContent} ${clean(jail.name)}`);
      const failed = job && !job.isSeen && failure(job);
      under.hidden = !failed;
      note(told, failed ? `${sentence(titleOf(job)).slice(0, -1)} failed. ${why(failed)}` : "", "bad");
      away.onclick = () => {
        job.isSeen = true;
        drawJobs();
        name.focus();
      };
      if (jail.isNew) flash(node);
      jail.isNew = false;
    },
  };
}

/** What turns it over, if the account may. */
function turnOf(jail) {
  const action = jail.state === "up" ? "stopjail" : jail.state === "down" ? "startjail" : undefined;
  return action && may("sysadm/iocage", action) ? action : undefined;
}

async function turnJail(key) {
  const jail = jails.get(key);
  const action = jail && turnOf(jail);
  if (action) await change(action, jail);
}

/** Change a jail; what is refused before it is a job is told as a job's failure is, at the jail. */
async function change(action, jail) {
  const about = { jail: jail.key, name: jail.name };
  try {
    await startJob(action, { jail: jail.key }, about);
  } catch (error) {
    const job = jobOf(`refused-${(change.number = (change.number ?? 0) + 1)}`);
    Object.assign(job, { action, isMine: true, isPlain: true, begun: new Date().toISOString(), ...about });
    refuse(job, error);
    drawJobs();
  }
}

$("create").addEventListener("click", () =>
  openForm("createjail", {
    title: "New jail",
    about: "It is made as a job: this page may be closed meanwhile.",
    go: "Create",
    pairs: ["tag", "release"],
    name: ({ props }) => /(?:^|\s)tag=(\S+)/.exec(props ?? "")?.[1] ?? "a jail",
  }),
);

// The sheet.

let shown = null;
let command = null;

function openJail(key) {
  shown = key;
  command = null;
  drawSheet();
  const acts = [
    may("sysadm/iocage", "startjail") || may("sysadm/iocage", "stopjail") ? el("button", { type: "button", id: "jail-turn", on: { click: () => turnJail(shown) } }) : null,
    may("sysadm/iocage", "clonejail") ? el("button", { type: "button", text: "Clone…", on: { click: clone } }) : null,
    may("sysadm/iocage", "destroyjail") ? el("button", { type: "button", id: "jail-destroy", class: "danger", text: "Destroy…", on: { click: destroy } }) : null,
  ];
  $("jail-acts").replaceChildren(...acts.filter(Boolean));
  commandForm(key);
  drawSheet();
  $("properties").tBodies[0].replaceChildren();
  $("properties-filter").value = "";
  show($("jail"));
  properties(key);
}

function drawSheet() {
  const jail = jails.get(shown);
  if (!shown || !$("jail")) return;
  if (!jail) {
    shown = null;
    return $("jail").close();
  }
  put($("jail-title"), jail.name);
  chip($("jail-state"), jail.state, stateMood(jail.state));
  const facts = [jail.key === jail.name ? "" : jail.key, jail.type, jail.address, jail.use && `uses ${jail.use}`, jail.jid && jail.jid !== "-" && `JID ${jail.jid}`,
    jail.state === "up" && may("sysadm/iocage", "destroyjail") && "to be destroyed it has to be stopped first"];
  put($("jail-facts"), facts.filter(Boolean).join(" · "));
  const job = lastJob(shown);
  const isBusy = job && isLive(job);
  const failed = job && !job.isSeen && failure(job);
  note($("jail-note"), isBusy ? `${sentence(BUSY[job.action] ?? job.action).slice(0, -1)}…` : failed ? why(failed) : "", failed ? "bad" : "");
  const turn = $("jail-turn");
  if (turn) {
    const action = turnOf(jail);
    turn.hidden = !action;
    turn.disabled = Boolean(isBusy);
    put(turn, action === "stopjail" ? "Stop" : "Start");
  }
  const away = $("jail-destroy");
  if (away) {
    away.disabled = Boolean(isBusy) || jail.state === "up";
  }
}
$("jail").addEventListener("close", () => (shown = null));

function clone() {
  const jail = jails.get(shown);
  openForm("clonejail", {
    title: `Clone ${jail.name}`,
    about: "The clone gets the properties that are named here, and the others of its origin.",
    go: "Clone",
    fixed: { jail: jail.key },
    pairs: ["tag"],
    jail: jail.key,
    name: () => jail.name,
  });
}

function destroy() {
  const jail = jails.get(shown);
  const uses = jail.use ? `, which uses ${jail.use},` : "";
  question({
    title: `Destroy ${jail.name}?`,
    text: `The jail ${jail.name}${uses} goes with all that is in it. This cannot be taken back.`,
    go: "Destroy",
    name: jail.name,
    async run() {
      const job = await startJob("destroyjail", { jail: jail.key }, { jail: jail.key, name: jail.name, isQuiet: true });
      await job.ended;
      const failed = failure(job);
      if (failed) {
        job.isSeen = true;
        throw failed;
      }
      $("jail").close();
      say(`${jail.name} is gone.`);
    },
  });
}

/** A command, whose output comes as it is printed, and at the end whole, as it was. */
function commandForm(key) {
  const told = link.actions.get("sysadm/iocage/execjail");
  $("jail-command").hidden = !may("sysadm/iocage", "execjail");
  note($("command-note"));
  $("command-output").hidden = true;
  if ($("jail-command").hidden) return;
  const made = fields(told, { fixed: { jail: key }, first: { user: "root" } });
  const run = el("button", { class: "main", text: "Run" });
  const end = el("button", { type: "button", text: "Cancel", id: "command-cancel", hidden: true, on: { click: () => command && cancel(command) } });
  $("command").replaceChildren(...made.nodes, el("div", { class: "acts" }, run, end));
  $("command").onsubmit = async (event) => {
    event.preventDefault();
    made.blame();
    note($("command-note"), "runs…");
    put($("command-output"), "");
    run.disabled = true;
    try {
      const job = await startJob("execjail", { ...made.values(), detail: true }, { jail: key, name: jails.get(key)?.name, isQuiet: true });
      command = job;
      job.isSeen = true;
      drawCommand();
      await job.ended;
      if (command === job) made.blame(failure(job)?.key);
    } catch (error) {
      note($("command-note"), why(error), "bad");
    } finally {
      run.disabled = false;
    }
  };
}

function drawCommand() {
  if (!command) return;
  const { detail } = command.result ?? {};
  const whole = detail ? printed(`${detail.stdout ?? ""}${detail.stderr ?? ""}`) : command.output;
  $("command-output").hidden = !whole;
  put($("command-output"), whole);
  $("command-output").scrollTop = $("command-output").scrollHeight;
  if ($("command-cancel")) $("command-cancel").hidden = !mayCancel(command);
  if (isLive(command)) return;
  const failed = failure(command);
  const rest = detail?.truncated ? " What it printed was cut." : "";
  note($("command-note"), failed ? why(failed) + rest : `Exit status ${detail?.exit ?? 0}.${rest}`, failed ? "bad" : "good");
}

async function properties(key) {
  if (!may("sysadm/iocage", "getjailsettings")) return note($("properties-note"), "This account may not read them.", "warn");
  note($("properties-note"), "are read…");
  try {
    const { answer } = await askClass({ action: "getjailsettings", jail: key });
    if (shown !== key) return;
    const told = Object.values(answer).find((value) => value && typeof value === "object") ?? {};
    const list = Object.entries(told).sort(([a], [b]) => (a < b ? -1 : 1));
    $("properties").tBodies[0].replaceChildren(
      ...list.map(([name, value]) => el("tr", {}, el("th", { scope: "row", text: name }), el("td", { text: String(value) }))),
    );
    note($("properties-note"));
  } catch (error) {
    note($("properties-note"), why(error), "bad");
  }
}
$("properties-filter").addEventListener("input", () => {
  const wanted = $("properties-filter").value.toLowerCase();
  for (const row of $("properties").rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
});
