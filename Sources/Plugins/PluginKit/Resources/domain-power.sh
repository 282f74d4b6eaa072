#!/bin/sh
# Brings a virtual machine of libvirt to a state of power.
#
#   domain-power.sh check|apply on|off NAME LIMIT
#
# off: graceful shutdown, asked again every 30 s, and destroyed after LIMIT seconds. A machine that libvirt does not know is off.
# Whether the guest answers after `on` is a question of its own.
set -eu
export LC_ALL=C LIBVIRT_DEFAULT_URI="${LIBVIRT_DEFAULT_URI:-qemu:///system}"
verb=$1 wanted=$2 name=$3 limit=$4

is_defined() { virsh dominfo "$name" >/dev/null 2>&1; }
state() { virsh domstate "$name" 2>/dev/null | head -n 1; }
is_off() { ! is_defined || [ "$(state)" = "shut off" ]; }

# A libvirt that does not answer must not look like a machine that is off.
virsh list --name >/dev/null || { echo "libvirt does not answer on this host" >&2; exit 1; }

case $verb-$wanted in
check-on)
    [ "$(state)" = running ] || { echo "$name is $(state)"; exit 3; }
    ;;
check-off)
    is_off || { echo "$name is $(state)"; exit 3; }
    ;;
apply-on)
    case $(state) in
    paused) virsh resume "$name" ;;
    running) ;;
    *) virsh start "$name" ;;
    esac
    ;;
apply-off)
    waited=0
    until is_off; do
        if [ "$waited" -ge "$limit" ]; then
            echo "$name did not shut down within $limit s: destroying it"
            virsh destroy "$name"
            break
        fi
        [ $((waited % 30)) -ne 0 ] || virsh shutdown "$name" || true
        sleep 1
        waited=$((waited + 1))
    done
    ;;
*)
    echo "unknown verb $verb $wanted" >&2
    exit 2
    ;;
esac
