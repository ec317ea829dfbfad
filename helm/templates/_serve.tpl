{{/* The PDP's command line: every combination of values must be one that ostiary-pdp accepts. */}}

{{- define "ostiary.serveArgs" -}}
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
- --token-jwks-refresh={{ .jwks.refresh }}
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
- --max-connection-age={{ .Values.pdp.maxConnectionAge }}
- --max-connection-age-grace={{ .Values.pdp.maxConnectionAgeGrace }}
- --drain-grace={{ int .Values.pdp.drainGraceSeconds }}s
- --max-transport-bytes={{ mul (int .Values.pdp.maxTransportMebibytes) 1048576 }}
{{- with .Values.pdp.maxSessions }}
- --max-sessions={{ int . }}
{{- end }}
- --log-level={{ .Values.pdp.logLevel }}
{{- range .Values.pdp.extraArgs }}
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
