/** The error of everything that cannot become a machine: broken objects, unknown names, impossible maps. */

/** An object, or a request to a machine, that cannot be served; the message says why. */
export class LoadError extends Error {
  override readonly name = 'LoadError';
}
