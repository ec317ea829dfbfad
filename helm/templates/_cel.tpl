{{/* What the admission policies say in CEL, made of the same templates that a team's own charts use. */}}

{{/* Any value as a CEL literal. Lists and maps there are of one type each, so what they hold is dyn. */}}
{{- define "ostiary.cel" -}}
{{- if kindIs "map" . -}}
{
{{- range $index, $key := keys . | sortAlpha -}}
{{- if $index }}, {{ end -}}
{{ toJson $key }}: dyn({{ include "ostiary.cel" (get $ $key) }})
{{- end -}}
}
{{- else if kindIs "slice" . -}}
[
{{- range $index, $item := . -}}
{{- if $index }}, {{ end -}}
dyn({{ include "ostiary.cel" $item }})
{{- end -}}
]
{{- else if kindIs "string" . -}}
{{- /* The one text that a pod decides: the user of its agent. */ -}}
{{- $text := toJson . -}}
{{- if hasSuffix "@agentUid@\"" $text -}}
({{ trimSuffix "@agentUid@\"" $text }}" + variables.agentUid)
{{- else -}}
{{ $text }}
{{- end -}}
{{- else if kindIs "float64" . -}}
{{- if eq . (floor .) }}{{ int64 . }}{{ else }}{{ toJson . }}{{ end -}}
{{- else -}}
{{- toJson . -}}
{{- end -}}
{{- end -}}

{{/* The dict of ostiary-attach: (dict "root" $ "mode" "split" "servers" list) */}}
{{- define "ostiary.attach" -}}
{{- $tokens := .root.Values.identity.tokens -}}
{{- toYaml (dict
      "mode" .mode
      "image" (include "ostiary.image" (dict "root" .root "image" .root.Values.attach.image))
      "pullPolicy" .root.Values.attach.image.pullPolicy
      "pdp" (dict "address" (include "ostiary.address" .root) "audience" $tokens.audience)
      "ca" (dict "configMap" .root.Values.attach.caConfigMap "key" "ca.crt")
      "agentUser" "@agentUid@"
      "serverUser" .root.Values.attach.serverUser
      "installResources" .root.Values.attach.installResources
      "servers" .servers) -}}
{{- end -}}

{{/*
CEL that holds of two maps where the second is the first as the API server stores it: it adds some fields, leaves away
what is empty, and writes quantities its own way. "kind", if there is one, is CEL for the key of variables.filled that has
what it adds to such a map, with the values. (dict "given" "v[k]" "stored" "o[k]" "kind" "k")
*/}}
{{- define "ostiary.celStored" -}}
{{ .given }}.all(f, f == 'divisor' || (
  !(f in {{ .stored }}) ? {{ .given }}[f] in [dyn(false), dyn(''), dyn([]), dyn({})] :
  f == 'items' ? size({{ .given }}[f]) == size({{ .stored }}[f]) && {{ .given }}[f].all(a, {{ .stored }}[f].exists(b,
    b.all(g, g in a) && a.all(g, g in b && (g in ['fieldRef', 'resourceFieldRef']
      ? a[g].all(h, h == 'divisor' || (h in b[g] && a[g][h] == b[g][h])) : a[g] == b[g])))) :
  f == 'volumeClaimTemplate' ? {{ .given }}[f].spec.all(g, g in {{ .stored }}[f].spec)
    && {{ .stored }}[f].spec.all(g, g in ['resources', 'volumeMode']
      || (g in {{ .given }}[f].spec && {{ .given }}[f].spec[g] == {{ .stored }}[f].spec[g])) :
  {{ .given }}[f] == {{ .stored }}[f]))
&& {{ .stored }}.all(f, f in {{ .given }}
  || f in ['apiVersion', 'defaultMode', 'divisor', 'expirationSeconds', 'maxExpirationSeconds', 'pullPolicy', 'type']
{{- with .kind }}
  || ({{ . }} in variables.filled && f in variables.filled[{{ . }}] && variables.filled[{{ . }}][f] == {{ $.stored }}[f])
{{- end }})
{{- end -}}

{{/* What MCP servers have of their namespace, as JSON: the names of secrets, of claims, and of what a store's driver mounts. */}}
{{- define "ostiary.serverSources" -}}
{{- $names := list -}}{{- $claims := list -}}{{- $stores := list -}}
{{- range .Values.attach.servers -}}
{{- range .env -}}
{{- with .valueFrom }}{{ with .secretKeyRef }}{{ $names = append $names .name }}{{ end }}{{ end -}}
{{- end -}}
{{- range .envFrom -}}
{{- with .secretRef }}{{ $names = append $names .name }}{{ end -}}
{{- end -}}
{{- range .volumes -}}
{{- with .secret }}{{ $names = append $names .secretName }}{{ end -}}
{{- with .projected }}{{ range .sources }}{{ with .secret }}{{ $names = append $names .name }}{{ end }}{{ end }}{{ end -}}
{{- with .persistentVolumeClaim }}{{ $claims = append $claims .claimName }}{{ end -}}
{{- with .csi -}}
{{- with .nodePublishSecretRef }}{{ $names = append $names .name }}{{ end -}}
{{- with (.volumeAttributes | default dict).secretProviderClass }}{{ $stores = append $stores . }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson (dict "secrets" (uniq $names) "claims" (uniq $claims) "stores" (uniq $stores)) -}}
{{- end -}}

