/**
 * Expressions (C11 6.5): AST in, typed tree out. The dispatcher, and the factory of sema's expressions half.
 */

import type { Span } from '../diagnostics/source-manager.ts';
import type {
  Expression,
  FunctionNameLiteral,
  Identifier,
  LabelAddress,
  StringLiteral,
} from '../parser/ast.ts';
import { boolType, type CType, integerTypeOf, intType, pointerTo, voidType } from '../types/types.ts';
import { convertForAssignment } from './assignment-conversion.ts';
import { checkAssignment } from './assignment-operators.ts';
import { builtinTable } from './builtin-table.ts';
import { checkCall } from './calls.ts';
import { checkCast, checkCompoundLiteral } from './casts.ts';
import { Checker } from './checker.ts';
import { checkConditional } from './conditional.ts';
import type { Sema } from './context.ts';
import { convertTo, decay } from './conversions.ts';
import {
  isError,
  isErrorType,
  makeError,
  makeFunctionReference,
  makeInteger,
  makeObjectReference,
  makeString,
} from './factories.ts';
import { checkFunctionBody } from './function-body.ts';
import { checkChooseExpression, checkGenericSelection, checkTypesCompatible } from './generic-selection.ts';
import { checkCharacter, checkNumber } from './literals.ts';
import { checkMember, checkOffsetof, checkSubscript } from './member-access.ts';
import { checkChain } from './operators.ts';
import { checkStatementExpression } from './statements.ts';
import { plainChar, stringBytes } from './string-literals.ts';
import { withQualifiers } from './type-queries.ts';
import type { TypedExpression } from './typed-tree.ts';
import { checkSizeofOrAlignof, checkUnary } from './unary-operators.ts';

/** C23 6.4.4.6: `true`, `false` and `nullptr`, unless a declaration takes the name as older code does. */
function predefinedConstant(checker: Checker, name: string, span: Span): TypedExpression | undefined {
  if (checker.sema.options.standard !== 'c23') return undefined;
  if (name === 'true' || name === 'false') return makeInteger(name === 'true' ? 1n : 0n, boolType, span);
  if (name !== 'nullptr') return undefined;
  return convertTo(checker, makeInteger(0n, intType, span), pointerTo(voidType));
}

function checkIdentifier(checker: Checker, node: Identifier): TypedExpression {
  const { name, span } = node;
  const entity = checker.sema.lookupOrdinary(name, span);
  if (entity === undefined) {
    const predefined = predefinedConstant(checker, name, span);
    if (predefined !== undefined) return predefined;
    if (builtinTable.has(name)) return checker.fail('builtin-not-called', span, [name]);
    const suggestion = checker.sema.suggestName(name);
    if (suggestion === undefined) return checker.fail('undeclared-identifier', span, [name]);
    const fixIts = [{ span, text: suggestion }];
    return checker.fail('undeclared-identifier-suggest', span, [name, suggestion], { fixIts });
  }
  switch (entity.kind) {
    case 'object':
    case 'function':
      checker.markReferenced(entity);
      if (entity.deprecated !== undefined && !checker.isUnevaluated) {
        const reason = entity.deprecated === '' ? '' : `: ${entity.deprecated}`;
        checker.report('deprecated-use', span, [name, reason]);
      }
      if (entity.kind === 'function') return makeFunctionReference(entity, span);
      return isErrorType(entity.type) ? makeError(span) : makeObjectReference(entity, span);
    case 'enumerator':
      return makeInteger(entity.value, entity.type, span);
    case 'typedef':
      return checker.fail('unexpected-type-name', span, [name]);
    default:
      return entity satisfies never;
  }
}

function checkString(checker: Checker, node: StringLiteral): TypedExpression {
  const { bytes, unitSize, elementType } = stringBytes(checker, node.parts);
  return makeString(checker.sema.stringConstant(bytes, unitSize), elementType, node.span);
}

/** `__func__` (6.4.2.2): as if an array of const char with the name. */
function checkFunctionName(checker: Checker, node: FunctionNameLiteral): TypedExpression {
  const { function: current } = checker;
  if (current === undefined) checker.report('function-name-outside', node.span);
  const bytes = new TextEncoder().encode(`${current?.symbol.name ?? ''}\0`);
  const element = withQualifiers(plainChar(checker), {
    isConst: true,
    isVolatile: false,
    isRestrict: false,
    isAtomic: false,
  });
  return makeString(checker.sema.stringConstant(bytes, 1), element, node.span);
}

