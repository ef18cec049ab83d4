// Symbolic verification: what is proved for all weights, what is refused, and what falls back to integers.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/forms/template_forms.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/verify/explain.hpp>
#include <fsconv/verify/mutants.hpp>
#include <fsconv/verify/sweep.hpp>
#include <fsconv/verify/trials.hpp>
#include <fsconv/verify/verify.hpp>
#include <set>

using namespace fsconv;

namespace {

VerifyPlan symbolic_plan(std::vector<Geometry> geometries, std::vector<Witness> forms) {
  const auto all = claims();
  return {.geometries = std::move(geometries),
          .claims = {all.begin(), all.end()},
          .forms = std::move(forms),
          .methods = {Method::symbolic},
          .threads = 2};
}

Outcome prove(const char* claim, const Witness& form, const char* name) {
  return check_one(claims_named({claim})[0], form, Method::symbolic, parse_case(name), 0);
}

// The words of the line that begins with this name.
std::vector<std::string> words_behind(const std::string& text, const std::string& name) {
  const std::size_t at = text.find(name);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size();
  std::vector<std::string> words;
  for (const std::string& word : split(text.substr(begin, text.find('\n', begin) - begin), ' '))
    if (!word.empty()) words.push_back(word);
  return words;
}

// Does literally what the two lines about inserted zeros say, and compares the products of every window with the equation's.
bool slides_to_the_operator(const std::string& text, const Axis& axis) {
  const std::vector<std::string> places = words_behind(text, "inserted zeros ");
  std::vector<std::string> filter = words_behind(text, "reversed filter ");
  const auto said = std::find(filter.begin(), filter.end(), "slides");  // slides over them, 2 places a step
  if (filter.end() - said < 4) return false;
  const auto step = static_cast<std::size_t>(std::stoi(said[3]));
  filter.erase(said, filter.end());
  std::vector<std::set<std::string>> products, wanted(static_cast<std::size_t>(axis.in));
  for (std::size_t first = 0; first + filter.size() <= places.size(); first += step) {
    products.emplace_back();
    for (std::size_t at = 0; at < filter.size(); ++at)
      if (filter[at] != "." && places[first + at] != "0")
        products.back().insert(filter[at] + " " + places[first + at]);
  }
  for (Index o = 0; o < axis.out; ++o)
    for (Index k = 0; k < axis.taps; ++k)
      if (const auto i = image_at(axis, o, k))
        wanted[static_cast<std::size_t>(*i)].insert(fmt::format("w{} y{}", k, o));
  return products == wanted;
}

}  // namespace

TEST_CASE("symbolic: every template form is proved for all weights, black boxes fall back to exact") {
  const VerifyPlan plan = symbolic_plan(default_sweep(25, 7), witnesses());
  std::set<std::string> proved, exact;
  for (const Check& check : verify(plan, [](Index) {})) {
    const Claim& claim = plan.claims[static_cast<std::size_t>(check.claim)];
    INFO(claim.name << " " << check.detail);
    REQUIRE(check.good(claim));
    if (check.form < 0 || check.verdict == Verdict::skipped) continue;
    (check.method == Method::symbolic ? proved : exact)
        .insert(plan.forms[static_cast<std::size_t>(check.form)].name);
    CHECK((check.method == Method::symbolic || !claim.draws_numbers || check.log2_miss <= -128));
  }
  CHECK(proved ==
        std::set<std::string>{"gather", "scatter", "zero_insertion", "polyphase", "matrix", "bilinear"});
  CHECK(exact.contains("im2col"));
  CHECK(exact.contains("onednn"));
}

TEST_CASE("symbolic: beside exact, nothing is tried twice") {
  VerifyPlan plan = symbolic_plan({parse_case("i6o3k3s2p1")}, witnesses_named(witnesses(), {"im2col"}));
  plan.methods = {Method::exact, Method::symbolic};
  plan.claims = claims_named({"transpose"});
  CHECK(verify(plan, [](Index) {}).size() == 1);
}

TEST_CASE("symbolic: the square of a pixel is caught where it is computed") {
  for (const Witness& mutant : mutants())
    if (mutant.name == "quadratic") {
      const Outcome outcome = prove("matrix", mutant, "i4o2k3");
      CHECK(outcome.verdict == Verdict::fails);
      CHECK(outcome.detail.find("multiplies the image by itself") != std::string::npos);
    }
}

TEST_CASE("symbolic: what is not of degree one in each array differs as a polynomial") {
  // The weight alone added to a pixel: of degree 0 in the image.
  Witness shifted = witnesses()[0];
  shifted.polynomials->conv = [](const Geometry& g, const Tensor<Polynomial>& x,
                                 const Tensor<Polynomial>& w) {
    Tensor<Polynomial> code = gather::conv(g, x, w);
    code[0] += w[0];
    return code;
  };
  CHECK(prove("matrix", shifted, "i4o2k3").verdict == Verdict::fails);
  CHECK(prove("adjoint", shifted, "i4o2k3").verdict == Verdict::fails);
  // Twice the right value: the same symbols, another coefficient.
  Witness doubled = witnesses()[0];
  doubled.polynomials->conv_transpose = [](const Geometry& g, const Tensor<Polynomial>& y,
                                           const Tensor<Polynomial>& w) {
    Tensor<Polynomial> image = gather::conv_transpose(g, y, w);
    image[1] += image[1];
    return image;
  };
  const Outcome outcome = prove("gradient", doubled, "i4o2k3");
  CHECK(outcome.verdict == Verdict::fails);
  CHECK(outcome.detail == "at [0, 0, 1]: 2 w0 y1 + 2 w1 y0 instead of w0 y1 + w1 y0");
}

