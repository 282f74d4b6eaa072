# Ends every process of one session: TERM, a grace, then KILL.
# Arguments: the session's leader, seconds of grace. Exit: 0 all gone, 1 some are left (their ids on stdout).
# Members are found in /proc by session, not by process group: `timeout` and job control make groups of their own.
leader=$1
grace=$2

members() {
    found=
    for stat in /proc/[0-9]*/stat; do
        { read -r line <"$stat"; } 2>/dev/null || continue
        process=${line%% *}
        fields=${line##*) }
        # shellcheck disable=SC2086 # the fields are split on purpose: state ppid pgrp session
        set -- $fields
        case $1 in Z | X) continue ;; esac
        if [ "$4" = "$leader" ]; then found="$found $process"; fi
    done
}

signal() {
    for process in $found; do kill -s "$1" "$process" 2>/dev/null; done
}

wait_until_gone() {
    rounds=$1
    while [ "$rounds" -gt 0 ]; do
        members
        [ -n "$found" ] || exit 0
        sleep 0.1 2>/dev/null || sleep 1
        rounds=$((rounds - 1))
    done
}

if [ ! -r /proc/self/stat ]; then
    kill -s TERM -- "-$leader" 2>/dev/null || exit 0
    sleep "$grace"
    kill -s KILL -- "-$leader" 2>/dev/null
    exit 0
fi
members
signal TERM
# A stopped process sees TERM only when it goes on.
signal CONT
wait_until_gone $((grace * 10))
members
signal KILL
wait_until_gone 20
members
[ -n "$found" ] || exit 0
echo "$found"
exit 1
