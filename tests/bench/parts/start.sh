# How long a sidecar takes to start, and what memory it holds. The targets are the static build's, which is what
# images and nodes carry.
start_pdp
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=pdp -addext subjectAltName=DNS:pdp \
  -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>"$dir/openssl.log"
start tls_pdp "$bin/pdp/ostiary-pdp" serve --rules "$dir/rules.json" --listen 127.0.0.1:0 \
  --tls-cert "$dir/cert.pem" --tls-key "$dir/key.pem"

start_rows() {  # BUILD SIDECAR MB_WITH_RULES MB_WITH_PDP; 0 MB: no targets
  local build=$1 what server=$bin/tests/bench/line_server start_bench=("$bin/tests/bench/start_bench")
  (($3)) || start_bench+=(--no-target)
  local run=("$2" run --agent bench --server files --log-level error)
  local -A decides=(
    [--rules]="--rules $dir/rules.json"
    [--pdp]="--pdp unix:$dir/pdp.sock"
    ["--pdp over TLS"]="--pdp $tls_pdp_tcp --pdp-name pdp --pdp-ca $dir/cert.pem")
  local -A limits=([--rules]=$3 [--pdp]=$4 ["--pdp over TLS"]=$4)
  for what in --rules --pdp "--pdp over TLS"; do
    # shellcheck disable=SC2086
    set -- "${run[@]}" ${decides[$what]} -- "$server"
    "${start_bench[@]}" "start until the first line has passed, $what, $build" pass-through \
      "$bin/tests/support/pass_through" "$server" @ "$@"
    "$bin/tests/bench/resident_bench" "memory of a session, $what, $build" "${limits[$what]}" "$@"
  done
  # shellcheck disable=SC2086
  "${start_bench[@]}" "start until a line is refused, PDP not reachable, $build" "with a PDP" \
    "${run[@]}" ${decides[--pdp]} -- "$server" @ "${run[@]}" --pdp "unix:$dir/nobody.sock" -- "$server"
}
start_rows static "$static_sidecar" 4 9
# What OpenSSL alone takes of that.
"$bin/tests/bench/start_bench" --no-target "start until the first line has passed, a bare TLS client, static" \
  pass-through "$bin/tests/support/pass_through" "$bin/tests/bench/line_server" @ \
  "$bin/tests/bench/tls_pass_through" "${tls_pdp_tcp#*:}" pdp "$dir/cert.pem" "$bin/tests/bench/line_server"
start_rows dynamic "$bin/sidecar/ostiary-sidecar" 0 0