TEST_CASE("symbolic: a W with one entry too many, or in the wrong place, is no W") {
  // The claim looks at matrix::build_columns itself, so the mutant is a geometry that is not the one claimed:
  // the definition of one pad against the columns of another.
  const Subject subject(parse_case("i6o3k3s2p1"));
  const auto samples = symbol_samples(subject);
  Subject other = subject;
  other.geometry = parse_case("i6o3k3s2");
  for (const Witness& form : witnesses_named(witnesses(), {"matrix"})) {
    CHECK(claim::matrix(Trial<Polynomial>(subject, form, samples[0])).verdict == Verdict::holds);
    const Outcome outcome = claim::matrix(Trial<Polynomial>(other, form, samples[0]));
    CHECK(outcome.verdict == Verdict::fails);
    CHECK(outcome.detail.find("W") == 0);
  }
}

TEST_CASE("symbolic: a box of the wrong width, or one power too few, is no resize-convolution") {
  // A form that takes the stride for one less in the transposed convolution, and one whose plain conv forgets a tap.
  const auto refused = [](const Witness& form) {
    const Outcome outcome = prove("resize", form, "i9o4k5s3p1");
    CHECK(outcome.verdict == Verdict::fails);
    CHECK(outcome.detail.find("instead of") != std::string::npos);
  };
  CHECK(prove("resize", witnesses()[0], "i9o4k5s3p1").verdict == Verdict::holds);
  Witness narrow = witnesses()[0];
  narrow.polynomials->conv_transpose = [](Geometry g, const Tensor<Polynomial>& y,
                                          const Tensor<Polynomial>& w) {
    --g.axes[0].down;
    return gather::conv_transpose(g, y, w);
  };
  refused(narrow);
  Witness forgetful = witnesses()[0];
  forgetful.polynomials->conv = [](const Geometry& g, const Tensor<Polynomial>& x, Tensor<Polynomial> w) {
    w[0] = Polynomial(0);
    return gather::conv(g, x, w);
  };
  refused(forgetful);
  // A flat code: one tap too many on one phase.
  Witness uneven = witnesses()[0];
  uneven.polynomials->conv_transpose = [](const Geometry& g, const Tensor<Polynomial>& y,
                                          const Tensor<Polynomial>& w) {
    Tensor<Polynomial> image = gather::conv_transpose(g, y, w);
    image[4] += w[0] * y[0];
    return image;
  };
  CHECK(prove("checkerboard", witnesses()[0], "i9o4k5s3p1").verdict == Verdict::holds);
  CHECK(prove("checkerboard", uneven, "i9o4k5s3p1").verdict == Verdict::fails);
}

TEST_CASE("symbolic: a polynomial is divided exactly or not at all") {
  const Polynomial x(Symbol::image, 0), w(Symbol::weight, 1);
  Polynomial sum = Polynomial(6) * x * w;
  sum += Polynomial(-4) * w;
  Polynomial half = Polynomial(3) * x * w;
  half += Polynomial(-2) * w;
  CHECK(equal(divided_exactly(sum, 2), half));
  CHECK(equal(divided_exactly(Polynomial(0), 5), Polynomial(0)));
  CHECK_THROWS_AS(divided_exactly(sum, 3), std::logic_error);
  CHECK_THROWS_AS(divided_exactly(sum, 3) * x, std::logic_error);
  CHECK_THROWS_AS(divided_exactly(sum, 2) * x, InvalidArgument);  // it knows which arrays it has
}

TEST_CASE("symbolic: tiles whose identity is broken are no multiple of the scale, or another polynomial") {
  for (const Witness& mutant : mutants()) {
    if (!mutant.in_tiles()) continue;
    INFO(mutant.name);
    const Outcome outcome = prove("transpose", mutant, "ic1oc1i10o5k4s2p1");
    CHECK(outcome.verdict == Verdict::fails);
    const bool divides = outcome.detail.find("is no multiple of") == std::string::npos;
    CHECK((divides ? outcome.detail.find("instead of") != std::string::npos : true));
    if (mutant.name == "scaled_twice") CHECK_FALSE(divides);
  }
}

TEST_CASE("symbolic: more products than a person would wait for are skipped with the reason") {
  VerifyPlan plan =
      symbolic_plan({parse_case("ic1oc1i160x160o160x160k1")}, witnesses_named(witnesses(), {"gather"}));
  plan.claims = claims_named({"transpose"});
  const auto checks = verify(plan, [](Index) {});
  REQUIRE(checks.size() == 1);
  CHECK(checks[0].verdict == Verdict::skipped);
  CHECK(checks[0].detail.find("products of symbols") != std::string::npos);
}

