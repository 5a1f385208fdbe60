// Forms, made from what `rpc/describe` tells of an action: a field for each key, with what it is for and what the schema bounds. A
// key that comes later gets its field without a change here. `props` alone is known by name: it is one text of NAME=VALUE words,
// and is typed as pairs; and `dryrun`, which is a button: what would be done is told in the form, which stays.

const PROPS = "each a name and a value; what is left empty is not sent";

/** How it is asked, and not what. */
const BESIDE = ["detail", "dryrun"];

/** The quoting of the class's words: blanks separate, `'...'` groups, a backslash takes the next character. */
const quoted = (text) => (/^[\w.,:/|@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** The fields of an action, but of those keys that are fixed. `values()` are its args as they are typed. */
function fields(told, { fixed = {}, first = {}, pairs = [] } = {}) {
  const instead = new Set(told.keys.map((key) => key.instead).filter(Boolean));
  const keys = told.keys.filter((key) => !(key.key in fixed) && !instead.has(key.key) && !BESIDE.includes(key.key));
  const made = keys.map((key) => field(key, told.schema?.properties?.[key.key] ?? {}, first[key.key], pairs));
  return {
    nodes: made.map((one) => one.node),
    values() {
      const args = { ...fixed };
      for (const { key, value } of made) {
        const typed = value();
        if (typed !== undefined) args[key] = typed;
      }
      return args;
    },
    /** The field of this key is at fault. */
    blame(name) {
      for (const { key, input } of made) {
        if (!input) continue;
        if (key === name) input.setAttribute("aria-invalid", "true");
        else input.removeAttribute("aria-invalid");
      }
    },
  };
}

function field(key, schema, first, pairs) {
  const id = `field-${field.number++}`;
  const title = [key.key, key.required ? null : el("span", { class: "hint", text: " optional" })];
  const hint = el("p", { class: "hint", id: `${id}-hint`, text: key.key === "props" ? PROPS : (key.summary ?? "") });
  const common = { id, "aria-describedby": hint.id, required: key.required };
  const framed = (input, value) => ({
    key: key.key,
    input,
    value,
    node: el("div", { class: "field" }, el("label", { for: id }, title), hint, input),
  });
  const group = (inside, value) => ({
    key: key.key,
    value,
    node: el("fieldset", { class: "field", "aria-describedby": hint.id }, el("legend", {}, title), hint, inside),
  });
  if (key.key === "props") return group(...propsField(pairs));
  if (key.words?.length) {
    const boxes = key.words.map((word) => el("input", { type: "checkbox", value: word }));
    const labels = boxes.map((box) => el("label", { class: "check" }, box, el("code", { text: box.value })));
    return group(labels, () => {
      const words = boxes.filter((box) => box.checked).map((box) => box.value);
      return words.length ? words.join(" ") : undefined;
    });
  }
  if (key.type === "boolean") {
    const box = el("input", { type: "checkbox", id, "aria-describedby": hint.id });
    box.checked = first === true;
    const label = el("label", { class: "check" }, box, key.key);
    return { key: key.key, input: box, value: () => box.checked || undefined, node: el("div", { class: "field" }, label, hint) };
  }
  if (key.type === "number") {
    const { minimum, maximum } = schema;
    const max = Number.isSafeInteger(maximum) ? maximum : undefined;
    const input = el("input", { ...common, type: "number", min: minimum, max, value: first });
    return framed(input, () => (input.value === "" ? undefined : Number(input.value)));
  }
  if (key.type.includes("array")) {
    const input = el("textarea", { ...common, rows: 3 });
    return framed(input, () => (input.value ? input.value.split("\n").filter(Boolean) : undefined));
  }
  const input = el("input", {
    ...common, maxlength: schema.maxLength, value: first, autocomplete: "off", autocapitalize: "none", spellcheck: "false",
  });
  return framed(input, () => (input.value || key.required ? input.value : undefined));
}
field.number = 0;

/** Pairs of a name and a value, as many as are wanted, for those that are left empty are not sent. */
function propsField(pairs) {
  const rows = el("div");
  const add = (name = "") => {
    const number = rows.childElementCount + 1;
    const typed = { autocomplete: "off", autocapitalize: "none", spellcheck: "false" };
    const of = el("input", { ...typed, "aria-label": `Name of property ${number}`, placeholder: "name", list: "property-names", value: name });
    const value = el("input", { ...typed, "aria-label": name ? `Value of ${name}` : `Value of property ${number}`, placeholder: "value" });
    const away = el("button", { type: "button", "aria-label": `Remove property ${number}`, text: "×", on: { click: () => row.remove() } });
    const row = el("div", { class: "pair" }, of, value, away);
    rows.append(row);
    return of;
  };
  for (const name of pairs) add(name);
  const more = el("button", { type: "button", text: "Add a property", on: { click: () => add().focus() } });
  const value = () => {
    const words = [...rows.children].flatMap((row) => {
      const [name, typed] = row.querySelectorAll("input");
      return name.value.trim() && typed.value ? [`${name.value.trim()}=${quoted(typed.value)}`] : [];
    });
    return words.length ? words.join(" ") : undefined;
  };
  knowNames();
  return [[rows, more], value];
}

/** The names that properties have, to choose from; asked for once. */
async function knowNames() {
  if ($("property-names") || !may("sysadm/iocage", "getdefaultsettings")) return;
  const list = el("datalist", { id: "property-names" });
  document.body.append(list);
  try {
    const { answer } = await askClass({ action: "getdefaultsettings" });
    list.append(...Object.keys(Object.values(answer)[0] ?? {}).map((name) => el("option", { value: name })));
  } catch {
    // They can be typed as well.
    list.remove();
  }
}

/** Ask for the args of an action, and do it as a job. What fails at once is told in the form, and what takes longer elsewhere. */
function openForm(action, { title, about, go, fixed, first, pairs, jail, name }) {
  const told = link.actions.get(`sysadm/iocage/${action}`);
  const made = fields(told, { fixed, first, pairs });
  const dialog = $("form");
  put($("form-title"), title);
  put($("form-about"), about ?? "");
  put($("form-go"), go);
  $("form-fields").replaceChildren(...made.nodes);
  note($("form-note"));
  const buttons = [$("form-go"), $("form-try")];
  const wait = (is) => buttons.forEach((button) => (button.disabled = is));
  wait(false);
  $("form-try").hidden = !told.keys.some((key) => key.key === "dryrun");
  const run = async (what) => {
    const at = document.activeElement;
    note($("form-note"));
    made.blame();
    wait(true);
    try {
      await what();
    } catch (error) {
      made.blame(error.key);
      note($("form-note"), why(error), "bad");
    } finally {
      wait(false);
      // What is switched off loses the keyboard.
      if (document.activeElement === document.body) at.focus();
    }
  };
  $("form-try").onclick = () => {
    if ($("form-form").reportValidity()) run(async () => note($("form-note"), wouldRun(await tried(action, made.values()))));
  };
  $("form-form").onsubmit = (event) => {
    event.preventDefault();
    run(async () => {
      const args = made.values();
      const job = await startJob(action, args, { jail, name: name?.(args) ?? "", isQuiet: true });
      await Promise.race([job.ended, new Promise((resolve) => setTimeout(resolve, 1500))]);
      const failed = failure(job);
      if (failed) {
        job.isSeen = true;
        drawJobs();
        throw failed;
      }
      job.isQuiet = false;
      dialog.close();
      say(`${titleOf(job)}: ${outcomeOf(job)}`);
    });
  };
  show(dialog);
}

/** A question that names what it is about; where `name` is given, that has to be typed. Runs `run` if it is answered so. */
function question({ title, text, go, name, isDanger = Boolean(name), run }) {
  const [dialog, typed] = [$("ask"), $("ask-name")];
  put($("ask-title"), title);
  put($("ask-text"), text);
  put($("ask-go"), go);
  put($("ask-label"), name ? `Type ${name} to confirm` : "");
  $("ask-go").className = isDanger ? "danger" : "main";
  $("ask-field").hidden = !name;
  typed.value = "";
  note($("ask-note"));
  const look = () => ($("ask-go").disabled = Boolean(name) && typed.value !== name);
  typed.oninput = look;
  look();
  $("ask-form").onsubmit = async (event) => {
    event.preventDefault();
    if (name && typed.value !== name) return;
    $("ask-go").disabled = true;
    note($("ask-note"));
    try {
      await run();
      dialog.close();
    } catch (error) {
      note($("ask-note"), why(error), "bad");
      look();
    }
  };
  show(dialog);
}
