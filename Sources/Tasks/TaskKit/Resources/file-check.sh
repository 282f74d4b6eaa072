#!/bin/sh
# Whether a file is what it should be: file-check PATH SHA256 [MODE [OWNER]]
#
# SHA256 may be `-`: then it is the first line of standard input, for a content that must not be guessed at from a list of processes.
# MODE is octal without leading zeros; OWNER is `user` or `user:group`, by name or by number; empty: not looked at.
# Exit 0: it is. Exit 3: it is not, and standard output says what differs. Works with GNU coreutils and with busybox.
set -u
path=$1 digest=$2 mode=${3:-} owner=${4:-}
if [ "$digest" = - ]; then IFS= read -r digest || exit 1; fi
case $path in
    /*) ;;
    *) path=./$path ;;
esac

if [ ! -e "$path" ] && [ ! -L "$path" ]; then
    printf '%s does not exist\n' "$path"
    exit 3
fi
if [ -L "$path" ] || [ ! -f "$path" ]; then
    printf '%s is not a regular file\n' "$path"
    exit 3
fi

difference=
differs() {
    difference=${difference:+$difference; }$1
}

facts=$(stat -c '%a %U:%G %u:%g' "$path") || exit 1
# shellcheck disable=SC2086
set -- $facts
if [ -n "$mode" ] && [ "$1" != "$mode" ]; then differs "mode is $1, not $mode"; fi
if [ -n "$owner" ]; then
    case $owner in
        "$2" | "$3" | "${2%%:*}" | "${3%%:*}") ;;
        *) differs "owner is $2, not $owner" ;;
    esac
fi
# Last, because it may take long.
if [ -z "$difference" ]; then
    actual=$(sha256sum <"$path") || exit 1
    if [ "${actual%% *}" != "$digest" ]; then differs "content differs"; fi
fi
if [ -n "$difference" ]; then
    printf '%s: %s\n' "$path" "$difference"
    exit 3
fi
