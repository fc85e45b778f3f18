/**
 * The abstract syntax tree: what the grammar saw, before any meaning (C11 6.5-6.9, GNU and clang extensions).
 *
 * Invariants: nodes are made only by the grammar and never changed; every node has `kind` and `span`; names are
 * strings; constants keep their spelling, sema evaluates them. Left-leaning chains of Binary and Comma nodes and `else if`
 * chains may be thousands of nodes deep: walk them with a loop. All other nesting is limited by the parser
 * (`maxNesting`). Labels in a row inside a block do not nest: each but the last has an EmptyStatement as its body.
 */

import type { Span } from '../diagnostics/source-manager.ts';

/** Brackets, braces, unary operators and statements may nest this deep; clang's `-fbracket-depth`. */
export const maxNesting = 256;

interface Node<K extends string> {
  readonly kind: K;
  readonly span: Span;
}

export interface Name {
  readonly text: string;
  readonly span: Span;
}

// ---- Attributes (GNU `__attribute__((...))`; 'clang attribute' pragmas make them too) ----

/** One attribute; its name is without surrounding underscores (`__packed__` is `packed`). */
export interface Attribute {
  readonly name: string;
  readonly span: Span;
  /** Arguments; a bare identifier argument (as in `mode(DI)`) is an Identifier expression. */
  readonly args: readonly (Expression | TypeName)[];
}

// ---- Expressions (6.5) ----

export type UnaryOperator =
  | '&'
  | '*'
  | '+'
  | '-'
  | '~'
  | '!'
  | '++'
  | '--'
  | 'post++'
  | 'post--'
  | '__extension__'
  | '__real__'
  | '__imag__';

export type BinaryOperator =
  | '*'
  | '/'
  | '%'
  | '+'
  | '-'
  | '<<'
  | '>>'
  | '<'
  | '>'
  | '<='
  | '>='
  | '=='
  | '!='
  | '&'
  | '^'
  | '|'
  | '&&'
  | '||';

export type AssignmentOperator = '=' | '*=' | '/=' | '%=' | '+=' | '-=' | '<<=' | '>>=' | '&=' | '^=' | '|=';

export interface Identifier extends Node<'Identifier'> {
  readonly name: string;
}
/** Integer or floating constant, as spelled. */
export interface NumberLiteral extends Node<'NumberLiteral'> {
  readonly text: string;
}
/** Character constant with prefix and quotes, as spelled. */
export interface CharacterLiteral extends Node<'CharacterLiteral'> {
  readonly text: string;
}
/** Adjacent string literals (6.4.5 p5), each with prefix and quotes. */
export interface StringLiteral extends Node<'StringLiteral'> {
  readonly parts: readonly Name[];
}
/** `__func__` and its GNU spellings. */
export interface FunctionNameLiteral extends Node<'FunctionNameLiteral'> {}
export interface GenericSelection extends Node<'GenericSelection'> {
  readonly control: Expression | TypeName;
  /** `type` is undefined for `default`. */
  readonly associations: readonly { readonly type: TypeName | undefined; readonly value: Expression }[];
}
/** GNU `({ ... })`. */
export interface StatementExpression extends Node<'StatementExpression'> {
  readonly body: CompoundStatement;
}
export interface Subscript extends Node<'Subscript'> {
  readonly base: Expression;
  readonly index: Expression;
}
export interface Call extends Node<'Call'> {
  readonly callee: Expression;
  /** Types stand only in calls of builtins that take them. */
  readonly args: readonly (Expression | TypeName)[];
}
export interface Member extends Node<'Member'> {
  readonly base: Expression;
  readonly arrow: boolean;
  readonly member: Name;
}
export interface Unary extends Node<'Unary'> {
  readonly operator: UnaryOperator;
  readonly operand: Expression;
}
/** `sizeof`, `_Alignof` of an expression or a type. */
export interface SizeofOrAlignof extends Node<'SizeofOrAlignof'> {
  readonly operator: 'sizeof' | '_Alignof';
  readonly operand: Expression | TypeName;
}
export interface Cast extends Node<'Cast'> {
  readonly type: TypeName;
  readonly operand: Expression;
}
export interface CompoundLiteral extends Node<'CompoundLiteral'> {
  readonly type: TypeName;
  readonly initializer: InitializerList;
}
export interface Binary extends Node<'Binary'> {
  readonly operator: BinaryOperator;
  readonly operatorSpan: Span;
  readonly left: Expression;
  readonly right: Expression;
}
export interface Assignment extends Node<'Assignment'> {
  readonly operator: AssignmentOperator;
  readonly operatorSpan: Span;
  readonly target: Expression;
  readonly value: Expression;
}
export interface Conditional extends Node<'Conditional'> {
  readonly condition: Expression;
  /** Undefined for GNU `a ?: b`. */
  readonly whenTrue: Expression | undefined;
  readonly whenFalse: Expression;
}
export interface Comma extends Node<'Comma'> {
  readonly left: Expression;
  readonly right: Expression;
}
/** GNU `&&label`. */
export interface LabelAddress extends Node<'LabelAddress'> {
  readonly label: Name;
}
/** `__builtin_offsetof(type, designator)`. */
export interface Offsetof extends Node<'Offsetof'> {
  readonly type: TypeName;
  readonly designators: readonly Designator[];
}
/** `__builtin_va_arg(list, type)`. */
export interface VaArg extends Node<'VaArg'> {
  readonly list: Expression;
  readonly type: TypeName;
}
/** `__builtin_types_compatible_p(a, b)`. */
export interface TypesCompatible extends Node<'TypesCompatible'> {
  readonly left: TypeName;
  readonly right: TypeName;
}
/** `__builtin_choose_expr(condition, a, b)`. */
export interface ChooseExpression extends Node<'ChooseExpression'> {
  readonly condition: Expression;
  readonly whenTrue: Expression;
  readonly whenFalse: Expression;
}
/** Stands where an expression could not be parsed; a diagnostic was reported. */
export interface ErrorExpression extends Node<'ErrorExpression'> {}

