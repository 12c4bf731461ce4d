# Completion of kaltura in PowerShell. What is offered, kaltura itself tells.

Register-ArgumentCompleter -Native -CommandName 'kaltura' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # The text of the words, as it was typed: nothing of it is run.
    $line = ''
    $commandAst.CommandElements |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { $line += $_.Extent.Text + "`0" }
    $line += $wordToComplete + "`0"

    # Where there is nothing, PowerShell completes files.
    $line | & @PROGRAM@ completions powershell --line 2>$null |
        Where-Object { $_ -ne ':files' } |
        ForEach-Object {
            $word, $about = $_ -split "`t", 2
            if (-not $about) { $about = $word }
            [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $about)
        }
}
