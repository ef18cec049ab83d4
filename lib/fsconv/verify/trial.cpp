#include <algorithm>
#include <cmath>
#include <fsconv/io/array.hpp>
#include <fsconv/verify/trial.hpp>

namespace fsconv {
namespace {

constexpr Index batch_size = 2;  // one image hides mistakes in the batch stride

Index longest_sum(const Definition& definition, Index batch) {
  return std::max({definition.longest_conv_sum(), definition.longest_transposed_sum(),
                   definition.longest_gradient_sum(batch), Index{1}});
}

// The largest a with terms * (a+1)^2 < 2^bits: finite differences move an element by 1.
Index largest_integer(Index terms, int bits) {
  const auto a = static_cast<Index>(std::sqrt(std::ldexp(1.0, bits) / static_cast<double>(terms))) - 2;
  if (a < 1)
    throw InvalidArgument("exact", fmt::format("sums of {} terms do not stay exact in {} bits", terms, bits),
                          "use --method numeric or a smaller geometry");
  return a;
}

// Reals that a float holds exactly, so that every form starts from the same numbers.
Tensor<double> reals(const Shape& shape, Random& random) {
  return cast<double>(random_reals<float>(shape, random));
}

}  // namespace

std::string_view name(Method method) { return method == Method::numeric ? "numeric" : "exact"; }

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::holds:
      return "holds";
    case Verdict::refuted:
      return "refuted";
    case Verdict::fails:
      return "fails";
    case Verdict::skipped:
      return "skipped";
  }
  return "";
}

Trial::Trial(const Subject& subject, const Witness& form_, Method method_, std::uint64_t seed)
    : geometry(subject.geometry),
      definition(subject.definition),
      form(form_),
      method(method_),
      batch(batch_size),
      largest(method == Method::exact ? largest_integer(longest_sum(definition, batch), form.bits) : 0) {
  Random random(seed);
  const auto draw = [&](const Shape& shape) {
    return method == Method::exact ? random_integers<double>(shape, largest, random) : reals(shape, random);
  };
  image = draw(geometry.image_shape(batch));
  code = draw(geometry.code_shape(batch));
  weight = draw(geometry.weight_shape());
}

double Trial::log2_miss() const {
  return method == Method::exact ? std::log2(3 / (2 * static_cast<double>(largest) + 1)) : 0;
}

double Trial::rounding(Index terms) const {
  const auto gamma = [&](double unit) {
    const double nu = static_cast<double>(terms + 2) * unit;
    if (nu >= 0.5)
      throw InvalidArgument("numeric",
                            fmt::format("sums of {} terms cannot be bounded in {} bits", terms, form.bits),
                            "use a smaller geometry");
    return nu / (1 - nu);
  };
  return gamma(form.unit_roundoff()) + gamma(0x1p-53);
}

Outcome Trial::compare(const Tensor<double>& actual, const Tensor<double>& expected,
                       const Tensor<double>& magnitude, Index terms) const {
  Outcome outcome;
  if (actual.shape() != expected.shape()) {
    return {Verdict::fails, 1,
            fmt::format("shape [{}] instead of [{}]", fmt::join(actual.shape(), ", "),
                        fmt::join(expected.shape(), ", "))};
  }
  for (Index at = 0; at < actual.size(); ++at) {
    const double bound = method == Method::exact ? 0 : rounding(terms) * magnitude[at];
    const double distance = std::abs(actual[at] - expected[at]);
    if (bound > 0) outcome.error = std::max(outcome.error, distance / bound);
    if (!(distance <= bound) && outcome.verdict == Verdict::holds) {
      outcome = {Verdict::fails, bound > 0 ? distance / bound : 1,
                 fmt::format("at {}: {} instead of {}", position_text(actual.shape(), at), actual[at],
                             expected[at])};
    }
  }
  return outcome;
}

Wide exact_dot(const Tensor<double>& a, const Tensor<double>& b) {
  Wide sum = 0;
  for (Index at = 0; at < a.size(); ++at)
    sum += static_cast<Wide>(static_cast<std::int64_t>(a[at])) * static_cast<std::int64_t>(b[at]);
  return sum;
}

}  // namespace fsconv
