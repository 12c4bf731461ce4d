# Completion of kaltura in elvish. What is offered, kaltura itself tells.

use str

set edit:completion:arg-completer[kaltura] = {|@words|
    var lines = [(try { print (str:join "\x00" $words)"\x00" | (external @PROGRAM@) completions elvish --line 2>/dev/null | from-lines } catch _ { })]
    if (eq $lines [':files']) {
        edit:complete-filename $@words
    } else {
        for line $lines {
            var word about = (str:split &max=2 "\t" $line)
            if (eq $about '') {
                put $word
            } else {
                edit:complex-candidate $word &display=$word'  '$about
            }
        }
    }
}
