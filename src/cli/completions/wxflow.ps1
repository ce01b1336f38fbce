# Completion of wxflow for PowerShell: add it to the file that $PROFILE names
Register-ArgumentCompleter -Native -CommandName wxflow -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object {
        if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text }
    })
    # A word in front, as an empty last one would be lost on the way.
    & $words[0] __complete powershell -- @words "=$($wordToComplete.Trim('"', "'"))" 2>$null | ForEach-Object {
        $value, $note = $_ -split "`t", 2
        if (-not $note) { $note = $value }
        $quoted = if ($value -match '[\s''"`$;&|(){}@#]') { "'" + $value.Replace("'", "''") + "'" } else { $value }
        [System.Management.Automation.CompletionResult]::new($quoted, $value, 'ParameterValue', $note)
    }
}
