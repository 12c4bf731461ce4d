#compdef kaltura
# Completion of kaltura in zsh. What is offered, kaltura itself tells.

_kaltura() {
    local -a candidates
    candidates=("${(@f)$({ print -rN -- "${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}" | @PROGRAM@ completions zsh --line } 2>/dev/null)}")
    if [[ $candidates[1] == :files ]]; then
        # The name of a file may stand behind --option= or key=@.
        compset -P '*='
        compset -P '@'
        _default
    elif [[ -n $candidates[1] ]]; then
        _describe -V 'kaltura' candidates -M 'm:{a-zA-Z}={A-Za-z}'
    fi
}

if [ "$funcstack[1]" = "_kaltura" ]; then
    _kaltura "$@"
else
    compdef _kaltura kaltura
fi
