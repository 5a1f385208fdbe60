// Jobs: every change is one, so that it goes on when this page does not. What is known of them comes from events; the list is asked
// for when the page comes in, and again where events may have been missed.

const OUTPUT = 64 * 1024;
/** How long a job of this page may take before it is shown by itself; most are over by then. */
const SHORT = 1500;

const DOES = {
  startjail: "Start", stopjail: "Stop", restartjail: "Restart", createjail: "Create", clonejail: "Clone", renamejail: "Rename",
  destroyjail: "Destroy", execjail: "Command in", setproperty: "Set properties of", snapshotjail: "Take a snapshot of",
  removesnapshot: "Remove a snapshot of", rollbackjail: "Roll back",
};

/** By their ids, the oldest first. */
const jobs = new Map();
const MOST = 1200;

function jobOf(id) {
  let job = jobs.get(id);
  if (!job) {
    job = { id, state: "waiting", action: id.match(/^[^_]+_[^_]+_([^-]+)-/)?.[1] ?? id, output: "", at: Date.now(), name: "" };
    job.ended = new Promise((resolve) => (job.end = resolve));
    jobs.set(id, job);
    for (const old of jobs.size > MOST ? jobs.values() : []) {
      if (isLive(old)) continue;
      jobs.delete(old.id);
      break;
    }
  }
  return job;
}

const mayCancel = (job) => isLive(job) && !job.isPlain && may("rpc/dispatcher", "kill");
const isLive = (job) => job.state === "waiting" || job.state === "running";
const titleOf = (job) => `${DOES[job.action] ?? job.action} ${job.name}`.trim();

/** Why it failed, or nothing. */
function failure(job) {
  if (job.state !== "finished" || !job.result) return null;
  if (job.status !== 200) {
    const { error, code = job.status, message } = job.result;
    return new Refused(code, error ?? message ?? "the request was refused");
  }
  try {
    result(job.action, job.result);
    return null;
  } catch (error) {
    return error;
  }
}

/** Do this as a job; answers it as soon as it has an id. A request whose answer was lost is sent again, and is the same job. */
async function startJob(action, args, about) {
  if (!may("rpc/dispatcher", "show")) return askPlainly(action, args, about);
  const key = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const request = { ...args, action, async: true, async_key: key };
  let told;
  try {
    told = await askClass(request);
  } catch (error) {
    if (error.code !== "disconnected" || !link.who) throw error;
    await connected();
    told = await askClass(request);
  }
  const job = jobOf(told.answer.started_dispatcher_id);
  Object.assign(job, { action, isMine: true, ...about });
  // Its events may have come before its id.
  for (const [line, outcome] of job.lines ?? []) put(line, `${titleOf(job)}: ${outcome}`);
  drawJobs();
  setTimeout(drawJobs, SHORT + 50);
  return job;
}

/** For whom jobs are not told of: the answer is waited for, and shown as a job's is. */
function askPlainly(action, args, about) {
  const job = jobOf(`asked-${(askPlainly.number = (askPlainly.number ?? 0) + 1)}`);
  Object.assign(job, { action, isMine: true, isPlain: true, state: "running", begun: new Date().toISOString(), ...about });
  ask("sysadm", "iocage", { ...args, action }).then(
    (answer) => finish(job, 200, answer),
    (error) => refuse(job, error),
  ).then(drawJobs);
  drawJobs();
  return job;
}

/** It came to nothing, and is told as what a job came to. */
function refuse(job, error) {
  finish(job, Number(error.code) || 503, { code: error.code ?? "500", error: error.message });
}

/** Do this to a jail as a job, and answer what came of it, for where it was asked for; a failure is an error there, and nowhere else. */
async function doneTo(jail, action, args) {
  const job = await startJob(action, { jail: jail.key, ...args }, { jail: jail.key, name: jail.name, isQuiet: true });
  await job.ended;
  const failed = job.state === "lost" ? new Refused("lost", "what came of it is not known") : failure(job);
  if (failed) {
    job.isSeen = true;
    drawJobs();
    throw failed;
  }
  return result(action, job.result);
}

/** What it would do, of which nothing is done; what would be refused is an error. */
const tried = (action, args) => askClass({ ...args, action, dryrun: true });

/** That in words: what would be run. */
const wouldRun = ({ answer }) =>
  answer?.dryrun
    ? ["Nothing was changed. This would be run:", ...answer.runs.map((words) => words.map(quoted).join(" "))].join("\n")
    : "There would be nothing to do.";

async function cancel(job) {
  try {
    await ask("rpc", "dispatcher", { action: "kill", job_id: job.id });
    say(`Cancelling ${titleOf(job)}…`);
  } catch (error) {
    say(why(error));
  }
}

// What is told of them.

