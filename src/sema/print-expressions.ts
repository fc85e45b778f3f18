/**
 * The typed tree as text, for `--dump=typed` and tests: every node by name, its type in angle brackets, its operands in
 * parentheses (`+<int>(lvalue-to-rvalue<int>(a), 1<int>)`), one statement a line.
 *
 * First operands are printed with a loop, so that long chains need no stack.
 */

import { printType } from '../types/print.ts';
import type {
  CompoundStatementNode,
  IfStatementNode,
  InitializerEntry,
  LocalInitializer,
  LoopHint,
  StringConstant,
  TypedAsmOperand,
  TypedExpression,
  TypedFunction,
  TypedStatement,
} from './typed-tree.ts';

/** What comes before a node's first operand, the operand, and what comes after it. */
interface Parts {
  readonly open: string;
  readonly first: TypedExpression | undefined;
  readonly close: () => string;
}

function quoted(constant: StringConstant): string {
  const prefix = { 1: '', 2: 'u', 4: 'U' }[constant.unitSize] ?? '';
  let text = '';
  for (const byte of constant.bytes.subarray(0, -constant.unitSize)) {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    text += isPlain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
  }
  return `${prefix}"${text}"`;
}

function leaf(text: string): Parts {
  return { open: text, first: undefined, close: () => '' };
}

function node(
  name: string,
  expression: TypedExpression,
  first: TypedExpression,
  rest: readonly TypedExpression[] = [],
  extra: readonly string[] = [],
): Parts {
  return {
    open: `${name}<${printType(expression.type)}>(`,
    first,
    close: () => `${[...rest.map(printExpression), ...extra].map((text) => `, ${text}`).join('')})`,
  };
}

