/**
 * What the verifier will refuse or the kernel will not do as meant, said at compile time with a way out: the typed tree
 * and IR -> warnings.
 *
 * `checkTypedUnit` looks at calls as they are written; `noteResults` and `checkModule` at IR, before any pass and when calls
 * are inlined and values are in registers. All of them only report: what is certain, or nothing.
 */

import type { DiagnosticSink, FixIt, Note } from '../diagnostics/diagnostic.ts';
import { offsetPos, type Pos, type SourceManager } from '../diagnostics/source-manager.ts';
import type { SymbolId } from '../ir/func.ts';
import type { Module } from '../ir/module.ts';
import type { TargetFacts } from '../ir/target-facts.ts';
import { typesWith } from '../isa/helper-programs.ts';
import type {
  LocalDeclaration,
  LocalInitializer,
  ObjectSymbol,
  TypedSymbol,
  TypedUnit,
} from '../sema/typed-tree.ts';
import { walkStatement } from '../sema/walk.ts';
import { Conditions, type ConditionText } from './conditions.ts';
import { findEndlessLoops } from './endless-loops.ts';
import { checkFormat } from './formats.ts';
import { isNewerThan, refusingType, unconditionalCalls } from './helper-availability.ts';
import { calledHelper, counted } from './helper-calls.ts';
import { isBefore, type KernelVersion } from './kernel-version.ts';
import { checkMapSizes } from './map-sizes.ts';
import { findNullUses, type NullUse, resultNames } from './null-check.ts';
import { findUnwrittenObjects, firstHole, type UnwrittenObject } from './padding.ts';
import { returnStatement, StatementStarts } from './statement-starts.ts';
import { findUnboundedIndices, type UnboundedIndex } from './unbounded-index.ts';
import { findUnboundedLoops, type LoopCause, type UnboundedLoop } from './unbounded-loop.ts';
import { checkLicense, checkSections } from './unit-checks.ts';

export interface CheckSources {
  readonly unit: TypedUnit;
  readonly module: Module;
  readonly sourceSymbols: ReadonlyMap<SymbolId, TypedSymbol>;
  readonly facts: TargetFacts;
  readonly sources: SourceManager;
  readonly diagnostics: DiagnosticSink;
  /** The oldest kernel that the program is for, where that is said. */
  readonly kernel: KernelVersion | undefined;
}

/** Why the verifier cannot count the turns. */
const loopCauses: Readonly<Record<LoopCause, string>> = {
  value: 'what is compared is another value in each turn, which it knows nothing about',
  pointer: 'it compares pointers for their bounds, but does not count by them',
  number: 'the number of turns has no bound that it knows',
};

/** Lookups in arrays with a constant key give no null since this version. */
const fullArrays: KernelVersion = { major: 6, minor: 14 };

export class UnitChecks {
  private readonly input: CheckSources;
  /** Declarations of locals by the place where they are declared. */
  private readonly locals = new Map<Pos, LocalDeclaration[]>();
  private readonly names: ReadonlyMap<Pos, string>;
  private starts: StatementStarts | undefined;

  /** Takes the module as it was lowered, before any pass. */
  constructor(input: CheckSources) {
    this.input = input;
    this.names = resultNames(input.module);
  }

  /** What the typed tree shows. */
  checkTree(): void {
    const { unit, diagnostics, sources, sourceSymbols, facts } = this.input;
    checkSections(unit, diagnostics);
    const initializers = new Map<ObjectSymbol, LocalInitializer>();
    const ids = new Map<TypedSymbol, SymbolId>();
    for (const [id, symbol] of sourceSymbols) ids.set(symbol, id);
    const mapOf = (symbol: ObjectSymbol) => {
      const id = ids.get(symbol);
      return id === undefined ? undefined : facts.map(id);
    };
    const calls: { readonly at: Pos; readonly check: () => void }[] = [];
    for (const { body } of unit.functions) {
      walkStatement(body, {
        statement: (statement) => {
          if (statement.kind !== 'Local') return;
          const { initializer, symbol, span } = statement;
          this.locals.set(span.start, [...(this.locals.get(span.start) ?? []), statement]);
          if (initializer !== undefined) initializers.set(symbol, initializer);
        },
        expression: (call) => {
          const helper = call.kind === 'Call' ? calledHelper(call) : undefined;
          if (call.kind !== 'Call' || helper === undefined) return;
          const check = (): void => {
            checkMapSizes(call, helper, mapOf, diagnostics);
            checkFormat(call, helper, (symbol) => initializers.get(symbol), diagnostics);
          };
          calls.push({ at: sources.expansion(call.span.start), check });
        },
      });
    }
    calls.sort((a, b) => a.at - b.at);
    for (const { check } of calls) check();
  }

  /** What the module shows once calls are inlined and values are in registers. */
  checkModule(module: Module): void {
    const { unit, facts, diagnostics, kernel } = this.input;
    checkLicense(unit, module, diagnostics);
    for (const pos of findEndlessLoops(module)) diagnostics.report('endless-loop', { start: pos, end: pos });
    this.checkHelpers(module, kernel);
    const elidesArrays = kernel === undefined || !isBefore(kernel, fullArrays);
    for (const use of findNullUses(module, facts, elidesArrays)) this.reportNull(use);
    for (const object of findUnwrittenObjects(module, facts)) this.reportPadding(object);
    for (const index of findUnboundedIndices(module, facts)) this.reportIndex(index);
  }

