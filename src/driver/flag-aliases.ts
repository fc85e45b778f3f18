/** Other spellings of flags -> those of the table: clang's long names, and what the compiler is to hand to its preprocessor. */

/** Long names of flags that take no value, or take it behind `=` or in the next argument. */
const longNames: ReadonlyMap<string, string> = new Map([
  ['--all-warnings', '-Wall'],
  ['--ansi', '-ansi'],
  ['--assemble', '-S'],
  ['--compile', '-c'],
  ['--debug', '-g'],
  ['--define-macro', '-D'],
  ['--dependencies', '-M'],
  ['--extra-warnings', '-Wextra'],
  ['--imacros', '-imacros'],
  ['--include', '-include'],
  ['--include-directory', '-I'],
  ['--include-directory-after', '-idirafter'],
  ['--language', '-x'],
  ['--no-warnings', '-w'],
  ['--optimize', '-O'],
  ['--output', '-o'],
  ['--pedantic', '-pedantic'],
  ['--pedantic-errors', '-pedantic-errors'],
  ['--preprocess', '-E'],
  ['--save-temps', '-save-temps'],
  ['--undefine-macro', '-U'],
  ['--user-dependencies', '-MM'],
  ['--verbose', '-v'],
  ['--write-dependencies', '-MD'],
  ['--write-user-dependencies', '-MMD'],
  ['-EB', '-mbig-endian'],
  ['-EL', '-mlittle-endian'],
]);

/** Long names whose value is joined by `=` in both spellings. */
const keepsEquals: ReadonlySet<string> = new Set(['--std', '--save-temps']);

/** `-Wp,-MMD,file`, `-Wp,-DX=1,-UY`: for the preprocessor, whose `-MD` and `-MMD` take the file. */
function preprocessorFlags(list: string): readonly string[] {
  const words = list.split(',');
  const [first = '', file] = words;
  return (first === '-MD' || first === '-MMD') && file !== undefined
    ? [first, '-MF', ...words.slice(1)]
    : words;
}

/** The arguments that stand for one; the argument itself where it is no alias. */
export function withoutAlias(argument: string): readonly string[] {
  if (argument.startsWith('-Wp,')) return preprocessorFlags(argument.slice('-Wp,'.length));
  if (argument.startsWith('--warn-')) return [`-W${argument.slice('--warn-'.length)}`];
  if (argument.startsWith('--print-') && !argument.startsWith('--print-inputs')) return [argument.slice(1)];
  const equals = argument.indexOf('=');
  const name = equals < 0 ? argument : argument.slice(0, equals);
  if (keepsEquals.has(name)) return [argument.slice(1)];
  const short = longNames.get(name);
  if (short === undefined) return [argument];
  return [equals < 0 ? short : short + argument.slice(equals + 1)];
}
