#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/engine/isa.hpp>
#include <iterator>
#include <string>

namespace fsconv::engine {
namespace {

constexpr Isa all_isas[] = {Isa::portable, Isa::avx2, Isa::avx512};

// The processor's features as the system lets programs use them: the compiler's run-time library asks the
// processor and looks whether the system saves the registers.
bool processor_has([[maybe_unused]] Isa isa) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (isa == Isa::avx2) return avx2;
  if (isa == Isa::avx512)
    return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
#endif
  return isa == Isa::portable;
}

bool compiled_in(Isa isa) {
  switch (isa) {
    case Isa::avx512:
      return avx512_float_kernels() != nullptr;
    case Isa::avx2:
      return avx2_float_kernels() != nullptr;
    case Isa::portable:
      break;
  }
  return true;
}

std::string legal_names() {
  std::vector<std::string> names;
  for (const Isa isa : permitted_isas()) names.emplace_back(name(isa));
  return "this machine permits " + alternatives(names);
}

// An int, so that "not set yet" needs no order of initialisation between files.
constexpr int not_set = -1;
std::atomic<int> chosen = not_set;

}  // namespace

std::string_view name(Isa isa) {
  switch (isa) {
    case Isa::avx512:
      return "avx512";
    case Isa::avx2:
      return "avx2";
    case Isa::portable:
      break;
  }
  return "portable";
}

std::vector<Isa> permitted_isas() {
  std::vector<Isa> list;
  std::copy_if(std::begin(all_isas), std::end(all_isas), std::back_inserter(list), permitted);
  return list;
}

bool permitted(Isa isa) { return compiled_in(isa) && processor_has(isa); }

Isa best_isa() { return permitted_isas().back(); }

Isa isa_named(std::string_view wanted) {
  for (const Isa isa : all_isas)
    if (wanted == name(isa)) {
      if (!permitted(isa))
        throw InvalidArgument("isa", fmt::format("this machine lacks {}", wanted), legal_names());
      return isa;
    }
  throw InvalidArgument("isa", fmt::format("'{}' is unknown", wanted), legal_names());
}

Isa current_isa() {
  const int isa = chosen.load(std::memory_order_relaxed);
  return isa == not_set ? best_isa() : static_cast<Isa>(isa);
}

void set_isa(Isa isa) { chosen.store(static_cast<int>(isa_named(name(isa))), std::memory_order_relaxed); }

template <>
const Kernels<float>& kernels_of(Isa isa) {
  isa_named(name(isa));
  return *(isa == Isa::avx512 ? avx512_float_kernels()
           : isa == Isa::avx2 ? avx2_float_kernels()
                              : portable_float_kernels());
}

template <>
const Kernels<double>& kernels_of(Isa isa) {
  isa_named(name(isa));
  return *(isa == Isa::avx512 ? avx512_double_kernels()
           : isa == Isa::avx2 ? avx2_double_kernels()
                              : portable_double_kernels());
}

}  // namespace fsconv::engine
