{{/*
What attaches Ostiary's sidecar to a pod, as named templates. Each takes the same dict, described in the README:
  mode: agent | split      image      pdp: {address, name, audience}      ca: {configMap, key}
  agent      agentUser      serverUser      pullPolicy      installResources      servers: [...]
Whatever is missing has a default, but for the image and pdp.address.
*/}}

{{- define "ostiary-attach.binary" -}}/opt/ostiary/ostiary-sidecar{{- end -}}

{{- define "ostiary-attach.mode" -}}
{{- $mode := default "agent" .mode -}}
{{- if not (has $mode (list "agent" "split")) -}}
{{- fail (printf "ostiary-attach: mode is %q: it must be agent (the sidecar runs in the agent's container) or split (each MCP server has a container of its own)" $mode) -}}
{{- end -}}
{{- $mode -}}
{{- end -}}

{{- define "ostiary-attach.image" -}}
{{- required "ostiary-attach: image is missing: the ostiary-sidecar image, by digest at best" .image -}}
{{- end -}}

{{- define "ostiary-attach.address" -}}
{{- required "ostiary-attach: pdp.address is missing: where the PDP's Service is, such as ostiary.ostiary.svc:7443" (.pdp | default dict).address -}}
{{- end -}}

{{/* Pods with this label may reach the PDP, where the chart's NetworkPolicy holds. */}}
{{- define "ostiary-attach.labels" -}}
ostiary.dev/client: "true"
{{- end -}}

{{/* Nothing that the restricted pod security level forbids. The dict is (dict "user" 65532) */}}
{{- define "ostiary-attach.securityContext" -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: {{ int64 .user }}
runAsGroup: {{ int64 .user }}
seccompProfile:
  type: RuntimeDefault
{{- end -}}
