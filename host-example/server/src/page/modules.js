// The modules: which generation of each class serves, which went before, and another one in its place. Requests are lost by neither
// a swap nor a roll back, so that they ask once and need no name typed.

const GENERATION = {
  current: ["serves", "good"], draining: ["ends", "warn"], staged: ["is looked at", "warn"], probing: ["is tried", "warn"],
  failed: ["failed", "bad"], retained: ["has ended, stays loaded", ""], retired: ["has ended", ""],
};
const HEAD = ["Generation", "State", "Version", "Answered", "In flight", "Failed", "Since", "SHA-256"];
const isOf = (entry) => (one) => one.class === entry.class;

async function askModules() {
  if (!may("rpc/modules", "list")) return;
  try {
    const { list } = await ask("rpc", "modules", { action: "list" });
    drawModules(list);
    note($("modules-note"));
  } catch (error) {
    if (error.code !== "disconnected") note($("modules-note"), why(error), "bad");
  }
}

function drawModules(list) {
  // What was typed, told or pressed there stays.
  const kept = new Map([...$("modules").children].map((node) => [node.dataset.class, node]));
  const nodes = (list.classes ?? []).map((entry) => {
    const node = kept.get(entry.class) ?? newModule(entry);
    const generations = (list.generations ?? []).filter(isOf(entry)).sort((a, b) => b.generation - a.generation);
    node.querySelector("tbody").replaceChildren(...generations.map(generationRow));
    const back = node.querySelector(".back");
    if (back) {
      back.disabled = !entry.previous;
      put(back, entry.previous ? `Roll back to ${entry.previous.version}` : "Roll back");
      put(node.querySelector(".back-why"), entry.previous ? "" : "There is no version before this one to go back to.");
    }
    return node;
  });
  $("modules").replaceChildren(...nodes);
}

function newModule(entry) {
  const name = clean(entry.class);
  const told = el("p", { role: "status" });
  note(told);
  const columns = HEAD.map((text) => el("th", { role: "columnheader", scope: "col", text }));
  const table = el("table", { class: "grid", role: "table", "aria-label": `Generations of ${name}` },
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, columns)), el("tbody", { role: "rowgroup" }));
  const node = el("article", { class: "card", "data-class": entry.class }, el("h2", { text: entry.class }));
  if (may("rpc/modules", "swap")) {
    const file = el("input", { id: `file-${name}`, "aria-describedby": `file-${name}-hint`, value: String(entry.path ?? "").split("/").at(-1), required: true, spellcheck: "false", autocomplete: "off" });
    const form = el("form", {},
      el("div", { class: "field" },
        el("label", { for: file.id, text: "Module" }),
        el("p", { class: "hint", id: `file-${name}-hint`, text: "the name of a file in the server's folder of modules; renamed into its place, never written into" }),
        file),
      el("div", { class: "acts" }, el("button", { class: "main", text: "Swap" }),
        may("rpc/modules", "rollback") ? el("button", { type: "button", class: "back", text: "Roll back", on: { click: () => back() } }) : null),
      el("p", { class: "quiet back-why" }));
    form.onsubmit = (event) => {
      event.preventDefault();
      replace(node, told, entry.class, { action: "swap", class: entry.class, file: file.value });
    };
    node.append(form);
  }
  const back = () =>
    question({
      title: `Roll ${entry.class} back?`,
      text: "The version that served before takes the next requests; what has begun is finished by the one that serves now.",
      go: "Roll back",
      run: () => replace(node, told, entry.class, { action: "rollback", class: entry.class }),
    });
  node.append(told, table);
  return node;
}

async function replace(node, told, name, args) {
  const buttons = node.querySelectorAll("button");
  for (const button of buttons) button.disabled = true;
  note(told, args.action === "swap" ? `${args.file} is tried…` : "Rolls back…");
  try {
    const { answer } = result(args.action, await ask("rpc", "modules", args));
    const text = `Generation ${answer.generation}, version ${answer.version}, serves now in the place of ${answer.replaced}.`;
    note(told, text, "good");
    happened("module", `${name}: ${text}`);
  } catch (error) {
    note(told, why(error), "bad");
  }
  for (const button of buttons) button.disabled = false;
  await askModules();
}

function generationRow(one) {
  const [word, mood] = GENERATION[one.state] ?? [one.state, ""];
  const digest = String(one.digest ?? "").replace(/^sha256:/, "");
  const cells = [one.version, one.answered, one.in_flight, one.failed, one.since ? day(one.since * 1000) : "", digest.slice(0, 12)];
  return el("tr", { role: "row" },
    el("th", { role: "rowheader", scope: "row", class: "number", text: one.generation }),
    el("td", { role: "cell" }, chip(el("span"), word, mood), one.why ? el("div", { class: "quiet", text: one.why }) : null),
    cells.map((text, place) => {
      const is = { role: "cell", class: text === "" ? "none" : "number", "data-label": HEAD[place + 2] };
      return el("td", { ...is, text: text ?? "", title: place === 5 ? clean(digest) : undefined });
    }));
}

$("modules-again").addEventListener("click", askModules);
on("out", () => $("modules").replaceChildren());
