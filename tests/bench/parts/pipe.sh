# What the sidecar adds between a client and a server; by the program that images hold, too. Targets are held with
# all processes on one core: what is added is CPU time then, and nothing waits for another core to wake up.
start_pdp
run=(run --agent bench --server files --log-level error)
sidecar=("$bin/sidecar/ostiary-sidecar" "${run[@]}")
command=("$bin/tests/support/pass_through" "$bin/tests/bench/line_server")
pipe_bench=$bin/tests/bench/pipe_bench
on_one_core=(taskset -c "$(taskset -cp $$ | sed 's/.*: *//; s/[-,].*//')")
"${on_one_core[@]}" "$pipe_bench" "--rules" "${command[@]}" "${sidecar[@]}" --rules "$dir/rules.json" --
"${on_one_core[@]}" "$pipe_bench" "--rules, static" "${command[@]}" "$static_sidecar" "${run[@]}" --rules "$dir/rules.json" --
"${on_one_core[@]}" "$pipe_bench" "--pdp on a Unix socket" "${command[@]}" "${sidecar[@]}" --pdp "unix:$dir/pdp.sock" --
# The least that a sidecar can do: validate each line, and decide nothing.
"${on_one_core[@]}" "$pipe_bench" --no-targets "lines validated, nothing decided" "${command[@]}" \
  "$bin/tests/bench/scanning_pass_through"
"$pipe_bench" --no-targets "--rules, static, on all cores" "${command[@]}" "$static_sidecar" "${run[@]}" \
  --rules "$dir/rules.json" --
"$pipe_bench" --no-targets "--rules, by connect and serve, on all cores" "${command[@]}" \
  "$bin/tests/e2e/split/split_sidecar" "${run[@]}" --rules "$dir/rules.json" --
"$pipe_bench" --no-targets "one more pass-through, on all cores" "${command[@]}" "${command[0]}" "${command[0]}"
