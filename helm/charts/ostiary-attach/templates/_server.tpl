{{/*
An MCP server behind its sidecar, as a native sidecar container: (dict "attach" $attach "server" $server).
A server: name, image, command (its own, with arguments); and pullPolicy, env, envFrom, volumes, volumeMounts, user,
resources, maxConnections, writableRoot, workingDir, apiToken (let the pod's API token, if it has one, be mounted here).
*/}}
{{- define "ostiary-attach.server" -}}
{{- $server := .server -}}
{{- $user := $server.user | default .attach.serverUser | default 65532 -}}
{{- $agentUser := .attach.agentUser | required "ostiary-attach: agentUser is missing: in split mode only that user may connect, and it must be the one of the agent's container (securityContext.runAsUser)" -}}
{{- if not (kindIs "string" $agentUser) }}{{ $agentUser = int64 $agentUser }}{{ end -}}
{{- if eq (toString (int64 $user)) (toString $agentUser) -}}
{{- fail (printf "ostiary-attach: the server %s and the agent have the same user %v: the agent must have another one" $server.name $agentUser) -}}
{{- end -}}
name: mcp-{{ $server.name }}
image: {{ required (printf "ostiary-attach: the server %s has no image" $server.name) $server.image | quote }}
imagePullPolicy: {{ $server.pullPolicy | default "IfNotPresent" }}
# Starts before the agent and ends after it.
restartPolicy: Always
command:
  - {{ include "ostiary-attach.binary" . }}
  - serve
  - --listen=unix:/run/mcp/{{ $server.name }}/mcp.sock
  # The directory is this pod's alone, and who connects is asked of the kernel.
  - --socket-mode=0666
  - "--allow-uid={{ $agentUser }}"
  {{- with $server.maxConnections }}
  - --max-connections={{ int . }}
  {{- end }}
  - --server={{ $server.name }}
  - --
  {{- range required (printf "ostiary-attach: the server %s has no command: an image's own entry point is not known here, so name it" $server.name) $server.command }}
  - {{ . | quote }}
  {{- end }}
{{- with $server.workingDir }}
workingDir: {{ . | quote }}
{{- end }}
env:
  {{- include "ostiary-attach.pdpEnv" .attach | nindent 2 }}
  {{- with $server.env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with $server.envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
resources:
  {{- toYaml ($server.resources | default (dict "requests" (dict "cpu" "50m" "memory" "64Mi") "limits" (dict "memory" "512Mi"))) | nindent 2 }}
securityContext:
  {{- $context := include "ostiary-attach.securityContext" (dict "user" $user) | fromYaml }}
  {{- if $server.writableRoot }}{{- $_ := set $context "readOnlyRootFilesystem" false }}{{- end }}
  {{- toYaml $context | nindent 2 }}
volumeMounts:
  - name: ostiary-bin
    mountPath: /opt/ostiary
    readOnly: true
  - name: ostiary-identity
    mountPath: /var/run/ostiary
    readOnly: true
  - name: ostiary-mcp-{{ $server.name }}
    mountPath: /run/mcp/{{ $server.name }}
  {{- if not $server.apiToken }}
  {{- include "ostiary-attach.noToken" . | nindent 2 }}
  {{- end }}
  {{- with $server.volumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}
