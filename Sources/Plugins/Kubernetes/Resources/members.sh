#!/bin/sh
# Which members of the cluster are ready, before a plan is run; asked on the director: members.sh MEMBER_COMMAND NODE...
#
# MEMBER_COMMAND is run by sh with a node's name as $1. An answer is a line of words with tabs between them:
#
#   member NODE absent|not-ready
#   unknown NODE REASON     the command cannot tell; nobody is asked after that
set -u
command=$1
shift
for node in "$@"; do
    status=0
    said=$(sh -c "$command" member "$node" 2>&1 </dev/null) || status=$?
    case $status in
        0) ;;
        1) printf 'member\t%s\tabsent\n' "$node" ;;
        2) printf 'member\t%s\tnot-ready\n' "$node" ;;
        *)
            said=$(printf '%s\n' "$said" | sed '/^[[:blank:]]*$/d' | tail -n 1)
            printf 'unknown\t%s\t%s\n' "$node" "${said:-exit status $status}"
            exit 0
            ;;
    esac
done
