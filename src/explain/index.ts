/**
 * `bpfcc-ts explain`: the text of a log (and an object) in, explanations out.
 */

import { type Explanation, explainLoaderMessages, explainProgram } from './explain.ts';
import type { ObjectFacts } from './object-facts.ts';
import { readLog } from './read-log.ts';

/** Programs that are explained at most. */
const maxExplained = 100;

/** Explains every refusal in a log; only those of `program`, where that is given. */
export function explainLog(
  text: string,
  object: ObjectFacts | undefined,
  program: string | undefined,
): readonly Explanation[] {
  const { programs, loaderMessages } = readLog(text);
  const explained = programs
    .filter(({ name, refused, messages }) => {
      const isWanted = program === undefined || name === undefined || name === program;
      return isWanted && refused && messages.length > 0;
    })
    .slice(0, maxExplained)
    .map((log) => explainProgram(log.name === undefined ? { ...log, name: program } : log, object))
    // Lines that belong to no log are no refusal.
    .filter(
      ({ refusal, log }) => refusal !== undefined || log.path.length > 0 || log.statistics !== undefined,
    );
  if (explained.some(({ refusal }) => refusal !== undefined)) return explained;
  const loader = explainLoaderMessages(loaderMessages);
  return loader === undefined ? explained : [loader, ...explained];
}
