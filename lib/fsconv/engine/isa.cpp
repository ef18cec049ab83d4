// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/engine/isa.hpp>
#include <iterator>
#include <string>
#include <type_traits>

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace fsconv::engine {
namespace {

constexpr auto all_isas = all_values<Isa>();  // the slowest first

template <class T>
using KernelsGetter = const Kernels<T>* (*)();

// By isa; null where floats and doubles gain nothing.
constexpr KernelsGetter<float> float_kernels[] = {portable_float_kernels, avx2_float_kernels,
                                                  avx512_float_kernels, nullptr, nullptr};
constexpr KernelsGetter<double> double_kernels[] = {portable_double_kernels, avx2_double_kernels,
                                                    avx512_double_kernels, nullptr, nullptr};
constexpr KernelsGetter<BFloat16> bfloat16_kernels[] = {portable_bfloat16_kernels, avx2_bfloat16_kernels,
                                                        avx512_bfloat16_kernels, avx512_bf16_bfloat16_kernels,
                                                        amx_bfloat16_kernels};

template <class T>
constexpr const KernelsGetter<T>* kernels_by_isa() {
  if constexpr (std::is_same_v<T, float>)
    return float_kernels;
  else if constexpr (std::is_same_v<T, double>)
    return double_kernels;
  else
    return bfloat16_kernels;
}

// Of the first three isas; those above have the third one's.
template <class T>
const Transforms<T>* transforms_at(Isa isa) {
  const bool wide = isa >= Isa::avx512, vectors = isa >= Isa::avx2;
  if constexpr (std::is_same_v<T, float>)
    return wide ? avx512_float_transforms() : vectors ? avx2_float_transforms() : portable_float_transforms();
  else if constexpr (std::is_same_v<T, double>)
    return wide      ? avx512_double_transforms()
           : vectors ? avx2_double_transforms()
                     : portable_double_transforms();
  else
    return wide      ? avx512_bfloat16_transforms()
           : vectors ? avx2_bfloat16_transforms()
                     : portable_bfloat16_transforms();
}

// AMX keeps 8 KiB of registers per thread, which Linux saves for those processes that ask it to.
bool system_permits_amx() {
#if defined(__x86_64__) && defined(__linux__)
  constexpr long request_permission = 0x1023, tile_data = 18;  // arch_prctl(2)
  static const bool permitted = syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
  return permitted;
#else
  return false;
#endif
}

// The compiler's run-time library does not know AMX yet: leaf 7 of cpuid says amx-bf16 in bit 22 of
// edx, amx-tile in bit 24.
bool processor_has_amx() {
#if defined(__x86_64__) && defined(__linux__)
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (edx >> 22 & 1) != 0 && (edx >> 24 & 1) != 0;
#else
  return false;
#endif
}

// The processor's features as the system lets programs use them: the compiler's run-time library asks the
// processor and looks whether the system saves the registers.
bool processor_has([[maybe_unused]] Isa isa) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (isa == Isa::avx2) return avx2;
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  if (isa == Isa::avx512) return avx512;
  const bool avx512_bf16 = avx512 && __builtin_cpu_supports("avx512bf16");
  if (isa == Isa::avx512_bf16) return avx512_bf16;
  if (isa == Isa::amx) return avx512_bf16 && processor_has_amx() && system_permits_amx();
#endif
  return isa == Isa::portable;
}

bool compiled_in(Isa isa) { return bfloat16_kernels[static_cast<int>(isa)]() != nullptr; }

std::string legal_names() { return "this machine permits " + alternatives(names_in(permitted_isas())); }

Isa checked(Isa isa) {
  if (!permitted(isa))
    throw InvalidArgument("isa", fmt::format("this machine lacks {}", name(isa)), legal_names());
  return isa;
}

// An int, so that "not set yet" needs no order of initialisation between files.
constexpr int not_set = -1;
std::atomic<int> chosen = not_set;

}  // namespace

std::vector<Isa> permitted_isas() {
  std::vector<Isa> list;
  std::copy_if(std::begin(all_isas), std::end(all_isas), std::back_inserter(list), permitted);
  return list;
}

// Asked for by every map that is made: the machine stays the same, and cpuid traps in virtual machines.
bool permitted(Isa isa) {
  static const auto answers = [] {
    std::array<bool, std::size(all_isas)> list;
    for (const Isa one : all_isas)
      list[static_cast<std::size_t>(one)] = compiled_in(one) && processor_has(one);
    return list;
  }();
  return answers[static_cast<std::size_t>(isa)];
}

Isa best_isa() {
  static const Isa best = permitted_isas().back();
  return best;
}

Isa isa_named(std::string_view wanted) {
  for (const Isa isa : all_isas)
    if (wanted == name(isa)) return checked(isa);
  throw InvalidArgument("isa", fmt::format("'{}' is unknown", wanted), legal_names());
}

Isa current_isa() {
  const int isa = chosen.load(std::memory_order_relaxed);
  return isa == not_set ? best_isa() : static_cast<Isa>(isa);
}

void set_isa(Isa isa) { chosen.store(static_cast<int>(checked(isa)), std::memory_order_relaxed); }

template <class T>
Isa isa_of_kernels(Isa isa) {
  int at = static_cast<int>(checked(isa));
  while (kernels_by_isa<T>()[at] == nullptr) --at;
  return static_cast<Isa>(at);
}

template <class T>
const Kernels<T>& kernels_of(Isa isa) {
  return *kernels_by_isa<T>()[static_cast<int>(isa_of_kernels<T>(isa))]();
}

template <class T>
const Transforms<T>& transforms_of(Isa isa) {
  return *transforms_at<T>(checked(isa));
}

template <class T>
std::vector<Isa> different_isas() {
  std::vector<Isa> list = permitted_isas();
  std::erase_if(list, [](Isa isa) { return isa_of_kernels<T>(isa) != isa; });
  return list;
}

bool has_bfloat16(Isa isa) { return isa >= Isa::avx512_bf16; }

#define FSCONV_INSTANTIATE(T)                          \
  template Isa isa_of_kernels<T>(Isa);                 \
  template const Kernels<T>& kernels_of<T>(Isa);       \
  template const Transforms<T>& transforms_of<T>(Isa); \
  template std::vector<Isa> different_isas<T>();
FSCONV_INSTANTIATE(float)
FSCONV_INSTANTIATE(double)
FSCONV_INSTANTIATE(BFloat16)
#undef FSCONV_INSTANTIATE

}  // namespace fsconv::engine
