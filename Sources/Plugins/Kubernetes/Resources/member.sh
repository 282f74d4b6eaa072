#!/bin/sh
# Whether a node is a ready member of the cluster, asked on the director.
#
#   member.sh check MEMBER_COMMAND NODE...
set -eu
[ "$1" = check ] || { echo "unknown verb $1" >&2; exit 2; }
member_command=$2
shift 2
for node in "$@"; do
    status=0
    sh -c "$member_command" member "$node" >/dev/null || status=$?
    case $status in
    0) ;;
    1 | 2) echo "$node is no ready member yet"; exit 3 ;;
    *) echo "the member command does not know what $node is: exit status $status" >&2; exit 9 ;;
    esac
done
