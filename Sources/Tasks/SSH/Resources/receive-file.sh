# Receives a file over standard input and moves it over its target in one step.
# Arguments: temporary file, target, mode, owner ("-": as it comes), SHA-256 that the content must have ("-": any). Standard input: the size in bytes, on a line of its own; then the content.
# Exit: 0 done, 40 the target is a directory, 42 not all of it arrived, 43 it cannot be written, 44 no input, 45 there is no such folder,
# 46 the owner or mode cannot be set, else mv's own.
temporary=$1
target=$2
mode=$3
owner=$4
digest=$5
IFS= read -r expected || exit 44
if [ -d "$target" ]; then exit 40; fi
case $target in
    /*/*) folder=${target%/*} ;;
    /*) folder=/ ;;
    */*) folder=${target%/*} ;;
    *) folder=. ;;
esac
if [ ! -d "$folder" ]; then exit 45; fi

umask 077
trap 'rm -f -- "$temporary"' EXIT
trap 'exit 143' HUP INT TERM
cat >"$temporary" || exit 43
actual=$(wc -c <"$temporary") || exit 43
if [ "$actual" -ne "$expected" ]; then exit 42; fi
if [ "$digest" != - ]; then
    actual=$(sha256sum <"$temporary") || exit 43
    if [ "${actual%% *}" != "$digest" ]; then exit 42; fi
fi
if [ "$owner" != - ]; then chown -- "$owner" "$temporary" || exit 46; fi
chmod -- "$mode" "$temporary" || exit 46
# Not every host can sync one file.
sync -- "$temporary" 2>/dev/null || sync
mv -f -- "$temporary" "$target" || exit
trap - EXIT
