// The jails: a table that follows events. A row that has not changed is not touched, so that a thousand of them cost what the changed
// ones do.

const jails = new Map();
const rows = new Map();
/** By jail the job of this page that was the last to change it. */
const lastJob = (key) => [...jobs.values()].findLast((job) => job.isMine && job.jail === key && job.action !== "execjail");
/** What a jail is while that is done to it. */
const BUSY = {
  startjail: "starting", stopjail: "stopping", restartjail: "restarting", destroyjail: "being destroyed", clonejail: "being cloned",
  capjail: "being capped", renamejail: "being renamed", setproperty: "being changed", snapshotjail: "being saved", removesnapshot: "losing a snapshot",
  rollbackjail: "being rolled back",
};
const order = { by: "name", way: 1 };

// Looking.

/** Look again: many events lead to one look. */
const lookAgain = soon(async () => {
  if (link.who) await look();
});

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
  for (const th of document.querySelectorAll("#jails .takes")) th.hidden = !mayStats();
  lookAgain();
});
on("missed", lookAgain);
on("iocage", (event) => {
  // What the event says is there at once; the rest with the next look.
  if (event.uuid === shown) readSheet();
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
  const takes = (jail) => takenNow(jail.key)?.[by] ?? -1;
  const first = by === "use" ? bytes(a.use) - bytes(b.use) : by in TAKES ? takes(a) - takes(b) : inWords(a[by] ?? "", b[by] ?? "");
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
  const cells = ["address", "use", "CPU", "memory", "boot"].map((label) => el("td", { role: "cell", "data-label": label, class: "number" }));
  if (!mayStats()) for (const cell of cells.slice(2, 4)) cell.hidden = true;
  const turn = el("button", { type: "button", on: { click: () => turnJail(key) } });
  const row = el("tr", { role: "row" }, el("th", { role: "rowheader", scope: "row" }, name, long), el("td", { role: "cell" }, state), cells, el("td", { role: "cell", class: "act" }, turn));
  const told = el("p");
  const away = el("button", { type: "button", text: "Dismiss" });
  const under = el("tr", { role: "row", class: "under", hidden: true }, el("td", { role: "cell", colspan: 8 }, told, away));
  const node = el("tbody", { role: "rowgroup" }, row, under);
  let before;
  return {
    node,
    draw(jail, job) {
      const takes = takenNow(jail.key);
      const [cpu, memory] = takes ? [TAKES.cpu.write(takes.cpu), TAKES.memory.write(takes.memory)] : ["", ""];
      const now = JSON.stringify([{ ...jail, isNew: false }, cpu, memory, job?.id, job?.state, job?.isSeen, link.who?.access]);
      if (now === before) return;
      before = now;
      put(name, jail.name);
      put(long, jail.key === jail.name ? "" : jail.key);
      const isBusy = job && isLive(job) && BUSY[job.action];
      const jid = jail.state === "up" && jail.jid && jail.jid !== "-" ? ` · JID ${jail.jid}` : "";
      chip(state, isBusy ? `${isBusy}…` : `${jail.state}${jid}`, isBusy ? "warn" : stateMood(jail.state));
      [jail.address, jail.use, cpu, memory, jail.boot].forEach((text, place) => {
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