export type Expression =
  | Identifier
  | NumberLiteral
  | CharacterLiteral
  | StringLiteral
  | FunctionNameLiteral
  | GenericSelection
  | StatementExpression
  | Subscript
  | Call
  | Member
  | Unary
  | SizeofOrAlignof
  | Cast
  | CompoundLiteral
  | Binary
  | Assignment
  | Conditional
  | Comma
  | LabelAddress
  | Offsetof
  | VaArg
  | TypesCompatible
  | ChooseExpression
  | ErrorExpression;

// ---- Declarations (6.7) ----

export type StorageClass = 'typedef' | 'extern' | 'static' | 'auto' | 'register';
export type Qualifier = 'const' | 'volatile' | 'restrict' | '_Atomic';

/** A keyword that takes part in naming an arithmetic type or void; sema combines them (6.7.2 p2). */
export type TypeKeyword =
  | 'void'
  | 'char'
  | 'short'
  | 'int'
  | 'long'
  | 'float'
  | 'double'
  | 'signed'
  | 'unsigned'
  | '_Bool'
  | '_Complex'
  | '__int128'
  | '__uint128_t'
  | '_Float16'
  | '__float128'
  | '__auto_type';

export type TypeSpecifier =
  | (Node<'KeywordSpecifier'> & { readonly keyword: TypeKeyword })
  | (Node<'TypedefSpecifier'> & { readonly name: string })
  | RecordSpecifier
  | EnumSpecifier
  | (Node<'TypeofSpecifier'> & { readonly operand: Expression | TypeName; readonly unqualified: boolean })
  | (Node<'AtomicSpecifier'> & { readonly type: TypeName });

export interface RecordSpecifier extends Node<'RecordSpecifier'> {
  readonly isUnion: boolean;
  readonly tag: Name | undefined;
  /** Undefined where the specifier only refers to a tag. */
  readonly members: readonly (MemberDeclaration | StaticAssert | PragmaDirective)[] | undefined;
  /** Both those before the tag and those after the closing brace. */
  readonly attributes: readonly Attribute[];
}

export interface MemberDeclaration extends Node<'MemberDeclaration'> {
  readonly specifiers: DeclarationSpecifiers;
  /** Empty for an anonymous struct or union. */
  readonly declarators: readonly MemberDeclarator[];
}

export interface MemberDeclarator {
  /** Undefined for an unnamed bit-field. */
  readonly declarator: Declarator | undefined;
  readonly bitWidth: Expression | undefined;
  readonly attributes: readonly Attribute[];
  readonly span: Span;
}

