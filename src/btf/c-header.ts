/**
 * BTF -> a C header that declares its types, what `bpftool btf dump ... format c` is for: `vmlinux.h`.
 *
 * Order: a depth-first walk in the order of ids. A definition comes after those of all types that it holds by value and after
 * all typedefs and enumerations that it mentions; of a record behind a pointer a forward declaration is enough. The walk keeps
 * its own stack. In correct BTF no type holds itself by value; other BTF gives a message, as does BTF that refers
 * outside of itself, leads in circles or would expand without end.
 */

import { BrokenBtf, CLayout } from './c-layout.ts';
import { asIdentifier, CNames } from './c-names.ts';
import { CPrinter } from './c-printer.ts';
import { BtfKind, BtfView } from './view.ts';

export interface CHeaderOptions {
  /** Only the types of these names (tags, typedefs, enumerators, functions), and what they need; all when it is empty. */
  readonly names?: readonly string[];
}

export type CHeader =
  | { readonly kind: 'ok'; readonly text: string }
  | { readonly kind: 'error'; readonly message: string }
  /** None of the names is there. */
  | { readonly kind: 'unknown'; readonly names: readonly string[] };

const prologue = `#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

`;

const typesEnd = `#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

`;

const functionsStart = `#ifndef BPF_NO_KFUNC_PROTOTYPES
#ifndef __ksym
#define __ksym __attribute__((section(".ksyms")))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif

`;

const epilogue = `#endif /* __VMLINUX_H__ */
`;

/** How far a type's declaration has come. */
const State = Object.freeze({ none: 0, open: 1, done: 2 });

interface Needs {
  /** Must be declared before: definitions, typedefs. */
  readonly before: number[];
  /** Records of which a forward declaration is enough. */
  readonly forward: number[];
}

class HeaderWriter {
  private readonly view: BtfView;
  private readonly layout: CLayout;
  private readonly names: CNames;
  private readonly printer: CPrinter;
  private readonly parts: string[] = [];
  private readonly states: Uint8Array;
  private readonly isForwarded: Uint8Array;

  constructor(view: BtfView) {
    this.view = view;
    this.layout = new CLayout(view);
    this.names = new CNames(view);
    this.printer = new CPrinter(view, this.layout, this.names);
    this.states = new Uint8Array(view.numTypes + 1);
    this.isForwarded = new Uint8Array(view.numTypes + 1);
  }

  /** Declares all of `roots`; prototypes of the kernel's functions come last. */
  write(roots: readonly number[], functions: readonly number[]): string {
    for (const id of roots) this.declare(id);
    for (const id of functions) {
      for (const needed of this.needsOf(this.view.target(id)).before) this.declare(needed);
    }
    const text = [prologue, ...this.parts, typesEnd];
    if (functions.length > 0) text.push(functionsStart, this.prototypes(functions), '\n#endif\n\n');
    text.push(epilogue);
    return text.join('');
  }

  private prototypes(functions: readonly number[]): string {
    const { view } = this;
    const lines = functions.map((id) => {
      const text = this.printer.prototype(asIdentifier(view.name(id)), view.target(id));
      return `extern ${text} __weak __ksym;\n`;
    });
    return lines.join('');
  }

  /** Declares a type after all that it needs. */
  private declare(root: number): void {
    const { states } = this;
    const stack: { readonly id: number; readonly needs: Needs; next: number }[] = [];
    const open = (id: number) => {
      if (states[id] === State.done || this.names.isBuiltin(id)) return;
      if (states[id] === State.open) throw new BrokenBtf(`type ${id} contains itself`);
      states[id] = State.open;
      stack.push({ id, needs: this.needsOf(id), next: 0 });
    };
    open(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const needed = top.needs.before[top.next++];
      if (needed !== undefined) {
        open(needed);
        continue;
      }
      for (const record of top.needs.forward) this.forward(record, top.id);
      this.define(top.id);
      states[top.id] = State.done;
      stack.pop();
    }
  }

