/** For fish. */
export const FISH = `# Completes dsta-run in fish: dsta-run completion fish | source
function __dsta_run_complete
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    set -l current (commandline --current-token --cut-at-cursor)
    set -l lines ($words[1] completion words -- $words[2..] "$current" 2>/dev/null)
    switch "$lines[1]"
        case ':files'
            set -l option (string match --regex -- '^--[^=]*=' "$current")
            set -l files (__fish_complete_path (string replace --regex '^--[^=]*=' '' -- "$current"))
            string join \\n -- $option$files
            test -n "$option"; or string join \\n -- $files
        case ':folders'
            __fish_complete_directories "$current"
        case ':command *'
            set -l first (math (string replace ':command ' '' -- $lines[1]) + 2)
            complete --do-complete=(string join ' ' -- (string escape -- $words[$first..]) "$current")
        case '*'
            string join \\n -- $lines
    end
end
complete --command dsta-run --no-files --arguments '(__dsta_run_complete)'
`;
