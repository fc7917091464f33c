
Register-ArgumentCompleter -Native -CommandName kubectl-netstore -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $prev = $env:NETSTORE_COMPLETE;
    $env:NETSTORE_COMPLETE = "powershell";

    $args = $commandAst.Extent.Text
    $args = $args.Substring(0, [math]::Min($cursorPosition, $args.Length));
    if ($wordToComplete -eq "") {
        $args += " ''";
    }

    $results = Invoke-Expression @"
& kubectl-netstore -- $args
"@;
    if ($null -eq $prev) {
        Remove-Item Env:\NETSTORE_COMPLETE;
    } else {
        $env:NETSTORE_COMPLETE = $prev;
    }
    $results | ForEach-Object {
        $split = $_.Split("`t");
        $cmd = $split[0];

        if ($split.Length -eq 2) {
            $help = $split[1];
        }
        else {
            $help = $split[0];
        }

        [System.Management.Automation.CompletionResult]::new($cmd, $cmd, 'ParameterValue', $help)
    }
};
        
