"""Which file of a Rust crate uses which: what `tests/circles` asks.

A file uses another if a path in it, in a `use` or in the code, names what stands there; what a module re-exports stands
where it is defined. A parent's `mod x;` and `pub use x::Y` are no use of `x`, unless it says `Y` itself. Comments,
strings and inline test modules do not count. Of macros only the text is seen, and of methods nothing, as no path names
them. It is no compiler: it knows as much of the language as this workspace uses.
"""

import re

TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/) | [bc]?r(?P<hash>\#*)"(?P<raw>.*?)"(?P=hash) | [bc]?"(?P<text>(?:\\.|[^"\\])*)"
      | (?P<char>b?'(?:\\(?:x..|u\{[^}]*\}|.)|[^\\'])'|'\w+) | (?:r\#)?(?P<word>\w+) | (?P<mark>::|=>|->|.)""",
    re.S | re.X,
)
HIDING = {("extern", "crate", "self"), ("include", "!", "(")}
ITEM = {"fn", "struct", "enum", "union", "trait", "type", "const", "static"}


class Module:
    """A module: what it declares, imports and mentions. `made` are words of macros, which may define something."""

    def __init__(self, crate, file, folder, parent=None):
        self.crate, self.file, self.folder, self.parent = crate, file, folder, parent
        self.children, self.items, self.made, self.imports, self.globs = {}, set(), set(), {}, []
        self.uses, self.paths, self.lost = [], [], []
        crate["modules"].append(self)


def tokens(file):
    """(kind, text, line) of everything that is neither blank nor comment."""
    line, found = 1, []
    for match in TOKEN.finditer(file.read_text()):
        kind = "text" if match["raw"] is not None else match.lastgroup
        if kind != "skip":
            found.append((kind, match["raw"] if match["raw"] is not None else match[kind], line))
        elif match[0].startswith("/*") and "/*" in match[0][2:]:
            raise SystemExit(f"{file}:{line}: a comment within a comment, which this script does not read")
        line += match[0].count("\n")
    return found + [("end", "", line)] * 3


def behind(toks, at):
    """The place behind the bracket that closes the one at `at`."""
    depth = 0
    while True:
        if toks[at][0] == "mark":
            depth += (toks[at][1] in "{[(") - (toks[at][1] in "}])")
        at += 1
        if depth == 0 or toks[at][0] == "end":
            return at


def tree(toks, at, path, found):
    """The paths of a use tree with their lines and the names they get, and the place behind it."""
    while toks[at][1] not in (",", ";", "}"):
        _, text, line = toks[at]
        if text == "{":
            at += 1
            while toks[at][1] != "}":
                at = tree(toks, at, path, found)
                at += toks[at][1] == ","
            return at + 1
        at += 1
        if text == "as":
            found.append((line, path, toks[at][1]))
            return at + 1
        if text != "::" and not (text == "self" and path):
            path = [*path, text]
    found.append((line, path, path[-1]))
    return at


