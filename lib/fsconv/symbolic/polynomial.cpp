// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <fsconv/symbolic/polynomial.hpp>
#include <stdexcept>
#include <utility>

namespace fsconv {
namespace {

// Must outlive every polynomial, so it is never destroyed.
fmpz_mpoly_ctx_struct* context() {
  static fmpz_mpoly_ctx_struct* const only = [] {
    static fmpz_mpoly_ctx_t storage;
    fmpz_mpoly_ctx_init(storage, symbol_kinds, ORD_LEX);
    return storage;
  }();
  return only;
}

// One of the arrays whose bits are set.
Symbol one_of(std::uint8_t arrays) { return static_cast<Symbol>(std::countr_zero(arrays)); }

}  // namespace

Polynomial::Polynomial(Index value) {
  fmpz_mpoly_init(value_, context());
  if (value != 0) fmpz_mpoly_set_si(value_, value, context());
}

Polynomial::Polynomial(Symbol array, Index index)
    : arrays_(static_cast<std::uint8_t>(1 << static_cast<int>(array))) {
  fmpz_mpoly_init(value_, context());
  ulong powers[symbol_kinds] = {};
  powers[static_cast<int>(array)] = static_cast<ulong>(index) + 1;
  fmpz_mpoly_set_coeff_si_ui(value_, 1, powers, context());
}

Polynomial::Polynomial(const Polynomial& other) : arrays_(other.arrays_) {
  fmpz_mpoly_init(value_, context());
  if (other.term_count() > 0) fmpz_mpoly_set(value_, other.value_, context());
}

Polynomial::Polynomial(Polynomial&& other) noexcept : arrays_(other.arrays_) {
  fmpz_mpoly_init(value_, context());
  fmpz_mpoly_swap(value_, other.value_, context());
}

Polynomial& Polynomial::operator=(Polynomial other) noexcept {
  fmpz_mpoly_swap(value_, other.value_, context());
  arrays_ = other.arrays_;
  return *this;
}

Polynomial::~Polynomial() { fmpz_mpoly_clear(value_, context()); }

Polynomial& Polynomial::operator+=(const Polynomial& other) {
  if (other.term_count() > 0) fmpz_mpoly_add(value_, value_, other.value_, context());
  arrays_ |= other.arrays_;
  return *this;
}

Polynomial operator*(const Polynomial& a, const Polynomial& b) {
  Polynomial product;
  if (a.term_count() == 0 || b.term_count() == 0) return product;  // most products of an inserted zero
  if ((a.arrays_ & b.arrays_) != 0)
    throw InvalidArgument("product",
                          fmt::format("multiplies the {} by itself",
                                      name(one_of(static_cast<std::uint8_t>(a.arrays_ & b.arrays_)))),
                          "a kernel of a multilinear map takes one element of each array");
  fmpz_mpoly_mul(product.value_, a.value_, b.value_, context());
  product.arrays_ = a.arrays_ | b.arrays_;
  return product;
}

bool equal(const Polynomial& a, const Polynomial& b) {
  return fmpz_mpoly_equal(a.value_, b.value_, context()) != 0;
}

Polynomial divided_exactly(const Polynomial& value, Index by) {
  Polynomial quotient;
  if (fmpz_mpoly_scalar_divides_si(quotient.value_, value.value_, by, context()) == 0)
    throw std::logic_error(fmt::format("a polynomial is no multiple of {}", by));
  quotient.arrays_ = value.arrays_;
  return quotient;
}

Index Polynomial::term_count() const { return fmpz_mpoly_length(value_, context()); }

std::vector<Polynomial::Term> Polynomial::terms() const {
  std::vector<Term> list;
  fmpz_t coefficient;
  fmpz_init(coefficient);
  for (Index at = 0; at < term_count(); ++at) {
    fmpz_mpoly_get_term_coeff_fmpz(coefficient, value_, at, context());
    char* digits = fmpz_get_str(nullptr, 10, coefficient);
    ulong powers[symbol_kinds];
    fmpz_mpoly_get_term_exp_ui(powers, value_, at, context());
    list.push_back({digits, {}});
    flint_free(digits);
    for (std::size_t array = 0; array < symbol_kinds; ++array)
      list.back().element[array] = static_cast<Index>(powers[array]) - 1;
  }
  fmpz_clear(coefficient);
  return list;
}

Polynomial sum(std::vector<Polynomial> parts) {
  if (parts.empty()) return Polynomial();
  while (parts.size() > 1) {
    const std::size_t half = parts.size() / 2, kept = parts.size() - half;
    for (std::size_t at = 0; at < half; ++at) parts[at] += parts[kept + at];
    parts.resize(kept);
  }
  return std::move(parts.front());
}

std::vector<Polynomial> partial_derivatives(const Polynomial& of, Symbol array, Index count) {
  std::vector<Polynomial> derivatives(static_cast<std::size_t>(count));
  fmpz_t coefficient;
  fmpz_init(coefficient);
  for (Index at = 0; at < of.term_count(); ++at) {
    ulong powers[symbol_kinds];
    fmpz_mpoly_get_term_exp_ui(powers, of.value_, at, context());
    ulong& power = powers[static_cast<int>(array)];
    if (power == 0 || power > static_cast<ulong>(count)) continue;
    Polynomial& derivative = derivatives[power - 1];
    power = 0;
    fmpz_mpoly_get_term_coeff_fmpz(coefficient, of.value_, at, context());
    // Pushed in the order of `of`: without one variable they are still in order.
    fmpz_mpoly_push_term_fmpz_ui(derivative.value_, coefficient, powers, context());
  }
  fmpz_clear(coefficient);
  for (Polynomial& derivative : derivatives)
    derivative.arrays_ = static_cast<std::uint8_t>(of.arrays_ & ~(1 << static_cast<int>(array)));
  return derivatives;
}

Tensor<Polynomial> symbols(Symbol array, const Shape& shape) {
  Tensor<Polynomial> values(shape);
  for (Index at = 0; at < values.size(); ++at) values[at] = Polynomial(array, at);
  return values;
}

std::string text(const Polynomial& polynomial, const std::function<std::string(Symbol, Index)>& name_of) {
  std::string words;
  // The highest power stands first in FLINT; people count upwards.
  const auto terms = polynomial.terms();
  for (auto term = terms.rbegin(); term != terms.rend(); ++term) {
    std::string product = term->coefficient == "1" ? "" : term->coefficient;
    for (const Symbol array : {Symbol::second_weight, Symbol::weight, Symbol::image, Symbol::code}) {
      const Index element = term->element[static_cast<std::size_t>(array)];
      if (element >= 0) product += (product.empty() ? "" : " ") + name_of(array, element);
    }
    words += (words.empty() ? "" : " + ") + (product.empty() ? std::string("1") : product);
  }
  return words.empty() ? "0" : words;
}

}  // namespace fsconv