TEST_CASE("explain: the three maps of a small case, row by row") {
  const Explanation e = explain(parse_case("i6o3k3s2p1"), "explain");
  CHECK(e.conv.equal);
  CHECK(e.conv_transpose.equal);
  CHECK(e.weight_gradient.equal);
  CHECK(e.equations == std::vector<std::string>{"i = 2*o + k - 1    0 <= i < 6, 0 <= o < 3, 0 <= k < 3"});
  CHECK(e.conv.rows[1].name == "(W x)1");
  CHECK(e.conv.rows[1].polynomials[0] == "w0 x1 + w1 x2 + w2 x3");
  for (const std::string& polynomial : e.conv_transpose.rows[3].polynomials)
    CHECK(polynomial == "w0 y2 + w2 y1");
  CHECK(e.weight_gradient.rows[0].polynomials[1] == "x1 y1 + x3 y2");
  CHECK(e.stretched == "0  y0  0  y1  0  y2  0  0  ");
  CHECK(e.filter == "w2  w1  w0  ");
}

TEST_CASE("explain: the reversed filter that slides over inserted zeros gives the operator, word for word") {
  for (const char* name : {"i6o3k3s2p1", "i8o5k4s3/2p1", "i7o3k3d2s2p1", "i9o4k3s2/3d2p2", "i6o5k3s2/2p1",
                           "i5o10k3s1/2p1", "i8o3k2s2p-1", "i9o3k2s4", "i5o5k1", "i10o5k4s3/2d3p4"}) {
    INFO(name);
    const Geometry geometry = parse_case(name);
    CHECK(slides_to_the_operator(text(explain(geometry, "explain"), 1000), geometry.axes[0]));
  }
  // Another step, and a dilated filter without its holes, are other operators.
  const auto spoilt = [](const char* name, const std::string& word, const std::string& wrong) {
    const Geometry geometry = parse_case(name);
    std::string words = text(explain(geometry, "explain"), 1000);
    const std::size_t at = words.find(word);
    REQUIRE(at != std::string::npos);
    return slides_to_the_operator(words.replace(at, word.size(), wrong), geometry.axes[0]);
  };
  CHECK_FALSE(spoilt("i8o5k4s3/2p1", "2 places", "1 place"));
  CHECK_FALSE(spoilt("i7o3k3d2s2p1", "w2  .  w1  .  w0", "w2  w1  w0"));
}

TEST_CASE("explain: phase sums, the filters whose sums are equal, and both roads of these") {
  const Explanation e = explain(parse_case("i8o4k4s2p1"), "explain");
  CHECK(e.phase_sums == std::vector<std::string>{"g0 = w0 + w2", "g1 = w1 + w3"});
  CHECK(e.even_filter == std::vector<std::string>{"w0 = q0", "w1 = q0 + q1", "w2 = q1 + q2", "w3 = q2"});
  CHECK(e.plain == "ic1oc1i8o8k3p1");
  CHECK(e.resize.equal);
  REQUIRE(e.resize.rows.size() == 8);
  for (const std::string& polynomial : e.resize.rows[1].polynomials)
    CHECK(polynomial == "q0 y1 + q1 y0 + q2 y0");
  // On two axes equal sums are not enough, and q is told there, too.
  const Explanation plane = explain(parse_case("i4x4o2x2k3x2s2"), "explain");
  CHECK(plane.resize.equal);
  CHECK(plane.resize.title.find("along every axis") != std::string::npos);
  CHECK(plane.phase_sums.empty());
  CHECK(plane.even_filter == std::vector<std::string>{"w00 = q00", "w01 = q00", "w10 = q00 + q10",
                                                      "w11 = q00 + q10", "w20 = q10", "w21 = q10"});
  CHECK(text(plane, 80).find("none where w00 = q00, w01 = q00, w10 = q00 + q10") != std::string::npos);
  // Nothing to choose, or nothing that differs: stride 1, filters shorter than the stride.
  for (const char* name : {"i4o2k3", "i9o3k2s4p1", "i4o6k3s1/3p1"})
    CHECK(explain(parse_case(name), "explain").resize.rows.empty());
}

TEST_CASE("explain: what nobody can read is refused") {
  CHECK_THROWS_WITH(explain(parse_case("i100o50k3s2p1"), "explain"), Catch::Contains("at most"));
  CHECK_THROWS_AS(explain(parse_case("i1000000000o1k1"), "explain"), InvalidArgument);
  // Few pixels and products, and much to print all the same: weights, or zeros between and around.
  CHECK_THROWS_WITH(explain(parse_case("i6o3k1048576s2p1"), "explain"), Catch::Contains("1048576 weights"));
  CHECK_THROWS_WITH(explain(parse_case("i6o3k2s2d1048576p1"), "explain"), Catch::Contains("with its zeros"));
  CHECK_THROWS_WITH(explain(parse_case("i3o2k1s1048576p1"), "symbolic"), Catch::Contains("symbolic"));
}
