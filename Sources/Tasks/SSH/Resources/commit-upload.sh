# Verifies an uploaded file and moves it over its target in one step.
# Arguments: temporary file, target. Standard input: the expected SHA-256 ("-" = verified already), which a list of processes must not show.
# Exit: 0 done, 40 the target is a directory, 41 no sha256sum here, 42 wrong digest, else mv's own.
temporary=$1
target=$2
IFS= read -r expected || exit 44

if [ -d "$target" ]; then exit 40; fi
if [ "$expected" != - ]; then
    command -v sha256sum >/dev/null 2>&1 || exit 41
    actual=$(sha256sum <"$temporary") || exit 43
    actual=${actual%% *}
    if [ "$actual" != "$expected" ]; then
        exit 42
    fi
fi
exec mv -f -- "$temporary" "$target"
