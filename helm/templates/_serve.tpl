{{/* The PDP's command line: every combination of values must be one that ostiary-pdp accepts. */}}

{{/* A duration, if ostiary-pdp takes it: (dict "name" "pdp.maxConnectionAgeGrace" "value" "30s" "least" 1 "most" 3600), in
seconds; "most" 0 is any. */}}
{{- define "ostiary.duration" -}}
{{- $seconds := 0.0 -}}
{{- range regexFindAll "[0-9.]+[a-z]+" .value -1 -}}
{{- $unit := regexFind "[a-z]+" . -}}
{{- $seconds = addf $seconds (mulf (trimSuffix $unit .) (get (dict "ms" 0.001 "s" 1 "m" 60 "h" 3600) $unit)) -}}
{{- end -}}
{{- if or (lt $seconds (float64 .least)) (and .most (gt $seconds (float64 .most))) -}}
{{- fail (printf "%s is %s: the PDP takes %d seconds or more%s" .name .value .least (ternary (printf ", up to %d" .most) "" (gt .most 0))) -}}
{{- end -}}
{{- .value -}}
{{- end -}}

{{- define "ostiary.ownArgs" -}}
- serve
- --rules=/etc/ostiary/policy/{{ include "ostiary.rulesKey" . }}
{{- with include "ostiary.mcpConfigKey" . }}
- --mcp-config=/etc/ostiary/policy/{{ . }}
{{- end }}
- --listen={{ .Values.pdp.listenAddress }}:7443
- --listen=unix:/run/ostiary/pdp.sock
- --health-listen={{ .Values.pdp.listenAddress }}:7080
{{- if .Values.metrics.enabled }}
- --metrics-listen=0.0.0.0:9090
{{- end }}
{{- if eq .Values.tls.mode "disabled" }}
- --allow-insecure-tcp
{{- else if eq .Values.tls.mode "existingSecret" }}
- --tls-cert=/etc/ostiary/tls/{{ .Values.tls.existingSecret.certKey }}
- --tls-key=/etc/ostiary/tls/{{ .Values.tls.existingSecret.keyKey }}
{{- else }}
- --tls-cert=/etc/ostiary/tls/tls.crt
- --tls-key=/etc/ostiary/tls/tls.key
{{- end }}
{{- if or .Values.identity.clientCA.secret .Values.identity.clientCA.configMap }}
- --client-ca=/etc/ostiary/client-ca/{{ .Values.identity.clientCA.key }}
{{- end }}
{{- with .Values.identity.tokens }}
{{- if .enabled }}
- --token-issuer={{ .issuer }}
- {{ printf "--token-audience=%s" .audience | quote }}
{{- if eq .jwks.source "apiServer" }}
- --token-jwks-url={{ .jwks.url }}
- --token-jwks-ca=/var/run/ostiary-api/ca.crt
- --token-jwks-bearer=/var/run/ostiary-api/token
- --token-jwks-refresh={{ include "ostiary.duration" (dict "name" "identity.tokens.jwks.refresh" "value" .jwks.refresh "least" 10 "most" 86400) }}
{{- else if eq .jwks.source "inline" }}
- --token-jwks=/etc/ostiary/jwks/jwks.json
{{- else }}
- --token-jwks=/etc/ostiary/jwks/{{ .jwks.existingConfigMap.key }}
{{- end }}
{{- end }}
{{- end }}
{{- if include "ostiary.identified" . }}
- --bindings=/etc/ostiary/bindings/bindings.json
{{- end }}
- --max-connection-age={{ include "ostiary.duration" (dict "name" "pdp.maxConnectionAge" "value" .Values.pdp.maxConnectionAge "least" 1 "most" 0) }}
- --max-connection-age-grace={{ include "ostiary.duration" (dict "name" "pdp.maxConnectionAgeGrace" "value" .Values.pdp.maxConnectionAgeGrace "least" 1 "most" 3600) }}
- --drain-grace={{ int .Values.pdp.drainGraceSeconds }}s
- --max-transport-bytes={{ mul (int .Values.pdp.maxTransportMebibytes) 1048576 }}
{{- with .Values.pdp.maxSessions }}
- --max-sessions={{ int . }}
{{- end }}
- --log-level={{ .Values.pdp.logLevel }}
{{- end -}}

