/**
 * The one table of diagnostics, put together from a file per stage. The code is the row's name; tests and
 * JSON output use it.
 */

import { codegenDiagnostics } from './codes/codegen.ts';
import { driverDiagnostics } from './codes/driver.ts';
import { lexerDiagnostics } from './codes/lexer.ts';
import { lowerDiagnostics } from './codes/lower.ts';
import { parserDiagnostics } from './codes/parser.ts';
import { preprocessorDiagnostics } from './codes/preprocessor.ts';
import { semaDiagnostics } from './codes/sema.ts';

export const diagnosticTable = {
  ...lexerDiagnostics,
  ...preprocessorDiagnostics,
  ...parserDiagnostics,
  ...semaDiagnostics,
  ...lowerDiagnostics,
  ...codegenDiagnostics,
  ...driverDiagnostics,
} as const;

export type DiagnosticCode = keyof typeof diagnosticTable;