function checkLabelAddress(checker: Checker, node: LabelAddress): TypedExpression {
  const { function: current } = checker;
  if (current === undefined) return checker.fail('label-address-outside', node.span);
  const label = current.useLabel(node.label);
  label.isAddressTaken = true;
  return { kind: 'LabelAddress', span: node.span, type: pointerTo(voidType), isLvalue: false, label };
}

/** Checks an expression as written; lvalues stay lvalues. */
function checkExpression(checker: Checker, node: Expression): TypedExpression {
  switch (node.kind) {
    case 'Identifier':
      return checkIdentifier(checker, node);
    case 'NumberLiteral':
      return checkNumber(checker, node);
    case 'CharacterLiteral':
      return checkCharacter(checker, node);
    case 'StringLiteral':
      return checkString(checker, node);
    case 'FunctionNameLiteral':
      return checkFunctionName(checker, node);
    case 'GenericSelection':
      return checkGenericSelection(checker, node);
    case 'StatementExpression':
      return checkStatementExpression(checker, node);
    case 'Subscript':
      return checkSubscript(checker, node);
    case 'Call':
      return checkCall(checker, node);
    case 'Member':
      return checkMember(checker, node);
    case 'Unary':
      return checkUnary(checker, node);
    case 'SizeofOrAlignof':
      return checkSizeofOrAlignof(checker, node);
    case 'Cast':
      return checkCast(checker, node);
    case 'CompoundLiteral':
      return checkCompoundLiteral(checker, node);
    case 'Binary':
    case 'Comma':
      return checkChain(checker, node);
    case 'Assignment':
      return checkAssignment(checker, node);
    case 'Conditional':
      return checkConditional(checker, node);
    case 'LabelAddress':
      return checkLabelAddress(checker, node);
    case 'Offsetof':
      return checkOffsetof(checker, node);
    case 'VaArg':
      return checker.fail('variadic-access', node.span, ['va_arg']);
    case 'TypesCompatible':
      return checkTypesCompatible(checker, node);
    case 'ChooseExpression':
      return checkChooseExpression(checker, node);
    case 'ErrorExpression':
      return makeError(node.span);
    default:
      return node satisfies never;
  }
}

/** Checks an integer constant expression (6.6 p6). Clang folds more than the standard asks for; so is it here. */
function integerConstant(
  checker: Checker,
  expression: Expression,
  what: string,
): { readonly value: bigint; readonly type: CType } | undefined {
  const value = checker.rvalue(expression);
  if (isError(value)) return undefined;
  const folded = checker.constants.fold(value);
  if (integerTypeOf(value.type) === undefined || folded?.value.kind !== 'integer') {
    checker.report('not-integer-constant', expression.span, [what]);
    return undefined;
  }
  return { value: folded.value.value, type: value.type };
}

/** Sema's expressions half. */
export function createExpressions(
  sema: Sema,
): Pick<
  Sema,
  | 'checkExpression'
  | 'checkRvalue'
  | 'checkUnevaluated'
  | 'atFileScope'
  | 'convertForAssignment'
  | 'integerConstant'
  | 'evaluate'
  | 'stringBytes'
  | 'checkFunctionBody'
  | 'isBuiltin'
> {
  const checker = new Checker(sema);
  return {
    checkExpression: (expression) => checkExpression(checker, expression),
    checkRvalue: (expression) => decay(checker, checkExpression(checker, expression)),
    atFileScope: (action) => checker.atFileScope(action),
    checkUnevaluated: (expression) => checker.unevaluated(() => checkExpression(checker, expression)),
    convertForAssignment: (value, type, context) => convertForAssignment(checker, value, type, context),
    integerConstant: (expression, what) => integerConstant(checker, expression, what),
    evaluate: (expression) => checker.constants.evaluate(expression),
    stringBytes: (parts) => stringBytes(checker, parts),
    checkFunctionBody: (definition, symbol, parameters) =>
      checkFunctionBody(checker, definition, symbol, parameters),
    isBuiltin: (name) => builtinTable.has(name),
  };
}