export interface EnumSpecifier extends Node<'EnumSpecifier'> {
  readonly tag: Name | undefined;
  readonly enumerators: readonly Enumerator[] | undefined;
  /** C23 and clang: `enum e : type`. */
  readonly underlying: TypeName | undefined;
  readonly attributes: readonly Attribute[];
}

export interface Enumerator {
  readonly name: Name;
  readonly value: Expression | undefined;
  readonly attributes: readonly Attribute[];
}

export interface DeclarationSpecifiers {
  readonly span: Span;
  readonly storage: StorageClass | undefined;
  readonly isThreadLocal: boolean;
  readonly isInline: boolean;
  readonly isNoreturn: boolean;
  readonly qualifiers: readonly Qualifier[];
  readonly types: readonly TypeSpecifier[];
  readonly alignments: readonly (Expression | TypeName)[];
  readonly attributes: readonly Attribute[];
}

/**
 * A declarator without nesting: `chunks[0]` is what the name is first, the last chunk applies to the specifiers'
 * type. `int *a[3]` has chunks [array 3, pointer]: an array of 3 pointers to int.
 */
export interface Declarator {
  readonly span: Span;
  /** Undefined in an abstract declarator (6.7.7). */
  readonly name: Name | undefined;
  readonly chunks: readonly DeclaratorChunk[];
  /** Attributes anywhere around the declarator that belong to the declared name. */
  readonly attributes: readonly Attribute[];
  /** `asm("name")` after the declarator. */
  readonly asmLabel: StringLiteral | undefined;
}

export type DeclaratorChunk = PointerChunk | ArrayChunk | FunctionChunk;

export interface PointerChunk extends Node<'PointerChunk'> {
  readonly qualifiers: readonly Qualifier[];
  readonly attributes: readonly Attribute[];
}
export interface ArrayChunk extends Node<'ArrayChunk'> {
  readonly size: Expression | undefined;
  readonly isStatic: boolean;
  /** `[*]`. */
  readonly isStar: boolean;
  readonly qualifiers: readonly Qualifier[];
}
export interface FunctionChunk extends Node<'FunctionChunk'> {
  /** Parameters of a prototype (`(void)` is one parameter without a name); for `f()` and for a K&R identifier list this is empty and `isPrototype` false. */
  readonly parameters: readonly ParameterDeclaration[];
  readonly isVariadic: boolean;
  readonly isPrototype: boolean;
  /** K&R definition: names without types. */
  readonly identifiers: readonly Name[];
}

export interface ParameterDeclaration extends Node<'ParameterDeclaration'> {
  readonly specifiers: DeclarationSpecifiers;
  readonly declarator: Declarator;
}

export interface TypeName extends Node<'TypeName'> {
  readonly specifiers: DeclarationSpecifiers;
  readonly declarator: Declarator;
}

export interface InitDeclarator {
  readonly declarator: Declarator;
  readonly initializer: Initializer | undefined;
}

export type Initializer = Expression | InitializerList;

export interface InitializerList extends Node<'InitializerList'> {
  readonly items: readonly InitializerItem[];
}
export interface InitializerItem {
  readonly designators: readonly Designator[];
  readonly value: Initializer;
  readonly span: Span;
}
export type Designator =
  | (Node<'MemberDesignator'> & { readonly member: Name })
  | (Node<'IndexDesignator'> & { readonly index: Expression })
  /** GNU `[first ... last]`. */
  | (Node<'RangeDesignator'> & { readonly first: Expression; readonly last: Expression });

export interface Declaration extends Node<'Declaration'> {
  readonly specifiers: DeclarationSpecifiers;
  readonly declarators: readonly InitDeclarator[];
}

export interface StaticAssert extends Node<'StaticAssert'> {
  readonly condition: Expression;
  readonly message: StringLiteral | undefined;
}

/** A pragma that the preprocessor left in place, e.g. `unroll`, `clang loop unroll(full)`, `pack(push, 1)`. */
export interface PragmaDirective extends Node<'PragmaDirective'> {
  readonly text: string;
}

export interface FunctionDefinition extends Node<'FunctionDefinition'> {
  readonly specifiers: DeclarationSpecifiers;
  readonly declarator: Declarator;
  /** K&R parameter declarations between declarator and body. */
  readonly parameterDeclarations: readonly Declaration[];
  /** The body is parsed on demand: token numbers of its `{` and of the token after its `}`. */
  readonly body: TokenRange;
}

