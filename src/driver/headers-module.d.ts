/** `bpfcc-ts/headers`, which scripts/build.js makes of `sysroot/`: the bundled headers by the name that `#include <name>` uses. */
export declare const headers: Readonly<Record<string, string>>;
