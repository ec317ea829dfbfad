{{/* The MCP client's configuration, as JSON: the wrapped commands, or the connecting ends. */}}
{{- define "ostiary-attach.mcpConfig" -}}
{{- $mode := include "ostiary-attach.mode" . -}}
{{- $servers := dict -}}
{{- range .servers -}}
{{- $args := list "connect" (printf "unix:/run/mcp/%s/mcp.sock" .name) -}}
{{- if eq $mode "agent" -}}
{{- $args = concat (list "run" "--server" .name "--") (required (printf "ostiary-attach: the server %s has no command" .name) .command) -}}
{{- end -}}
{{- $_ := set $servers .name (dict "command" (include "ostiary-attach.binary" $) "args" $args) -}}
{{- end -}}
{{- toPrettyJson (dict "mcpServers" $servers) -}}
{{- end -}}

{{/* A whole ConfigMap with it: (dict "attach" $attach "name" "agent-mcp" "namespace" …), mounted as you like. */}}
{{- define "ostiary-attach.configMap" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .name | quote }}
  {{- with .namespace }}
  namespace: {{ . | quote }}
  {{- end }}
  {{- with .labels }}
  labels:
    {{- toYaml . | nindent 4 }}
  {{- end }}
data:
  mcp.json: |
    {{- include "ostiary-attach.mcpConfig" .attach | nindent 4 }}
{{- end -}}
