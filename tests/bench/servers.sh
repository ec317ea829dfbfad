# For scripts/bench, which sources it, and the parts: where the programs are, and servers to measure.
bin=build/release
static_sidecar=build/release-static/sidecar/ostiary-sidecar
dir=$(mktemp -d /tmp/ostiary-bench.XXXXXX)
servers=()

stop_servers() {
  ((${#servers[@]})) && kill "${servers[@]}" 2>/dev/null
  wait
  rm -rf "$dir"
}

cat >"$dir/rules.json" <<'RULES'
{"agents": {"bench": {
  "allow": {"servers": ["files"],
            "tools": {"files": ["list_*", "stat_*", "find_*", "search_*", "read_*"]}},
  "deny": {"tools": {"files": ["delete_*", "write_*", "*_all", "move_file", "chmod"]}}}}}
RULES

# start NAME COMMAND...: starts a server that logs its TCP address, and sets NAME_pid and NAME_tcp.
start() {
  local name=$1 tries address
  shift
  "$@" 2>"$dir/$name.log" &
  servers+=($!)
  declare -g "${name}_pid=$!"
  for ((tries = 0; tries < 100; ++tries)); do
    address=$(grep -om1 '127\.0\.0\.1:[1-9][0-9]*' "$dir/$name.log") && break
    sleep 0.1
  done
  [[ -n $address ]] || { cat "$dir/$name.log" >&2 && exit 1; }
  declare -g "${name}_tcp=$address"
}

# The PDP of $dir/rules.json, on $pdp_tcp and unix:$dir/pdp.sock; one for all parts.
start_pdp() {
  [[ -n ${pdp_tcp:-} ]] ||
    start pdp "$bin/pdp/ostiary-pdp" serve --rules "$dir/rules.json" \
      --listen "unix:$dir/pdp.sock" --listen 127.0.0.1:0
}
