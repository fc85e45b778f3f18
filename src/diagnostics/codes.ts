/**
 * The one table of diagnostics, put together from a file per stage. The code is the row's name; tests and
 * JSON output use it.
 */

import { checksDiagnostics } from './codes/checks.ts';
import { codegenDiagnostics } from './codes/codegen.ts';
import { driverDiagnostics } from './codes/driver.ts';
import { explainDiagnostics } from './codes/explain.ts';
import { lexerDiagnostics } from './codes/lexer.ts';
import { lowerDiagnostics } from './codes/lower.ts';
import { parserDiagnostics } from './codes/parser.ts';
import { passesDiagnostics } from './codes/passes.ts';
import { preprocessorDiagnostics } from './codes/preprocessor.ts';
import { semaDiagnostics } from './codes/sema.ts';
import { semaDeclarationDiagnostics } from './codes/sema-declarations.ts';

export const diagnosticTable = {
  ...lexerDiagnostics,
  ...preprocessorDiagnostics,
  ...parserDiagnostics,
  ...semaDiagnostics,
  ...semaDeclarationDiagnostics,
  ...lowerDiagnostics,
  ...passesDiagnostics,
  ...checksDiagnostics,
  ...codegenDiagnostics,
  ...driverDiagnostics,
  ...explainDiagnostics,
} as const;

export type DiagnosticCode = keyof typeof diagnosticTable;
