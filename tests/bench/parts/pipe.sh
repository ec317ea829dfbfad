# What the sidecar adds between a client and a server; by the program that images hold, too.
start_pdp
run=(run --agent bench --server files --log-level error)
sidecar=("$bin/sidecar/ostiary-sidecar" "${run[@]}")
command=("$bin/tests/support/pass_through" "$bin/tests/bench/line_server")
pipe_bench=$bin/tests/bench/pipe_bench
"$pipe_bench" "--rules" "${command[@]}" "${sidecar[@]}" --rules "$dir/rules.json" --
"$pipe_bench" "--rules, static" "${command[@]}" "$static_sidecar" "${run[@]}" --rules "$dir/rules.json" --
"$pipe_bench" "--pdp on a Unix socket" "${command[@]}" "${sidecar[@]}" --pdp "unix:$dir/pdp.sock" --
"$pipe_bench" --no-targets "--rules, by connect and serve" "${command[@]}" \
  "$bin/tests/e2e/split/split_sidecar" "${run[@]}" --rules "$dir/rules.json" --
"$pipe_bench" --no-targets "one more pass-through" "${command[@]}" "${command[0]}" "${command[0]}"
# The least that a sidecar can do: validate each line, and decide nothing.
"$pipe_bench" --no-targets "lines validated, nothing decided" "${command[@]}" \
  "$bin/tests/bench/scanning_pass_through"
