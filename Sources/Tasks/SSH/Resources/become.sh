# Begins a command that sudo has let in.
# Arguments: a token, the command. Standard input: what sudo left of the password, a line with the token, then the command's own input.
# The first line of the output is the token and the id of the session in which the command and all that it starts will be.
token=$1
command=$2
while :; do
    # sudo reads the password only if it wants one.
    IFS= read -r line || exit 125
    if [ "$line" = "$token" ]; then break; fi
done
line=
session=$$
if { read -r facts </proc/$$/stat; } 2>/dev/null; then
    # The name, in parentheses, may hold blanks; behind it stand state, parent, group and session (man 5 proc).
    # shellcheck disable=SC2086
    set -- ${facts##*) }
    session=$4
fi
echo "$token $session"
exec /bin/sh -c "$command"