function partsOf(expression: TypedExpression): Parts {
  const type = printType(expression.type);
  switch (expression.kind) {
    case 'IntegerConstant':
    case 'FloatConstant':
      return leaf(`${expression.value}<${type}>`);
    case 'StringReference':
      return leaf(quoted(expression.constant));
    case 'ObjectReference':
    case 'FunctionReference':
      return leaf(expression.symbol.name);
    case 'CompoundLiteral':
      return leaf(`literal<${type}>(${printInitializer(expression.initializer)})`);
    case 'Member':
      return node(
        'member',
        expression,
        expression.base,
        [],
        [`.${expression.member.name ?? `#${expression.memberIndex}`}`],
      );
    case 'Subscript':
      return node('subscript', expression, expression.base, [expression.index]);
    case 'Dereference':
      return node('dereference', expression, expression.pointer);
    case 'AddressOf':
      return node('address', expression, expression.operand);
    case 'Unary':
      return node(expression.operator, expression, expression.operand);
    case 'Binary':
    case 'Logical':
      return node(expression.operator, expression, expression.left, [expression.right]);
    case 'PointerArithmetic': {
      const { operator, pointer, index, elementSize } = expression;
      return node(`pointer${operator}`, expression, pointer, [index], [`step ${elementSize}`]);
    }
    case 'PointerDifference':
      return node(
        'difference',
        expression,
        expression.left,
        [expression.right],
        [`step ${expression.elementSize}`],
      );
    case 'Conditional':
      return node('conditional', expression, expression.condition, [
        expression.whenTrue,
        expression.whenFalse,
      ]);
    case 'Reused':
      return leaf('reused');
    case 'Assignment':
      return node('assign', expression, expression.target, [expression.value]);
    case 'CompoundAssignment':
      return node(expression.isPostfix ? 'postfix' : 'update', expression, expression.target, [
        expression.value,
      ]);
    case 'Comma':
      return node('comma', expression, expression.left, [expression.right]);
    case 'Call':
      return node('call', expression, expression.callee, expression.args);
    case 'Builtin':
      return builtinParts(expression);
    case 'StatementExpression':
      return leaf(statementExpression(expression.body, expression.result));
    case 'Lanes':
      return node('lanes', expression, expression.lane, expression.operands);
    case 'LabelAddress':
      return leaf(`&&${expression.label.name}`);
    case 'Convert':
      return node(
        `${expression.isExplicit ? 'cast ' : ''}${expression.conversion}`,
        expression,
        expression.operand,
      );
    default:
      return expression satisfies never;
  }
}

function builtinParts(expression: Extract<TypedExpression, { kind: 'Builtin' }>): Parts {
  const [first, ...rest] = expression.args;
  const extra = expression.typeArgument === undefined ? [] : [`type ${printType(expression.typeArgument)}`];
  const name = `builtin ${expression.name}`;
  if (first !== undefined) return node(name, expression, first, rest, extra);
  return leaf(`${name}<${printType(expression.type)}>(${extra.join('')})`);
}

function statementExpression(body: CompoundStatementNode, result: TypedExpression | undefined): string {
  const lines = body.items.flatMap((item) => printStatement(item, '')).map((line) => line.trim());
  if (result !== undefined) lines.push(printExpression(result));
  return `({ ${lines.join('; ')} })`;
}

/** One expression on one line. */
function printExpression(expression: TypedExpression): string {
  const opened: string[] = [];
  const pending: Parts[] = [];
  for (let at: TypedExpression | undefined = expression; at !== undefined; ) {
    const parts = partsOf(at);
    opened.push(parts.open);
    pending.push(parts);
    at = parts.first;
  }
  for (let parts = pending.pop(); parts !== undefined; parts = pending.pop()) opened.push(parts.close());
  return opened.join('');
}

function printEntry(entry: InitializerEntry): string {
  const { bitField } = entry;
  const bits = bitField === undefined ? '' : ` bits ${bitField.bitOffset}:${bitField.bitWidth ?? 0}`;
  return `@${entry.offset}${bits} ${printExpression(entry.value)}`;
}

function printInitializer(initializer: LocalInitializer): string {
  const fill = initializer.zeroFill ? ['zero'] : [];
  return `{ ${[...fill, ...initializer.entries.map(printEntry)].join(', ')} }`;
}

function hintText(hint: LoopHint | undefined): string {
  return hint === undefined ? '' : ` unroll(${hint.unroll})`;
}

function printOperand(operand: TypedAsmOperand): string {
  const name = operand.name === undefined ? '' : `[${operand.name}] `;
  return `${name}"${operand.constraint}"(${printExpression(operand.value)})`;
}

function printIf(statement: IfStatementNode, indent: string): string[] {
  const inner = `${indent}  `;
  const lines: string[] = [];
  let word = 'if';
  let at: TypedStatement | undefined = statement;
  while (at?.kind === 'If') {
    lines.push(`${indent}${word} ${printExpression(at.condition)}`);
    for (const line of printStatement(at.then, inner)) lines.push(line);
    word = 'else if';
    at = at.otherwise;
  }
  if (at !== undefined) lines.push(`${indent}else`, ...printStatement(at, inner));
  return lines;
}

/** One statement as lines. */
function printStatement(statement: TypedStatement, indent: string): string[] {
  const inner = `${indent}  `;
  switch (statement.kind) {
    case 'Compound':
      return [`${indent}{`, ...statement.items.flatMap((item) => printStatement(item, inner)), `${indent}}`];
    case 'Expression':
      return [`${indent}${printExpression(statement.expression)}`];
    case 'Local': {
      const { symbol, initializer } = statement;
      const value = initializer === undefined ? '' : ` = ${printInitializer(initializer)}`;
      const { cleanup } = symbol;
      const end = cleanup === undefined ? '' : ` cleanup ${printExpression(cleanup)}`;
      return [`${indent}local ${printType(symbol.type, symbol.name)}${value}${end}`];
    }
    case 'If':
      return printIf(statement, indent);
    case 'While':
      return [
        `${indent}while ${printExpression(statement.condition)}${hintText(statement.hint)}`,
        ...printStatement(statement.body, inner),
      ];
    case 'Do':
      return [
        `${indent}do${hintText(statement.hint)}`,
        ...printStatement(statement.body, inner),
        `${indent}while ${printExpression(statement.condition)}`,
      ];
    case 'For':
      return [
        `${indent}for${hintText(statement.hint)}`,
        ...statement.init.flatMap((item) => printStatement(item, `${inner}init: `)),
        ...(statement.condition === undefined
          ? []
          : [`${inner}test: ${printExpression(statement.condition)}`]),
        ...(statement.step === undefined ? [] : [`${inner}step: ${printExpression(statement.step)}`]),
        ...printStatement(statement.body, inner),
      ];
    case 'Switch': {
      const cases = statement.cases.map(({ first, last }) =>
        first === last ? `${first}` : `${first}...${last}`,
      );
      if (statement.defaultLabel !== undefined) cases.push('default');
      return [
        `${indent}switch ${printExpression(statement.value)} [${cases.join(', ')}]`,
        ...printStatement(statement.body, inner),
      ];
    }
    case 'Case':
      return [`${indent}case:`, ...printStatement(statement.body, inner)];
    case 'Labeled':
      return [`${indent}${statement.label.name}:`, ...printStatement(statement.body, inner)];
    case 'Goto':
      return [`${indent}goto ${statement.label.name}`];
    case 'IndirectGoto':
      return [`${indent}goto *${printExpression(statement.target)}`];
    case 'Break':
      return [`${indent}break`];
    case 'Continue':
      return [`${indent}continue`];
    case 'Return':
      return [
        `${indent}return${statement.value === undefined ? '' : ` ${printExpression(statement.value)}`}`,
      ];
    case 'Asm': {
      const parts = [
        JSON.stringify(statement.template),
        statement.outputs.map(printOperand).join(', '),
        statement.inputs.map(printOperand).join(', '),
        statement.clobbers.map((clobber) => JSON.stringify(clobber)).join(', '),
        statement.labels.map((label) => label.name).join(', '),
      ];
      return [
        `${indent}asm${statement.isVolatile ? ' volatile' : ''} ${parts.join(' : ').replace(/[ :]+$/, '')}`,
      ];
    }
    default:
      return statement satisfies never;
  }
}

/** A function with its body, as lines with a final newline. */
export function printTypedFunction(typed: TypedFunction): string {
  const { symbol, parameters, body } = typed;
  const list = parameters.map((parameter) => printType(parameter.type, parameter.name)).join(', ');
  const head = `${printType(symbol.type.returns, symbol.name)}(${list === '' ? 'void' : list})`;
  return `${[head, ...printStatement(body, '')].join('\n')}\n`;
}
