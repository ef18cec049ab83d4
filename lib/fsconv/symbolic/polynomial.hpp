// An exact polynomial: the scalar that runs through the forms and proves them for all weights and inputs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <flint/fmpz_mpoly.h>

#include <array>
#include <cstdint>
#include <fsconv/base/names.hpp>
#include <fsconv/base/tensor.hpp>
#include <functional>
#include <string>
#include <vector>

namespace fsconv {

// The arrays whose elements are symbols: x, w, y and the weight of a second layer, v.
enum class Symbol { image, weight, code, second_weight };
inline constexpr int symbol_kinds = 4;
constexpr auto names_of(Symbol) {
  return NameTable<Symbol, symbol_kinds>{"array",
                                         {{{Symbol::image, "image"},
                                           {Symbol::weight, "weight"},
                                           {Symbol::code, "code"},
                                           {Symbol::second_weight, "second weight"}}}};
}
constexpr char letter(Symbol array) { return "xwyv"[static_cast<int>(array)]; }

// A sum of products of symbols, with integer coefficients of any size (FLINT's fmpz_mpoly). A form that is a
// template computes with it as with a double; what comes out is the form's result for every value of the
// symbols at once, and two forms agree on all of them exactly when their polynomials are equal.
//
// Thousands of variables would be slow, and a kernel of the operator never multiplies two elements of one
// array. So there is one variable per array and element number n is its power n+1: x_5 is X^6. The power 0 is
// an array that does not occur. Factors that share an array would mix up these numbers, so their product is
// refused; a kernel that squares a pixel is thereby caught in the act.
//
// There is no subtraction: none of the forms needs it.
class Polynomial {
 public:
  explicit Polynomial(Index value = 0);
  // Element number `index` of an array.
  Polynomial(Symbol array, Index index);

  Polynomial(const Polynomial& other);
  Polynomial(Polynomial&& other) noexcept;
  Polynomial& operator=(Polynomial other) noexcept;
  ~Polynomial();

  Polynomial& operator+=(const Polynomial& other);
  // Throws InvalidArgument naming the array if it may occur in both factors.
  friend Polynomial operator*(const Polynomial& a, const Polynomial& b);
  // A function with a name and no operator: a form that could compare symbols with each other could take a
  // shortcut for some values, and equal polynomials would say nothing about it. Such a form does not compile.
  friend bool equal(const Polynomial& a, const Polynomial& b);
  // Every coefficient divided by a whole number. Throws std::logic_error where one is no multiple of it.
  friend Polynomial divided_exactly(const Polynomial& value, Index by);

  // One product: its coefficient, and the element of each array in it (-1: the array does not occur).
  struct Term {
    std::string coefficient;
    std::array<Index, symbol_kinds> element;
  };
  std::vector<Term> terms() const;
  Index term_count() const;

  friend Polynomial sum(std::vector<Polynomial> parts);
  friend std::vector<Polynomial> partial_derivatives(const Polynomial& of, Symbol array, Index count);

 private:
  fmpz_mpoly_t value_;
  std::uint8_t arrays_ = 0;  // one bit per Symbol that may occur
};

bool equal(const Polynomial& a, const Polynomial& b);
Polynomial divided_exactly(const Polynomial& value, Index by);

// The sum, added up in pairs: adding one by one to a long polynomial would copy it every time.
Polynomial sum(std::vector<Polynomial> parts);

// d/d(element n) for n = 0 .. count-1. No term holds an array twice: a derivative is what stands beside its
// element.
std::vector<Polynomial> partial_derivatives(const Polynomial& of, Symbol array, Index count);

// All elements of an array as symbols, numbered in storage order.
Tensor<Polynomial> symbols(Symbol array, const Shape& shape);

// In words: terms in order, each symbol by `name_of(array, element)`; "0" where nothing is left.
std::string text(const Polynomial& polynomial, const std::function<std::string(Symbol, Index)>& name_of);

}  // namespace fsconv
