#!/bin/sh
# Whether a host can carry the virtual machines that it is to get, before anything is put on it.
#
#   host.sh check kvm|qemu BRIDGE...
#
# Everything that is missing is named. Waiting does not help, so it is a failure.
set -eu
export LC_ALL=C LIBVIRT_DEFAULT_URI="${LIBVIRT_DEFAULT_URI:-qemu:///system}" PATH="$PATH:/usr/sbin:/sbin"
[ "$1" = check ] || { echo "unknown verb $1" >&2; exit 2; }
type=$2
shift 2
missing=
virsh list --name >/dev/null 2>&1 || missing="libvirt does not answer"
[ "$type" != kvm ] || [ -e /dev/kvm ] || missing="${missing:+$missing; }there is no /dev/kvm"
for bridge in "$@"; do
    ip link show dev "$bridge" >/dev/null 2>&1 || missing="${missing:+$missing; }there is no bridge $bridge"
done
[ -z "$missing" ] || { echo "$missing" >&2; exit 1; }