{{- define "ostiary.serveArgs" -}}
{{- $own := list -}}
{{- range include "ostiary.ownArgs" . | fromYamlArray -}}
{{- $own = append $own (splitList "=" . | first) -}}
{{- end -}}
{{- include "ostiary.ownArgs" . }}
{{- range .Values.pdp.extraArgs }}
{{- $flag := splitList "=" . | first -}}
{{- if and (has $flag $own) (ne $flag "--listen") -}}
{{- fail (printf "pdp.extraArgs has %s, which the chart gives already and the PDP takes once: set the value that it stands for" $flag) -}}
{{- end }}
- {{ . | quote }}
{{- end }}
{{- end -}}

{{- define "ostiary.serveMounts" -}}
- name: policy
  mountPath: /etc/ostiary/policy
  readOnly: true
- name: run
  mountPath: /run/ostiary
{{- if ne .Values.tls.mode "disabled" }}
- name: tls
  mountPath: /etc/ostiary/tls
  readOnly: true
{{- end }}
{{- if or .Values.identity.clientCA.secret .Values.identity.clientCA.configMap }}
- name: client-ca
  mountPath: /etc/ostiary/client-ca
  readOnly: true
{{- end }}
{{- with .Values.identity.tokens }}
{{- if .enabled }}
{{- if eq .jwks.source "apiServer" }}
- name: api
  mountPath: /var/run/ostiary-api
  readOnly: true
{{- else }}
- name: jwks
  mountPath: /etc/ostiary/jwks
  readOnly: true
{{- end }}
{{- end }}
{{- end }}
{{- if include "ostiary.identified" . }}
- name: bindings
  mountPath: /etc/ostiary/bindings
  readOnly: true
{{- end }}
{{- end -}}

{{- define "ostiary.serveVolumes" -}}
- name: policy
  {{- if .Values.policy.volume }}
  {{- toYaml .Values.policy.volume | nindent 2 }}
  {{- else }}
  configMap:
    name: {{ default (printf "%s-policy" (include "ostiary.fullname" .)) .Values.policy.existingConfigMap | quote }}
  {{- end }}
- name: run
  emptyDir:
    medium: Memory
    sizeLimit: 1Mi
{{- if ne .Values.tls.mode "disabled" }}
- name: tls
  secret:
    secretName: {{ include "ostiary.tlsSecretName" . | quote }}
    defaultMode: 0440
{{- end }}
{{- with .Values.identity.clientCA }}
{{- if .secret }}
- name: client-ca
  secret:
    secretName: {{ .secret | quote }}
    items:
      - key: {{ .key | quote }}
        path: {{ .key | quote }}
{{- else if .configMap }}
- name: client-ca
  configMap:
    name: {{ .configMap | quote }}
{{- end }}
{{- end }}
{{- with .Values.identity.tokens }}
{{- if .enabled }}
{{- if eq .jwks.source "apiServer" }}
# The one token of the pod, for the one request that needs it.
- name: api
  projected:
    defaultMode: 0440
    sources:
      - serviceAccountToken:
          path: token
          expirationSeconds: 3600
      - configMap:
          name: kube-root-ca.crt
          items:
            - key: ca.crt
              path: ca.crt
{{- else if eq .jwks.source "inline" }}
- name: jwks
  configMap:
    name: {{ include "ostiary.fullname" $ }}-jwks
{{- else }}
- name: jwks
  configMap:
    name: {{ .jwks.existingConfigMap.name | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- if include "ostiary.identified" . }}
- name: bindings
  configMap:
    name: {{ include "ostiary.bindingsConfigMap" . | quote }}
{{- end }}
{{- end -}}