  private forward(record: number, user: number): void {
    if (this.states[record] === State.done || this.isForwarded[record] === 1 || record === user) return;
    this.isForwarded[record] = 1;
    this.parts.push(`${this.printer.tag(record)};\n\n`);
  }

  private define(id: number): void {
    if (this.view.kind(id) === BtfKind.FWD) return this.forward(this.names.canonical(id), 0);
    this.parts.push(this.printer.definition(id), ';\n\n');
  }

  /**
   * What the declaration of a type mentions. `strong` is what must be complete: members, elements of arrays.
   */
  private needsOf(id: number): Needs {
    const { view, layout, names } = this;
    const needs: Needs = { before: [], forward: [] };
    const seen = new Set<number>();
    // A type, times 2, plus 1 where it must be complete; the last is the next.
    const stack: number[] = [];
    const push = (type: number, isStrong: boolean) => {
      if (type !== 0) stack.push(type * 2 + (isStrong ? 1 : 0));
    };
    this.pushInner(id, push);
    for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
      const type = entry >>> 1;
      const isStrong = (entry & 1) === 1;
      layout.step(type);
      if (seen.has(entry)) continue;
      seen.add(entry);
      switch (view.kind(type)) {
        case BtfKind.TYPEDEF:
          needs.before.push(type);
          if (isStrong) push(view.target(type), true);
          break;
        case BtfKind.STRUCT:
        case BtfKind.UNION:
          if (!view.isNamed(type)) this.pushInner(type, push);
          else if (isStrong) needs.before.push(type);
          else needs.forward.push(type);
          break;
        case BtfKind.ENUM:
        case BtfKind.ENUM64:
          if (view.isNamed(type)) needs.before.push(type);
          break;
        case BtfKind.FWD:
          needs.forward.push(names.canonical(type));
          break;
        case BtfKind.PTR:
          push(view.target(type), false);
          break;
        case BtfKind.CONST:
        case BtfKind.VOLATILE:
        case BtfKind.RESTRICT:
        case BtfKind.TYPE_TAG:
          push(view.target(type), isStrong);
          break;
        case BtfKind.ARRAY:
        case BtfKind.FUNC_PROTO:
          this.pushInner(type, push);
          break;
        default:
      }
    }
    return needs;
  }

  /** What a declaration is made of, the first on top of the stack. */
  private pushInner(id: number, push: (type: number, isStrong: boolean) => void): void {
    const { view } = this;
    switch (view.kind(id)) {
      case BtfKind.STRUCT:
      case BtfKind.UNION:
        for (let i = view.count(id) - 1; i >= 0; i--) push(view.word(id, 4 + i * 3), true);
        break;
      case BtfKind.FUNC_PROTO:
        for (let i = view.count(id) - 1; i >= 0; i--) push(view.word(id, 4 + i * 2), false);
        push(view.target(id), false);
        break;
      case BtfKind.ARRAY:
        push(view.word(id, 3), true);
        break;
      case BtfKind.TYPEDEF:
        push(view.target(id), false);
        break;
      default:
    }
  }
}

/** Types that stand on their own: tagged ones and typedefs, and enumerations that nothing refers to. */
function isDeclaration(view: BtfView, id: number, isReferenced: Uint8Array): boolean {
  switch (view.kind(id)) {
    case BtfKind.TYPEDEF:
    case BtfKind.STRUCT:
    case BtfKind.UNION:
    case BtfKind.FWD:
      return view.isNamed(id);
    case BtfKind.ENUM:
    case BtfKind.ENUM64:
      return view.isNamed(id) || isReferenced[id] !== 1;
    default:
      return false;
  }
}

