/**
 * Sema's entry: a translation unit to a typed tree (C11 6.9).
 *
 * In: the index of external declarations and the way to parse them. Out: the {@link TypedUnit} of what is
 * emitted. User code is checked in full and in order; of headers only what is needed. The same unit checked
 * eagerly gives the same result.
 *
 * Method: entries that must be looked at are analysed in order, each name lookup analysing more of the
 * headers; then what is emitted is found from the roots, and header functions that are reached are checked.
 */

import type { DiagnosticCode } from '../diagnostics/codes.ts';
import type { DiagnosticSink, Note } from '../diagnostics/diagnostic.ts';
import { noSpan, type SourceManager, type Span } from '../diagnostics/source-manager.ts';
import type {
  CompoundStatement,
  Declaration,
  DeclarationSpecifiers,
  Declarator,
  Expression,
  FunctionDefinition,
  Initializer,
  StaticAssert,
  TypeName,
} from '../parser/ast.ts';
import type { PragmaAttribute, TranslationUnit } from '../parser/parser.ts';
import { latin1 } from '../support/file-system.ts';
import { alignOf, type CType, intType, pointerTo, voidType } from '../types/types.ts';
import type { AssignmentContext, ConstantValue, OrdinaryEntity, Sema, SemaOptions } from './context.ts';
import type {
  DeclarationContext,
  DeclaratorPlace,
  DeclaredType,
  InitializedLocal,
  InitializedStatic,
  SpecifiedType,
  SymbolRecord,
} from './declaration-context.ts';
import { DeclarationKeeper } from './declaration-keeper.ts';
import { analyzeExternal, checkStaticAssert, declareInBlock } from './declarations.ts';
import { applyDeclarator } from './declarators.ts';
import { collectUnit } from './emission.ts';
import { createExpressions } from './expressions.ts';
import { FileScope } from './file-scope.ts';
import { LocalSink, StaticSink } from './initializer-sinks.ts';
import { InitializerWalk } from './initializers.ts';
import type { KeptDeclarations } from './kept-declarations.ts';
import { TagAnalyzer } from './records.ts';
import { ReferenceGraph } from './references.ts';
import { Scope, ScopeStack } from './scope.ts';
import { analyzeSpecifiers } from './specifiers.ts';
import { nearestName } from './suggestions.ts';
import {
  FunctionSymbol,
  type LocalInitializer,
  ObjectSymbol,
  type StringConstant,
  type TypedExpression,
  type TypedFunction,
  type TypedStatement,
  type TypedSymbol,
  type TypedUnit,
  type Visibility,
} from './typed-tree.ts';

export interface AnalysisContext {
  readonly diagnostics: DiagnosticSink;
  readonly sources: SourceManager;
  /** What earlier units of the session left. */
  readonly kept?: KeptDeclarations | undefined;
  /** Later units of the session may want what is found in this one. */
  readonly keepsMore?: boolean;
}

type Expressions = ReturnType<typeof createExpressions>;

/** Searches of file scope for misspelt names; clang's limit. */
const maxSearches = 50;

/** Names that stand before all declarations. */
const predefinedTypedefs: ReadonlyMap<string, CType> = new Map<string, CType>([
  [
    '__builtin_va_list',
    { kind: 'typedef', name: '__builtin_va_list', type: pointerTo(voidType), align: 0, declTags: [] },
  ],
]);