on("dispatcher", (told) => {
  const id = told.process_id ?? told.process_details?.process_id;
  if (typeof id !== "string") return;
  const isNew = !jobs.has(id);
  const job = jobOf(id);
  const before = job.state;
  if (isNew) job.begun = new Date().toISOString();
  job.state = told.state === "pending" ? "waiting" : (told.state ?? job.state);
  const log = Object.entries(told).find(([key]) => key.endsWith("_log"))?.[1];
  if (log) job.output = (job.output + printed(log)).slice(-OUTPUT);
  quarter(job, told.percent_done);
  job.percent = told.percent_done;
  job.item = told.filename;
  const details = told.process_details;
  job.programs = details?.cmd_list?.map((line) => ({ line, code: details[`return_codes/${line}`] })) ?? job.programs;
  job.begun = details?.time_started ?? job.begun;
  if (job.state === "finished") finish(job, told.status, told.result, details?.time_finished);
  if (before !== job.state) {
    const outcome = outcomeOf(job);
    (job.lines ??= []).push([happened("job", `${titleOf(job)}: ${outcome}`, moodOf(job)), outcome]);
  }
  drawJobs();
});

function finish(job, status, answer, at) {
  Object.assign(job, { state: "finished", status, result: answer, over: at ?? new Date().toISOString(), percent: undefined });
  job.end(job);
  const failed = failure(job);
  // Where it was asked for stands what came of it, if that is still open.
  if (job.isMine && !job.isQuiet) say(`${titleOf(job)}: ${outcomeOf(job)}`);
}

/** Progress is read aloud at each quarter, not at each step. */
function quarter(job, percent) {
  if (typeof percent !== "number") return;
  const now = Math.floor(percent / 25);
  if (job.isMine && now > (job.quarter ?? 0) && now < 4) say(`${titleOf(job)}: ${now * 25} %`);
  job.quarter = now;
}

const outcomeOf = (job) => {
  const failed = failure(job);
  if (failed) return failed.code === "cancelled" ? "cancelled" : "failed";
  return job.state === "finished" ? "done" : job.state;
};
const moodOf = (job) => {
  const outcome = outcomeOf(job);
  return { done: "good", failed: "bad", cancelled: "warn", lost: "bad", waiting: "warn" }[outcome] ?? "";
};

/** The list as the server has it; of what ended meanwhile the answer. */
async function askJobs() {
  if (!may("rpc/dispatcher", "list")) return;
  try {
    const told = Object.values((await ask("rpc", "dispatcher", { action: "list" })).jobs ?? {});
    const there = new Map(told.flatMap((queue) => Object.entries(queue)));
    for (const [id, entry] of there) {
      const job = jobOf(id);
      const wasLive = isLive(job);
      Object.assign(job, {
        action: entry.action, caller: entry.caller, begun: entry.time_started ?? entry.time_queued, over: entry.time_finished,
      });
      if (entry.state !== "finished") Object.assign(job, { state: entry.state, percent: entry.percent, item: entry.item });
      else if (wasLive && job.isMine) await askJob(job);
      else job.state = "finished";
    }
    for (const job of jobs.values()) {
      if (isLive(job) && !job.isPlain && !there.has(job.id)) {
        job.state = "lost";
        job.end(job);
      }
    }
    note($("jobs-note"));
  } catch (error) {
    if (error.code !== "disconnected") note($("jobs-note"), why(error), "bad");
  }
  drawJobs();
}

async function askJob(job) {
  const { show: told } = await ask("rpc", "dispatcher", { action: "show", job_id: job.id });
  job.output = printed(told.output ?? "");
  job.programs = told.programs?.map(({ command, end }) => ({ line: command, code: end }));
  job.caller = told.caller;
  if (told.state === "finished" && (isLive(job) || !job.result)) finish(job, told.status, told.result, told.time_finished);
}

on("in", askJobs);
on("missed", askJobs);
on("out", () => {
  jobs.clear();
  drawJobs();
});

// What is shown of them.

const drawJobs = drawn(() => {
  drawCards();
  if (!$("view-jobs").hidden) drawTable();
  drawJob();
  drawJails();
  drawCommand();
});

/** Those that go on, and those of this page that failed until that was seen. A failure of a jail stands at the jail. */
function drawCards() {
  const isShown = (job) =>
    isLive(job)
      ? !job.isMine || job.action === "createjail" || Date.now() - job.at > SHORT
      : job.isMine && !job.isSeen && !job.jail && failure(job);
  const shown = [...jobs.values()].filter(isShown);
  $("doing").hidden = shown.length === 0;
  const cards = $("cards");
  for (const node of [...cards.children]) if (!shown.some((job) => job.card?.node === node)) node.remove();
  for (const job of shown) {
    job.card ??= newCard(job);
    if (!job.card.node.isConnected) cards.append(job.card.node);
    job.card.draw();
  }
}

