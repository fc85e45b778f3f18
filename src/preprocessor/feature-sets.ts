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
  __atomic_add_fetch __atomic_and_fetch __atomic_compare_exchange_n __atomic_exchange_n __atomic_fetch_add
  __atomic_fetch_and __atomic_fetch_or __atomic_fetch_sub __atomic_fetch_xor __atomic_load __atomic_load_n
  __atomic_or_fetch __atomic_store __atomic_store_n __atomic_sub_fetch __atomic_xor_fetch __builtin_FILE
  __builtin_FUNCTION __builtin_LINE __builtin_abs __builtin_add_overflow __builtin_alloca_uninitialized
  __builtin_assume __builtin_assume_aligned __builtin_bit_cast __builtin_bitreverse16 __builtin_bitreverse32
  __builtin_bitreverse64 __builtin_bitreverse8 __builtin_bswap16 __builtin_bswap32 __builtin_bswap64
  __builtin_btf_type_id __builtin_choose_expr __builtin_clz __builtin_clzl __builtin_clzll
  __builtin_constant_p __builtin_ctz __builtin_ctzl __builtin_ctzll __builtin_debugtrap
  __builtin_dynamic_object_size __builtin_expect __builtin_expect_with_probability __builtin_ffs
  __builtin_ffsl __builtin_ffsll __builtin_frame_address __builtin_isinf __builtin_labs __builtin_llabs
  __builtin_memcmp __builtin_memcpy __builtin_memmove __builtin_memset __builtin_mul_overflow __builtin_nan
  __builtin_object_size __builtin_offsetof __builtin_parity __builtin_parityl __builtin_parityll
  __builtin_popcount __builtin_popcountl __builtin_popcountll __builtin_preserve_access_index
  __builtin_preserve_enum_value __builtin_preserve_field_info __builtin_preserve_type_info
  __builtin_return_address __builtin_rotateleft32 __builtin_rotateleft64 __builtin_rotateright32
  __builtin_rotateright64 __builtin_sadd_overflow __builtin_smul_overflow __builtin_sprintf
  __builtin_ssub_overflow __builtin_strlen __builtin_sub_overflow __builtin_trap
  __builtin_types_compatible_p __builtin_uadd_overflow __builtin_unreachable __builtin_va_arg
  __builtin_va_copy __builtin_va_end __builtin_va_start __sync_bool_compare_and_swap __sync_fetch_and_add
  __sync_fetch_and_and __sync_fetch_and_or __sync_fetch_and_sub __sync_fetch_and_xor
  __sync_lock_test_and_set __sync_synchronize __sync_val_compare_and_swap
`);

const attributes = words(`
  acquire_capability acquired_after address_space alias aligned alloc_align alloc_size always_inline
  annotate argument_with_type_tag artificial assert_capability assume assume_aligned availability blocking
  btf_decl_tag btf_type_tag callback capability carries_dependency cdecl cfi_canonical_jump_table cleanup
  cold common const constructor consumable convergent counted_by counted_by_or_null cpu_dispatch deprecated
  destructor diagnose_as_builtin diagnose_if disable_sanitizer_instrumentation enable_if enum_extensibility
  error exclude_from_explicit_instantiation exclusive_locks_required ext_vector_type external_source_symbol
  fallthrough fastcall flag_enum flatten format format_arg gnu_inline guarded_by hot ifunc internal_linkage
  leaf lockable lto_visibility_public malloc matrix_type may_alias minsize mode ms_abi ms_struct musttail
  naked neon_vector_type no_builtin no_instrument_function no_profile_instrument_function no_sanitize
  no_sanitize_address no_sanitize_memory no_sanitize_thread no_speculative_load_hardening no_split_stack
  no_stack_protector no_thread_safety_analysis nocommon nodebug noderef noduplicate noescape noinline
  nomerge nonallocating nonblocking nonnull noreturn nothrow nouwtable objc_root_class optnone overloadable
  ownership_returns ownership_takes packed pass_dynamic_object_size pass_object_size pcs
  pointer_with_type_tag preferred_type preserve_access_index preserve_all preserve_most
  preserve_static_offset pt_guarded_by pure randomize_layout regcall regparm reinitializes
  release_capability require_constant_initialization requires_capability retain returns_nonnull
  scoped_lockable section sentinel sized_by speculative_load_hardening standalone_debug stdcall suppress
  swiftcall sysv_abi target target_clones tls_model transparent_union trivial_abi try_acquire_capability
  type_tag_for_datatype unavailable uninitialized unsafe_buffer_usage unused used vector_size vectorcall
  visibility warn_unused_result warning weak weak_import weakref xray_always_instrument zero_call_used_regs
`);

/** C23 6.7.13.1 gives each standard attribute the date of its latest meaning. */
const standardAttributes: readonly (readonly [string, number])[] = [
  ['deprecated', 201904],
  ['fallthrough', 201910],
  ['maybe_unused', 202106],
  ['nodiscard', 202003],
  ['noreturn', 202202],
  ['_Noreturn', 202202],
];

const features = words(`
  assume_nonnull attribute_analyzer_noreturn attribute_availability attribute_cf_returns_on_parameters
  attribute_deprecated_with_message attribute_overloadable attribute_unavailable_with_message c_alignas
  c_alignof c_atomic c_generic_selections c_static_assert c_thread_safety_attributes enumerator_attributes
  nullability nullability_on_arrays
`);

/** What is an extension in every mode, beside the features. */
const extensions = words(`
  attribute_ext_vector_type cxx_binary_literals cxx_fixed_enum gnu_asm gnu_asm_goto_with_outputs
  gnu_asm_goto_with_outputs_full overloadable_unmarked pragma_clang_attribute_external_declaration
  pragma_clang_attribute_namespaces pragma_stdc_cx_limited_range statement_attributes_with_gnu_syntax
`);

/** What clang 19 says of its bpf target, for the names that BPF sources, kernel and C library headers ask about. */
export const defaultFeatures: FeatureSets = {
  builtins: new Set(builtins),
  attributes: new Set(attributes),
  standardAttributes: new Map(standardAttributes),
  features: new Set(features),
  extensions: new Set(extensions),
};
