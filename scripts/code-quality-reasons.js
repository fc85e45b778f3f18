/**
 * Why our code is larger, or costs the verifier more, than the best clang's: by object (size) or by object and program (verifier).
 * Found by reading both disassemblies; scripts/code-quality.js writes "not found yet" where there is no row.
 */

export const sizeReasons = {};

export const workReasons = {};
