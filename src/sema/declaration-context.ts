/**
 * What the files of sema's declarations half share. They know each other only through this interface (types
 * need declarators, declarators need types); `unit.ts` puts the parts together.
 */

import type { Note } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/source-manager.ts';
import type {
  DeclarationSpecifiers,
  Declarator,
  FunctionDefinition,
  Initializer,
  Name,
  TypeName,
} from '../parser/ast.ts';
import type { PragmaAttribute, TranslationUnit } from '../parser/parser.ts';
import type { CType } from '../types/types.ts';
import type { Sema } from './context.ts';
import type { FileScope } from './file-scope.ts';
import type { KeptDeclarations } from './kept-declarations.ts';
import type { ReferenceGraph } from './references.ts';
import type { Scope, ScopeStack } from './scope.ts';
import type {
  FunctionSymbol,
  LocalInitializer,
  ObjectSymbol,
  StaticInitializer,
  TypedSymbol,
  Visibility,
} from './typed-tree.ts';

/** Where a declarator stands. */
export type DeclaratorPlace = 'file' | 'block' | 'member' | 'parameter' | 'type-name';

/** What declaration specifiers say about the type. */
export interface SpecifiedType {
  readonly type: CType;
  /** From `_Alignas`, in bytes; 0 for none. */
  readonly align: number;
  /** GNU `__auto_type`: `type` is a stand-in until the initialiser is known. */
  readonly isAuto: boolean;
}

/** The parameters of a function declarator, and the scope they live in: a body continues it. */
export interface DeclaredParameters {
  readonly symbols: readonly ObjectSymbol[];
  readonly scope: Scope;
}

export interface DeclaredType {
  readonly name: Name | undefined;
  readonly type: CType;
  /** Set when the declared name itself is a function. */
  readonly parameters: DeclaredParameters | undefined;
}

/** A function body that is checked when the function is emitted, or at once in user code. */
export interface PendingBody {
  readonly definition: FunctionDefinition;
  readonly parameters: DeclaredParameters;
  readonly entry: number;
}

/** Everything that was declared with linkage or static storage, in order. */
export interface SymbolRecord {
  readonly symbol: TypedSymbol;
  /** The entry of the definition, else of the first declaration: emission goes by it. */
  entry: number;
  /** `int x;` at file scope: a definition unless another one follows (6.9.2 p2). */
  isTentative: boolean;
  body: PendingBody | undefined;
  definitionSpan: Span | undefined;
  /** Functions: some declaration is not `inline`, or is `extern` (6.7.4 p7). */
  hasExternalForm: boolean;
}

export interface InitializedStatic {
  /** The object's type, completed when it was an array of unknown length. */
  readonly type: CType;
  readonly image: StaticInitializer | undefined;
}

export interface InitializedLocal {
  readonly type: CType;
  readonly initializer: LocalInitializer;
}

export interface DeclarationContext {
  readonly sema: Sema;
  readonly unit: TranslationUnit;
  readonly scopes: ScopeStack;
  readonly fileScope: FileScope;
  /** What is kept of earlier units, where the session goes on. */
  readonly kept: KeptDeclarations | undefined;
  readonly references: ReferenceGraph;
  /** The function whose body is being checked. */
  readonly currentFunction: FunctionSymbol | undefined;
  /** `#pragma pack` and `#pragma clang attribute` at the entry being analysed. */
  readonly pragmas: { readonly pack: number; readonly attributes: readonly PragmaAttribute[] };
  /** `#pragma GCC visibility` at the entry being analysed. */
  readonly visibility: Visibility;

  /** `isStandalone`: no declarator follows, so that `struct s;` declares a new tag. */
  analyzeSpecifiers(
    specifiers: DeclarationSpecifiers,
    place: DeclaratorPlace,
    isStandalone?: boolean,
  ): SpecifiedType;
  /** The type a declarator makes of the specifiers' type. */
  applyDeclarator(base: CType, declarator: Declarator, place: DeclaratorPlace): DeclaredType;
  typeOfTypeName(type: TypeName): CType;
  /** Where an incomplete type was declared, as a note. */
  incompleteNotes(type: CType): readonly Note[];
  initializeStatic(type: CType, initializer: Initializer, span: Span): InitializedStatic;
  initializeLocal(type: CType, initializer: Initializer): InitializedLocal;
  /** The record of a symbol with linkage or static storage, made on first sight. */
  recordOf(symbol: TypedSymbol): SymbolRecord;
  /** Checks the body of a function definition at once: user code, or everything with `--eager`. */
  readonly checksBodies: boolean;
  checkBody(record: SymbolRecord): void;
  /** Reports what was found to be beyond BPF in a function that is emitted. */
  reportLimitsOf(symbol: FunctionSymbol): void;
}