def read(module, toks, at, end):
    """Fill `module` from the tokens up to `end`."""
    opened, public, marks = [], False, []
    while at < end:
        (kind, text, line), (_, after, _) = toks[at], toks[at + 1]
        if kind in ("text", "char"):
            at += 1
            continue
        if text == "#" and after in ("[", "!"):
            start, at = at, behind(toks, at + 1 + (after == "!"))
            marks += [word for _, word, _ in toks[start:at]]
            module.made.update(marks)
            continue
        if (text, after, toks[at + 2][1]) in HIDING:
            # By another name of the crate, or in a file that is no module, a circle would not be seen.
            module.lost.append((line, f"{text} {after}"))
        if text == "pub":
            public, at = True, behind(toks, at + 1) if after == "(" else at + 1
            continue
        if kind == "mark" and text in "{[(":
            opened.append(toks[at - 2][1] != "extern")
        elif kind == "mark" and text in "}])":
            opened.pop()
        elif kind == "word" and text == "mod" and toks[at + 2][1] == "{":
            start, at = at + 3, behind(toks, at + 2) - 1
            # Nothing but `cfg(test)` keeps a module out of what is shipped.
            if "cfg ( test )" not in " ".join(marks):
                module.children[after] = Module(module.crate, module.file, module.folder / after, module)
                read(module.children[after], toks, start, at)
        elif kind == "word" and text == "mod" and toks[at + 2][1] == ";":
            place = marks[marks.index("path") + 2] if "path" in marks else None
            module.children[after] = load(module.crate, module, after, place)
            at += 2
        elif kind == "word" and text == "use" and after != "<":
            found = []
            at = tree(toks, at + 1 + (after == "::"), [], found)
            for line, path, name in found:
                module.uses.append((line, path, public))
                if path[-1] == "*":
                    module.globs += [] if any(opened) else [(path[:-1], public)]
                elif name not in module.imports or not any(opened):
                    module.imports[name] = (path, public)
        elif text == "macro_rules" and after == "!":
            at += 2
            module.items.add(toks[at][1])
            module.made |= {word for _, word, _ in toks[at : behind(toks, at + 1)]}
            module.crate["macros"] |= {toks[at][1]: module} if "macro_export" in marks else {}
        elif text in ITEM and not any(opened) and toks[at + 1][0] == "word" and after not in ("fn", "unsafe", "extern"):
            at += 1 + (after == "mut")
            module.items.add(toks[at][1])
        elif kind == "word" and toks[at - 1][1] not in (".", "::"):
            path, line = [text], toks[at][2]
            while toks[at + 1][1] == "::" and toks[at + 2][0] == "word":
                at += 2
                path.append(toks[at][1])
            module.paths.append((line, path))
            if not any(opened) and toks[at + 1][1] == "!":
                module.made |= {word for _, word, _ in toks[at : behind(toks, at + 2)]}
        public, marks, at = False, [], at + 1


def load(crate, parent, name, place=None):
    """The module of a file; without a parent, the crate's root, whose name is its file."""
    file = name
    if parent:
        places = [parent.folder / f"{name}.rs", parent.folder / name / "mod.rs"]
        file = parent.file.parent / place if place else next((p for p in places if p.is_file()), places[0])
    in_folder = not parent or place or file.name == "mod.rs"
    module = Module(crate, file, file.parent if in_folder else parent.folder / name, parent)
    toks = tokens(file)
    read(module, toks, 0, len(toks) - 3)
    return module


def resolve(module, path, seen=()):
    """The module in which stands what `path` names from `module`; None if nothing there is called so."""
    if (module, *path) in seen:
        return None
    seen, here = (*seen, (module, *path)), module
    for at, name in enumerate(path):
        if name in ("self", "*"):
            continue
        if name == "crate":
            here = here.crate["modules"][0]
        elif name == "super":
            here = here.parent
        elif name in here.children and not (name in here.items and at == len(path) - 1):
            here = here.children[name]
        elif name in here.items:
            return here
        elif name in here.imports:
            to, public = here.imports[name]
            return (resolve(here, to + path[at + 1 :], seen) if public or here is module else None) or here
        else:
            tries = [resolve(here, to + path[at:], seen) for to, public in here.globs if public or here is module]
            tries += [here.crate["macros"].get(name) if not here.parent else None, here if name in here.made else None]
            return next(filter(None, tries), None)
        if here is None:
            return None
    return here


def edges(root):
    """The files of the crate with this root file; (user, line, used, path) of them; and the paths that lead nowhere."""
    crate, found, lost = {"modules": [], "macros": {}}, [], []
    load(crate, None, root)
    for module in crate["modules"]:
        own = {"self", "super", "crate", *module.children}
        lost += [(module.file, line, path) for line, path in module.lost]
        for line, path, public in module.uses:
            to = resolve(module, path)
            if to and not (public and path[path[0] == "self"] in module.children):
                found.append((module.file, line, to.file, "::".join(path)))
            elif not to and path[0] in own:
                lost.append((module.file, line, "::".join(path)))
        for line, path in module.paths:
            if path[0] in own and len(path) > 1 or path[0] in module.imports or module.globs:
                to = resolve(module, path)
                found += [(module.file, line, to.file, "::".join(path))] if to else []
    return {module.file for module in crate["modules"]}, [edge for edge in found if edge[0] != edge[2]], lost
