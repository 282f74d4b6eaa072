#!/bin/sh
# Asks etcd on the masters, from the director by SSH, and keeps snapshots of it on the director.
#
#   etcd.sh check healthy KNOWN_HOSTS KEY ETCD_COMMAND COUNT|any USER@ADDRESS...
#   etcd.sh check|apply snapshot KNOWN_HOSTS KEY ETCD_COMMAND DIRECTORY USER@ADDRESS...
#
# healthy: etcd on each of the masters has a leader and answers, and there are COUNT members in all, each of them started.
# snapshot: a snapshot of the last quarter of an hour is in DIRECTORY; else one is taken on the first master that can.
#
# ETCD_COMMAND is run by sh on a master, with the arguments of etcdctl as its own. KEY is empty where the login has its own.
set -eu
verb=$1 question=$2 known_hosts=$3 key=$4 etcd_command=$5 limit=$6
shift 6

# Runs shell text on a master, behind a function `etcd`.
on_master() {
    target=$1 text=$2
    set -- -T -o BatchMode=yes -o ConnectTimeout=10 -o StrictHostKeyChecking=yes -o "UserKnownHostsFile=$known_hosts"
    [ -z "$key" ] || set -- "$@" -i "$key"
    printf 'etcd() {\n%s\n}\n%s\n' "$etcd_command" "$text" | ssh "$@" "$target" sh -s
}

recent() { find "$limit" -maxdepth 1 -name 'etcd-*.db' -mmin -15 2>/dev/null | grep -q .; }

case $verb-$question in
check-healthy)
    for master in "$@"; do
        answer=$(on_master "$master" 'etcd endpoint health' 2>&1) || {
            echo "etcd on $master is not healthy: $(printf '%s\n' "$answer" | tail -n 1)"
            exit 3
        }
    done
    [ "$limit" != any ] || exit 0
    members=$(on_master "$1" 'etcd member list' 2>&1) || { echo "$1 does not list the members of etcd"; exit 3; }
    all=$(printf '%s\n' "$members" | grep -c . || true)
    started=$(printf '%s\n' "$members" | grep -c ', started,' || true)
    if [ "$all" -ne "$limit" ] || [ "$started" -ne "$limit" ]; then
        echo "etcd has $all members, of which $started are started; $limit are wanted"
        exit 3
    fi
    ;;
check-snapshot)
    recent || { echo "there is no snapshot of the last quarter of an hour in $limit"; exit 3; }
    ;;
apply-snapshot)
    umask 077
    mkdir -p "$limit"
    part="$limit/.part"
    for master in "$@"; do
        # The exit status of ssh is that of the text: all of the file has arrived when it is 0.
        # shellcheck disable=SC2016 # expands on the master
        text='d=$(mktemp -d) || exit; etcd snapshot save "$d/snapshot.db" >&2 && cat "$d/snapshot.db"; s=$?; rm -rf "$d"; exit $s'
        if on_master "$master" "$text" >"$part" && [ -s "$part" ]; then
            file="$limit/etcd-$(date -u +%Y%m%dT%H%M%SZ).db"
            mv "$part" "$file"
            echo "snapshot of $master in $file"
            exit 0
        fi
        echo "no snapshot of $master" >&2
    done
    rm -f "$part"
    exit 1
    ;;
*)
    echo "unknown verb $verb $question" >&2
    exit 2
    ;;
esac
