# Completion of kaltura in PowerShell. What is offered, kaltura itself tells.

Register-ArgumentCompleter -Native -CommandName 'kaltura' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # The text of the words, as it was typed: nothing of it is run.
    $before = @($commandAst.CommandElements |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { $_.Extent.Text })

    # Where there is nothing, PowerShell completes files.
    & @PROGRAM@ completions powershell '--' @before "=$wordToComplete" 2>$null |
        Where-Object { $_ -ne ':files' } |
        ForEach-Object {
            $word, $about = $_ -split "`t", 2
            if (-not $about) { $about = $word }
            [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $about)
        }
}
