// The claims about transposed convolution that fsconv checks, and the beliefs that it refutes.
#pragma once

#include <fsconv/verify/trial.hpp>
#include <span>

namespace fsconv {

struct Claim {
  std::string_view name;
  std::string_view statement;  // one line, for tables
  bool belief;                 // a popular belief that is false: the good verdict is `refuted`
  bool needs_form;             // false: a statement about sizes alone, tried once per geometry
  bool draws_numbers;  // false: nothing random in it, so the method makes no difference and one try decides
  Outcome (*check)(const Trial&);
};

// matrix, transpose, fractional, gradient, adjoint, weight-gradient, shape, rational, sub-pixel, not-inverse,
// overlap.
std::span<const Claim> claims();

// Throws InvalidArgument that lists the names.
std::vector<Claim> claims_named(const std::vector<std::string>& names);

// The checks, grouped by what they are about; each says in its source what it compares with what.
namespace claim {

// The operator: against the definition.
Outcome matrix(const Trial& trial);
Outcome transpose(const Trial& trial);
Outcome fractional(const Trial& trial);
Outcome rational(const Trial& trial);
Outcome sub_pixel(const Trial& trial);

// The derivatives: against automatic differentiation and finite differences.
Outcome gradient(const Trial& trial);
Outcome weight_gradient(const Trial& trial);
Outcome adjoint(const Trial& trial);

// Sizes, overlap and the wrong name "inverse".
Outcome shape(const Trial& trial);
Outcome overlap(const Trial& trial);
Outcome inverse(const Trial& trial);

}  // namespace claim
}  // namespace fsconv
