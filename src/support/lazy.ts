/**
 * Constants that not every run needs: made when first asked for. What is made must depend on nothing but the program's text, so
 * that nobody can tell when it was.
 */

export function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
