/** For bash, with the package bash-completion or without it. */
export const BASH = `# Completes dsta-run in bash, from 3.2 on: eval "$(dsta-run completion bash)"
_dsta_run() {
	local rest=\${COMP_LINE:0:COMP_POINT} part= text line i words=() starts=()
	# Bash takes words apart at : and =, which may stand in ours: what no space separates belongs together.
	for ((i = 0; i <= COMP_CWORD; i++)); do
		if ((i == 0)) || [[ $rest == [[:space:]]* ]]; then
			rest=\${rest#"\${rest%%[![:space:]]*}"}
			words+=("")
			starts+=("$i")
		fi
		part=\${COMP_WORDS[i]}
		((i < COMP_CWORD)) || part=$rest
		words[\${#words[@]} - 1]+=$part
		rest=\${rest#"$part"}
	done
	local current=\${words[\${#words[@]} - 1]}
	words=("\${words[@]//[\\'\\"\\\\]/}")
	COMPREPLY=()
	while IFS= read -r line; do
		case $line in
		:files) _dsta_run_offer -f "\${part##*=}" ;;
		:folders) _dsta_run_offer -d "\${part##*=}" ;;
		:command*) _dsta_run_command "\${starts[\${line#* } + 1]}" "$current" ;;
		*)
			text=\${line%%$'\\t'*}
			# An open quote keeps everything as it is.
			[[ $current == [\\'\\"]* ]] || printf -v text %q "$text"
			# What bash replaces begins behind the last : or =.
			[[ $part != [:=] ]] || part=
			COMPREPLY+=("\${text#"\${current%"$part"}"}")
			;;
		esac
	done < <("$1" completion words -- "\${words[@]:1}" 2>/dev/null)
}
_dsta_run_offer() {
	local text
	while IFS= read -r text; do COMPREPLY+=("$text"); done < <(compgen "$1" -- "$2")
	compopt -o filenames 2>/dev/null
}
# The command behind --, as bash completes it, with the help of bash-completion where that is loaded.
_dsta_run_command() {
	if declare -F _comp_command_offset >/dev/null; then
		_comp_command_offset "$1"
	elif declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	elif ((COMP_CWORD == $1)); then
		_dsta_run_offer -c "$2"
	else
		compopt -o default 2>/dev/null
	fi
}
complete -F _dsta_run dsta-run
`;
