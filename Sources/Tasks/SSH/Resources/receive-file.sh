# Receives a file over standard input and moves it over its target in one step.
# Arguments: temporary file, target, mode, owner ("-": as it comes). Standard input: the SHA-256, on a line of its own because a list of
# processes must not show it; then the content.
# Exit: 0 done, 40 the target is a directory, 41 no sha256sum here, 42 it arrived damaged, 43 it cannot be written, 44 no input,
# 45 there is no such folder, 46 the owner or mode cannot be set, else mv's own.
temporary=$1
target=$2
mode=$3
owner=$4
IFS= read -r expected || exit 44
if [ -d "$target" ]; then exit 40; fi
case $target in
    /*/*) folder=${target%/*} ;;
    /*) folder=/ ;;
    */*) folder=${target%/*} ;;
    *) folder=. ;;
esac
if [ ! -d "$folder" ]; then exit 45; fi
command -v sha256sum >/dev/null 2>&1 || exit 41

umask 077
trap 'rm -f -- "$temporary"' EXIT
trap 'exit 143' HUP INT TERM
cat >"$temporary" || exit 43
actual=$(sha256sum <"$temporary") || exit 43
if [ "${actual%% *}" != "$expected" ]; then exit 42; fi
if [ "$owner" != - ]; then chown -- "$owner" "$temporary" || exit 46; fi
chmod -- "$mode" "$temporary" || exit 46
# Not every host can sync one file.
sync -- "$temporary" 2>/dev/null || sync
mv -f -- "$temporary" "$target" || exit
trap - EXIT
