/**
 * Shows the module to who asked for it (`PassOptions.inspect`) and changes nothing: warnings need calls inlined and values in
 * registers, but loads, stores and branches still as they were written.
 */

import type { ModulePass } from './pass.ts';

export const inspect: ModulePass = (module, { options }) => {
  options.inspect?.(module);
  return false;
};
