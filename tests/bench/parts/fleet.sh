# A change of the rules, until many sessions and sidecars follow it. Their PDP has rules of its own.
mkdir "$dir/fleet"
fleet_rules=$dir/fleet/rules.json
cp "$dir/rules.json" "$fleet_rules"
soft_limit=$(ulimit -Sn)
ulimit -Sn "$(ulimit -Hn)" # a descriptor for each session, at both ends
start fleet_pdp "$bin/pdp/ostiary-pdp" serve --rules "$fleet_rules" --listen "unix:$dir/fleet.sock" \
  --listen 127.0.0.1:0
start broadcast "$bin/tests/bench/bare_broadcast" "unix:$dir/broadcast.sock" 127.0.0.1:0
sessions=10000
((sessions + 500 <= $(ulimit -Sn))) || sessions=$(($(ulimit -Sn) - 500))
for shape in "$sessions 1" "100 100"; do
  # shellcheck disable=SC2086 # two words
  "$bin/tests/bench/fleet_bench" $shape "unix:$dir/fleet.sock" "$fleet_pdp_pid" "$fleet_rules" \
    "unix:$dir/broadcast.sock" "$broadcast_pid"
done
"$bin/tests/bench/sidecars_bench" 1000 "$fleet_rules" "$bin/tests/bench/line_server" \
  "$static_sidecar" run --agent bench --server files --log-level error \
  --pdp "unix:$dir/fleet.sock" --
ulimit -Sn "$soft_limit"
