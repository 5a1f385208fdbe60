// What the running jails take: processor, memory and processes, now in the table and for the last minutes in the sheet. It is asked for
// every few seconds while somebody looks at it, of all jails at once; a page in the background does not ask. Of each jail that runs
// so many looks are kept, and no more.

const STEP = 5000;
const KEPT = 60;
const SPAN = STEP * KEPT;
const TAKES = {
  cpu: { title: "CPU, of one processor", least: 10, write: (number) => `${number.toFixed(1)} %` },
  memory: { title: "Memory, resident", least: 1024, write: sized },
  processes: { title: "Processes", least: 4, write: String },
};

/** By jail, the looks at it, the newest last. */
const taken = new Map();
/** When it was told last; nothing is now what was told before that failed. */
let toldAt = 0;
const takenNow = (key) => (taken.get(key)?.at(-1)?.at === toldAt ? taken.get(key).at(-1) : undefined);
const mayStats = () => may("sysadm/iocage", "jailstats");
const isLookedAt = () => link.who && link.socket && !document.hidden && mayStats() && ($("jail").open || !$("view-jails").hidden);
let isStatsOn = false;

/** Ask, and again for as long as it is looked at. */
async function watchStats() {
  if (isStatsOn || !isLookedAt()) return;
  isStatsOn = true;
  while (isLookedAt()) {
    await askStats();
    await new Promise((resolve) => setTimeout(resolve, STEP));
  }
  isStatsOn = false;
}

async function askStats() {
  try {
    const { answer, problems = [] } = await askClass({ action: "jailstats", select: Object.keys(TAKES) });
    const at = Date.now();
    for (const key of taken.keys()) if (!(key in answer)) taken.delete(key);
    for (const [key, told] of Object.entries(answer)) {
      const look = { at };
      for (const name of Object.keys(TAKES)) look[name] = Number(told[name]) || 0;
      taken.set(key, [...(taken.get(key) ?? []), look].slice(-KEPT));
    }
    toldAt = at;
    tellStats(problems.join("\n"), "warn");
  } catch (error) {
    toldAt = 0;
    if (error.code !== "disconnected") tellStats(why(error), "bad");
  }
  drawJails();
}

/** Why it is not told, or not of all. */
function tellStats(text, mood) {
  for (const id of ["jails-stats-note", "stats-note"]) note($(id), text && `What the jails take: ${text}`, mood);
}

document.addEventListener("visibilitychange", watchStats);
on("in", watchStats);
on("out", () => {
  taken.clear();
  tellStats();
});

// The sheet.

/** For another jail. */
function newStats() {
  const parts = Object.entries(TAKES).map(([name, { title }]) => {
    const figure = el("p", { class: "figure" });
    const line = drawing("path", { fill: "none" });
    const chart = drawing("svg", { viewBox: "0 0 300 60", preserveAspectRatio: "none", role: "img" }, line);
    const range = el("p", { class: "quiet" });
    const node = el("div", { class: "take", "data-take": name }, el("h4", { text: title }), figure, chart, range);
    return { name, node, figure, chart, line, range };
  });
  newStats.parts = parts;
  newStats.drawn = null;
  $("takes").replaceChildren(...parts.map((part) => part.node));
}

function drawing(tag, props, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(props)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function drawStats(jail) {
  const looks = taken.get(jail.key) ?? [];
  $("jail-stats").hidden = !mayStats() || jail.state !== "up";
  $("takes").hidden = looks.length === 0;
  const last = looks.at(-1);
  const now = takenNow(jail.key);
  if (!last || (newStats.drawn && newStats.drawn[0] === last && newStats.drawn[1] === now)) return;
  newStats.drawn = [last, now];
  const shownLooks = looks.filter((look) => last.at - look.at < SPAN);
  const minutes = lasted(last.at - shownLooks[0].at);
  for (const { name, figure, chart, line, range } of newStats.parts) {
    const { title, least, write } = TAKES[name];
    const numbers = shownLooks.map((look) => look[name]);
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    const top = Math.max(least, high * 1.15);
    // Where nobody looked there is no line; one look alone is a dot.
    const goes = shownLooks.map((look, at) => {
      const place = `${(298 - ((last.at - look.at) / SPAN) * 296).toFixed(1)} ${(57 - (look[name] / top) * 54).toFixed(1)}`;
      return at && look.at - shownLooks[at - 1].at < 3 * STEP ? `L${place}` : `M${place}h0`;
    });
    line.setAttribute("d", goes.join(""));
    put(figure, now ? write(now[name]) : "–");
    const was = low === high ? `${write(low)} all along` : `${write(low)} to ${write(high)}`;
    put(range, shownLooks.length > 1 ? `${was}, last ${minutes}` : "");
    chart.setAttribute("aria-label", `${title}: ${now ? `now ${write(now[name])}` : "not told now"}${shownLooks.length > 1 ? `; in the last ${minutes} ${was}` : ""}`);
  }
}
