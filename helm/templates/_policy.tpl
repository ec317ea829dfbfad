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

{{/* "yes" where helm test can ask: nobody is identified, or a token does it. A test has no client certificate. */}}
{{- define "ostiary.tested" -}}
{{- if and .Values.tests.enabled (or .Values.identity.tokens.enabled (not (include "ostiary.identified" .))) -}}
{{- if or (ne .Values.tls.mode "existingSecret") .Values.tls.ca -}}yes{{- end -}}
{{- end -}}
{{- end -}}

{{/* "yes" where helm test asks for this access: (dict "root" $ "effect" "allow" "access" .Values.tests.allow). What the
default asks to be allowed is known to be so by the default rules alone. */}}
{{- define "ostiary.asked" -}}
{{- if .access -}}
{{- if or (eq .effect "deny") (ne .access.agent "ostiary-test") -}}yes
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
{{- $bindings = concat $bindings (.extra | default list) -}}
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
{{- if not $bindings -}}
{{- fail "identity.bindings bind nobody, so that every caller would be refused: add to extra or admins, or turn identity.tokens and identity.clientCA off" -}}
{{- end -}}
{{- toPrettyJson (dict "bindings" $bindings) -}}
{{- end -}}
