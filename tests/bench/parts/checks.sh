# Checks of a running PDP.
start_pdp
start bare "$bin/tests/bench/bare_server" "unix:$dir/bare.sock" 127.0.0.1:0
"$bin/tests/bench/checks_bench" TCP "$pdp_tcp" "$pdp_pid" "$bare_tcp" "$bare_pid"
"$bin/tests/bench/checks_bench" "Unix socket" "unix:$dir/pdp.sock" "$pdp_pid" "unix:$dir/bare.sock" \
  "$bare_pid"
