# Completion of kaltura in bash. What is offered, kaltura itself tells.

_kaltura() {
    local candidate
    COMPREPLY=()
    while IFS= read -r candidate; do
        [[ -n $candidate ]] && COMPREPLY+=("$candidate")
    done <<<"$({ printf '%s\0' "${COMP_WORDS[@]:0:COMP_CWORD}" "$2" | @PROGRAM@ completions bash --line; } 2>/dev/null)"
    if [[ ${COMPREPLY[0]-} == :files ]]; then
        # Where there is nothing, bash completes files.
        COMPREPLY=()
    else
        compopt +o default +o bashdefault 2>/dev/null || :
    fi
}

if [[ ${BASH_VERSINFO[0]} -eq 4 && ${BASH_VERSINFO[1]} -ge 4 || ${BASH_VERSINFO[0]} -gt 4 ]]; then
    complete -F _kaltura -o nosort -o bashdefault -o default kaltura
else
    complete -F _kaltura -o bashdefault -o default kaltura
fi
