#!/bin/sh
# Removes images that no virtual machine of this host is made from any more.
#
#   images.sh check|apply DIRECTORY KEEP...
#
# Only files in Planner's own DIRECTORY are looked at; KEEP are the names that stay, and so do the images of disks that were kept when their
# machines were replaced: without its image such a disk is worth nothing.
set -eu
verb=$1 directory=$2
shift 2
instances=${directory%/images/*}/instances

is_of_previous_disk() {
    for note in "$instances"/*/previous/image; do
        [ ! -f "$note" ] || [ "$(cat "$note")" != "$1" ] || return 0
    done
    return 1
}

unused() {
    [ -d "$directory" ] || return 0
    for file in "$directory"/*; do
        [ -f "$file" ] || continue
        name=${file##*/}
        used=no
        for keep in "$@"; do [ "$name" != "$keep" ] || used=yes; done
        [ "$used" = yes ] || is_of_previous_disk "$name" || printf '%s\n' "$file"
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
