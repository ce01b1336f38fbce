# Completion of wxflow for fish: put it into ~/.config/fish/completions/wxflow.fish
function __wxflow_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l current (commandline --current-token --cut-at-cursor)
    $words[1] __complete fish -- $words "$current" 2>/dev/null
end
complete --command wxflow --no-files --keep-order --arguments '(__wxflow_complete)'
