#!/bin/sh
# Long work on this host that is started once and outlives the connection and the controller.
#
#   durable-run start ID OFFSET PATIENCE LIMIT GRACE IDLE SIZE SUPERVISOR [ARGUMENT ...] < SCRIPT
#       Starts SCRIPT (SIZE bytes) with the arguments, or joins it when a run of this ID exists. Then sends its output from
#       byte OFFSET on as it grows, until it ends. LIMIT and GRACE: seconds until TERM, and from TERM to KILL. IDLE: seconds without
#       output after which it is ended, 0 for never. PATIENCE: seconds that a claimed run may take to begin. SUPERVISOR: the text of durable-run-supervisor.sh.
#   durable-run cancel ID GRACE
#   durable-run state ID
#
# The last line on standard error is the state, whatever happened to the run (the exit status is 0 then):
#
#   planner-run: absent                     there is no such run
#   planner-run: running                    (only from `state`)
#   planner-run: exited STATUS
#   planner-run: timed-out [killed]         LIMIT has passed; killed: it ignored TERM
#   planner-run: idle [killed]              it said nothing for IDLE seconds
#   planner-run: cancelled [killed]
#   planner-run: interrupted rebooted       the host went down under it
#   planner-run: interrupted died           it was killed together with its supervisor
#   planner-run: interrupted never-started  it was claimed, and nothing of the script was ever carried out
#
# The run directory, /var/lib/planner/runs/ID for root and ~/.planner/runs/ID for others (or under $PLANNER_RUNS):
#
#   script, supervise, arguments   what is carried out (arguments quoted, one on a line)
#   boot                           the boot id under which it was started
#   supervisor, payload            pid and start time of the two processes, each the leader of its own session
#   output                         standard output and standard error, growing
#   decided/                       made by whoever decides whether it begins: the supervisor, or one who gave up waiting
#   limit-passed, idle-passed, cancel-asked     why it is being ended
#   was-killed                     it did not end by TERM
#   status                         how it ended; there is none until it has
set -u

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Sets `state`.
judge() {
    if [ ! -d "$run" ]; then
        state=absent
    elif [ -f "$run/status" ]; then
        read -r state <"$run/status"
    elif [ -f "$run/boot" ] && read -r begun <"$run/boot" && [ "$begun" != "$boot" ]; then
        state="interrupted rebooted"
    # In this order: a supervisor that begins writes down who it is, and decides then.
    elif [ -d "$run/decided" ] && [ ! -f "$run/supervisor" ]; then
        state="interrupted never-started"
    elif [ ! -f "$run/supervisor" ]; then
        state=claimed
    elif is_alive "$run/supervisor" || is_alive "$run/payload"; then
        state=running
    elif [ -f "$run/status" ]; then
        # It ended between the first look and this one.
        read -r state <"$run/status"
    else
        state="interrupted died"
    fi
}

# Whether the process whose pid and start time stand in the file $1 still runs. A pid alone may belong to another by now.
is_alive() {
    [ -f "$1" ] || return 1
    read -r process started <"$1" || return 1
    { read -r facts <"/proc/$process/stat"; } 2>/dev/null || return 1
    # The name, in parentheses, may hold blanks; behind it stand the state and, as the 20th, the start time (man 5 proc).
    # shellcheck disable=SC2086
    set -- ${facts##*) }
    case $1 in
        Z | X) return 1 ;;
    esac
    [ "${20}" = "$started" ]
}

# Prints $1 in single quotes, fit for a shell.
quote() {
    printf '%s\n' "$1" | sed "s/'/'\\\\''/g; 1s/^/'/; \$s/\$/'/"
}

