// The process as execa sees it: to tell streams apart it would make those for standard input, output and error, which takes Node
// longer than to start a command. Ours go to the command by their numbers.
export default { env: {}, stdin: {}, stdout: {}, stderr: {} };