/** The two interfaces of sema over the state of one analysis. */
class Analysis implements Sema, DeclarationContext {
  readonly sema: Sema = this;
  readonly diagnostics: DiagnosticSink;
  readonly sources: SourceManager;
  readonly options: SemaOptions;
  readonly unit: TranslationUnit;
  readonly scopes = new ScopeStack();
  readonly references = new ReferenceGraph();
  readonly fileScope: FileScope;
  readonly records = new Map<TypedSymbol, SymbolRecord>();
  readonly functions = new Map<FunctionSymbol, TypedFunction>();
  currentFunction: FunctionSymbol | undefined = undefined;
  private readonly strings = new Map<string, StringConstant>();
  /** What BPF cannot do in a header's functions: an error where one is emitted. */
  private readonly limits = new Map<FunctionSymbol, (() => void)[]>();
  readonly kept: KeptDeclarations | undefined;
  private readonly keeper: DeclarationKeeper | undefined;
  private readonly tags: TagAnalyzer;
  private readonly expressions: Expressions;
  private readonly visibilities: readonly { readonly entry: number; readonly visibility: Visibility }[];
  private searches = 0;

  constructor(unit: TranslationUnit, options: SemaOptions, context: AnalysisContext) {
    this.unit = unit;
    this.options = options;
    this.diagnostics = context.diagnostics;
    this.sources = context.sources;
    this.kept = context.kept;
    this.fileScope = new FileScope(unit, this.scopes, (entry) => this.check(entry));
    this.tags = new TagAnalyzer(this);
    const { fileScope, tags, diagnostics } = this;
    const { keepsMore = true } = context;
    this.keeper =
      this.kept && new DeclarationKeeper({ kept: this.kept, keepsMore, unit, fileScope, tags, diagnostics });
    this.visibilities = visibilityRanges(unit);
    this.expressions = createExpressions(this);
  }

  /** Checks the declarations of an entry. */
  private check(entry: number): void {
    const analyze = () => {
      for (const declaration of this.unit.parse(entry))
        this.inContextOf(undefined, () => this.atFileScope(() => analyzeExternal(this, declaration, entry)));
    };
    if (this.keeper === undefined) analyze();
    else this.keeper.check(entry, analyze);
  }

  /** Runs `action` as part of a function, or of none: what it refers to and declares belongs there. */
  private inContextOf(symbol: FunctionSymbol | undefined, action: () => void): void {
    const saved = this.currentFunction;
    this.currentFunction = symbol;
    this.references.from(symbol, action);
    this.currentFunction = saved;
  }

  // ---- Sema: scopes ----

  lookupOrdinary(name: string, _use: Span): OrdinaryEntity | undefined {
    const entity = this.scopes.lookupOrdinary(name) ?? this.fileScope.lookupOrdinary(name);
    if (entity === undefined) {
      const type = predefinedTypedefs.get(name);
      return type && { kind: 'typedef', name, type, span: noSpan };
    }
    return entity;
  }

  pushScope(): void {
    this.scopes.push(new Scope('block'));
  }

  popScope(): void {
    this.scopes.pop();
  }

  markReferenced(symbol: TypedSymbol): void {
    if (symbol.kind === 'function' || symbol.storage === 'global') this.references.note(symbol);
  }

  suggestName(name: string): string | undefined {
    const near = nearestName(name, this.scopes.names());
    // A header may hold a hundred thousand names; after some mistakes the search is not worth its time.
    if (near !== undefined || this.searches++ >= maxSearches) return near;
    return nearestName(name, this.fileScope.names());
  }

  // ---- Sema: declarations ----

  typeOfTypeName(type: TypeName): CType {
    const specified = this.analyzeSpecifiers(type.specifiers, 'type-name');
    return this.applyDeclarator(specified.type, type.declarator, 'type-name').type;
  }

  declareInBlock(declaration: Declaration): readonly TypedStatement[] {
    return declareInBlock(this, declaration);
  }

  checkStaticAssert(assertion: StaticAssert): void {
    checkStaticAssert(this, assertion);
  }

