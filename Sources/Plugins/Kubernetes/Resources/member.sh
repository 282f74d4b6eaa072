#!/bin/sh
# Whether nodes are ready members of the cluster, of a version if one is wanted; asked on the director.
#
#   member.sh check MEMBER_COMMAND VERSION VERSION_COMMAND NODE...
#
# MEMBER_COMMAND and VERSION_COMMAND are run by sh with a node's name as $1. VERSION is empty where any will do.
set -eu
[ "$1" = check ] || { echo "unknown verb $1" >&2; exit 2; }
member_command=$2 wanted=$3 version_command=$4
shift 4
for node in "$@"; do
    status=0
    sh -c "$member_command" member "$node" >/dev/null || status=$?
    case $status in
    0) ;;
    1 | 2) echo "$node is no ready member yet"; exit 3 ;;
    *) echo "the member command does not know what $node is: exit status $status" >&2; exit 9 ;;
    esac
    [ -n "$wanted" ] || continue
    actual=$(sh -c "$version_command" version "$node") || { echo "the version of $node cannot be asked" >&2; exit 9; }
    [ "${actual#v}" = "${wanted#v}" ] || { echo "$node has version $actual, not $wanted"; exit 3; }
done
