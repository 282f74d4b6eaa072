#!/bin/sh
# Takes away what Planner has put on the director for a cluster that is no longer declared.
#
#   inventory.sh check|apply DIRECTORY
set -eu
verb=$1 directory=$2
for file in "$directory/hosts" "$directory/group_vars/all" "$directory/known_hosts"; do
    [ -e "$file" ] || continue
    case $verb in
    check) echo "$file is still there"; exit 3 ;;
    apply) rm -f -- "$file" ;;
    *) echo "unknown verb $verb" >&2; exit 2 ;;
    esac
done
