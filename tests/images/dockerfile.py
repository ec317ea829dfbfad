"""Reads the Dockerfiles as far as ours go: instructions, continued lines, stages."""


def instructions(text):
    """(instruction, its argument) for each, with lines joined that a backslash continues."""
    found, open_line = [], ""
    for line in text.splitlines():
        if not open_line and (not line.strip() or line.lstrip().startswith("#")):
            continue
        open_line += line.strip()
        if open_line.endswith("\\"):
            open_line = open_line[:-1]
            continue
        name, _, argument = open_line.partition(" ")
        found.append((name.upper(), " ".join(argument.split())))
        open_line = ""
    if open_line:
        raise ValueError(f"the last line goes on: {open_line}")
    return found


def stages(text):
    """The instructions of each stage, without what stands before the first FROM."""
    found = []
    for name, argument in instructions(text):
        if name == "FROM":
            found.append([])
        if found:
            found[-1].append((name, argument))
    return found


def of(stage, name):
    """The arguments of each instruction of that name."""
    return [argument for instruction, argument in stage if instruction == name]
