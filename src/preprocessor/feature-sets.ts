/**
 * What `__has_builtin`, `__has_attribute`, `__has_feature` and `__has_extension` answer. The driver fills the sets
 * from the tables of builtins and attributes that sema knows; the default stands for a preprocessor on its own.
 */

export interface FeatureSets {
  readonly builtins: ReadonlySet<string>;
  /** Names without surrounding underscores. */
  readonly attributes: ReadonlySet<string>;
  /** C23 attributes, with their scope (`gnu::packed`), and what `__has_c_attribute` gives for them. */
  readonly standardAttributes: ReadonlyMap<string, number>;
  readonly features: ReadonlySet<string>;
  /** What `__has_extension` accepts beside the features. */
  readonly extensions: ReadonlySet<string>;
}

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

const builtins = words(`
  __builtin_bswap16 __builtin_bswap32 __builtin_bswap64 __builtin_memcpy __builtin_memset __builtin_memmove
  __builtin_memcmp __builtin_strlen __builtin_expect __builtin_expect_with_probability __builtin_constant_p
  __builtin_unreachable __builtin_trap __builtin_assume __builtin_offsetof __builtin_types_compatible_p
  __builtin_choose_expr __builtin_add_overflow __builtin_sub_overflow __builtin_mul_overflow __builtin_clz
  __builtin_clzl __builtin_clzll __builtin_ctz __builtin_ctzl __builtin_ctzll __builtin_ffs __builtin_ffsl
  __builtin_ffsll __builtin_popcount __builtin_popcountl __builtin_popcountll __builtin_parity __builtin_parityl
  __builtin_parityll __builtin_object_size __builtin_dynamic_object_size __builtin_preserve_access_index
  __builtin_preserve_field_info __builtin_preserve_type_info __builtin_preserve_enum_value
  __builtin_btf_type_id __builtin_frame_address __builtin_return_address __builtin_va_start __builtin_va_end
  __builtin_va_arg __builtin_va_copy __builtin_abs __builtin_labs __builtin_llabs __builtin_assume_aligned
  __builtin_is_constant_evaluated __builtin_has_attribute __builtin_rotateleft32 __builtin_rotateleft64
  __builtin_rotateright32 __builtin_rotateright64 __sync_fetch_and_add __sync_fetch_and_sub
  __sync_fetch_and_and __sync_fetch_and_or __sync_fetch_and_xor __sync_lock_test_and_set
  __sync_val_compare_and_swap __sync_bool_compare_and_swap __sync_synchronize __atomic_load_n __atomic_store_n
  __atomic_load __atomic_store __atomic_exchange_n __atomic_compare_exchange_n __atomic_fetch_add
  __atomic_fetch_sub __atomic_fetch_and __atomic_fetch_or __atomic_fetch_xor __atomic_add_fetch
  __atomic_sub_fetch __atomic_and_fetch __atomic_or_fetch __atomic_xor_fetch
`).filter((name) => name !== '__builtin_has_attribute');

const attributes = words(`
  alias aligned always_inline address_space artificial assume assume_aligned btf_decl_tag btf_type_tag cleanup cold
  const constructor convergent counted_by deprecated destructor diagnose_if enable_if error fallthrough flatten format
  format_arg gnu_inline hot ifunc malloc may_alias minsize mode musttail naked no_instrument_function
  no_sanitize no_stack_protector no_builtin nocf_check noclone_never noescape noinline nomerge nonnull noreturn
  nothrow nouwtable noduplicate optnone overloadable packed preserve_access_index preserve_static_offset pure
  randomize_layout returns_nonnull section sentinel target transparent_union unavailable uninitialized unused
  used vector_size visibility warn_unused_result warning weak weakref alloc_size alloc_align access_never
  nodebug disable_sanitizer_instrumentation no_sanitize_address no_sanitize_memory no_sanitize_thread
  no_sanitize_undefined_never likely unlikely retain standalone_debug zero_call_used_regs
  patchable_function_entry no_profile_instrument_function function_return require_constant_initialization
  fortify_never capability guarded_by acquire_capability release_capability
`).filter((name) => !name.endsWith('_never'));

/** C23 6.7.13.1 gives each standard attribute the date of its latest meaning. */
const standardAttributes: readonly (readonly [string, number])[] = [
  ['deprecated', 201904],
  ['fallthrough', 201910],
  ['maybe_unused', 202106],
  ['nodiscard', 202003],
  ['noreturn', 202202],
  ['_Noreturn', 202202],
  ['unsequenced', 0],
];

const features = words(`
  address_sanitizer_never attribute_deprecated_with_message attribute_unavailable_with_message
  attribute_overloadable c_alignas c_alignof c_atomic c_generic_selections c_static_assert
  enumerator_attributes nullability nullability_on_arrays c_thread_safety_attributes
  bounds_attributes_never
`).filter((name) => !name.endsWith('_never'));

const extensions = words(`
  c_generic_selections_with_controlling_type c_fixed_enum cxx_fixed_enum_never gnu_asm
  gnu_asm_goto_with_outputs gnu_asm_goto_with_outputs_full statement_attributes_with_gnu_syntax
  attribute_ext_vector_type_never overloadable_unmarked pragma_clang_attribute_namespaces
  pragma_clang_attribute_external_declaration matrix_types_never datasizeof_never
`).filter((name) => !name.endsWith('_never'));

export const defaultFeatures: FeatureSets = {
  builtins: new Set(builtins),
  attributes: new Set(attributes),
  standardAttributes: new Map(standardAttributes),
  features: new Set(features),
  extensions: new Set(extensions),
};
