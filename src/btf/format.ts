/**
 * The numbers of the BPF Type Format (Linux, Documentation/bpf/btf.rst and include/uapi/linux/btf.h).
 *
 *   .BTF      header | types | strings
 *   .BTF.ext  header | function info | line info | CO-RE relocations
 */

export const btfMagic = 0xeb9f;
export const btfVersion = 1;
/** Bytes of the `.BTF` header. */
export const btfHeaderSize = 24;
/** Bytes of the `.BTF.ext` header that has CO-RE relocations. */
export const btfExtHeaderSize = 32;

/** Kinds of type, by number. */
export const kindNames = [
  'UNKN',
  'INT',
  'PTR',
  'ARRAY',
  'STRUCT',
  'UNION',
  'ENUM',
  'FWD',
  'TYPEDEF',
  'VOLATILE',
  'CONST',
  'RESTRICT',
  'FUNC',
  'FUNC_PROTO',
  'VAR',
  'DATASEC',
  'FLOAT',
  'DECL_TAG',
  'TYPE_TAG',
  'ENUM64',
] as const;

export type KindName = (typeof kindNames)[number];

/** Encodings of INT. */
export const IntEncoding = Object.freeze({ none: 0, signed: 1, char: 2, bool: 4 });

/** Linkage of FUNC and VAR. */
export const linkageNames = ['static', 'global', 'extern'] as const;
export type BtfLinkage = (typeof linkageNames)[number];

/** The decoded form of a type; ids are numbers of the table, 0 is void. */
export type BtfType =
  | {
      readonly kind: 'INT';
      readonly name: string;
      readonly size: number;
      readonly encoding: number;
      readonly bits: number;
      readonly bitOffset: number;
    }
  | { readonly kind: 'PTR' | 'VOLATILE' | 'CONST' | 'RESTRICT'; readonly type: number }
  | { readonly kind: 'TYPEDEF' | 'TYPE_TAG'; readonly name: string; readonly type: number }
  | { readonly kind: 'ARRAY'; readonly type: number; readonly indexType: number; readonly length: number }
  | {
      readonly kind: 'STRUCT' | 'UNION';
      readonly name: string;
      readonly size: number;
      readonly members: readonly BtfMember[];
    }
  | {
      readonly kind: 'ENUM' | 'ENUM64';
      readonly name: string;
      readonly size: number;
      readonly signed: boolean;
      readonly values: readonly { readonly name: string; readonly value: bigint }[];
    }
  | { readonly kind: 'FWD'; readonly name: string; readonly isUnion: boolean }
  | { readonly kind: 'FUNC'; readonly name: string; readonly type: number; readonly linkage: BtfLinkage }
  | {
      readonly kind: 'FUNC_PROTO';
      readonly type: number;
      readonly parameters: readonly { readonly name: string; readonly type: number }[];
    }
  | { readonly kind: 'VAR'; readonly name: string; readonly type: number; readonly linkage: BtfLinkage }
  | {
      readonly kind: 'DATASEC';
      readonly name: string;
      readonly size: number;
      readonly variables: readonly {
        readonly type: number;
        readonly offset: number;
        readonly size: number;
      }[];
    }
  | { readonly kind: 'FLOAT'; readonly name: string; readonly size: number }
  | { readonly kind: 'DECL_TAG'; readonly name: string; readonly type: number; readonly component: number };

export interface BtfMember {
  readonly name: string;
  readonly type: number;
  /** In bits from the start of the record. */
  readonly bitOffset: number;
  /** 0 for a member that is no bit-field. */
  readonly bitWidth: number;
}

/** Records of `.BTF.ext`; offsets in bytes from the start of the section the record belongs to. */
export interface FunctionInfo {
  readonly offset: number;
  readonly type: number;
}
export interface LineInfo {
  readonly offset: number;
  readonly file: string;
  readonly text: string;
  readonly line: number;
  readonly column: number;
}
export interface CoreRelocation {
  readonly offset: number;
  readonly type: number;
  readonly access: string;
  readonly kind: number;
}

/** The records of one section of code. */
export interface SectionInfo {
  readonly section: string;
  readonly functions: readonly FunctionInfo[];
  readonly lines: readonly LineInfo[];
  readonly relocations: readonly CoreRelocation[];
}
