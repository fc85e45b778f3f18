/**
 * The API: sources in, objects and diagnostics out; no file system of its own, nothing of Node.
 *
 * ```ts
 * const session = createSession();
 * const host = { fileSystem: memoryFileSystem(files), bundledHeaders: '/sysroot', hostHeaders: [] };
 * const options = { ...defaultOptions, cpu: 3 };
 * const result = compileSource({ session, host, path: 'prog.c', outputName: 'prog.o', options });
 * if (result.hasErrors) console.error(renderDiagnostics(result.diagnostics, result.sources));
 * ```
 */

export { renderDiagnostics, renderSummary } from '../diagnostics/render.ts';
export { type FileSystem, memoryFileSystem, type ReadResult } from '../support/file-system.ts';
export { type CompiledProgram, type CompileRequest, type CompileResult, compileSource } from './compile.ts';
export type { Host } from './front-end.ts';
export type { BtfSource, HeaderCache } from './kernel-header.ts';
export { type CompileOptions, defaultOptions } from './options.ts';
export { createSession, type Session } from './session.ts';
