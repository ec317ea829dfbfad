# Checks of a running PDP.
start_pdp
start bare "$bin/tests/bench/bare_server" "unix:$dir/bare.sock" 127.0.0.1:0
"$bin/tests/bench/checks_bench" TCP "$pdp_tcp" "$pdp_pid" "$bare_tcp" "$bare_pid"
"$bin/tests/bench/checks_bench" "Unix socket" "unix:$dir/pdp.sock" "$pdp_pid" "unix:$dir/bare.sock" \
  "$bare_pid"

# The same over TLS, with a client certificate and bindings; without openssl, left out.
command -v openssl >/dev/null || return 0
sign() { # NAME SUBJECT ALTERNATIVE_NAME
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/$1.key" -subj "/CN=$2" \
    -out "$dir/$1.csr" 2>/dev/null
  openssl x509 -req -in "$dir/$1.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial -days 2 \
    -extfile <(echo "subjectAltName=$3") -out "$dir/$1.pem" 2>/dev/null
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/ca.key" -subj /CN=bench \
  -days 2 -out "$dir/ca.pem" 2>/dev/null
sign server server IP:127.0.0.1
sign client client URI:spiffe://bench/agent
echo '{"bindings": [{"identity": "spiffe://bench/agent", "agents": ["bench"]}]}' >"$dir/bindings.json"
start tls_pdp "$bin/pdp/ostiary-pdp" serve --rules "$dir/rules.json" --listen 127.0.0.1:0 \
  --tls-cert "$dir/server.pem" --tls-key "$dir/server.key" --client-ca "$dir/ca.pem" --bindings "$dir/bindings.json"
"$bin/tests/bench/checks_bench" --tls "$dir" "$tls_pdp_tcp" "$tls_pdp_pid" "$pdp_tcp" "$pdp_pid"
