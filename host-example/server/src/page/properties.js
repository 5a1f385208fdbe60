// The properties of the jail in the sheet. A value that is pressed becomes a field; those that were changed are set in one request.
// What was refused stands at its field and stays as it was typed, what was set is shown as the server then tells it. How it went is
// told at the lower edge, which is in sight wherever the field is.

/** By their names, what is shown of each. */
const properties = new Map();
const changed = () => [...properties.values()].filter((one) => one.isChanged());
const maySet = () => may("sysadm/iocage", "setproperty");

/** For another jail: nothing is known yet, and nothing typed. */
function newProperties() {
  properties.clear();
  $("properties").tBodies[0].replaceChildren();
  $("properties-filter").value = "";
  $("properties-about").hidden = !maySet() || !may("sysadm/iocage", "getjailsettings");
  if (may("sysadm/iocage", "getjailsettings")) note($("properties-note"), "are read…");
  else note($("properties-note"), "This account may not read them.", "warn");
  tellSet();
}

async function readProperties(key) {
  if (!may("sysadm/iocage", "getjailsettings")) return;
  try {
    const { answer } = await askClass({ action: "getjailsettings", jail: key });
    if (shown !== key) return;
    const told = Object.values(answer).find((value) => value && typeof value === "object") ?? {};
    note($("properties-note"));
    for (const [name, one] of properties) {
      if (name in told) continue;
      one.node.remove();
      properties.delete(name);
    }
    const names = Object.keys(told).sort();
    for (const name of names) {
      if (!properties.has(name)) properties.set(name, newProperty(name));
      properties.get(name).draw(String(told[name]));
    }
    const body = $("properties").tBodies[0];
    names.forEach((name, place) => {
      const { node } = properties.get(name);
      if (body.rows[place] !== node) body.insertBefore(node, body.rows[place] ?? null);
    });
    filterProperties();
  } catch (error) {
    if (shown === key) note($("properties-note"), why(error), "bad");
  }
}

function newProperty(name) {
  const id = `property-${(newProperty.number = (newProperty.number ?? 0) + 1)}`;
  const cell = el("td");
  const node = el("tr", {}, el("th", { scope: "row", text: name }), cell);
  const press = el("button", { type: "button", class: "value", on: { click: () => edit() } });
  let [value, input, told] = ["", null, null];
  /** As it is, and no longer as it was typed. */
  const back = () => {
    const hadFocus = cell.contains(document.activeElement);
    input = told = null;
    cell.replaceChildren(press);
    if (hadFocus) press.focus();
    countChanged();
  };
  const edit = () => {
    input = el("input", { "aria-label": name, autocomplete: "off", autocapitalize: "none", spellcheck: "false", "aria-describedby": id });
    input.value = value;
    told = el("p", { id, role: "alert" });
    note(told);
    input.addEventListener("input", countChanged);
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      // The sheet stays.
      event.preventDefault();
      back();
    });
    // Later, for what takes the keyboard may be what is pressed next.
    input.addEventListener("blur", () => setTimeout(() => input && input !== document.activeElement && input.value === value && back()));
    cell.replaceChildren(input, told);
    input.select();
    input.focus();
  };
  return {
    name,
    node,
    back,
    press,
    isChanged: () => Boolean(input) && input.value !== value,
    typed: () => input.value,
    now: () => value,
    focus: () => input?.focus(),
    blame(error) {
      if (!input) return;
      note(told, error && why(error), "bad");
      if (error) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    },
    draw(now) {
      const isFirst = !cell.hasChildNodes();
      value = now;
      if (!maySet()) return put(cell, value);
      put(press, value || "–");
      press.setAttribute("aria-label", `Change ${clean(name)}, now ${clean(value) || "empty"}`);
      if (isFirst) cell.append(press);
    },
  };
}

