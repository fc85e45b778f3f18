/** The only argument of a process that compiles for another one, which gives it the command line in a file. */
export const workerArgument = '--internal-worker';
