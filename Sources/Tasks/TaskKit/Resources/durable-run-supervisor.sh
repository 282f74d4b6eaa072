#!/bin/sh
# Stands over one durable run (durable-run.sh) in a session of its own: claims it, starts the script once, writes down how it
# ended. A copy of this file lies in every run directory, as `supervise`.
#
#   supervise supervise RUN INCOMING BOOT LIMIT GRACE IDLE [ARGUMENT ...]
#   supervise payload RUN [ARGUMENT ...]        the script itself, in another session
#   supervise watch RUN PID LIMIT GRACE IDLE    ends the script when its time is over, or when it says nothing for IDLE seconds (0: never)
#   supervise end RUN GRACE                     ends the script now
#   supervise prune RUN                         removes what is old beside RUN
set -u

# Sets `started` to the start time of process $1, which tells it from a later one of the same number, and `condition` to its state; fails
# when there is none.
look_at() {
    { read -r facts <"/proc/$1/stat"; } 2>/dev/null || return 1
    # shellcheck disable=SC2086
    set -- ${facts##*) }
    condition=$1 started=${20}
}

# Writes pid and start time of this process to the file $1, in one step.
remember() {
    look_at "$$"
    printf '%s %s\n' "$$" "$started" >"$1.new" && mv "$1.new" "$1"
}

# Makes what was written survive a power cut. Old systems know `sync` without names only.
settle() {
    sync "$run" "$run/.." "$run/../.." "$@" 2>/dev/null || sync
}

# TERM to the whole group of the process $1 that started at $2, KILL after $3 seconds to what is left of it.
end_group() {
    process=$1
    # When the process is gone, the number still belongs to what is left of its group, if anything is.
    if look_at "$process" && [ "$started" != "$2" ]; then return; fi
    kill -TERM "-$process" 2>/dev/null
    left=$(($3 * 5))
    while kill -0 "-$process" 2>/dev/null && [ "$left" -gt 0 ]; do
        if sleep 0.2 2>/dev/null; then
            left=$((left - 1))
        else
            sleep 1
            left=$((left - 5))
        fi
    done
    if kill -0 "-$process" 2>/dev/null; then
        : >"$run/was-killed"
        kill -KILL "-$process" 2>/dev/null
    fi
}

# Sleeps until $1 seconds have passed, or until the output has not grown for $2 seconds: then it fails.
watch_output() {
    left=$1 idle=$2 silence=0 before=
    while [ "$left" -gt 0 ]; do
        # A tenth of what is allowed, so that it is at most that much late.
        moment=$(((idle + 9) / 10))
        if [ "$moment" -gt "$left" ]; then moment=$left; fi
        sleep "$moment"
        left=$((left - moment)) silence=$((silence + moment))
        size=$(stat -c %s "$run/output" 2>/dev/null) || size=$(wc -c <"$run/output")
        if [ "$size" != "$before" ]; then before=$size silence=0; fi
        if [ "$silence" -ge "$idle" ]; then return 1; fi
    done
}

# Whether the process whose pid and start time stand in the file $1 still runs.
is_alive() {
    [ -f "$1" ] && read -r process began <"$1" && look_at "$process" || return 1
    case $condition in
        Z | X) return 1 ;;
    esac
    [ "$started" = "$began" ]
}

# Removes runs that ended more than 14 days ago, runs without an end that nobody has looked after for 90 days, and what an interrupted start
# or removal left. Looks once a day. Runs of the plan of RUN stay whatever their time says: it may come from a clock that was wrong then, and
# whoever resumes the plan asks for them.
prune() {
    base=${run%/*}
    plan=${run##*/}
    plan=${plan%-*-*}
    if [ -n "$(find "$base/.pruned" -mtime -1 2>/dev/null)" ]; then return; fi
    : >"$base/.pruned"
    find "$base" -mindepth 1 -maxdepth 1 -type d -mtime +14 | while IFS= read -r old; do
        case ${old##*/} in
            .incoming-* | .old-*) ;;
            "$plan"-*) continue ;;
            *)
                if [ ! -f "$old/status" ]; then
                    if [ -z "$(find "$old" -maxdepth 0 -mtime +90)" ]; then continue; fi
                    if is_alive "$old/supervisor" || is_alive "$old/payload"; then continue; fi
                fi
                # Out of sight in one step: half a run directory would tell a lie.
                mv "$old" "$base/.old-${old##*/}" || continue
                old=$base/.old-${old##*/}
                ;;
        esac
        rm -rf "$old"
    done
}

