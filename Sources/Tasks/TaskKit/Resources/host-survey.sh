#!/bin/sh
# What this host has for the tasks that are to be carried out on it: host-survey [QUESTION VALUE] ...
#
#   program 'NAME NAME'  whether one of them is there
#   file PATH            whether it is there, and its size
#   room PATH            what is free in the directory PATH, or where it would be made
#   runs -               the same for the directory of durable runs, as durable-run.sh finds it
#   url URL              whether something answers there, and how large it is
#
# Reads, and changes nothing. An answer is a line of words with tabs between them; `-` stands for what is not known:
#
#   clock SECONDS        since 1970
#   root ro              the root file system is read-only
#   reboot pending       an upgrade of the host wants it
#   missing NAMES        none of these programs is there
#   file PATH BYTES      `-` when there is no such file
#   runs PATH            the directory of durable runs
#   place PATH DIRECTORY MOUNT                the nearest directory that is there, and where its file system is mounted
#   mount MOUNT rw|ro|- FREE INODES           of the file system, both free; FREE in KiB, without what is reserved for root
#   url URL STATUS BYTES REASON               `-` when nothing answers, then with the reason
set -u
tab=$(printf '\t')
mounts='' batch=0

# One answer.
say() (
    IFS=$tab
    printf '%s\n' "$*"
)

# Prints the nearest directory at or above $1 that is there.
existing() {
    place=$1
    while [ -n "$place" ] && [ ! -d "$place" ]; do
        case $place in
            */*) place=${place%/*} ;;
            *) place= ;;
        esac
    done
    printf '%s\n' "${place:-/}"
}

# How the file system at $1 is mounted: the last one that was mounted there counts.
access_of() {
    access=-
    while read -r _ where _ options _; do
        if [ "$where" = "$1" ]; then
            case ,$options, in
                *,ro,*) access=ro ;;
                *) access=rw ;;
            esac
        fi
    done </proc/mounts
    printf '%s\n' "$access"
}

# The numbers of the second line of df, and the mount: names of devices and mounts may hold blanks.
numbers='s/^.*[[:blank:]]\([0-9-]\{1,\}\)[[:blank:]]\{1,\}\([0-9-]\{1,\}\)[[:blank:]]\{1,\}\([0-9-]\{1,\}\)[[:blank:]]\{1,\}[0-9-]\{1,\}%\{0,1\}[[:blank:]]\{1,\}\(\/.*\)$/\1 \2 \3 \4/p'

# Prints the third of the numbers, unless the first says that nothing is counted there.
free_of() {
    # shellcheck disable=SC2086
    set -- $1
    if [ "${1:-0}" = 0 ]; then set -- - - -; fi
    printf '%s\n' "${3:--}"
}

room() {
    directory=$(existing "$1")
    blocks=$(df -Pk "$directory" 2>/dev/null | sed -n "2$numbers")
    if [ -z "$blocks" ]; then
        say place "$1" "$directory" -
        return
    fi
    mount=${blocks#* * * }
    say place "$1" "$directory" "$mount"
    case $mounts in
        *"$tab$mount$tab"*) return ;;
    esac
    mounts="$mounts$tab$mount$tab"
    inodes=$(df -Pi "$directory" 2>/dev/null | sed -n "2$numbers")
    access=$(access_of "$mount")
    say mount "$mount" "$access" "$(free_of "$blocks")" "$(free_of "$inodes")"
}

program() {
    for name in $1; do
        if command -v "$name" >/dev/null 2>&1; then return; fi
    done
    say missing "$1"
}

file() {
    if [ -f "$1" ]; then
        say file "$1" "$(stat -L -c %s "$1" 2>/dev/null || wc -c <"$1")"
    else
        say file "$1" -
    fi
}

runs() {
    if [ -n "${PLANNER_RUNS:-}" ]; then
        base=$PLANNER_RUNS
    elif [ "$(id -u)" -eq 0 ]; then
        base=/var/lib/planner/runs
    else
        base=$HOME/.planner/runs
    fi
    say runs "$base"
    room "$base"
}

# Runs a command for $1 seconds at most: the limit of busybox's own wget crashes it in some builds.
within() {
    limit=$1
    shift
    "$@" &
    process=$!
    { sleep "$limit" && kill "$process"; } >/dev/null 2>&1 &
    watch=$!
    wait "$process"
    code=$?
    kill "$watch" 2>/dev/null
    return "$code"
}

# Asks for the head of what is at the URL: nothing is loaded.
head_of() {
    if command -v curl >/dev/null 2>&1; then
        curl --silent --show-error --head --location --connect-timeout 5 --max-time 10 -- "$1" 2>&1
    elif command -v wget >/dev/null 2>&1; then
        case $(wget --version 2>/dev/null) in
            GNU*) wget -S --spider -T 10 -t 1 "$1" 2>&1 ;;
            *) within 10 wget -S --spider "$1" 2>&1 ;;
        esac
    else
        echo "neither curl nor wget is there"
        return 1
    fi
}

url() {
    answer=$(head_of "$1")
    code=$?
    answer=$(printf '%s\n' "$answer" | tr -d '\r')
    # Of several, behind each other by redirection, the last one counts.
    status=$(printf '%s\n' "$answer" | sed -n 's|^ *HTTP/[0-9.]* \([0-9][0-9][0-9]\).*|\1|p' | tail -n 1)
    length=$(printf '%s\n' "$answer" | grep -i '^ *content-length:' | tail -n 1 | tr -dc '0-9')
    if [ -n "$status" ] || [ "$code" -eq 0 ]; then
        say url "$1" "${status:-200}" "${length:--}"
    else
        say url "$1" - - "$(printf '%s\n' "$answer" | sed '/^[[:blank:]]*$/d' | tail -n 1)"
    fi
}

say clock "$(date +%s)"
if [ "$(access_of /)" = ro ]; then say root ro; fi
if [ -e /run/reboot-required ] || [ -e /var/run/reboot-required ]; then say reboot pending; fi
while [ $# -gt 1 ]; do
    case $1 in
        program | file | room | runs) "$1" "$2" ;;
        url)
            # Each may take its time; some at once.
            url "$2" &
            batch=$((batch + 1))
            if [ $((batch % 8)) -eq 0 ]; then wait; fi
            ;;
        *)
            echo "unknown question $1" >&2
            exit 2
            ;;
    esac
    shift 2
done
wait