function newCard(job) {
  const title = el("h3");
  const state = el("p");
  const cancels = el("button", { type: "button", text: "Cancel", on: { click: () => cancel(job) } });
  const away = el("button", { type: "button", text: "Dismiss", on: { click: () => { job.isSeen = true; drawJobs(); } } });
  const more = el("button", { type: "button", text: "Output", on: { click: () => openJob(job) } });
  const bar = el("progress", { max: 100 });
  const fact = el("p", { class: "quiet" });
  const told = el("p");
  const node = el("article", { class: "card" }, el("div", { class: "bar" }, title, state, el("div", { class: "tools" }, more, cancels, away)), bar, fact, told);
  return {
    node,
    draw() {
      const name = titleOf(job);
      put(title, name);
      chip(state, outcomeOf(job), moodOf(job));
      for (const button of [cancels, away, more]) button.setAttribute("aria-label", `${button.textContent}: ${name}`);
      bar.setAttribute("aria-label", `Progress of ${name}`);
      drawBar(bar, fact, job);
      cancels.hidden = !mayCancel(job);
      away.hidden = isLive(job);
      const failed = failure(job);
      note(told, failed && why(failed), failed?.code === "cancelled" ? "warn" : "bad");
    },
  };
}

/** How far it is; without a figure the bar tells that something goes on. */
function drawBar(bar, fact, job) {
  bar.hidden = !isLive(job);
  const percent = typeof job.percent === "number" ? job.percent : undefined;
  if (percent === undefined) bar.removeAttribute("value");
  else bar.value = percent;
  const tail = job.output.trimEnd().split("\n").at(-1) ?? "";
  put(fact, isLive(job) ? [job.item, percent === undefined ? tail : `${percent} %`].filter(Boolean).join(" · ") : "");
}

/** The newest first. */
function drawTable() {
  const list = [...jobs.values()].sort((a, b) => String(b.begun ?? "").localeCompare(String(a.begun ?? "")) || b.at - a.at);
  put($("jobs-count"), list.length ? `${list.length}, ${list.filter(isLive).length} in progress` : "none yet");
  const body = $("jobs").tBodies[0];
  list.forEach((job, place) => {
    job.row ??= newRow(job);
    job.row.draw();
    if (body.children[place] !== job.row.node) body.insertBefore(job.row.node, body.children[place] ?? null);
  });
  while (body.children.length > list.length) body.lastElementChild.remove();
}

function newRow(job) {
  const name = el("button", { type: "button", class: "name", on: { click: () => openJob(job) } });
  const state = el("span");
  const [who, begun, took] = ["Who", "Begun", "Took"].map((label) => el("td", { role: "cell", "data-label": label }));
  const node = el("tr", { role: "row" }, el("th", { role: "rowheader", scope: "row" }, name), el("td", { role: "cell" }, state), who, begun, took);
  return {
    node,
    draw() {
      put(name, titleOf(job));
      chip(state, outcomeOf(job), moodOf(job));
      put(who, job.caller ?? (job.isMine ? link.who?.name : "") ?? "");
      put(begun, job.begun ? day(job.begun) : "");
      put(took, job.over && job.begun ? lasted(new Date(job.over) - new Date(job.begun)) : "");
      for (const cell of [who, begun, took]) cell.classList.toggle("none", !cell.textContent);
    },
  };
}

// One of them.

let shownJob = null;

async function openJob(job) {
  shownJob = job;
  drawJob();
  show($("job"));
  if (job.isPlain) return;
  try {
    await askJob(job);
    drawJob();
  } catch (error) {
    note($("job-note"), why(error), "bad");
  }
}

function drawJob() {
  const job = shownJob;
  if (!job || !($("job").open || jobs.has(job.id))) return;
  put($("job-title"), titleOf(job));
  chip($("job-state"), outcomeOf(job), moodOf(job));
  const facts = [job.caller && `asked for by ${job.caller}`, job.begun && `begun ${day(job.begun)}`, job.over && `over ${day(job.over)}`, job.id];
  put($("job-facts"), facts.filter(Boolean).join(" · "));
  const [bar, fact] = $("job-progress").children;
  drawBar(bar, fact, job);
  $("job-progress").hidden = !isLive(job);
  const failed = failure(job);
  note($("job-note"), failed ? why(failed) : job.state === "finished" && job.result ? summary(job) : "", failed ? "bad" : "good");
  $("job-cancel").hidden = !mayCancel(job);
  put($("job-output"), job.output || (isLive(job) ? "" : "nothing was printed"));
  $("job-programs").replaceChildren(
    ...(job.programs ?? []).map(({ line, code }) =>
      el("li", {}, el("code", { text: line }), el("span", { class: "quiet", text: code === undefined || code === null ? " · runs" : ` · ended with ${code}` })),
    ),
  );
}
$("job-cancel").addEventListener("click", () => shownJob && cancel(shownJob));
closed($("job"), () => (shownJob = null));

/** What a success says. */
function summary(job) {
  const answer = job.result?.[job.action];
  const told = answer?.success ?? answer;
  const lines = told && typeof told === "object" ? Object.entries(told).filter(([, value]) => typeof value === "string") : [];
  const warnings = Array.isArray(job.result?.warnings) ? job.result.warnings : [];
  return [...lines.map(([key, value]) => (value ? `${key}: ${value.trim()}` : key)), ...warnings].join("\n") || "Done.";
}
