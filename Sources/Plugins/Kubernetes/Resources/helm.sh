#!/bin/sh
# One Helm release, on the director.
#
#   helm.sh check|apply present NAME NAMESPACE SECONDS MARK CHART VERSION [VALUES_FILE]
#   helm.sh check|apply absent NAME NAMESPACE SECONDS
#
# present: the release is deployed, and its last revision carries MARK as its description: the digest of chart, version and values. A
# revision by another hand carries another, and is replaced.
set -eu
verb=$1 wanted=$2 name=$3 namespace=$4 seconds=$5
shift 5

command -v helm >/dev/null || { echo "helm is not installed on the director" >&2; exit 1; }

# Sets revision to what Helm says of the last revision, as YAML; to nothing when there is no such release.
look() {
    if revision=$(helm history "$name" --namespace "$namespace" --max 1 --output yaml 2>&1); then return; fi
    case $revision in
    *"release: not found"*) revision= ;;
    *) printf '%s\n' "$revision" >&2; exit 1 ;;
    esac
}
field() { printf '%s\n' "$revision" | sed -n "s/^[- ] *$1: *//p" | head -n 1; }

look
status=$(field status)
case $verb-$wanted in
check-present)
    [ "$status" = deployed ] || { echo "$name is ${status:-not there}"; exit 3; }
    [ "$(field description)" = "$1" ] || { echo "$name is $(field chart) with other values or by another hand"; exit 3; }
    ;;
apply-present)
    case $status in
    pending-*)
        echo "$name is $status: another helm is at work, or was interrupted; 'helm rollback $name --namespace $namespace' ends that" >&2
        exit 1
        ;;
    esac
    mark=$1 chart=$2 version=$3
    shift 3
    [ $# -eq 0 ] || set -- --values "$1"
    # What does not get ready in time is taken back: a release is never left half-way.
    exec helm upgrade --install "$name" "$chart" --version "$version" --namespace "$namespace" --create-namespace \
        --atomic --timeout "${seconds}s" --description "$mark" "$@"
    ;;
check-absent)
    [ -z "$revision" ] || { echo "$name is $status"; exit 3; }
    ;;
apply-absent)
    [ -z "$revision" ] || exec helm uninstall "$name" --namespace "$namespace" --wait --timeout "${seconds}s"
    ;;
*)
    echo "unknown verb $verb $wanted" >&2
    exit 2
    ;;
esac
