/** Emitted by the process where it is about to become another program, as `exit` is where it ends. */
export const BEFORE_EXEC = "dsta-run.before-exec";