# Reads the script from standard input and lets a supervisor, in a session of its own, try to claim the run.
launch() {
    limit=$1 grace=$2 idle=$3 size=$4 supervisor=$5
    shift 5
    command -v setsid >/dev/null || fail "setsid is missing on this host (package util-linux)"
    mask=$(umask)
    umask 077
    mkdir -p "$base" || fail "the directory of runs cannot be made"
    incoming=$base/.incoming-$identifier-$$
    rm -rf "$incoming"
    mkdir "$incoming" || fail "the run directory cannot be made"
    {
        cat >"$incoming/script" &&
            printf '%s' "$supervisor" >"$incoming/supervise" &&
            for argument; do quote "$argument"; done >"$incoming/arguments"
    } || {
        rm -rf "$incoming"
        fail "the script of the run cannot be stored"
    }
    # A connection that broke while sending must not start half a script.
    if [ "$(wc -c <"$incoming/script")" -ne "$size" ]; then
        rm -rf "$incoming"
        fail "the script of the run did not arrive completely"
    fi
    umask "$mask"
    setsid sh "$incoming/supervise" supervise "$run" "$incoming" "$boot" "$limit" "$grace" "$idle" "$@" \
        </dev/null >/dev/null 2>&1 &
}

# Sends the output from byte $1 on until the run has ended. Gives up on a run that does not begin within $2 seconds.
follow() {
    offset=$1 patience=$(($2 * 100)) is_open=no waited=0 polls=0 silence=0
    while :; do
        judge
        if [ "$is_open" = no ] && [ -f "$run/output" ]; then
            exec 3<"$run/output"
            # Moves the place from which the next process reads; no data is copied.
            if [ "$offset" -gt 0 ]; then dd bs=1 skip="$offset" count=0 <&3 2>/dev/null; fi
            is_open=yes
        fi
        # Every cat goes on where the last one stopped: they share the place in the open file.
        if [ "$is_open" = yes ]; then cat <&3 || exit 1; fi
        case $state in
            running) ;;
            absent | claimed)
                if [ "$waited" -ge "$patience" ]; then
                    mkdir "$run" 2>/dev/null
                    mkdir "$run/decided" 2>/dev/null
                fi
                ;;
            *) break ;;
        esac
        pause
        # A line now and then finds out that nobody listens any more, so that a broken connection leaves no follower behind.
        if [ "$silence" -ge 1500 ]; then
            echo >&2 || exit 1
            silence=0
        fi
    done
}

# Sleeps for a moment, longer when it has been called often: a short run is not made long by the wait for it. Counts hundredths of a
# second.
pause() {
    polls=$((polls + 1))
    case $polls in
        ?) moment=5 fraction=0.05 ;;
        [1-3]?) moment=20 fraction=0.2 ;;
        *) moment=100 fraction= ;;
    esac
    # Some hosts know only whole seconds.
    if [ -z "$fraction" ] || ! sleep "$fraction" 2>/dev/null; then
        moment=100
        sleep 1
    fi
    waited=$((waited + moment)) silence=$((silence + moment))
}

# Ends the run: TERM, then KILL after $1 seconds.
cancel() {
    grace=$1
    judge
    case $state in
        absent) return ;;
        claimed | running) ;;
        *) return ;;
    esac
    : >"$run/cancel-asked"
    if mkdir "$run/decided" 2>/dev/null; then
        # It had not begun, and now it never will.
        echo cancelled >"$run/status.$$" && mv "$run/status.$$" "$run/status"
    else
        sh "$run/supervise" end "$run" "$grace"
        polls=0 waited=0 silence=0
        while judge && [ "$state" = running ] && [ "$waited" -lt 1000 ]; do pause; done
        # Its supervisor is gone and it was ended all the same: nobody else can write that down.
        if [ "$state" = "interrupted died" ]; then
            echo cancelled >"$run/status.$$" && mv "$run/status.$$" "$run/status"
        fi
    fi
    judge
}

verb=$1 identifier=$2
shift 2
if [ -n "${PLANNER_RUNS:-}" ]; then
    base=$PLANNER_RUNS
elif [ "$(id -u)" -eq 0 ]; then
    base=/var/lib/planner/runs
else
    base=$HOME/.planner/runs
fi
run=$base/$identifier
{ read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null || boot=unknown

case $verb in
    start)
        offset=$1 patience=$2
        shift 2
        if [ -d "$run" ]; then cat >/dev/null; else launch "$@"; fi
        follow "$offset" "$patience"
        ;;
    cancel) cancel "$1" ;;
    state) judge ;;
    *) fail "unknown verb '$verb'" ;;
esac
printf 'planner-run: %s\n' "$state" >&2
