# Loading 100,000 agents: time, memory, and decisions meanwhile.
"$bin/tests/bench/reload_bench" "$dir"
for policies in 100000 50; do
  "$bin/tests/bench/reload_bench" "$dir/$policies.json" write "$policies"
  start "agents_$policies" "$bin/pdp/ostiary-pdp" serve --rules "$dir/$policies.json" --listen 127.0.0.1:0
done
"$bin/tests/bench/reload_bench" "$dir" resident "resident memory of a PDP with 100,000 agents, MB" \
  "$dir/100000.json" "$agents_100000_pid" 10
"$bin/tests/bench/reload_bench" "$dir" resident "the same where they share 50 policies, MB" \
  "$dir/50.json" "$agents_50_pid" 2
