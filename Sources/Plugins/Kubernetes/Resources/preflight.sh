#!/bin/sh
# Whether the director has what a rolling change needs, before the first node is touched (R49).
#
#   preflight.sh check DIRECTORY PLAYBOOK...
#
# Everything that is missing is named. Waiting does not help, so it is a failure.
set -eu
[ "$1" = check ] || { echo "unknown verb $1" >&2; exit 2; }
directory=$2
shift 2
missing=
command -v ansible-playbook >/dev/null || missing="ansible-playbook"
for playbook in "$@"; do
    [ -f "$directory/$playbook" ] || missing="${missing:+$missing, }$directory/$playbook"
done
[ -z "$missing" ] || { echo "missing on the director: $missing" >&2; exit 1; }