  /** What finished IR shows: the loops that are still there. */
  checkLoops(module: Module): void {
    const { facts } = this.input;
    const loops = findUnboundedLoops(module, facts);
    const conditions = loops.length === 0 ? undefined : new Conditions(this.input.unit, this.input.sources);
    for (const loop of loops) this.reportLoop(loop, conditions?.textAt(loop.pos));
  }

  private reportLoop({ pos, cause }: UnboundedLoop, condition: ConditionText | undefined): void {
    const span = { start: pos, end: pos };
    const name = condition === undefined ? '' : ` by '${condition.text}'`;
    const goesOn = condition?.isLoop === true ? ` && ${condition.text}` : '';
    const text = `count as well, to a constant: for (int i = 0; i < 1000${goesOn}; i++)`;
    const other =
      'or let the kernel count: bpf_for() or bpf_repeat() (Linux 6.4), bpf_loop() (5.17), can_loop (6.9)';
    this.input.diagnostics.report('unbounded-loop', span, [name, loopCauses[cause]], {
      notes: [
        { span, text },
        { span, text: other },
      ],
    });
  }

  private reportIndex({ pos, object, size, reach, count }: UnboundedIndex): void {
    const span = { start: pos, end: pos };
    const mask =
      (count & (count - 1n)) === 0n && count > 1n ? ` or take its low bits: index & ${count - 1n}` : '';
    const text = `write before it: if (index >= ${count}) return 0;${mask}`;
    this.input.diagnostics.report('unbounded-index', span, [`${reach}`, object, `${size}`], {
      notes: count === 0n ? [] : [{ span, text }],
    });
  }

  private checkHelpers(module: Module, kernel: KernelVersion | undefined): void {
    const { diagnostics } = this.input;
    for (const use of unconditionalCalls(module)) {
      const { helper, call } = use;
      const span = { start: call, end: call };
      const type = refusingType(module, use);
      if (type !== undefined) {
        const notes = [{ span, text: `programs of these types can: ${typesWith(helper).join(', ')}` }];
        diagnostics.report('helper-not-for-type', span, [helper.name, type], { notes });
      } else if (kernel !== undefined && isNewerThan(helper, kernel)) {
        const id = helper.name.replace(/^bpf_/, 'BPF_FUNC_');
        const text = `a program for both asks first: if (bpf_core_enum_value_exists(enum bpf_func_id, ${id}))`;
        const version = `${kernel.major}.${kernel.minor}`;
        diagnostics.report('helper-too-new', span, [helper.name, helper.since, version], {
          notes: [{ span, text }],
        });
      }
    }
  }

  private startsOf(): StatementStarts {
    this.starts ??= new StatementStarts(this.input.unit, this.input.sources);
    return this.starts;
  }

  private reportNull({ helper, call, use }: NullUse): void {
    const { diagnostics } = this.input;
    const span = { start: use, end: use };
    const notes: Note[] = [{ span: { start: call, end: call }, text: 'the result is from here' }];
    const name = this.names.get(call);
    if (name === undefined) {
      diagnostics.report('null-result-not-checked', span, [helper.name], { notes });
      return;
    }
    const place = this.startsOf().before(use);
    const made = this.startsOf().before(call);
    const isSameFunction =
      place !== undefined && made?.func === place.func && made.span.start < place.span.start;
    const fixIts: FixIt[] = [];
    if (isSameFunction) {
      const text = `if (!${name})\n${place.indent}\t${returnStatement(place.func)}\n${place.indent}`;
      fixIts.push({ span: place.span, text });
    }
    const leave = place === undefined ? 'return 0;' : returnStatement(place.func);
    notes.push({ span, text: `write before it: if (!${name}) ${leave}` });
    diagnostics.report('null-not-checked', span, [name, helper.name], { notes, fixIts });
  }

  private reportPadding({ local, helper, call, unwritten }: UnwrittenObject): void {
    const { diagnostics } = this.input;
    const declaration = this.locals.get(local.pos)?.find(({ symbol }) => symbol.name === local.name);
    const hole = declaration === undefined ? undefined : firstHole(declaration.symbol.type, unwritten);
    if (declaration === undefined || hole === undefined) return;
    const where = hole.after === undefined ? `at offset ${hole.offset}` : `after member '${hole.after}'`;
    const zero = `__builtin_memset(&${local.name}, 0, sizeof(${local.name}));`;
    const fix = this.zeroFix(declaration, zero);
    const { span } = declaration.symbol;
    diagnostics.report(
      'uninitialized-padding',
      { start: call, end: call },
      [local.name, counted(hole.size, 'byte'), where, helper.name],
      {
        notes: [{ span, text: `zero it as a whole before its members are set: ${zero}` }],
        fixIts: fix === undefined ? [] : [fix],
      },
    );
  }

  /** Behind a declaration without an initialiser that ends on its line. */
  private zeroFix({ symbol, initializer }: LocalDeclaration, text: string): FixIt | undefined {
    const { sources } = this.input;
    const { start } = symbol.span;
    if (initializer !== undefined || sources.isInMacro(start)) return undefined;
    const { file, line, offset } = sources.location(start);
    const rest = /^\w+\s*(?:,[\w\s,*]*)?;/.exec(file.text.slice(offset, offset + 500))?.[0];
    if (rest === undefined || rest.includes('\n')) return undefined;
    const end = offsetPos(start, rest.length);
    const indent = /^[ \t]*/.exec(sources.lineText(file, line))?.[0] ?? '';
    return { span: { start: end, end }, text: `\n${indent}${text}` };
  }
}
