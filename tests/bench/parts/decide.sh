# Decisions by themselves, without a server.
"$bin/tests/bench/decide_bench"
