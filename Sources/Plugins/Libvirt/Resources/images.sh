#!/bin/sh
# Removes images that no virtual machine of this host is made from any more.
#
#   images.sh check|apply DIRECTORY KEEP...
#
# Only files in Planner's own DIRECTORY are looked at; KEEP are the names that stay.
set -eu
verb=$1 directory=$2
shift 2

unused() {
    [ -d "$directory" ] || return 0
    for file in "$directory"/*; do
        [ -f "$file" ] || continue
        name=${file##*/}
        used=no
        for keep in "$@"; do [ "$name" != "$keep" ] || used=yes; done
        [ "$used" = yes ] || printf '%s\n' "$file"
    done
}

case $verb in
check)
    list=$(unused "$@")
    [ -z "$list" ] || { echo "no longer used: $list"; exit 3; }
    ;;
apply)
    unused "$@" | while IFS= read -r file; do
        rm -f -- "$file"
        echo "removed $file"
    done
    ;;
*)
    echo "unknown verb $verb" >&2
    exit 2
    ;;
esac
