# The rules as data, the meaning once: what OPA's own documentation does for many policies of one shape.
package mcp

default allow := false

agent := data.agents[input.agent]

usable if {
	input.server in agent.allow.servers
	not input.server in agent.deny.servers
}

allow if {
	input.kind == "SERVER"
	usable
}

allow if {
	input.kind == "TOOL"
	permits(input.name)
}

# A list's tools at once.
batch := [permitted(name) | some name in input.names]

permitted(name) if permits(name)

else := false

permits(name) if {
	usable
	not listed(agent.deny.tools[input.server], name)
	listed(agent.allow.tools[input.server], name)
}

listed(patterns, name) if name in patterns

listed(patterns, name) if {
	some pattern in patterns
	glob.match(pattern, null, name)
}
