#!/bin/sh
# One playbook on the director, for one node or for all.
#
#   playbook.sh check|apply member|absent|installed MEMBER_COMMAND NODE DIRECTORY PLAYBOOK INVENTORY
#
# What is true already is asked from the cluster, not from a marker: MEMBER_COMMAND is run by sh with NODE as $1 and says 0 (a ready
# member), 1 (no member) or anything else (the cluster cannot be asked). `installed` asks it for every host of the inventory; NODE is
# then `all`.
set -eu
verb=$1 wanted=$2 member_command=$3 node=$4 directory=$5 playbook=$6 inventory=$7

is_member() {
    status=0
    sh -c "$member_command" member "$1" >/dev/null || status=$?
    case $status in
    0 | 1) return "$status" ;;
    *)
        echo "the member command says neither yes (0) nor no (1) for $1: exit status $status" >&2
        exit 2
        ;;
    esac
}

# Host lines come first in the inventory; the first group ends them.
hosts() { sed -e '/^\[/,$d' -e 's/[[:space:]].*//' -e '/^$/d' "$inventory/hosts"; }

case $verb-$wanted in
check-member) is_member "$node" || { echo "$node is no ready member"; exit 3; } ;;
check-absent) ! is_member "$node" || { echo "$node is a member"; exit 3; } ;;
check-installed)
    [ -f "$inventory/hosts" ] || { echo "there is no inventory yet"; exit 3; }
    for host in $(hosts); do is_member "$host" || { echo "$host is no member yet"; exit 3; }; done
    ;;
apply-*)
    command -v ansible-playbook >/dev/null || { echo "ansible-playbook is not installed on the director" >&2; exit 1; }
    [ -f "$directory/$playbook" ] || { echo "there is no playbook $directory/$playbook on the director" >&2; exit 1; }
    cd "$directory"
    set -- -i "$inventory/hosts"
    [ "$node" = all ] || set -- "$@" -e "target_node=$node"
    exec ansible-playbook "$@" "$playbook"
    ;;
*)
    echo "unknown verb $verb $wanted" >&2
    exit 2
    ;;
esac
