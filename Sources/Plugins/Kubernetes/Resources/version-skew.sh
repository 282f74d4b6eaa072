#!/bin/sh
# Whether nodes may be brought to a version of Kubernetes: the same minor version or the next one, never an earlier one, which etcd's data
# would not survive (R92).
#
#   version-skew.sh check VERSION VERSION_COMMAND NODE...
#
# VERSION_COMMAND is run by sh with a node's name as $1 and prints its version.
set -eu
[ "$1" = check ] || { echo "unknown verb $1" >&2; exit 2; }
wanted=$2 version_command=$3
shift 3

is_number() { case $1 in '' | *[!0-9]*) return 1 ;; esac; }
major() { v=${1#v}; echo "${v%%.*}"; }
minor() { v=${1#v}; v=${v#*.}; echo "${v%%.*}"; }

bad=no
for node in "$@"; do
    actual=$(sh -c "$version_command" version "$node") || { echo "the version of $node cannot be asked" >&2; exit 9; }
    if ! is_number "$(major "$actual")" || ! is_number "$(minor "$actual")"; then
        echo "'$actual' is no version, which $node is said to have" >&2
        exit 9
    fi
    distance=$(($(minor "$wanted") - $(minor "$actual")))
    if [ "$(major "$wanted")" -ne "$(major "$actual")" ] || [ "$distance" -gt 1 ]; then
        echo "$node has $actual: $wanted is more than one minor version away; go through those between" >&2
        bad=yes
    elif [ "$distance" -lt 0 ]; then
        echo "$node has $actual: going back to $wanted is refused, etcd's data cannot be read by an earlier version" >&2
        bad=yes
    fi
done
[ "$bad" = no ] || exit 1
