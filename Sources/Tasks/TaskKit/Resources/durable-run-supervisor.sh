#!/bin/sh
# Stands over one durable run (durable-run.sh) in a session of its own: claims it, starts the script once, writes down how it
# ended. A copy of this file lies in every run directory, as `supervise`.
#
#   supervise supervise RUN INCOMING BOOT LIMIT GRACE [ARGUMENT ...]
#   supervise payload RUN [ARGUMENT ...]      the script itself, in another session
#   supervise watch RUN LIMIT GRACE           ends the script when its time is over
#   supervise end RUN GRACE                   ends the script now
set -u

# Writes pid and start time of this process to the file $1, in one step.
remember() {
    read -r facts <"/proc/$$/stat"
    name=$1
    # shellcheck disable=SC2086
    set -- ${facts##*) }
    printf '%s %s\n' "$$" "${20}" >"$name.new" && mv "$name.new" "$name"
}

# Makes what was written survive a power cut. Old systems know `sync` without names only.
settle() {
    sync "$run" "$run/.." "$@" 2>/dev/null || sync
}

# TERM to the whole process group of the script, KILL after $1 seconds to what is left of it.
end_group() {
    read -r process _ <"$run/payload" || return
    kill -TERM "-$process" 2>/dev/null
    left=$(($1 * 5))
    while kill -0 "-$process" 2>/dev/null && [ "$left" -gt 0 ]; do
        if sleep 0.2 2>/dev/null; then
            left=$((left - 1))
        else
            sleep 1
            left=$((left - 5))
        fi
    done
    kill -KILL "-$process" 2>/dev/null
}

supervise() {
    incoming=$1 boot=$2 limit=$3 grace=$4
    shift 4
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
    setsid sh "$run/supervise" watch "$run" "$limit" "$grace" </dev/null >/dev/null 2>&1 &
    watcher=$!
    wait "$payload"
    status="exited $?"
    kill -KILL "$watcher" 2>/dev/null
    kill -KILL "-$watcher" 2>/dev/null
    # The script itself is gone; what it started may still be on its way out.
    if [ -e "$run/limit-passed" ]; then
        end_group "$grace"
        status=timed-out
    elif [ -e "$run/cancel-asked" ]; then
        end_group "$grace"
        status=cancelled
    fi
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
        exec sh "$run/script" "$@"
        ;;
    watch)
        sleep "$1"
        : >"$run/limit-passed"
        end_group "$2"
        ;;
    end) end_group "$1" ;;
esac
