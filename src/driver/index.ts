/**
 * The API: sources in, objects and diagnostics out; no file system of its own, nothing of Node. docs/api.md shows it at work.
 *
 * ```ts
 * const { ok, object, messages } = await compile({ sources: { 'prog.c': text }, flags: ['-O2'] });
 * ```
 *
 * {@link compileSource} is the level below: a file system, a host and all options in, positions and texts out.
 */

export { renderDiagnostics, renderSummary } from '../diagnostics/render.ts';
export { type FileSystem, memoryFileSystem, type ReadResult } from '../support/file-system.ts';
export {
  type CompileInput,
  type CompileOutput,
  type CompileSyncInput,
  compile,
  compileSync,
  type HeaderFiles,
  type SourceText,
} from './api.ts';
export type { CompileDiagnostic, CompileFix, CompileNote, SourceRange } from './api-diagnostics.ts';
export { type CompiledProgram, type CompileRequest, type CompileResult, compileSource } from './compile.ts';
export type { Host } from './front-end.ts';
export type { BtfSource, HeaderCache } from './kernel-header.ts';
export type { MapInfo, ProgramInfo, TypedMapInfo, TypedVariableInfo, VariableInfo } from './object-facts.ts';
export { type CompileOptions, defaultOptions } from './options.ts';
export { createSession, type Session } from './session.ts';
