#!/usr/bin/env python3
"""Checks the tree against rules.py: includes, words, names, header guards, READMEs.

Usage: layering.py [ROOT]. Prints one line per finding and exits with 1 where there are any.
"""

import pathlib
import re
import sys

import rules

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)

# Comments, strings and characters. A quote between digits (1'000) is not a character.
NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^()\\\s]{0,16})\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)

CODE_SUFFIXES = {".cc", ".h", ".proto", ".py", ".mjs", ".js", ".ts"}


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def code_of(text):
    """The text with comments and literals blanked out, lines kept."""
    return NOT_CODE.sub(blank, text)


def includes_of(text):
    """The includes of a text, each with its line. Their names look like strings, so those stay."""
    code = NOT_CODE.sub(lambda m: m.group() if m.group()[0] == '"' else blank(m), text)
    for match in INCLUDE.finditer(code):
        yield line_at(code, match.start(match.lastindex)), match.group(match.lastindex)


def line_at(text, offset):
    return text.count("\n", 0, offset) + 1


def part_of(path):
    """The part that holds a path, as in rules.PARTS, or None."""
    folder = path.rpartition("/")[0]
    if folder in rules.PARTS:
        return folder
    above = [part for part in rules.PARTS if folder.startswith(part + "/")]
    # "pdp" and "sidecar" hold main.cc and its neighbours; a folder below them is a part of its own.
    above = [part for part in above if part not in ("pdp", "sidecar")]
    return max(above, key=len, default=None)


def check_includes(path, text):
    part = part_of(path)
    if part is None:
        if not path.startswith("tests/"):
            yield 1, f"{path.rpartition('/')[0]} is no part yet; add it to tests/layering/rules.py"
        return
    for line, include in includes_of(text):
        if include.startswith(rules.OUR_ROOTS):
            allowed = [part, *rules.PARTS[part]]
            target = part_of(include) or include.rpartition("/")[0]
            if target not in allowed:
                yield line, f"{part} must not include {include}; of ours it may use {', '.join(allowed)}"
                continue
        if part not in rules.WIRE_PARTS and re.match(rules.WIRE_INCLUDE, include):
            yield line, f"{part} must not include {include}; gRPC is for {' and '.join(rules.WIRE_PARTS)}"
        if part in rules.PURE_PARTS and re.match(rules.PURE_FORBIDDEN_INCLUDE, include):
            yield line, f"{part} must not include {include}; it knows no threads, files or clock"


def check_words(path, text):
    code = code_of(text)
    for rule, pattern, files in rules.WORDS:
        if any(re.fullmatch(file, path) for file in files) or (path, rule) in rules.EXEMPT:
            continue
        for match in re.finditer(pattern, code):
            yield line_at(code, match.start()), f"{match.group().strip()}: {rule}"


def check_guard(path, text):
    if not path.endswith(".h"):
        return
    guard = "OSTIARY_" + re.sub(r"[^A-Za-z0-9]", "_", path).upper() + "_"
    wanted = [f"#ifndef {guard}\n#define {guard}\n", f"#endif  // {guard}\n"]
    if wanted[0] not in text or not text.endswith(wanted[1]):
        yield 1, f"the header guard must be {guard}, at the end too"


def check_name(path):
    stem = path.rpartition("/")[2].split(".")[0]
    for word in re.split(r"[_\-]", stem.lower()):
        if word in rules.FORBIDDEN_NAMES:
            yield 1, f"a file name says the role of what is in it, not '{word}'"


def check_readme(root, folder, names):
    """A folder with code has a README that names each source, or one above names the folder."""
    code = [name for name in names if pathlib.PurePath(name).suffix in CODE_SUFFIXES]
    if not code and "CMakeLists.txt" not in names:
        return
    where = root / folder
    if (where / "README.md").is_file():
        readme = (where / "README.md").read_text()
        for name in code:
            if name.split(".")[0] not in readme:
                yield f"{folder}/README.md: has no line for {name}"
        return
    inner = where.name + "/"
    for above in where.parents:
        readme = above / "README.md"
        if above != root and readme.is_file() and inner in readme.read_text():
            return
        if above == root:
            break
        inner = above.name + "/" + inner
    if folder not in rules.README_OWED:
        yield f"{folder}: has no README.md"


def findings(root):
    root = pathlib.Path(root).resolve()
    for top in [*rules.SOURCE_ROOTS, "proto", "scripts"]:
        for where in sorted([root / top, *(root / top).rglob("*")]):
            relative = where.relative_to(root)
            skipped = [p for p in relative.parts if p in rules.SKIPPED_FOLDERS or p.startswith(".")]
            if skipped or not where.exists():
                continue
            path = relative.as_posix()
            if where.is_dir():
                yield from check_readme(root, path, [p.name for p in sorted(where.iterdir())])
            elif top in rules.SOURCE_ROOTS and where.suffix in (".cc", ".h"):
                text = where.read_text()
                for check in (check_includes, check_words, check_guard):
                    for line, message in check(path, text):
                        yield f"{path}:{line}: {message}"
                for line, message in check_name(path):
                    yield f"{path}:{line}: {message}"


def main():
    found = list(findings(sys.argv[1] if len(sys.argv) > 1 else "."))
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
