#!/bin/sh
# Asks a question of the model on the director.
#
#   ask.sh check COMMAND [ARGUMENT...]
#
# COMMAND is run by sh with the arguments; exit status 0: yes, 1: not yet (why on standard output), anything else: it cannot be asked.
set -eu
[ "$1" = check ] || { echo "unknown verb $1" >&2; exit 2; }
question=$2
shift 2
status=0
answer=$(sh -c "$question" question "$@") || status=$?
case $status in
0) ;;
1) printf '%s\n' "${answer:-not yet}"; exit 3 ;;
*) echo "the question cannot be answered: exit status $status" >&2; exit 9 ;;
esac
