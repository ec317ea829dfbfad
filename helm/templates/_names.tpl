{{/* Names, labels, images: what every object needs. */}}

{{- define "ostiary.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* At most 40 characters, so that every suffix fits a label. */}}
{{- define "ostiary.fullname" -}}
{{- $name := .Values.fullnameOverride -}}
{{- if not $name -}}
{{- $chart := include "ostiary.name" . -}}
{{- $name = ternary .Release.Name (printf "%s-%s" .Release.Name $chart) (contains $chart .Release.Name) -}}
{{- end -}}
{{- $name = regexReplaceAll "[-.]+$" (trunc 40 $name) "" -}}
{{- if not (regexMatch "^[a-z][-a-z0-9]*$" $name) -}}
{{- fail (printf "the Service would be called %q: such a name starts with a letter and has no dots; set fullnameOverride" $name) -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{/* Policies are the cluster's, so two releases may not share a name. */}}
{{- define "ostiary.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "ostiary.fullname" .) -}}
{{- end -}}

{{- define "ostiary.selectorLabels" -}}
app.kubernetes.io/name: {{ include "ostiary.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: pdp
{{- end -}}

{{/* (dict "root" $ "component" "test") */}}
{{- define "ostiary.labels" -}}
{{- $labels := dict
      "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63)
      "app.kubernetes.io/name" (include "ostiary.name" .root)
      "app.kubernetes.io/instance" .root.Release.Name
      "app.kubernetes.io/version" (.root.Chart.AppVersion | replace "+" "_" | trunc 63)
      "app.kubernetes.io/managed-by" .root.Release.Service
      "app.kubernetes.io/part-of" "ostiary"
      "app.kubernetes.io/component" .component -}}
{{- /* Ours win: by them Services and policies find their pods. */ -}}
{{- toYaml (merge $labels (.labels | default dict) (.root.Values.commonLabels | default dict)) -}}
{{- end -}}

{{/* (dict "root" $ "name" … "component" … "labels" … "annotations" … "namespace" …, "cluster" true for objects without) */}}
{{- define "ostiary.metadata" -}}
name: {{ .name | quote }}
{{- if not .cluster }}
namespace: {{ .namespace | default .root.Release.Namespace | quote }}
{{- end }}
labels:
  {{- include "ostiary.labels" (dict "root" .root "component" (.component | default "pdp") "labels" .labels) | nindent 2 }}
{{- with merge (deepCopy (.annotations | default dict)) (.root.Values.commonAnnotations | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* (dict "root" $ "image" .Values.image) */}}
{{- define "ostiary.image" -}}
{{- $repository := .image.repository -}}
{{- with .image.registry }}{{- $repository = printf "%s/%s" (trimSuffix "/" .) $repository }}{{- end -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (.image.tag | default .root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{- define "ostiary.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "ostiary.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "ostiary.testAccountName" -}}
{{- printf "%s-test" (include "ostiary.fullname" .) -}}
{{- end -}}

{{/* Where clients in the cluster reach the PDPs. */}}
{{- define "ostiary.address" -}}
{{- default (printf "%s.%s.svc:%d" (include "ostiary.fullname" .) .Release.Namespace (int .Values.service.port)) .Values.attach.pdpAddress -}}
{{- end -}}

{{- define "ostiary.dnsNames" -}}
{{- $name := include "ostiary.fullname" . -}}
{{- $names := list -}}
{{- range $service := list $name (printf "%s-headless" $name) -}}
{{- $names = concat $names (list $service (printf "%s.%s" $service $.Release.Namespace) (printf "%s.%s.svc" $service $.Release.Namespace) (printf "%s.%s.svc.%s" $service $.Release.Namespace $.Values.clusterDomain)) -}}
{{- end -}}
{{- toJson (concat $names (.Values.tls.extraDnsNames | default list)) -}}
{{- end -}}

{{/* "yes" where somebody is identified, so that bindings hold. */}}
{{- define "ostiary.identified" -}}
{{- if or .Values.identity.tokens.enabled .Values.identity.clientCA.secret .Values.identity.clientCA.configMap -}}yes{{- end -}}
{{- end -}}

{{- define "ostiary.tlsSecretName" -}}
{{- if eq .Values.tls.mode "existingSecret" -}}
{{- .Values.tls.existingSecret.name -}}
{{- else -}}
{{- printf "%s-tls" (include "ostiary.fullname" .) -}}
{{- end -}}
{{- end -}}

{{/* What the restricted level asks of a container, and a read-only root. */}}
{{- define "ostiary.containerSecurityContext" -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "ostiary.podSecurityContext" -}}
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}
