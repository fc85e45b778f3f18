/**
 * Which scopes can be entered other than from the top: by a label, or by a case of a switch outside of them. Their locals
 * may be alive without their declaration having been passed, so they get no lifetime markers. The same walk collects the
 * labels and where they stand.
 */

import type {
  CompoundStatementNode,
  ForStatementNode,
  IfStatementNode,
  LabelSymbol,
  TypedStatement,
} from '../sema/typed-tree.ts';

/** What opens a scope of its own for names. */
export type ScopeStatement = CompoundStatementNode | ForStatementNode;

/** Where a label stands: the scope around it, how many of that scope's locals are declared before it, and where the scope stands. */
export interface LabelPlace {
  readonly scope: ScopeStatement;
  readonly declaredBefore: number;
  readonly outer: LabelPlace | undefined;
}

export interface LabelsAndDoors {
  readonly labels: ReadonlyMap<LabelSymbol, LabelPlace | undefined>;
  readonly enteredBySideDoor: ReadonlySet<TypedStatement>;
}

interface Entries {
  readonly label: boolean;
  readonly case: boolean;
}

const none: Entries = { label: false, case: false };

function either(a: Entries, b: Entries): Entries {
  return { label: a.label || b.label, case: a.case || b.case };
}

/** Does the statement declare a local of the scope it stands in? Labels may stand before declarations (C23). */
function isDeclaration(statement: TypedStatement): boolean {
  let at = statement;
  while (at.kind === 'Labeled' || at.kind === 'Case') at = at.body;
  return at.kind === 'Local';
}

class DoorFinder implements LabelsAndDoors {
  readonly labels = new Map<LabelSymbol, LabelPlace | undefined>();
  readonly enteredBySideDoor = new Set<TypedStatement>();

  visit(statement: TypedStatement, outer: LabelPlace | undefined): Entries {
    switch (statement.kind) {
      case 'Compound':
        return this.scope(statement, statement.items, outer);
      case 'If':
        return this.branches(statement, outer);
      case 'While':
      case 'Do':
        return this.visit(statement.body, outer);
      case 'For':
        return this.scope(statement, [...statement.init, statement.body], outer);
      case 'Switch':
        // Its cases lead from inside to inside, seen from the statements around it.
        return { label: this.visit(statement.body, outer).label, case: false };
      case 'Case':
        return { label: this.visit(statement.body, outer).label, case: true };
      case 'Labeled':
        this.labels.set(statement.label, outer);
        this.visit(statement.body, outer);
        return { label: true, case: false };
      default:
        return none;
    }
  }

  /** A chain of else-ifs may be long: it is walked, not descended into. */
  private branches(statement: IfStatementNode, outer: LabelPlace | undefined): Entries {
    let entries = none;
    let at: TypedStatement | undefined = statement;
    while (at?.kind === 'If') {
      entries = either(entries, this.visit(at.then, outer));
      at = at.otherwise;
    }
    return at === undefined ? entries : either(entries, this.visit(at, outer));
  }

  private scope(
    scope: ScopeStatement,
    items: readonly TypedStatement[],
    outer: LabelPlace | undefined,
  ): Entries {
    let declaredBefore = 0;
    let entries = none;
    for (const item of items) {
      entries = either(entries, this.visit(item, { scope, declaredBefore, outer }));
      if (isDeclaration(item)) declaredBefore++;
    }
    if (entries.label || entries.case) this.enteredBySideDoor.add(scope);
    return entries;
  }
}

/** The labels and side doors in `body`, which stands at `outer`. Bodies of statement expressions are asked for by themselves. */
export function findSideDoors(body: TypedStatement, outer: LabelPlace | undefined): LabelsAndDoors {
  const finder = new DoorFinder();
  finder.visit(body, outer);
  return finder;
}
