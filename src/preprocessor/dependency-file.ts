/** Dependencies -> the make rules of `-M`, `-MM`, `-MD`, `-MMD` with `-MT`, `-MQ`, `-MP`, in clang's layout. */

import type { Dependency } from './preprocess.ts';

export interface DependencyFileOptions {
  /** What depends: `-MT` as given, `-MQ` and the default through {@link makeEscape}. */
  readonly targets: readonly string[];
  /** False for `-MM` and `-MMD`. */
  readonly systemHeaders: boolean;
  /** `-MP`: an empty rule for each header, so that a deleted one breaks no build. */
  readonly phonyTargets: boolean;
}

/** Lines are broken before this column. */
const maxColumns = 75;

/** Escapes a file name for a makefile: space, `#` and `$`, with the backslashes before them doubled. */
export function makeEscape(name: string): string {
  return name.replace(/(\\*)([ #])/g, '$1$1\\$2').replace(/\$/g, '$$$$');
}

/** The text of a dependency file. */
export function writeDependencies(
  dependencies: readonly Dependency[],
  options: DependencyFileOptions,
): string {
  const files = dependencies
    .filter(({ isSystem }) => options.systemHeaders || !isSystem)
    .map(({ path }) => makeEscape(path.replace(/^(?:\.\/+)+/, '')));
  const head = options.targets.join(' ');
  const parts = [head, ':'];
  let column = head.length + 1;
  for (const file of files) {
    if (column + file.length + 3 > maxColumns) {
      parts.push(' \\\n ');
      column = 2;
    }
    parts.push(' ', file);
    column += file.length + 1;
  }
  parts.push('\n');
  if (options.phonyTargets) for (const file of files.slice(1)) parts.push(file, ':\n');
  return parts.join('');
}
