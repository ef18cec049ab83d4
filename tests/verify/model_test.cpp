// The model and the code: the kernels use the taps that the proofs speak of.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/child_process.hpp>
#include <fsconv/forms/template_forms.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/symbolic/obligation_files.hpp>
#include <fsconv/symbolic/polynomial.hpp>
#include <fsconv/symbolic/s_expression.hpp>
#include <fsconv/symbolic/solver.hpp>
#include <fsconv/verify/sweep.hpp>
#include <map>
#include <set>

using namespace fsconv;

namespace {

using Taps = std::set<std::array<Index, 3>>;  // (o, i, k)

// The text of (define-fun NAME ...) in a proof obligation, or "".
std::string definition_of(const std::string& name, const std::string& text) {
  for (const SExpression& expression : read_s_expressions("proof", text))
    if (expression.is("define-fun") && expression.items.at(1).atom == name)
      return text.substr(expression.begin, expression.end - expression.begin);
  return {};
}

std::string number(Index value) {
  return value < 0 ? fmt::format("(- {})", -value) : fmt::format("{}", value);
}

// Whether the relation `name`, as the proofs define it, has exactly these solutions on the axis.
Answer differs(const std::string& name, const std::string& definition, const Axis& axis, const Taps& taps) {
  std::string text = "(set-logic QF_LIA)\n";
  const std::pair<const char*, Index> sizes[] = {
      {"in", axis.in}, {"out", axis.out}, {"taps", axis.taps},        {"down", axis.down},
      {"up", axis.up}, {"pad", axis.pad}, {"dilation", axis.dilation}};
  for (const auto& [symbol, value] : sizes)
    text += fmt::format("(define-fun {} () Int {})\n", symbol, number(value));
  text += "(declare-const o Int)\n(declare-const i Int)\n(declare-const k Int)\n" + definition;
  text += "\n(assert (not (= (" + name + " o i k) (or false";
  for (const auto& [o, i, k] : taps) text += fmt::format("\n (and (= o {}) (= i {}) (= k {}))", o, i, k);
  text += "))))\n(check-sat)\n";
  Query query;
  query.text = text;
  return decide(z3_solver(), query).answer;
}

// The taps that a kernel used: the products that its polynomials hold. `code_side` says whether the results
// are code pixels (conv), so that the results' own position is o.
Taps taps_of(const Tensor<Polynomial>& results, bool code_side) {
  Taps taps;
  for (Index at = 0; at < results.size(); ++at)
    for (const Polynomial::Term& term : results[at].terms()) {
      REQUIRE(term.coefficient == "1");
      const Index k = term.element[static_cast<std::size_t>(Symbol::weight)];
      const Index other = term.element[static_cast<std::size_t>(code_side ? Symbol::image : Symbol::code)];
      taps.insert(code_side ? std::array{at, other, k} : std::array{other, at, k});
    }
  return taps;
}

// The same for a weight gradient, whose results stand at k.
Taps taps_of_gradient(const Tensor<Polynomial>& results) {
  Taps taps;
  for (Index k = 0; k < results.size(); ++k)
    for (const Polynomial::Term& term : results[k].terms()) {
      REQUIRE(term.coefficient == "1");
      taps.insert({term.element[static_cast<std::size_t>(Symbol::code)],
                   term.element[static_cast<std::size_t>(Symbol::image)], k});
    }
  return taps;
}

bool z3_is_there() {
  if (find_program("z3")) return true;
  WARN("z3 is not installed: the model was not compared with the code");
  return false;
}

std::vector<Axis> grid() {
  std::vector<Axis> axes;
  for (const Geometry& geometry : default_sweep(120, 11)) {
    if (geometry.axes.size() != 1) continue;
    axes.push_back(geometry.axes[0]);
  }
  return axes;
}

}  // namespace

TEST_CASE("model: the tap relation is written the same in every proof") {
  std::map<std::string, std::set<std::string>> versions;
  for (const Obligation& obligation : built_in_obligations())
    for (const char* name : {"tap", "rational_tap"})
      if (const std::string text = definition_of(name, obligation.text); !text.empty())
        versions[name].insert(text);
  CHECK(versions["tap"].size() == 1);
  CHECK(versions["rational_tap"].size() == 1);
}

TEST_CASE("model: the taps of every kernel are the solutions of the relation", "[slow]") {
  if (!z3_is_there()) return;
  std::string whole, rational;
  for (const Obligation& obligation : built_in_obligations()) {
    if (obligation.name == "gather") whole = definition_of("tap", obligation.text);
    if (obligation.name == "rational_gather") rational = definition_of("rational_tap", obligation.text);
  }
  REQUIRE_FALSE(whole.empty());
  REQUIRE_FALSE(rational.empty());

  const auto axes = grid();
  REQUIRE(axes.size() > 40);
  for (const Axis& axis : axes) {
    const Geometry geometry{.axes = {axis}};
    INFO(print_case(geometry));
    const auto x = symbols(Symbol::image, geometry.image_shape());
    const auto y = symbols(Symbol::code, geometry.code_shape());
    const auto w = symbols(Symbol::weight, geometry.weight_shape());
    const Taps taps = taps_of(gather::conv(geometry, x, w), true);
    for (const Form<Polynomial>& form : template_forms<Polynomial>()) {
      INFO(form.name);
      CHECK(taps_of(form.conv(geometry, x, w), true) == taps);
      CHECK(taps_of(form.conv_transpose(geometry, y, w), false) == taps);
      CHECK(taps_of_gradient(form.weight_gradient(geometry, y, x)) == taps);
    }
    CHECK(differs("rational_tap", rational, axis, taps) == Answer::unsat);
    if (axis.up == 1) CHECK(differs("tap", whole, axis, taps) == Answer::unsat);
  }
}

TEST_CASE("model: a tap too few, one too many and another padding are seen") {
  if (!z3_is_there()) return;
  const Geometry geometry = parse_case("i6o3k3s2p1");
  const auto code = gather::conv(geometry, symbols(Symbol::image, geometry.image_shape()),
                                 symbols(Symbol::weight, {1, 1, 3}));
  const Taps right = taps_of(code, true);
  std::string relation;
  for (const Obligation& obligation : built_in_obligations())
    if (obligation.name == "gather") relation = definition_of("tap", obligation.text);
  const Axis axis = geometry.axes[0];
  CHECK(differs("tap", relation, axis, right) == Answer::unsat);
  Taps fewer = right, more = right;
  fewer.erase(fewer.begin());
  more.insert({0, 0, 0});
  CHECK(differs("tap", relation, axis, fewer) == Answer::sat);
  CHECK(differs("tap", relation, axis, more) == Answer::sat);
  Axis shifted = axis;
  ++shifted.pad;
  CHECK(differs("tap", relation, shifted, right) == Answer::sat);
}
