/** The package's version; the build puts it in. */

declare const BPFCC_VERSION: string | undefined;

export const version: string = typeof BPFCC_VERSION === 'string' ? BPFCC_VERSION : 'development';
