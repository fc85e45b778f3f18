/**
 * The house: a folder is a stage, and a stage imports only what its row names (type imports count).
 * docs/architecture.md explains the rows.
 */

const mayImport = {
  support: [],
  diagnostics: ['support'],
  lexer: ['support', 'diagnostics'],
  preprocessor: ['support', 'diagnostics', 'lexer'],
  parser: ['support', 'diagnostics', 'lexer'],
  types: ['support'],
  sema: ['support', 'diagnostics', 'parser', 'types'],
  ir: ['support', 'diagnostics'],
  lower: ['support', 'diagnostics', 'types', 'sema', 'ir'],
  passes: ['support', 'diagnostics', 'ir'],
  isa: ['support'],
  codegen: ['support', 'diagnostics', 'ir', 'isa', 'regalloc'],
  // The allocator's own view of the back end: machine instructions and how they print.
  regalloc: ['support', 'isa', 'codegen/machine', 'codegen/print-machine'],
  btf: ['support', 'types', 'isa'],
  object: ['support', 'isa', 'btf'],
  vm: ['support', 'isa', 'btf', 'object'],
  kernel: ['support', 'isa', 'btf', 'object'],
  explain: ['support', 'diagnostics', 'isa', 'btf', 'object'],
  // What the verifier will refuse, said early: only reports.
  checks: ['support', 'diagnostics', 'types', 'sema', 'ir', 'isa', 'object'],
  // What people read: code with its C, as assembly or as a page.
  listing: ['support', 'diagnostics', 'types', 'sema', 'ir', 'lower', 'isa', 'codegen', 'object'],
  driver: [
    'support',
    'diagnostics',
    'lexer',
    'preprocessor',
    'parser',
    'types',
    'sema',
    'ir',
    'lower',
    'passes',
    'isa',
    'codegen',
    'regalloc',
    'btf',
    'object',
    'checks',
    'listing',
  ],
  // Imports of C sources: the compiler on Node's files, for bundlers and for Node.
  loaders: ['support', 'btf', 'object', 'driver', 'cli/node-host', 'cli/output'],
  cli: ['support', 'diagnostics', 'driver', 'vm', 'kernel', 'explain', 'object', 'isa', 'loaders'],
};

const stageRules = Object.entries(mayImport).map(([stage, allowed]) => ({
  name: `${stage} imports only ${allowed.join(', ') || 'nothing'}`,
  severity: 'error',
  from: { path: `^src/${stage}/` },
  to: { path: '^src/', pathNot: [`^src/${stage}/`, ...allowed.map((folder) => `^src/${folder}(/|\\.)`)] },
}));

module.exports = {
  forbidden: [
    ...stageRules,
    { name: 'no cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'Node only in cli, loaders and kernel',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|loaders|kernel)/' },
      to: { dependencyTypes: ['core'] },
    },
    { name: 'imports resolve', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'default'] },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'node_modules|dist' },
  },
};
