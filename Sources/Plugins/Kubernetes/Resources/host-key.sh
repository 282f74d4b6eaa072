#!/bin/sh
# Learns the SSH host keys of guests that Planner has just built, on the director, so that host keys stay checked (R87).
#
#   host-key.sh check|apply FILE [--present] ADDRESS...
#
# It runs only right after a guest was built and answered to its own host, or after the director itself was built: at no other time is a
# changed key believed. With --present, guests that do not answer are passed over.
set -eu
verb=$1 file=$2
shift 2
optional=no
if [ "${1:-}" = --present ]; then
    optional=yes
    shift
fi

scan() { ssh-keyscan -T 10 -t ed25519,ecdsa "$1" 2>/dev/null | grep -v '^#' || true; }

case $verb in
check)
    for address in "$@"; do
        keys=$(scan "$address")
        [ -n "$keys" ] || [ "$optional" = no ] || continue
        [ -n "$keys" ] || { echo "$address does not answer"; exit 3; }
        [ -f "$file" ] || { echo "there is no $file yet"; exit 3; }
        printf '%s\n' "$keys" | while IFS= read -r key; do grep -qxF -- "$key" "$file" || exit 3; done || {
            echo "the key of $address is new"
            exit 3
        }
    done
    ;;
apply)
    umask 077
    mkdir -p "${file%/*}"
    touch "$file"
    for address in "$@"; do
        keys=$(scan "$address")
        [ -n "$keys" ] || [ "$optional" = no ] || continue
        [ -n "$keys" ] || { echo "$address does not answer on port 22" >&2; exit 1; }
        ssh-keygen -q -R "$address" -f "$file" >/dev/null 2>&1 || true
        printf '%s\n' "$keys" >>"$file"
    done
    ;;
*)
    echo "unknown verb $verb" >&2
    exit 2
    ;;
esac