  declareUnnamed(
    type: CType,
    span: Span,
    initializer: Initializer,
  ): { readonly symbol: ObjectSymbol; readonly initializer: LocalInitializer | undefined } {
    if (!this.scopes.isFileScope) {
      const local = this.initializeLocal(type, initializer);
      const symbol = new ObjectSymbol('', local.type, span, 'local', 'none', alignOf(local.type));
      return { symbol, initializer: local.initializer };
    }
    const symbol = new ObjectSymbol('.compoundliteral', type, span, 'global', 'internal', alignOf(type));
    const result = this.references.from(symbol, () => this.initializeStatic(type, initializer, span));
    symbol.type = result.type;
    symbol.initializer = result.image;
    symbol.isDefined = true;
    this.recordOf(symbol);
    this.references.note(symbol);
    return { symbol, initializer: undefined };
  }

  declareImplicitFunction(name: string, use: Span): FunctionSymbol | undefined {
    const known = this.fileScope.linked(name);
    if (known !== undefined) return known.kind === 'function' ? known : undefined;
    const type = {
      kind: 'function',
      returns: intType,
      parameters: [],
      isVariadic: false,
      isPrototype: false,
      isNoreturn: false,
    } as const;
    const symbol = new FunctionSymbol(name, type, use, 'external');
    this.recordOf(symbol);
    this.fileScope.declareBlockExtern(name, symbol);
    return symbol;
  }

  stringConstant(bytes: Uint8Array, unitSize: number): StringConstant {
    const key = `${unitSize}:${latin1(bytes)}`;
    const known = this.strings.get(key);
    if (known !== undefined) return known;
    const constant: StringConstant = { kind: 'string', bytes, unitSize };
    this.strings.set(key, constant);
    return constant;
  }

  parseBody(definition: FunctionDefinition): CompoundStatement {
    return this.unit.parseBody(definition);
  }

  // ---- Sema: expressions ----

  checkExpression(expression: Expression): TypedExpression {
    return this.expressions.checkExpression(expression);
  }

  checkRvalue(expression: Expression): TypedExpression {
    return this.expressions.checkRvalue(expression);
  }

  atFileScope(action: () => void): void {
    this.expressions.atFileScope(action);
  }

  checkUnevaluated(expression: Expression): TypedExpression {
    return this.expressions.checkUnevaluated(expression);
  }

  convertForAssignment(value: TypedExpression, type: CType, context: AssignmentContext): TypedExpression {
    return this.expressions.convertForAssignment(value, type, context);
  }

  integerConstant(
    expression: Expression,
    what: string,
  ): { readonly value: bigint; readonly type: CType } | undefined {
    return this.expressions.integerConstant(expression, what);
  }

  evaluate(expression: TypedExpression): ConstantValue | undefined {
    return this.expressions.evaluate(expression);
  }

  stringBytes(parts: Parameters<Sema['stringBytes']>[0]): ReturnType<Sema['stringBytes']> {
    return this.expressions.stringBytes(parts);
  }

  checkFunctionBody(
    definition: FunctionDefinition,
    symbol: FunctionSymbol,
    parameters: readonly ObjectSymbol[],
  ): TypedFunction {
    return this.expressions.checkFunctionBody(definition, symbol, parameters);
  }

  isBuiltin(name: string): boolean {
    return this.expressions.isBuiltin(name);
  }

  // ---- DeclarationContext ----

  incompleteNotes(type: CType): readonly Note[] {
    return this.tags.incompleteNotes(type);
  }

  get pragmas(): { readonly pack: number; readonly attributes: readonly PragmaAttribute[] } {
    const entry = this.unit.entry(this.fileScope.current);
    return { pack: entry?.pack ?? 0, attributes: entry?.pragmaAttributes ?? [] };
  }

  get visibility(): Visibility {
    return (
      this.visibilities.findLast(({ entry }) => entry <= this.fileScope.current)?.visibility ?? 'default'
    );
  }

  private get isUserCode(): boolean {
    return this.unit.entry(this.fileScope.current)?.isUserCode ?? false;
  }

  get checksBodies(): boolean {
    return this.options.eager || this.isUserCode;
  }

