// SPDX-License-Identifier: Apache-2.0
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/data/augment.hpp>
#include <fsconv/data/picture_recipe.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/geometry/stride.hpp>
#include <fsconv/io/content_kind.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/symbolic/obligation.hpp>
#include <fsconv/symbolic/s_expression.hpp>
#include <fsconv/symbolic/solver_reply.hpp>
#include <fsconv/train/options.hpp>

#include "config_file.hpp"
#include "readers.hpp"

namespace fsconv::fuzz {
namespace {

// Calls what may refuse.
template <class F>
void attempt(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    require(can_be_shown(error.what()), "an error's words are what a terminal can show");
  }
}

void check_places(const SExpression& expression, std::size_t begin, std::size_t end) {
  require(begin <= expression.begin && expression.begin < expression.end && expression.end <= end,
          "an expression lies inside the one around it");
  for (const SExpression& item : expression.items) {
    check_places(item, begin, expression.end);
    begin = item.end;
  }
}

}  // namespace

void read_case_text(Bytes bytes) {
  const Geometry geometry = parse_case(text_of(bytes));
  require(parse_case(print_case(geometry)) == geometry, "a geometry's word is read back");
}

void read_s_expression_text(Bytes bytes) {
  const std::string text = text_of(bytes);
  for (const SExpression& expression : read_s_expressions("input", text)) {
    check_places(expression, 0, text.size());
    string_value(expression);
  }
}

void read_obligation_text(Bytes bytes) {
  const Obligation obligation = parse_obligation("input", text_of(bytes));
  require(!obligation.queries.empty(), "an obligation asks something");
  for (const Query& query : obligation.queries) replace_check_sat(query.text, "(check-sat-using qfnia)");
}

void read_solver_text(Bytes bytes) {
  ChildResult child;
  child.out = text_of(bytes);
  for (const std::vector<std::string>& values : {std::vector<std::string>{}, {"in", "pad"}}) {
    const SolverReply reply = read_reply(child, values);
    require(reply.answer != Answer::sat || reply.values.size() == values.size(),
            "what is sat has its values");
    require(one_line(reply.problem) == reply.problem, "a problem is one line");
  }
  child.exit_status = 1;
  std::swap(child.out, child.err);
  read_reply(child, {});
}

void read_config_text(Bytes bytes) {
  std::map<std::string, std::string> texts;
  for (const auto& [name, entry] : cli::read_config_file(file_of(bytes, "input.cfg")))
    texts.emplace(name, entry.text);
  resolve_spellings(texts);
  TrainConfig config;
  set_options(config, texts);
  check(config);
  const nlohmann::json json = to_json(config);
  require(to_json(config_from_json(json, "input")) == json, "a configuration comes back as it was");
}

void read_option_text(Bytes bytes) {
  const std::string text = text_of(bytes);
  for (const TrainOption& option : train_options()) {
    TrainConfig config;
    if (option.read) attempt([&] { option.read(config, text); });
  }
  attempt([&] {
    for (const Stride& stride : parse_stride(text))
      require(parse_stride(fsconv::text(stride)) == std::vector<Stride>{stride}, "a stride is read back");
  });
  attempt([&] {
    const Augment augment = parse_augment(text);
    require(parse_augment(fsconv::text(augment)) == augment, "an augmentation is read back");
  });
  attempt([&] {
    const Recipe recipe = parse_recipe(text);
    require(parse_recipe(fsconv::text(recipe)) == recipe, "a recipe is read back");
  });
  attempt([&] { parse_size(text); });
  attempt([&] { parse_crop(text); });
  attempt([&] { to_integers("input", text); });
  attempt([&] {
    require(!locate(text).path.empty() || text.empty() || text.front() == ':', "a place has a path");
  });
}

void read_any_text(Bytes bytes) {
  const std::string text = text_of(bytes), quoted = excerpt(text, 100), line = one_line(text, 200),
                    shown = printable(text);
  require(quoted.size() <= 4 * 100 + 3 && line.size() <= 200, "a quotation is short");
  require(line.find('\n') == std::string::npos && quoted.find('\n') == std::string::npos, "a line is one");
  require(one_line(line, 200) == line && can_be_shown(shown), "what is shown is shown as it is");
  require(can_be_shown(quoted) && can_be_shown(line), "a quotation can be shown");
  require(can_be_shown(content_kind(bytes)), "a kind of file can be shown");
  did_you_mean(quoted, {"epochs", "batch", "learning-rate"});
  attempt([&] { throw InvalidArgument(text, text, text); });
}

}  // namespace fsconv::fuzz
