#compdef wxflow
# Completion of wxflow for zsh: source it behind compinit, or put it as _wxflow into a folder of $fpath
_wxflow() {
    local value note
    local -a values shown open open_shown
    while IFS=$'\t' read -r value note; do
        [[ -n $value ]] || continue
        # Something goes on behind a folder and behind NAME=.
        if [[ $value == *[/=] ]]; then
            open+=("$value")
            open_shown+=("$value${note:+  -- $note}")
        else
            values+=("$value")
            shown+=("$value${note:+  -- $note}")
        fi
    done < <("${(Q)words[1]}" __complete zsh -- "${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)
    (( ${#values} )) && compadd -V wxflow -l -d shown -a values
    (( ${#open} )) && compadd -V wxflow-open -l -S '' -d open_shown -a open
    (( ${#values} + ${#open} ))
}
if [[ ${funcstack[1]} == _wxflow ]]; then
    _wxflow "$@"
else
    compdef _wxflow wxflow
fi
