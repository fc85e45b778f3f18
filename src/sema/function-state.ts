/**
 * What is known while one function body is checked: its labels, the loops and switches around the current statement, and
 * which locals were used.
 */

import type { DiagnosticSink } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/source-manager.ts';
import type { Attribute, Name } from '../parser/ast.ts';
import type { CType, EnumType, IntegerType } from '../types/types.ts';
import {
  type CaseLabel,
  type FunctionSymbol,
  LabelSymbol,
  type ObjectSymbol,
  type SwitchCase,
} from './typed-tree.ts';

/** The switch around a case label. */
export interface SwitchState {
  /** The promoted type of the value; cases are converted to it. */
  readonly type: IntegerType;
  /** The type before its promotion: what the value can be. */
  readonly valueType: IntegerType;
  readonly enumeration: EnumType | undefined;
  /** What was open where the switch begins. */
  readonly cleanups: OpenCleanups | undefined;
  readonly cases: SwitchCase[];
  defaultLabel: CaseLabel | undefined;
}

/** Variables with a `cleanup` whose scope is open, the innermost first. */
export interface OpenCleanups {
  readonly variable: ObjectSymbol;
  readonly outer: OpenCleanups | undefined;
}

interface Jump {
  readonly span: Span;
  readonly label: LabelEntry;
  readonly from: OpenCleanups | undefined;
}

interface LabelEntry {
  readonly symbol: LabelSymbol;
  /** Where it is defined; undefined while only gotos have named it. */
  definedAt: Span | undefined;
  isUsed: boolean;
  cleanups: OpenCleanups | undefined;
}

interface DeclaredLocal {
  readonly symbol: ObjectSymbol;
  readonly attributes: readonly Attribute[];
}

/** A variable in whose scope a jump ends but does not begin. */
export function bypassedCleanup(
  from: OpenCleanups | undefined,
  to: OpenCleanups | undefined,
): ObjectSymbol | undefined {
  for (let at = from; ; at = at.outer) {
    if (at === to) return undefined;
    if (at === undefined) return to?.variable;
  }
}

export function reportBypass(
  diagnostics: DiagnosticSink,
  code: 'goto-into-cleanup' | 'case-into-cleanup',
  span: Span,
  variable: ObjectSymbol,
): void {
  const text = 'jump bypasses initialization of variable with __attribute__((cleanup))';
  diagnostics.report(code, span, [], { notes: [{ span: variable.span, text }] });
}

export class FunctionState {
  readonly symbol: FunctionSymbol;
  readonly returnType: CType;
  readonly referenced = new Set<ObjectSymbol>();
  readonly locals: DeclaredLocal[] = [];
  /** Innermost switch; its `case` labels gather there. */
  switchState: SwitchState | undefined = undefined;
  cleanups: OpenCleanups | undefined = undefined;
  loopDepth = 0;
  /** Loops and switches, which `break` leaves. */
  breakDepth = 0;
  /** The function's labels, then those of open blocks with `__label__`. */
  private readonly labelScopes: Map<string, LabelEntry>[] = [new Map()];
  private readonly jumps: Jump[] = [];
  private labelCount = 0;

  constructor(symbol: FunctionSymbol) {
    this.symbol = symbol;
    this.returnType = symbol.type.returns;
  }

  private entry(name: Name): LabelEntry {
    for (let i = this.labelScopes.length - 1; i >= 0; i--) {
      const known = this.labelScopes[i]?.get(name.text);
      if (known !== undefined) return known;
    }
    return this.addLabel(this.labelScopes[0], name);
  }

  private addLabel(scope: Map<string, LabelEntry> | undefined, name: Name): LabelEntry {
    const entry: LabelEntry = {
      symbol: new LabelSymbol(name.text, name.span, ++this.labelCount),
      definedAt: undefined,
      isUsed: false,
      cleanups: undefined,
    };
    scope?.set(name.text, entry);
    return entry;
  }

  /** A goto or `&&` names a label. */
  useLabel(name: Name): LabelSymbol {
    const entry = this.entry(name);
    entry.isUsed = true;
    return entry.symbol;
  }

  /** A goto, whose target may be defined below. */
  jumpTo(name: Name, span: Span): LabelSymbol {
    const symbol = this.useLabel(name);
    this.jumps.push({ span, label: this.entry(name), from: this.cleanups });
    return symbol;
  }

  /** Gotos into the scope of a variable whose cleanup would run without its initialisation (GCC manual 6.34.1). */
  checkJumps(diagnostics: DiagnosticSink): void {
    for (const { span, label, from } of this.jumps) {
      const bypassed = label.definedAt && bypassedCleanup(from, label.cleanups);
      if (bypassed !== undefined) reportBypass(diagnostics, 'goto-into-cleanup', span, bypassed);
    }
  }

  /** A labelled statement defines a label. */
  defineLabel(diagnostics: DiagnosticSink, name: Name, attributes: readonly Attribute[]): LabelSymbol {
    const entry = this.entry(name);
    if (attributes.some((row) => row.name === 'unused')) entry.isUsed = true;
    if (entry.definedAt !== undefined) {
      diagnostics.report('label-redefined', name.span, [name.text], {
        notes: [{ span: entry.definedAt, text: 'previous definition is here' }],
      });
    }
    entry.definedAt = name.span;
    entry.cleanups = this.cleanups;
    return entry.symbol;
  }

  /** Opens the scope of a block's `__label__` declarations. */
  openLabels(names: readonly Name[]): void {
    const scope = new Map<string, LabelEntry>();
    this.labelScopes.push(scope);
    for (const name of names) this.addLabel(scope, name);
  }

  closeLabels(diagnostics: DiagnosticSink): void {
    const scope = this.labelScopes.pop();
    for (const [name, { symbol, definedAt, isUsed }] of scope ?? []) {
      if (definedAt === undefined && isUsed) diagnostics.report('undeclared-label', symbol.span, [name]);
      else if (!isUsed && definedAt !== undefined) diagnostics.report('unused-label', definedAt, [name]);
    }
  }
}
