#!/bin/sh
# What this host has for virtual machines, before a plan is run: capacity.sh kvm|qemu|none [bridge NAME] ... [domain NAME] ...
#
# `none`: no machine is made here, and libvirt only has to answer. Reads, and changes nothing. An answer is a line of words with tabs
# between them:
#
#   libvirt silent REASON       it does not answer; then nothing is known of domains
#   missing NAMES               none of these programs is there
#   kvm missing
#   bridge NAME missing
#   memory KIB                  what can be had without swapping
#   domain NAME planner|foreign STATE   a domain of this name is there: Planner has defined it, or somebody else
set -u
export LC_ALL=C LIBVIRT_DEFAULT_URI="${LIBVIRT_DEFAULT_URI:-qemu:///system}" PATH="$PATH:/usr/sbin:/sbin"
tab=$(printf '\t')
# As domain.sh writes it.
metadata=urn:planner:definition
type=$1
shift

# One answer.
say() (
    IFS=$tab
    printf '%s\n' "$*"
)

needs() {
    for name; do
        if command -v "$name" >/dev/null 2>&1; then return; fi
    done
    say missing "$*"
}

# The memory of a domain that runs is taken already; what the kernel can give back counts as free.
memory() {
    kibibytes=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB$/\1/p' /proc/meminfo)
    if [ -n "$kibibytes" ]; then say memory "$kibibytes"; fi
}

domain() {
    if [ "$answers" = no ]; then return; fi
    # A state may have two words.
    state=$(virsh domstate "$1" 2>/dev/null | head -n 1)
    if [ -z "$state" ]; then return; fi
    if virsh metadata "$1" "$metadata" >/dev/null 2>&1; then owner=planner; else owner=foreign; fi
    say domain "$1" "$owner" "$state"
}

needs virsh
answers=no
if command -v virsh >/dev/null 2>&1; then
    if reason=$(virsh list --name 2>&1 >/dev/null); then
        answers=yes
    else
        say libvirt silent "$(printf '%s\n' "$reason" | sed '/^[[:blank:]]*$/d' | tail -n 1)"
    fi
fi
case $type in
    none) ;;
    *)
        needs qemu-img
        needs genisoimage mkisofs xorrisofs
        memory
        if [ "$type" = kvm ] && [ ! -e /dev/kvm ]; then say kvm missing; fi
        ;;
esac
while [ $# -gt 1 ]; do
    case $1 in
        bridge) ip link show dev "$2" >/dev/null 2>&1 || say bridge "$2" missing ;;
        domain) domain "$2" ;;
        *)
            echo "unknown question $1" >&2
            exit 2
            ;;
    esac
    shift 2
done
