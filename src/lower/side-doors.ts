/**
 * Which compound statements can be entered other than from the top: by a label, or by a case of a switch outside of
 * them. Their locals may be alive without their declaration having been passed, so they get no lifetime markers. The same
 * walk collects the labels of the function.
 */

import type { LabelSymbol, TypedStatement } from '../sema/typed-tree.ts';

export interface LabelsAndDoors {
  readonly labels: readonly LabelSymbol[];
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

export function findSideDoors(body: TypedStatement): LabelsAndDoors {
  const labels: LabelSymbol[] = [];
  const enteredBySideDoor = new Set<TypedStatement>();

  const visit = (statement: TypedStatement): Entries => {
    switch (statement.kind) {
      case 'Compound': {
        const entries = statement.items.map(visit).reduce(either, none);
        if (entries.label || entries.case) enteredBySideDoor.add(statement);
        return entries;
      }
      case 'If':
        return either(
          visit(statement.then),
          statement.otherwise === undefined ? none : visit(statement.otherwise),
        );
      case 'While':
      case 'Do':
      case 'For':
        return visit(statement.body);
      case 'Switch':
        // Its cases lead from inside to inside, seen from the statements around it.
        return { label: visit(statement.body).label, case: false };
      case 'Case':
        return { label: visit(statement.body).label, case: true };
      case 'Labeled':
        labels.push(statement.label);
        visit(statement.body);
        return { label: true, case: false };
      default:
        return none;
    }
  };
  visit(body);
  return { labels, enteredBySideDoor };
}
