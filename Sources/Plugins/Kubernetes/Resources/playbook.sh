#!/bin/sh
# What a playbook on the director is to make true, of one node or of all.
#
#   playbook.sh check|verify member|drained|absent|installed MEMBER_COMMAND NODE INVENTORY
#
# What is true already is asked from the cluster, not from a marker: MEMBER_COMMAND is run by sh with NODE as $1 and says 0 (a ready
# member), 1 (no member), 2 (a member that is not ready, or takes no load) or anything else (the cluster cannot be asked).
# `installed` asks it for every host of the inventory; NODE is then `all`.
#
# A node that takes no load may still carry some: before its drain only `absent` counts as drained, so an interrupted drain is run again;
# after it, taking no load is what it is verified by.
set -eu
verb=$1 wanted=$2 member_command=$3 node=$4 inventory=$5

# Prints ready, absent or unready.
membership() {
    status=0
    sh -c "$member_command" member "$1" >/dev/null || status=$?
    case $status in
    0) echo ready ;;
    1) echo absent ;;
    2) echo unready ;;
    *)
        echo "the member command does not know what $1 is: exit status $status" >&2
        exit 9
        ;;
    esac
}

expect() {
    actual=$(membership "$1") || exit 9
    shift
    for state in "$@"; do [ "$actual" != "$state" ] || return 0; done
    echo "$node is $actual"
    exit 3
}

# Host lines come first in the inventory; the first group ends them.
hosts() { sed -e '/^\[/,$d' -e 's/[[:space:]].*//' -e '/^$/d' "$inventory/hosts"; }

case $verb-$wanted in
check-member | verify-member) expect "$node" ready ;;
check-absent | verify-absent | check-drained) expect "$node" absent ;;
verify-drained) expect "$node" absent unready ;;
check-installed | verify-installed)
    [ -f "$inventory/hosts" ] || { echo "there is no inventory yet"; exit 3; }
    for host in $(hosts); do
        # Before it is installed, there is nothing that could be asked.
        sh -c "$member_command" member "$host" >/dev/null 2>&1 || { echo "$host is no ready member yet"; exit 3; }
    done
    ;;
*)
    echo "unknown verb $verb $wanted" >&2
    exit 2
    ;;
esac
