# What the sidecar adds between a client and a server.
start_pdp
sidecar=("$bin/sidecar/ostiary-sidecar" run --agent bench --server files --log-level error)
command=("$bin/tests/support/pass_through" "$bin/tests/bench/line_server")
"$bin/tests/bench/pipe_bench" "--rules" "${command[@]}" "${sidecar[@]}" --rules "$dir/rules.json" --
"$bin/tests/bench/pipe_bench" "--rules, by connect and serve" "${command[@]}" \
  "$bin/tests/e2e/split/split_sidecar" "${sidecar[@]:1}" --rules "$dir/rules.json" --
"$bin/tests/bench/pipe_bench" "one more pass-through" "${command[@]}" "${command[0]}" "${command[0]}"
"$bin/tests/bench/pipe_bench" "--pdp on a Unix socket" "${command[@]}" \
  "${sidecar[@]}" --pdp "unix:$dir/pdp.sock" --