function referencedTypes(view: BtfView): Uint8Array {
  const found = new Uint8Array(view.numTypes + 1);
  const note = (id: number) => {
    if (view.has(id)) found[id] = 1;
  };
  for (let id = 1; id <= view.numTypes; id++) {
    switch (view.kind(id)) {
      case BtfKind.STRUCT:
      case BtfKind.UNION:
        for (let i = 0; i < view.count(id); i++) note(view.word(id, 4 + i * 3));
        break;
      case BtfKind.FUNC_PROTO:
        note(view.target(id));
        for (let i = 0; i < view.count(id); i++) note(view.word(id, 4 + i * 2));
        break;
      case BtfKind.ARRAY:
        note(view.word(id, 3));
        break;
      case BtfKind.PTR:
      case BtfKind.TYPEDEF:
      case BtfKind.VOLATILE:
      case BtfKind.CONST:
      case BtfKind.RESTRICT:
      case BtfKind.TYPE_TAG:
        note(view.target(id));
        break;
      default:
    }
  }
  return found;
}

/** Functions that programs may call: those with the declaration tag `bpf_kfunc`, by name. */
function kernelFunctions(view: BtfView): number[] {
  const byName = new Map<string, number>();
  for (let id = 1; id <= view.numTypes; id++) {
    if (view.kind(id) !== BtfKind.DECL_TAG || view.word(id, 3) !== 0xffff_ffff) continue;
    const func = view.target(id);
    if (!view.has(func) || view.kind(func) !== BtfKind.FUNC || view.name(id) !== 'bpf_kfunc') continue;
    if (view.has(view.target(func)) && view.kind(view.target(func)) === BtfKind.FUNC_PROTO) {
      byName.set(view.name(func), func);
    }
  }
  return [...byName.keys()].sort().map((name) => byName.get(name) ?? 0);
}

function enumeratorNames(view: BtfView, id: number): string[] {
  const kind = view.kind(id);
  if (kind !== BtfKind.ENUM && kind !== BtfKind.ENUM64) return [];
  const width = kind === BtfKind.ENUM64 ? 3 : 2;
  return Array.from({ length: view.count(id) }, (_, i) => view.text(view.word(id, 3 + i * width)));
}

/** The record that a typedef names. */
function definitionBehind(view: BtfView, id: number): number[] {
  if (view.kind(id) !== BtfKind.TYPEDEF) return [];
  const behind = new CLayout(view).resolved(id);
  const isRecord = view.kind(behind) === BtfKind.STRUCT || view.kind(behind) === BtfKind.UNION;
  return isRecord && view.isNamed(behind) ? [behind] : [];
}

function headerOf(view: BtfView, wanted: readonly string[]): CHeader {
  const isReferenced = referencedTypes(view);
  const roots: number[] = [];
  for (let id = 1; id <= view.numTypes; id++) if (isDeclaration(view, id, isReferenced)) roots.push(id);
  const functions = kernelFunctions(view);
  const writer = new HeaderWriter(view);
  if (wanted.length === 0) return { kind: 'ok', text: writer.write(roots, functions) };
  const missing = new Set(wanted);
  const names = new Set(wanted);
  const isWanted = (id: number) => {
    const found = [view.name(id), ...enumeratorNames(view, id)].filter((name) => names.has(name));
    for (const name of found) missing.delete(name);
    return found.length > 0;
  };
  const [wantedRoots, wantedFunctions] = [roots.filter(isWanted), functions.filter(isWanted)];
  if (missing.size > 0) return { kind: 'unknown', names: [...missing] };
  // Who asks for a typedef asks for what it stands for.
  const complete = wantedRoots.flatMap((id) => [id, ...definitionBehind(view, id)]);
  return { kind: 'ok', text: writer.write(complete, wantedFunctions) };
}

/** The header for the BTF in `bytes`. */
export function printCHeader(bytes: Uint8Array, options: CHeaderOptions = {}): CHeader {
  const view = BtfView.open(bytes);
  if (typeof view === 'string') return { kind: 'error', message: view };
  try {
    return headerOf(view, options.names ?? []);
  } catch (error) {
    if (!(error instanceof BrokenBtf)) throw error;
    return { kind: 'error', message: `broken BTF: ${error.message}` };
  }
}
