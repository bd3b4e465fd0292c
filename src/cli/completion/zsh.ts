/** For zsh. */
export const ZSH = `#compdef dsta-run
# Completes dsta-run in zsh: eval "$(dsta-run completion zsh)", or as a file _dsta-run in a folder of fpath
_dsta-run() {
	local line
	local -a lines candidates
	lines=("\${(@f)$("\${(Q)words[1]}" completion words -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
	case $lines[1] in
	:files) compset -P '--*=' ; _files ;;
	:folders) compset -P '--*=' ; _files -/ ;;
	:command*)
		shift $((\${lines[1]#* } + 1)) words
		((CURRENT -= \${lines[1]#* } + 1))
		_normal
		;;
	*)
		for line in \${lines:#}; do
			candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
		done
		_describe dsta-run candidates
		;;
	esac
}
if [ "\${funcstack[1]}" = _dsta-run ]; then _dsta-run "$@"; else compdef _dsta-run dsta-run; fi
`;
