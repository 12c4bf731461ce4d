# Completion of kaltura in fish. What is offered, kaltura itself tells.

function __kaltura_has_candidates
    set --local words (commandline --current-process --tokenize --cut-at-cursor)
    set --local current (string trim --left --chars '"\'' -- (commandline --current-token --cut-at-cursor))
    set --global __kaltura_candidates (printf '%s\0' $words "$current" | @PROGRAM@ completions fish --line 2>/dev/null)
    # Without candidates of its own, fish completes files.
    test "$__kaltura_candidates[1]" != :files
end

complete --command kaltura --erase
complete --command kaltura --no-files --keep-order --condition __kaltura_has_candidates --arguments '$__kaltura_candidates'
