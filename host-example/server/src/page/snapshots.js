// The snapshots of the jail in the sheet: which there are, and one taken, removed, or gone back to. What a way back would destroy the
// server tells before anything is asked: the question names the newer snapshots that go, and the request names the same.

/** By their names, as the server tells of them; of the jail in the sheet. */
const snapshots = new Map();
/** What was drawn; nothing is drawn again for what has not changed. */
let drawnSnapshots = "";
/** What stands there is why they could not be read. */
let isUntold = false;

function newSnapshots() {
  snapshots.clear();
  drawnSnapshots = "";
  $("jail-snapshots").hidden = !may("sysadm/iocage", "listsnapshots");
  $("snapshots-take").hidden = !may("sysadm/iocage", "snapshotjail");
  put($("snapshots-count"), "");
  note($("snapshots-note"));
}

async function readSnapshots(key) {
  if (!may("sysadm/iocage", "listsnapshots")) return;
  try {
    const { answer, problems = [] } = await askClass({ action: "listsnapshots", jail: key });
    if (shown !== key) return;
    snapshots.clear();
    const newest = Object.entries(answer).sort(([a, one], [b, other]) => inWords(other.created, one.created) || inWords(b, a));
    for (const [name, told] of newest) snapshots.set(name, told);
    put($("snapshots-count"), snapshots.size ? String(snapshots.size) : "there are none");
    if (problems.length || isUntold) note($("snapshots-note"), problems.join("\n"), "warn");
    isUntold = problems.length > 0;
    drawSheet();
  } catch (error) {
    if (shown !== key) return;
    isUntold = true;
    note($("snapshots-note"), why(error), "bad");
  }
}

function drawSnapshots(jail) {
  const isBusy = Boolean(lastJob(jail.key) && isLive(lastJob(jail.key)));
  const isUp = jail.state === "up";
  $("snapshots").hidden = snapshots.size === 0;
  $("snapshots-runs").hidden = !isUp || snapshots.size === 0 || !may("sysadm/iocage", "rollbackjail");
  $("snapshots-take").disabled = isBusy;
  const now = JSON.stringify([[...snapshots], isBusy, isUp]);
  if (now === drawnSnapshots) return;
  drawnSnapshots = now;
  const body = $("snapshots").tBodies[0];
  const focus = body.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
  body.replaceChildren(...[...snapshots].map(([name, told]) => snapshotRow(name, told, { isBusy, isUp })));
  if (focus === null) return;
  const again = [...body.querySelectorAll("button")].find((button) => button.getAttribute("aria-label") === focus && !button.disabled);
  (again ?? $("snapshots-title")).focus();
}

function snapshotRow(name, told, { isBusy, isUp }) {
  const isWhole = told.datasets === "all";
  const hasClones = Boolean(told.clones) && told.clones !== "-";
  const act = (action, word, isOff, run, mood) =>
    may("sysadm/iocage", action)
      ? el("button", { type: "button", class: mood, text: word, "aria-label": `${word.replace("…", "")} ${clean(name)}`, disabled: isOff, on: { click: () => run(name, told) } })
      : null;
  const hints = [
    hasClones && `not to be removed: of it there are clones, ${told.clones.replaceAll(",", ", ")}`,
    !isWhole && `no way back: it is of ${String(told.datasets).replaceAll(",", ", ")} alone`,
  ];
  return el("tr", { role: "row" },
    el("th", { role: "rowheader", scope: "row" }, el("span", { class: "mono", text: name }), hints.filter(Boolean).map((text) => el("div", { class: "quiet", text }))),
    el("td", { role: "cell", "data-label": "Taken", class: "number", text: day(told.created) }),
    el("td", { role: "cell", "data-label": "Used", class: "number", text: sized(Number(told.used)) }),
    el("td", { role: "cell", class: "act" },
      act("rollbackjail", "Roll back…", isBusy || isUp || !isWhole, rollBack),
      act("removesnapshot", "Remove…", isBusy || hasClones, removeSnapshot, "danger")));
}

$("snapshots-take").addEventListener("click", () => {
  const jail = jails.get(shown);
  openForm("snapshotjail", {
    title: `Take a snapshot of ${jail.name}`,
    about: "It keeps all that is in the jail as it is now.",
    go: "Take",
    fixed: { jail: jail.key },
    jail: jail.key,
    name: () => jail.name,
  });
});

/** What came of it is told here. */
const cameOf = (text) => {
  note($("snapshots-note"), text, "good");
  readSheet();
};

function removeSnapshot(name, { created, used }) {
  const jail = jails.get(shown);
  note($("snapshots-note"));
  question({
    title: `Remove the snapshot ${name}?`,
    text: `The snapshot ${name} of ${jail.name}, taken ${day(created)}, goes, and ${sized(Number(used))} with it that it alone holds. This cannot be taken back.`,
    go: "Remove",
    isDanger: true,
    async run() {
      await doneTo(jail, "removesnapshot", { snapshot: name });
      cameOf(`The snapshot ${name} is removed.`);
    },
  });
}

async function rollBack(name, { created }) {
  const jail = jails.get(shown);
  const args = { jail: jail.key, snapshot: name };
  note($("snapshots-note"), "What would go is looked at…");
  try {
    const destroys = await newerThan(args);
    if (shown !== jail.key) return;
    note($("snapshots-note"));
    const newer = destroys.length ? `These newer snapshots are destroyed: ${destroys.join(", ")}.` : "No snapshot is newer.";
    question({
      title: `Roll ${jail.name} back to ${name}?`,
      text: `All that has changed in ${jail.name} since ${day(created)} goes. ${newer} This cannot be taken back.`,
      go: "Roll back",
      name: jail.name,
      async run() {
        await doneTo(jail, "rollbackjail", { snapshot: name, ...(destroys.length ? { destroys } : {}) });
        cameOf(`${jail.name} is as it was at ${name}.${destroys.length ? ` Destroyed: ${destroys.join(", ")}.` : ""}`);
      },
    });
  } catch (error) {
    if (shown === jail.key) note($("snapshots-note"), why(error), "bad");
  }
}

/** The snapshots that a way back destroys, as the refusal names them; that it is these, a second look has to agree to. */
async function newerThan(args) {
  try {
    await tried("rollbackjail", args);
    return [];
  } catch (error) {
    if (error.code !== "newer-snapshots") throw error;
    const destroys = error.message.split(": ").at(-1).split(", ");
    await tried("rollbackjail", { ...args, destroys });
    return destroys;
  }
}
