#!/bin/sh
# Whether the first boot of a machine is over: somebody can log in, READY_COMMAND says so on the machine, and each DIRECTORY there lies on
# something that outlives the machine (R35).
#
#   guest.sh check here READY_COMMAND [DIRECTORY...]
#   guest.sh check over KNOWN_HOSTS KEY USER@ADDRESS READY_COMMAND [DIRECTORY...]
#
# `over` asks by SSH, from the director; KEY is empty where the login has its own. READY_COMMAND is run by sh and says 0 (it is over), 1 (not
# yet), or anything else (it failed, and waiting does not help).
set -eu
[ "$1" = check ] || { echo "unknown verb $1" >&2; exit 2; }
way=$2
shift 2
if [ "$way" = over ]; then
    known_hosts=$1 key=$2 target=$3
    shift 3
fi
ready_command=$1
shift

# Prints what is asked on the machine.
question() {
    cat <<'TEXT'
outlives_the_machine() {
    [ -d "$1" ] || { echo "there is no $1"; exit 1; }
    [ "$(stat -c %d "$1/")" != "$(stat -c %d /)" ] || { echo "$1 is on the machine's own disk: its share is not mounted"; exit 1; }
}
TEXT
    printf '(\n%s\n) </dev/null || exit\n' "$ready_command"
    for directory in "$@"; do printf "outlives_the_machine '%s'\n" "$directory"; done
}

status=0
case $way in
here)
    target="this machine"
    answer=$(question "$@" | sh -s 2>&1) || status=$?
    ;;
over)
    text=$(question "$@")
    set -- -T -o BatchMode=yes -o ConnectTimeout=10 -o StrictHostKeyChecking=yes -o "UserKnownHostsFile=$known_hosts"
    [ -z "$key" ] || set -- "$@" -i "$key"
    answer=$(printf '%s\n' "$text" | ssh "$@" "$target" sh -s 2>&1) || status=$?
    ;;
*)
    echo "unknown way $way" >&2
    exit 2
    ;;
esac

last=$(printf '%s\n' "$answer" | tail -n 1)
case $status in
0) ;;
1) echo "the first boot of $target is not over${last:+: $last}"; exit 3 ;;
255)
    case $answer in
    *"Host key verification failed"*)
        echo "the host key of $target is not the one in $known_hosts" >&2
        exit 1
        ;;
    esac
    echo "no login at $target${last:+: $last}"
    exit 3
    ;;
*)
    echo "the first boot of $target failed: ${last:-exit status $status}" >&2
    exit 1
    ;;
esac
