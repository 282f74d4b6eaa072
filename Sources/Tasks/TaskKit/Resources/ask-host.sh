#!/bin/sh
# Asks this host several questions at once, over one command. `sh -s` reads this text; behind it stand lines of the controller:
#
#   ask NUMBER SCRIPT NAME [ARGUMENT ...]
#
# and a last one with `wait`. Each question is a shell of its own without standard input, and they go on side by side. What one says, on
# either output, comes back line by line as NUMBER, a tab, and the line; the last of these is its exit status, and `NUMBER.` follows it.
set -u

ask() {
    number=$1
    shift
    {
        sh -c "$@" </dev/null 2>&1
        # On a line of its own, whether or not the one before was ended.
        printf '\n%s\n' "$?"
    } | {
        while IFS= read -r line; do printf '%s\t%s\n' "$number" "$line"; done
        printf '%s.\n' "$number"
    } &
}