{{/* What the policies share. Every list of pods' parts is dyn: containers and init containers are looked at together. */}}
{{- define "ostiary.admissionVariables" -}}
{{- $agent := include "ostiary.attach" (dict "root" . "mode" "agent" "servers" list) | fromYaml -}}
{{- $split := include "ostiary.attach" (dict "root" . "mode" "split" "servers" list) | fromYaml -}}
{{- $names := list -}}{{- $containers := list -}}{{- $volumes := list -}}{{- $mounts := list -}}{{- $users := dict -}}
{{- $commonVolumes := include "ostiary-attach.volumes" $split | fromYamlArray -}}
{{- $commonMounts := include "ostiary-attach.volumeMounts" $split | fromYamlArray -}}
{{- include "ostiary-attach.checkVolumes" .Values.attach -}}
{{- range .Values.attach.servers -}}
{{- $one := include "ostiary.attach" (dict "root" $ "mode" "split" "servers" (list .)) | fromYaml -}}
{{- if has .name $names -}}
{{- fail (printf "attach.servers: two servers are called %s" .name) -}}
{{- end -}}
{{- $names = append $names .name -}}
{{- $container := include "ostiary-attach.server" (dict "attach" $one "server" .) | fromYaml -}}
{{- $containers = append $containers (dict "server" .name "value" $container) -}}
{{- range slice (include "ostiary-attach.volumes" $one | fromYamlArray) (len $commonVolumes) }}
{{- $volumes = append $volumes (dict "server" $one.servers "value" .) -}}
{{- end -}}
{{- range slice (include "ostiary-attach.volumeMounts" $one | fromYamlArray) (len $commonMounts) }}
{{- $mounts = append $mounts (dict "server" $one.servers "value" .) -}}
{{- end -}}
{{- end -}}
{{- $flatVolumes := list -}}
{{- range $volumes }}{{- $flatVolumes = append $flatVolumes (dict "server" (index .server 0).name "value" .value) -}}{{- end -}}
{{- $flatMounts := list -}}
{{- range $mounts }}{{- $flatMounts = append $flatMounts (dict "server" (index .server 0).name "value" .value) -}}{{- end -}}
{{- $config := dict "name" "ostiary-config" "downwardAPI" (dict "items" (list (dict "path" "mcp.json" "fieldRef" (dict "apiVersion" "v1" "fieldPath" "metadata.annotations['ostiary.dev/mcp.json']")))) -}}
{{- $configMount := dict "name" "ostiary-config" "mountPath" "/etc/ostiary" "readOnly" true -}}
- name: mode
  expression: >-
    has(object.metadata.labels) && 'ostiary.dev/attach' in object.metadata.labels
    ? object.metadata.labels['ostiary.dev/attach'] : ''
- name: annotations
  expression: "has(object.metadata.annotations) ? object.metadata.annotations : {}"
# The containers with agents: those that the annotation names, or all.
- name: targets
  expression: >-
    'ostiary.dev/containers' in variables.annotations
    ? variables.annotations['ostiary.dev/containers'].split(',').map(n, n.trim())
    : object.spec.containers.map(c, c.name)
- name: knownServers
  expression: {{ printf "%s.map(n, string(n))" (include "ostiary.cel" $names) | quote }}
# The MCP servers of the pod: those that the annotation names, or all.
- name: servers
  expression: >-
    variables.mode != 'split' ? [] :
    'ostiary.dev/servers' in variables.annotations
    ? variables.annotations['ostiary.dev/servers'].split(',').map(n, n.trim()).distinct()
    : variables.knownServers
# Each agent's user, or -1 where neither container nor pod says it.
- name: agentUids
  expression: >-
    object.spec.containers.filter(c, c.name in variables.targets).map(c,
    has(c.securityContext) && has(c.securityContext.runAsUser) ? c.securityContext.runAsUser :
    has(object.spec.securityContext) && has(object.spec.securityContext.runAsUser) ? object.spec.securityContext.runAsUser :
    -1)
- name: agentUid
  expression: "size(variables.agentUids) == 0 ? '-1' : string(variables.agentUids[0])"
- name: install
  expression: {{ include "ostiary.cel" (include "ostiary-attach.install" $agent | fromYaml) | quote }}
- name: serverContainers
  expression: {{ printf "%s.filter(s, s.server in variables.servers).map(s, s.value)" (include "ostiary.cel" $containers) | quote }}
- name: serverVolumes
  expression: {{ printf "%s.filter(s, s.server in variables.servers).map(s, s.value)" (include "ostiary.cel" $flatVolumes) | quote }}
- name: volumes
  expression: >-
    variables.mode == 'split'
    ? {{ include "ostiary.cel" (append $commonVolumes $config) }} + variables.serverVolumes
    : {{ include "ostiary.cel" (include "ostiary-attach.volumes" $agent | fromYamlArray) }}
- name: mounts
  expression: >-
    variables.mode == 'split'
    ? {{ include "ostiary.cel" (append $commonMounts $configMount) }}
    + {{ include "ostiary.cel" $flatMounts }}.filter(s, s.server in variables.servers).map(s, s.value)
    : {{ include "ostiary.cel" (include "ostiary-attach.volumeMounts" $agent | fromYamlArray) }}
- name: env
  expression: >-
    variables.mode == 'split' ? [] : {{ include "ostiary.cel" (include "ostiary-attach.env" $agent | fromYamlArray) }}
- name: inits
  expression: "has(object.spec.initContainers) ? dyn(object.spec.initContainers) : dyn([])"
- name: podVolumes
  expression: "has(object.spec.volumes) ? dyn(object.spec.volumes) : dyn([])"
{{- end -}}
