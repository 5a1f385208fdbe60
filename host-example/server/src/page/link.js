// The connection: sysadm's frames over a WebSocket to the server this page came from. Who is logged in is a token, kept in the
// tab's own storage: a reload goes on, another tab or a browser that was closed has to log in, and nothing is sent that this
// script does not send, as a cookie would be. The connection is made when there is something to log in with, for a server closes one
// on which nobody does.

const PING = 90_000;
const SLOWEST = 30_000;
const PATIENCE = 20_000;
const TOKEN = "sysadmd-token";

/** What the server does not do, with its code: of a frame (`401`), of an answer (`unknown-jail`), or `disconnected`. */
class Refused extends Error {
  constructor(code, text, { retryAfter, key } = {}) {
    super(text);
    Object.assign(this, { code: String(code), retryAfter, key });
  }
}

const link = {
  socket: null,
  token: sessionStorage.getItem(TOKEN),
  /** What `whoami` told. */
  who: null,
  /** Of each `namespace/name/action` what the class says of it. */
  actions: new Map(),
  waiting: new Map(),
  number: 0,
  attempts: 0,
  timer: 0,
  /** Who waits for a connection. */
  arrivals: [],
  /** Those who hear: `in`, `out`, `state`, `missed`, and the names of events. */
  heard: new Map(),
};

function on(name, run) {
  link.heard.set(name, [...(link.heard.get(name) ?? []), run]);
}
function tell(name, ...what) {
  for (const run of link.heard.get(name) ?? []) run(...what);
}

/** Ask the server; answers what stands in the answer's args. */
function ask(namespace, name, args) {
  const { socket } = link;
  if (socket?.readyState !== WebSocket.OPEN) return Promise.reject(disconnected());
  const id = String(++link.number);
  socket.send(JSON.stringify({ namespace, name, id, args }));
  return new Promise((resolve, reject) => link.waiting.set(id, { resolve, reject }));
}

/** Ask the class for jails; an error in its answer is one here. */
async function askClass(args) {
  return result(args.action, await ask("sysadm", "iocage", args));
}

/** The answer of an action, whose error is an object with a code and a text. */
function result(action, args) {
  const answer = args?.[action];
  if (typeof answer?.error === "string" && typeof answer.code === "string") {
    throw new Refused(answer.code, answer.error, { key: answer.key });
  }
  if (typeof args?.code === "string" && typeof args.error === "string") throw new Refused(args.code, args.error);
  return { ...args, answer };
}

const disconnected = () => new Refused("disconnected", "the connection to the server is lost");

/** May this account do that? The server decides, whatever is offered here; what it would refuse is not offered. */
function may(path, action) {
  const told = link.actions.get(`${path}/${action}`);
  if (!told || !link.who || (told.access === "full" && link.who.access !== "full")) return false;
  const all = [`${path}/${action}`, `${path}/*`];
  return !link.who.actions || link.who.actions.some((allowed) => all.includes(allowed));
}

function open() {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`wss://${location.host}/`);
    const late = setTimeout(() => socket.close(), PATIENCE);
    socket.onopen = () => {
      clearTimeout(late);
      link.socket = socket;
      resolve();
    };
    socket.onmessage = (message) => receive(message.data);
    socket.onclose = () => {
      clearTimeout(late);
      reject(new Refused("unreachable", "the server does not answer"));
      if (socket === link.socket) gone();
    };
  });
}

function receive(text) {
  const frame = JSON.parse(text);
  if (frame.namespace === "events" && frame.id === "") {
    if (frame.missed) tell("missed", frame.missed);
    return tell(frame.name, frame.args);
  }
  const asked = link.waiting.get(frame.id);
  link.waiting.delete(frame.id);
  if (frame.namespace !== "error") return asked?.resolve(frame.args);
  const { code, error, message, retry_after: retryAfter } = frame.args;
  asked?.reject(new Refused(code, error ?? message, { retryAfter }));
  // While one logs in, that fails by itself.
  if (String(code) === "401" && link.who) logOut("The session has ended; log in again. (401)");
}

/** Log in, by a name and a password, or by the token of before, and learn who that is and what he may. */
async function enter(login) {
  clearTimeout(link.timer);
  tell("state", "connecting");
  await open();
  const { hostname } = await ask("rpc", "identify", "");
  const [token] = login ? await ask("rpc", "auth", login) : await ask("rpc", "auth_token", { token: link.token });
  link.token = token;
  sessionStorage.setItem(TOKEN, token);
  const [who, { classes }] = await Promise.all([ask("rpc", "whoami", ""), ask("rpc", "describe", {})]);
  link.actions = new Map(
    classes.flatMap(({ namespace, name, actions }) =>
      (actions ?? []).map((told) => [`${namespace}/${name}/${told.action}`, told]),
    ),
  );
  // Before anything is looked at, so that nothing happens between the two.
  await ask("events", "subscribe", ["dispatcher", "iocage", "system-state"]);
  Object.assign(link, { who, attempts: 0 });
  tell("state", "connected");
  tell("in", who, hostname);
  for (const run of link.arrivals.splice(0)) run();
}

/** Leave, at the server, too; what is shown is of nobody any more. */
function logOut(text) {
  clearTimeout(link.timer);
  if (link.socket?.readyState === WebSocket.OPEN) {
    link.socket.send(JSON.stringify({ namespace: "rpc", name: "auth_clear", id: "", args: "" }));
  }
  sessionStorage.removeItem(TOKEN);
  Object.assign(link, { token: null, who: null, actions: new Map() });
  link.socket?.close();
  tell("out", text);
}

function gone() {
  const waiting = [...link.waiting.values()];
  link.waiting.clear();
  link.socket = null;
  for (const { reject } of waiting) reject(disconnected());
  if (link.who) again();
}

/** Connect again, the later the more often it failed. */
function again() {
  clearTimeout(link.timer);
  const delay = Math.min(SLOWEST, 500 * 2 ** link.attempts++) * (0.75 + Math.random() / 2);
  tell("state", "lost", delay);
  link.timer = setTimeout(resume, delay);
}

async function resume() {
  try {
    await enter(null);
  } catch (error) {
    if (error.code === "401") logOut("The session has ended; log in again. (401)");
    else {
      const { socket } = link;
      link.socket = null;
      socket?.close();
      again();
    }
  }
}
window.addEventListener("online", () => {
  if (link.who && !link.socket) resume();
});

/** Resolves when there is a connection. */
const connected = () =>
  link.socket && link.who ? Promise.resolve() : new Promise((resolve) => link.arrivals.push(resolve));

setInterval(() => {
  const { socket } = link;
  if (!link.who || !socket) return;
  const late = setTimeout(() => socket.close(), PATIENCE);
  ask("rpc", "query", "")
    .catch(() => {})
    .finally(() => clearTimeout(late));
}, PING);