supervise() {
    incoming=$1 boot=$2 limit=$3 grace=$4 idle=$5
    shift 5
    mask=$(umask)
    umask 077
    # The claim. Who comes second has nothing to do: whoever sent it follows the first.
    if ! mkdir "$run" 2>/dev/null; then
        rm -rf "$incoming"
        exit 0
    fi
    # Up to `decided`, every way out leaves a run that never started.
    mv "$incoming"/* "$run" || exit 1
    rmdir "$incoming"
    echo "$boot" >"$run/boot.new" && mv "$run/boot.new" "$run/boot" || exit 1
    : >"$run/output" || exit 1
    # Takes the room for the status now, so that a disk that the script fills cannot hide how it ended.
    printf '%-32s\n' "" >"$run/status.new" || exit 1
    remember "$run/supervisor" || exit 1
    settle "$run/boot" "$run/supervisor" "$run/script"
    mkdir "$run/decided" || exit 1

    umask "$mask"
    setsid sh "$run/supervise" payload "$run" "$@" </dev/null >>"$run/output" 2>&1 &
    payload=$!
    look_at "$payload"
    payload_started=$started
    setsid sh "$run/supervise" watch "$run" "$payload" "$limit" "$grace" "$idle" </dev/null >/dev/null 2>&1 &
    watcher=$!
    # Beside the script, so that it holds nobody up.
    sh "$run/supervise" prune "$run" </dev/null >/dev/null 2>&1 &
    wait "$payload"
    status="exited $?"
    kill -KILL "$watcher" 2>/dev/null
    kill -KILL "-$watcher" 2>/dev/null
    # The script itself is gone; what it started may still be on its way out.
    if [ -e "$run/limit-passed" ]; then
        end_group "$payload" "$payload_started" "$grace"
        status=timed-out
    elif [ -e "$run/idle-passed" ]; then
        end_group "$payload" "$payload_started" "$grace"
        status=idle
    elif [ -e "$run/cancel-asked" ]; then
        end_group "$payload" "$payload_started" "$grace"
        status=cancelled
    fi
    case $status in
        exited*) ;;
        *) if [ -e "$run/was-killed" ]; then status="$status killed"; fi ;;
    esac
    printf '%-32s\n' "$status" 1<>"$run/status.new"
    settle "$run/status.new" "$run/output"
    mv "$run/status.new" "$run/status"
    settle
}

verb=$1 run=$2
shift 2
case $verb in
    supervise) supervise "$@" ;;
    payload)
        remember "$run/payload"
        # Whoever saw the supervisor dead, and this file not yet, has told that nothing goes on: then nothing may.
        is_alive "$run/supervisor" || exit 1
        exec sh "$run/script" "$@"
        ;;
    watch)
        look_at "$1" || exit 0
        payload_started=$started
        if [ "$4" -eq 0 ] || [ "$4" -ge "$2" ]; then
            sleep "$2"
            : >"$run/limit-passed"
        elif watch_output "$2" "$4"; then
            : >"$run/limit-passed"
        else
            : >"$run/idle-passed"
        fi
        end_group "$1" "$payload_started" "$3"
        ;;
    end)
        read -r process payload_started <"$run/payload" || exit 1
        end_group "$process" "$payload_started" "$1"
        ;;
    prune) prune ;;
esac
