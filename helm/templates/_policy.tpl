{{/* The files that the PDP reads. */}}

{{/* (dict "value" …): an object as JSON, a text as it is. */}}
{{- define "ostiary.file" -}}
{{- if kindIs "string" .value -}}{{- .value -}}{{- else -}}{{- toPrettyJson .value -}}{{- end -}}
{{- end -}}

{{/* "yes" where the chart makes the ConfigMap with the rules. */}}
{{- define "ostiary.ownPolicy" -}}
{{- if not (or .Values.policy.existingConfigMap .Values.policy.volume) -}}yes{{- end -}}
{{- end -}}

{{/* The catalog's file name, or nothing. */}}
{{- define "ostiary.mcpConfigKey" -}}
{{- if include "ostiary.ownPolicy" . -}}
{{- if .Values.mcpConfig -}}mcp.json{{- end -}}
{{- else -}}
{{- .Values.policy.mcpConfigKey -}}
{{- end -}}
{{- end -}}

{{- define "ostiary.rulesKey" -}}
{{- if include "ostiary.ownPolicy" . -}}rules.json{{- else -}}{{- .Values.policy.rulesKey -}}{{- end -}}
{{- end -}}

{{- define "ostiary.bindingsConfigMap" -}}
{{- default (printf "%s-bindings" (include "ostiary.fullname" .)) .Values.identity.bindings.existingConfigMap -}}
{{- end -}}

{{/* The access of a helm test: its agent where the test asks, as a list. (dict "root" $ "access" .Values.tests.allow) */}}
{{- define "ostiary.askTest" -}}
{{- if and .root.Values.tests.enabled .access -}}
{{- if or (ne .access.agent "ostiary-test") (eq .name "deny") -}}yes
{{- else if and (include "ostiary.ownPolicy" .root) (kindIs "map" .root.Values.rules) -}}yes
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "ostiary.bindings" -}}
{{- $bindings := list -}}
{{- with .Values.identity.bindings -}}
{{- if and .serviceAccounts $.Values.identity.tokens.enabled -}}
{{- $bindings = append $bindings (dict "identity" "system:serviceaccount:{namespace}:{name}" "agents" (list "{namespace}.{name}")) -}}
{{- end -}}
{{- if .spiffeTrustDomain -}}
{{- $bindings = append $bindings (dict "identity" (printf "spiffe://%s/ns/{namespace}/sa/{name}" .spiffeTrustDomain) "agents" (list "{namespace}.{name}")) -}}
{{- end -}}
{{- range .admins -}}
{{- $bindings = append $bindings (dict "identity" . "roles" (list "admin")) -}}
{{- end -}}
{{- if .localAdmin -}}
{{- $bindings = append $bindings (dict "identity" "local:unix" "roles" (list "admin")) -}}
{{- end -}}
{{- $bindings = concat $bindings .extra -}}
{{- end -}}
{{- if and .Values.tests.enabled .Values.identity.tokens.enabled -}}
{{- $agents := list -}}
{{- with .Values.tests.allow }}{{- $agents = append $agents .agent }}{{- end -}}
{{- with .Values.tests.deny }}{{- $agents = append $agents .agent }}{{- end -}}
{{- $test := dict "identity" (printf "system:serviceaccount:%s:%s" .Release.Namespace (include "ostiary.testAccountName" .)) -}}
{{- with uniq $agents }}{{- $_ := set $test "agents" . }}{{- end -}}
{{- if .Values.tests.admin }}{{- $_ := set $test "roles" (list "admin") }}{{- end -}}
{{- if or $test.agents $test.roles }}{{- $bindings = append $bindings $test }}{{- end -}}
{{- end -}}
{{- toPrettyJson (dict "bindings" $bindings) -}}
{{- end -}}
