#!/bin/sh
# What the API of Kubernetes says of a plan that takes nodes out, asked on the director: cluster-survey.sh KUBECTL DAYS [drains]
#
# KUBECTL is run by sh with the arguments of kubectl. `drains`: pods will be evicted. Reads, and changes nothing. An answer is a line of
# words with tabs between them:
#
#   api silent REASON
#   login expired|expires DATE           of the certificate with which it is asked; expires: within DAYS
#   budget NODE NAMESPACE/POD BUDGET     a pod on the node that may not be evicted now
#   budgets unknown REASON
# shellcheck disable=SC2016 # what stands in single quotes with a dollar is a template of kubectl
set -u
kubectl_text=$1 days=$2 drains=${3:-}
tab=$(printf '\t')

# The text of the model, with the arguments of kubectl as its own.
kubectl() { sh -c "$kubectl_text" kubectl --request-timeout=15s "$@" </dev/null; }

# One answer.
say() (
    IFS=$tab
    printf '%s\n' "$*"
)

last_line() { printf '%s\n' "$1" | sed '/^[[:blank:]]*$/d' | tail -n 1; }

# The certificate of the login stands in its configuration, or in a file that this names. A login without one does not end like that.
login() {
    command -v openssl >/dev/null 2>&1 || return 0
    text=$(kubectl config view --raw --minify -o 'jsonpath={.users[0].user.client-certificate-data}' 2>/dev/null | base64 -d 2>/dev/null)
    if [ -z "$text" ]; then
        file=$(kubectl config view --raw --minify -o 'jsonpath={.users[0].user.client-certificate}' 2>/dev/null)
        [ -r "$file" ] || return 0
        text=$(cat "$file")
    fi
    end=$(printf '%s\n' "$text" | openssl x509 -noout -enddate 2>/dev/null) || return 0
    if ! printf '%s\n' "$text" | openssl x509 -noout -checkend 0 >/dev/null; then
        say login expired "${end#*=}"
    elif ! printf '%s\n' "$text" | openssl x509 -noout -checkend $((days * 86400)) >/dev/null; then
        say login expires "${end#*=}"
    fi
}

# One line for each budget that allows nothing: namespace, name, and its selector as `kubectl get -l` takes it.
budgets='{{range .items}}{{.status.disruptionsAllowed}} {{.metadata.namespace}} {{.metadata.name}} {{with .spec.selector}}'
budgets=$budgets'{{range $k, $v := .matchLabels}}{{$k}}={{$v}},{{end}}'
budgets=$budgets'{{range .matchExpressions}}'
budgets=$budgets'{{if eq .operator "In"}}{{.key}} in ({{range $i, $v := .values}}{{if $i}},{{end}}{{$v}}{{end}}),{{end}}'
budgets=$budgets'{{if eq .operator "NotIn"}}{{.key}} notin ({{range $i, $v := .values}}{{if $i}},{{end}}{{$v}}{{end}}),{{end}}'
budgets=$budgets'{{if eq .operator "Exists"}}{{.key}},{{end}}{{if eq .operator "DoesNotExist"}}!{{.key}},{{end}}'
budgets=$budgets'{{end}}{{end}}{{"\n"}}{{end}}'

# Where a pod is, what it is at, and who looks after it: what a daemon set owns is not evicted, what is over is no loss.
pods='{{range .items}}{{.metadata.name}} {{or .spec.nodeName "-"}} {{.status.phase}}'
pods=$pods'{{range .metadata.ownerReferences}} {{.kind}}{{end}}{{"\n"}}{{end}}'

# Prints `NODE NAMESPACE/POD BUDGET` for each pod that a budget holds.
held_pods() {
    printf '%s\n' "$1" | while read -r allowed namespace name selector; do
        [ "$allowed" = 0 ] || continue
        list=$(kubectl get pods -n "$namespace" -l "${selector%,}" -o "go-template=$pods" 2>&1) || {
            say budgets unknown "$(last_line "$list")"
            continue
        }
        printf '%s\n' "$list" | while read -r pod node phase owner; do
            case $phase in
                Running | Pending) ;;
                *) continue ;;
            esac
            # It has no place yet.
            if [ "$node" = - ]; then continue; fi
            case " $owner " in
                *" DaemonSet "* | *" Node "*) continue ;;
            esac
            say budget "$node" "$namespace/$pod" "$name"
        done
    done
}

login
said=$(kubectl get --raw /readyz 2>&1) || {
    said=$(last_line "$said")
    say api silent "${said:-no reason is given}"
    exit 0
}
[ "$drains" = drains ] || exit 0
list=$(kubectl get poddisruptionbudgets --all-namespaces -o "go-template=$budgets" 2>&1) || {
    say budgets unknown "$(last_line "$list")"
    exit 0
}
held_pods "$list" | sort -u
