{{/* The name of all objects: the release's. */}}
{{- define "task-runner.name" -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "task-runner.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* The labels of a pod: none that a new version of the chart alone would change. */}}
{{- define "task-runner.podLabels" -}}
{{ include "task-runner.selector" . }}
app.kubernetes.io/component: {{ ternary "web" "worker" (not (empty .Values.service.port)) }}
app.kubernetes.io/part-of: stellaops
{{- end -}}

{{- define "task-runner.labels" -}}
{{ include "task-runner.podLabels" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "task-runner.image" -}}
{{- $repository := required "image.repository is not set: it names the image of worker or web" .Values.image.repository -}}
{{- if .Values.image.digest -}}
{{ $repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ $repository }}:{{ required "neither image.digest nor image.tag is set: one of them is needed" .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- define "task-runner.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "task-runner.name" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{- define "task-runner.strategy" -}}
{{- .Values.strategy.type | default (ternary "RollingUpdate" "Recreate" (not (empty .Values.service.port))) -}}
{{- end -}}

{{/* A hash of what the settings say. What comes from a Secret plays no part in it. */}}
{{- define "task-runner.settingsHash" -}}
{{- $settings := list -}}
{{- range .Values.env -}}
{{- if not (hasKey . "valueFrom") -}}
{{- $settings = append $settings . -}}
{{- end -}}
{{- end -}}
{{- $settings | toJson | sha256sum -}}
{{- end -}}

{{/* A probe of the values, else, for a service with a port, whether that is open. */}}
{{- define "task-runner.probe" -}}
{{- if .probe -}}
{{- toYaml .probe -}}
{{- else if .port -}}
tcpSocket:
  port: http
{{- end -}}
{{- end -}}
