# A change of the rules, until many sessions and sidecars follow it.
mkdir "$dir/fleet"
soft_limit=$(ulimit -Sn)
ulimit -Sn "$(ulimit -Hn)" # a descriptor for each session, at both ends
sessions=10000
((sessions + 500 <= $(ulimit -Sn))) || sessions=$(($(ulimit -Sn) - 500))
for shape in "$sessions 1" "100 100"; do
  # Rules and servers of their own: one that still closes ten thousand connections may be slow to take the next.
  fleet_rules=$dir/fleet/of_${shape% *}.json
  cp "$dir/rules.json" "$fleet_rules"
  socket=$dir/fleet/of_${shape% *}.sock bare_socket=$dir/fleet/bare_of_${shape% *}.sock
  start fleet_pdp "$bin/pdp/ostiary-pdp" serve --rules "$fleet_rules" --listen "unix:$socket" --listen 127.0.0.1:0
  start broadcast "$bin/tests/bench/bare_broadcast" "unix:$bare_socket" 127.0.0.1:0
  # shellcheck disable=SC2086 # two words
  "$bin/tests/bench/fleet_bench" $shape "unix:$socket" "$fleet_pdp_pid" "$fleet_rules" \
    "unix:$bare_socket" "$broadcast_pid"
done
"$bin/tests/bench/sidecars_bench" 1000 "$fleet_rules" "$bin/tests/bench/line_server" \
  "$static_sidecar" run --agent bench --server files --log-level error \
  --pdp "unix:$socket" --
ulimit -Sn "$soft_limit"
