// The sheet of one jail: what it is and what can be done with it. What is told of it alone, its properties and its snapshots, is read
// when it is opened, and again when something has happened to it.

let shown = null;
let command = null;

function openJail(key) {
  shown = key;
  command = null;
  const offer = (actions, props) =>
    actions.some((action) => may("sysadm/iocage", action)) ? el("button", { type: "button", ...props }) : null;
  const acts = [
    offer(["startjail", "stopjail"], { id: "jail-turn", on: { click: () => turnJail(shown) } }),
    offer(["restartjail"], { id: "jail-restart", text: "Restart", on: { click: () => change("restartjail", jails.get(shown)) } }),
    offer(["renamejail"], { text: "Rename…", on: { click: rename } }),
    offer(["clonejail"], { text: "Clone…", on: { click: clone } }),
    offer(["destroyjail"], { id: "jail-destroy", class: "danger", text: "Destroy…", on: { click: destroy } }),
  ];
  $("jail-acts").replaceChildren(...acts.filter(Boolean));
  commandForm(key);
  newProperties();
  newSnapshots();
  newStats();
  drawSheet();
  show($("jail"));
  readSheet();
  watchStats();
}

/** Read again what is told of it alone. */
const readSheet = soon(async () => {
  if (shown && link.who) await Promise.all([readProperties(shown), readSnapshots(shown)]);
});

on("in", readSheet);
on("missed", readSheet);

function drawSheet() {
  if (!shown) return;
  const jail = jails.get(shown);
  if (!jail) return isGone();
  put($("jail-title"), jail.name);
  chip($("jail-state"), jail.state, stateMood(jail.state));
  const facts = [jail.key === jail.name ? "" : jail.key, jail.type, jail.address, jail.use && `uses ${jail.use}`, jail.jid && jail.jid !== "-" && `JID ${jail.jid}`,
    jail.state === "up" && may("sysadm/iocage", "destroyjail") && "to be destroyed it has to be stopped first"];
  put($("jail-facts"), facts.filter(Boolean).join(" · "));
  const job = lastJob(shown);
  const isBusy = Boolean(job && isLive(job));
  const failed = job && !job.isSeen && failure(job);
  note($("jail-note"), isBusy ? `${sentence(BUSY[job.action] ?? job.action).slice(0, -1)}…` : failed ? why(failed) : "", failed ? "bad" : "");
  const turn = $("jail-turn");
  if (turn) {
    const action = turnOf(jail);
    turn.hidden = !action;
    turn.disabled = isBusy;
    put(turn, action === "stopjail" ? "Stop" : "Start");
  }
  const restart = $("jail-restart");
  if (restart) {
    restart.hidden = jail.state !== "up";
    restart.disabled = isBusy;
  }
  const away = $("jail-destroy");
  if (away) away.disabled = isBusy || jail.state === "up";
  drawSnapshots(jail);
  drawStats(jail);
}

/** There is none of that name any more: it was destroyed, or this page has given it another, under which it is shown. */
function isGone() {
  const job = lastJob(shown);
  const isRenamed = job?.action === "renamejail" && !failure(job);
  if (isRenamed && (isLive(job) || lookAgain.isOn)) return;
  const name = isRenamed ? job.result?.renamejail?.name : undefined;
  if (!jails.has(name)) return $("jail").close();
  openJail(name);
  keepFocus();
}
closed($("jail"), () => (shown = null));

function rename() {
  const jail = jails.get(shown);
  openForm("renamejail", {
    title: `Rename ${jail.name}`,
    about: "Where others call it by the name that it has now, that is not changed.",
    go: "Rename",
    fixed: { jail: jail.key },
    first: { name: jail.name },
    jail: jail.key,
    name: () => jail.name,
  });
}

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
      await doneTo(jail, "destroyjail");
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