  reportTargetLimit(code: DiagnosticCode, span: Span, args: readonly string[] = []): void {
    const report = () => this.diagnostics.report(code, span, args);
    const symbol = this.currentFunction;
    if (symbol === undefined || this.isUserCode) report();
    else this.limits.set(symbol, [...(this.limits.get(symbol) ?? []), report]);
  }

  reportLimitsOf(symbol: FunctionSymbol): void {
    for (const report of this.limits.get(symbol) ?? []) report();
  }

  analyzeSpecifiers(
    specifiers: DeclarationSpecifiers,
    place: DeclaratorPlace,
    isStandalone = false,
  ): SpecifiedType {
    return analyzeSpecifiers(this, this.tags, specifiers, place, isStandalone);
  }

  applyDeclarator(base: CType, declarator: Declarator, place: DeclaratorPlace): DeclaredType {
    return applyDeclarator(this, base, declarator, place);
  }

  initializeStatic(type: CType, initializer: Initializer, span: Span): InitializedStatic {
    const sink = new StaticSink(this);
    const completed = new InitializerWalk(this, sink).run(type, initializer);
    return { type: completed, image: sink.finish(completed, span) };
  }

  initializeLocal(type: CType, initializer: Initializer): InitializedLocal {
    const sink = new LocalSink();
    const completed = new InitializerWalk(this, sink).run(type, initializer);
    return { type: completed, initializer: sink.finish(completed) };
  }

  recordOf(symbol: TypedSymbol): SymbolRecord {
    const known = this.records.get(symbol);
    if (known !== undefined) return known;
    const record: SymbolRecord = {
      symbol,
      entry: this.fileScope.current,
      isTentative: false,
      body: undefined,
      definitionSpan: undefined,
      hasExternalForm: false,
    };
    this.records.set(symbol, record);
    return record;
  }

  checkBody({ symbol, body }: SymbolRecord): void {
    if (body === undefined || symbol.kind !== 'function' || this.functions.has(symbol)) return;
    this.fileScope.at(body.entry, () => {
      this.inContextOf(symbol, () => {
        if (symbol.type.isVariadic) this.reportTargetLimit('variadic-definition', symbol.span);
        this.scopes.push(body.parameters.scope);
        this.functions.set(symbol, this.checkFunctionBody(body.definition, symbol, body.parameters.symbols));
        this.scopes.pop();
      });
    });
  }
}

/** Where `#pragma GCC visibility push(...)` and `pop` change the default, by entry. */
function visibilityRanges(unit: TranslationUnit): { entry: number; visibility: Visibility }[] {
  const ranges: { entry: number; visibility: Visibility }[] = [];
  const stack: Visibility[] = [];
  for (const entry of unit.entries) {
    if (!entry.isNameless) continue;
    for (const declaration of unit.parse(entry.index)) {
      if (declaration.kind !== 'PragmaDirective') continue;
      const match = /^\s*GCC\s+visibility\s+(?:push\s*\(\s*(default|hidden|protected)\s*\)|pop)/.exec(
        declaration.text,
      );
      if (match === null) continue;
      const pushed = match[1];
      if (pushed === undefined) stack.pop();
      else stack.push(pushed === 'hidden' || pushed === 'protected' ? pushed : 'default');
      ranges.push({ entry: entry.index, visibility: stack.at(-1) ?? 'default' });
    }
  }
  return ranges;
}

/**
 * Checks a translation unit; diagnostics go to the context's sink. The result of a unit with errors is not to
 * be lowered.
 */
export function analyze(unit: TranslationUnit, options: SemaOptions, context: AnalysisContext): TypedUnit {
  context.kept?.begin();
  const analysis = new Analysis(unit, options, context);
  for (const entry of unit.entries) {
    if (context.diagnostics.isExhausted) break;
    if (options.eager || entry.isUserCode || entry.mayEmit) analysis.fileScope.ensure(entry.index);
  }
  // Who reads the tree stands behind all declarations, too.
  analysis.fileScope.finish();
  return collectUnit({ cx: analysis, records: analysis.records, functions: analysis.functions });
}
