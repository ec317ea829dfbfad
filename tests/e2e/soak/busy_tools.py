"""The tools of the busy server: some that every policy of a soak allows, some that none does, and others."""

TOOLS = {f"t{i}" for i in range(40)}
ALWAYS = {f"t{i}" for i in range(10)}  # those with one digit, which "t?" matches
NEVER = {f"t{i}" for i in range(10, 20)}
