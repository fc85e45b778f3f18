/** The first argument of a thread that compiles for another one. No command line has it: it begins with NUL. */
export const workerArgument = '\0worker';