/** A half-open range of token numbers. */
export interface TokenRange {
  readonly start: number;
  readonly end: number;
}

/** `asm("...")` at file scope. */
export interface FileScopeAsm extends Node<'FileScopeAsm'> {
  readonly text: StringLiteral;
}

/** Stands where a declaration could not be parsed; a diagnostic was reported. */
export interface ErrorDeclaration extends Node<'ErrorDeclaration'> {}

export type ExternalDeclaration =
  | Declaration
  | FunctionDefinition
  | StaticAssert
  | FileScopeAsm
  | PragmaDirective
  | ErrorDeclaration;

// ---- Statements (6.8) ----

export type BlockItem = Statement | Declaration | StaticAssert | FunctionDefinition;

export interface CompoundStatement extends Node<'CompoundStatement'> {
  readonly items: readonly BlockItem[];
  /** GNU `__label__` declarations at the start. */
  readonly localLabels: readonly Name[];
  /** The closing brace. */
  readonly endSpan: Span;
}
export interface ExpressionStatement extends Node<'ExpressionStatement'> {
  readonly expression: Expression;
}
export interface EmptyStatement extends Node<'EmptyStatement'> {
  /** `__attribute__((fallthrough));` keeps its attributes. */
  readonly attributes: readonly Attribute[];
}
export interface LabeledStatement extends Node<'LabeledStatement'> {
  readonly label: Name;
  readonly attributes: readonly Attribute[];
  readonly body: Statement;
}
export interface CaseStatement extends Node<'CaseStatement'> {
  readonly value: Expression;
  /** GNU `case a ... b`. */
  readonly last: Expression | undefined;
  readonly body: Statement;
}
export interface DefaultStatement extends Node<'DefaultStatement'> {
  readonly body: Statement;
}
export interface IfStatement extends Node<'IfStatement'> {
  readonly condition: Expression;
  readonly then: Statement;
  readonly otherwise: Statement | undefined;
}
export interface SwitchStatement extends Node<'SwitchStatement'> {
  readonly value: Expression;
  readonly body: Statement;
}
export interface WhileStatement extends Node<'WhileStatement'> {
  readonly condition: Expression;
  readonly body: Statement;
}
export interface DoStatement extends Node<'DoStatement'> {
  readonly body: Statement;
  readonly condition: Expression;
}
export interface ForStatement extends Node<'ForStatement'> {
  readonly init: Expression | Declaration | undefined;
  readonly condition: Expression | undefined;
  readonly step: Expression | undefined;
  readonly body: Statement;
}
export interface GotoStatement extends Node<'GotoStatement'> {
  readonly label: Name;
}
/** GNU `goto *expression;`. */
export interface IndirectGotoStatement extends Node<'IndirectGotoStatement'> {
  readonly target: Expression;
}
export interface ContinueStatement extends Node<'ContinueStatement'> {}
export interface BreakStatement extends Node<'BreakStatement'> {}
export interface ReturnStatement extends Node<'ReturnStatement'> {
  readonly value: Expression | undefined;
}
export interface AsmOperand {
  /** `[name]`. */
  readonly name: Name | undefined;
  readonly constraint: StringLiteral;
  readonly value: Expression;
}
export interface AsmStatement extends Node<'AsmStatement'> {
  readonly isVolatile: boolean;
  readonly isGoto: boolean;
  readonly template: StringLiteral;
  readonly outputs: readonly AsmOperand[];
  readonly inputs: readonly AsmOperand[];
  readonly clobbers: readonly StringLiteral[];
  readonly labels: readonly Name[];
  /** False for `asm("...")` without any colon: `%` is then an ordinary character. */
  readonly isExtended: boolean;
}
export interface ErrorStatement extends Node<'ErrorStatement'> {}

export type Statement =
  | CompoundStatement
  | ExpressionStatement
  | EmptyStatement
  | LabeledStatement
  | CaseStatement
  | DefaultStatement
  | IfStatement
  | SwitchStatement
  | WhileStatement
  | DoStatement
  | ForStatement
  | GotoStatement
  | IndirectGotoStatement
  | ContinueStatement
  | BreakStatement
  | ReturnStatement
  | AsmStatement
  | PragmaDirective
  | ErrorStatement;