/** Which wait to be set. */
function countChanged() {
  const names = changed().map((one) => one.name);
  const none = names.length === 0;
  $("properties-acts").hidden = none && $("properties-told").hidden;
  $("properties-seen").hidden = !none;
  for (const id of ["set", "try", "back"]) $(`properties-${id}`).hidden = none;
  put($("properties-changed"), none ? "" : `Changed, and not set yet: ${names.join(", ")}`);
}

/** How it went. */
function tellSet(text, mood) {
  note($("properties-told"), text, mood);
  countChanged();
}

/** Of those that are changed the words of the request. */
const wordsOf = (list) => list.map((one) => `${one.name}=${quoted(one.typed())}`).join(" ");

/** Ask `what` of those that are changed; what is wrong with one of them stands there. */
async function withChanged(what) {
  const [jail, list] = [jails.get(shown), changed()];
  if (!jail || !list.length) return;
  const at = document.activeElement;
  const buttons = $("properties-acts").querySelectorAll("button");
  for (const button of buttons) button.disabled = true;
  for (const one of list) one.blame();
  tellSet();
  try {
    await what(jail, list);
  } catch (error) {
    if (shown === jail.key) await blameThose(jail, list, error);
  } finally {
    for (const button of buttons) button.disabled = false;
    if (document.activeElement === document.body) at.focus();
  }
}

/** Which of them it is: those that the server, asked for each alone, would refuse, and else those that are not set. */
async function blameThose(jail, list, error) {
  const before = new Map(list.map((one) => [one, one.now()]));
  await readProperties(jail.key);
  const isSet = (one) => one.now() !== before.get(one);
  const [set, left] = [list.filter(isSet), list.filter((one) => !isSet(one))];
  for (const one of set) one.back();
  const wrong = new Map();
  for (const one of left.length > 1 ? left : []) {
    try {
      await tried("setproperty", { jail: jail.key, props: wordsOf([one]) });
    } catch (own) {
      wrong.set(one, own);
    }
  }
  const at = wrong.size ? [...wrong.keys()] : left;
  for (const one of at) one.blame(wrong.get(one) ?? error);
  const told = [set.length ? `Set: ${set.map((one) => one.name).join(", ")}.` : "", at.length ? `Refused: ${at.map((one) => one.name).join(", ")}.` : why(error)];
  tellSet(told.filter(Boolean).join(" "), "bad");
  at[0]?.focus();
  at[0]?.node.scrollIntoView({ block: "nearest" });
}

$("properties-form").addEventListener("submit", (event) => {
  event.preventDefault();
  withChanged(async (jail, list) => {
    const { answer, warnings = [] } = await doneTo(jail, "setproperty", { props: wordsOf(list) });
    const told = Object.entries(answer.properties ?? {}).map(([name, { old, new: now }]) => `${name}: ${old || "–"} → ${now || "–"}`);
    const later = answer.restart?.length ? [`In force after a restart of the jail: ${answer.restart.join(", ")}`] : [];
    if (shown !== jail.key) return;
    await readProperties(jail.key);
    for (const one of list) one.back();
    tellSet([...told, ...later, ...warnings].join("\n"), later.length ? "warn" : "good");
    list[0].press.focus();
  });
});
$("properties-try").addEventListener("click", () =>
  withChanged(async (jail, list) => {
    tellSet(wouldRun(await tried("setproperty", { jail: jail.key, props: wordsOf(list) })));
  }),
);
$("properties-back").addEventListener("click", () => {
  for (const one of changed()) one.back();
  tellSet();
  $("properties-title").focus();
});
$("properties-seen").addEventListener("click", () => {
  tellSet();
  $("properties-title").focus();
});

/** Those that are looked for; what was changed stays in sight. */
function filterProperties() {
  const wanted = $("properties-filter").value.toLowerCase();
  for (const { node, isChanged } of properties.values()) node.hidden = !isChanged() && !node.textContent.toLowerCase().includes(wanted);
}
$("properties-filter").addEventListener("input", filterProperties);
