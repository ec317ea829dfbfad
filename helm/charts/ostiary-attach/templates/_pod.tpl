{{/* The pod's own lists: volumes, init containers, and what the agent's container mounts and knows. */}}

{{/* In a pod no two volumes have the same name. */}}
{{- define "ostiary-attach.checkVolumes" -}}
{{- $owners := dict -}}
{{- range $server := .servers -}}
{{- range $volume := $server.volumes -}}
{{- if hasPrefix "ostiary-" $volume.name -}}
{{- fail (printf "ostiary-attach: the server %s has a volume %s: names that begin with ostiary- are the sidecar's, so give it another" $server.name $volume.name) -}}
{{- end -}}
{{- with get $owners $volume.name -}}
{{- if eq . $server.name -}}
{{- fail (printf "ostiary-attach: the server %s has two volumes %s: give each its own name" . $volume.name) -}}
{{- end -}}
{{- fail (printf "ostiary-attach: the servers %s and %s both have a volume %s: a pod may have both servers, so give each its own name" . $server.name $volume.name) -}}
{{- end -}}
{{- $_ := set $owners $volume.name $server.name -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "ostiary-attach.volumes" -}}
- name: ostiary-bin
  emptyDir:
    sizeLimit: 64Mi
- name: ostiary-identity
  projected:
    # Readable for the one user who asks the PDP, whoever that is here.
    defaultMode: 0444
    sources:
      - serviceAccountToken:
          audience: {{ (.pdp | default dict).audience | default "ostiary-pdp" | quote }}
          expirationSeconds: 600
          path: token
      - configMap:
          name: {{ (.ca | default dict).configMap | default "ostiary-ca" | quote }}
          items:
            - key: {{ (.ca | default dict).key | default "ca.crt" | quote }}
              path: ca.crt
# Mounted where the pod's API token would be, so that ours and the servers' containers get none.
- name: ostiary-no-token
  emptyDir:
    medium: Memory
    sizeLimit: 1Mi
{{- if eq (include "ostiary-attach.mode" .) "split" }}
{{- include "ostiary-attach.checkVolumes" . }}
{{- range .servers }}
# The socket of this server alone: one server cannot take another's place.
- name: ostiary-mcp-{{ .name }}
  emptyDir:
    medium: Memory
    sizeLimit: 1Mi
{{- with .volumes }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "ostiary-attach.install" -}}
name: ostiary-install
image: {{ include "ostiary-attach.image" . | quote }}
imagePullPolicy: {{ .pullPolicy | default "IfNotPresent" }}
command: [/ostiary-sidecar, install, /opt/ostiary]
resources:
  {{- toYaml (.installResources | default (dict "requests" (dict "cpu" "10m" "memory" "16Mi") "limits" (dict "memory" "64Mi"))) | nindent 2 }}
securityContext:
  {{- include "ostiary-attach.securityContext" (dict "user" (.serverUser | default 65532)) | nindent 2 }}
volumeMounts:
  - name: ostiary-bin
    mountPath: /opt/ostiary
  {{- include "ostiary-attach.noToken" . | nindent 2 }}
{{- end -}}

{{- define "ostiary-attach.noToken" -}}
- name: ostiary-no-token
  mountPath: /var/run/secrets/kubernetes.io/serviceaccount
  readOnly: true
{{- end -}}

{{- define "ostiary-attach.initContainers" -}}
-
  {{- include "ostiary-attach.install" . | nindent 2 }}
{{- if eq (include "ostiary-attach.mode" .) "split" }}
{{- range .servers }}
-
  {{- include "ostiary-attach.server" (dict "attach" $ "server" .) | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What the agent's container mounts. In split mode neither the token nor anything of a server's is there. */}}
{{- define "ostiary-attach.volumeMounts" -}}
- name: ostiary-bin
  mountPath: /opt/ostiary
  readOnly: true
{{- if eq (include "ostiary-attach.mode" .) "split" }}
{{- range .servers }}
- name: ostiary-mcp-{{ .name }}
  mountPath: /run/mcp/{{ .name }}
  readOnly: true
{{- end }}
{{- else }}
- name: ostiary-identity
  mountPath: /var/run/ostiary
  readOnly: true
{{- end }}
{{- end -}}

{{/* The sidecar's flags, in its environment. In split mode the agent's container needs none. */}}
{{- define "ostiary-attach.env" -}}
{{- if eq (include "ostiary-attach.mode" .) "agent" }}
{{- include "ostiary-attach.pdpEnv" . }}
{{- end }}
{{- end -}}

{{- define "ostiary-attach.pdpEnv" -}}
- name: OSTIARY_POD_NAMESPACE
  valueFrom:
    fieldRef:
      apiVersion: v1
      fieldPath: metadata.namespace
- name: OSTIARY_POD_SERVICE_ACCOUNT
  valueFrom:
    fieldRef:
      apiVersion: v1
      fieldPath: spec.serviceAccountName
- name: OSTIARY_AGENT
  value: {{ .agent | default "$(OSTIARY_POD_NAMESPACE).$(OSTIARY_POD_SERVICE_ACCOUNT)" | quote }}
- name: OSTIARY_PDP
  value: {{ include "ostiary-attach.address" . | quote }}
- name: OSTIARY_PDP_CA
  value: /var/run/ostiary/ca.crt
- name: OSTIARY_PDP_TOKEN_FILE
  value: /var/run/ostiary/token
{{- with (.pdp | default dict).name }}
- name: OSTIARY_PDP_NAME
  value: {{ . | quote }}
{{- end }}
{{- end -}}
