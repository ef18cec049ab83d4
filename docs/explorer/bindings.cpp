// The door between the explorer's page and the library: one text in JSON goes in, one comes out.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/memory.hpp>
#include <string>

#include "answers.hpp"

#define FSCONV_EXPORT(name) __attribute__((export_name(#name)))

namespace fsconv {

// The page's own rendering of base/memory.hpp: WebAssembly has neither /proc nor a system that could be asked. Tabs are
// given up to 4 GiB; the page's limits stay far below this one.
void require_memory(Index count, std::size_t element_bytes, std::string_view what) {
  constexpr Index most = Index{1} << 29;
  const auto bytes = checked_multiply(count, static_cast<Index>(element_bytes));
  if (!bytes || *bytes > most) throw InvalidArgument(what, "is too large for this page");
}

// There is no Ctrl-C in a page.
void stop_if_interrupted() {}

namespace explorer {
namespace {

json answer(const json& asked) {
  const std::string want = asked.at("want");
  if (want == "style") return {{"css", picture_style()}};
  const json& words = asked.at("words");
  if (want == "words") return words_answer(words, asked.at("axes"));
  const Request request(words);
  if (want == "shape") return shape_answer(request);
  if (want == "picture") return picture_answer(request, asked.at("options"));
  return numbers_answer(request, asked.at("options"));
}

std::string question, reply;

}  // namespace
}  // namespace explorer
}  // namespace fsconv

// Where a question of `bytes` bytes of UTF-8 is to be written.
extern "C" FSCONV_EXPORT(question) char* fsconv_question(int bytes) {
  fsconv::explorer::question.assign(static_cast<std::size_t>(bytes), '\0');
  return fsconv::explorer::question.data();
}

// Answers it: the reply in UTF-8, up to a byte of 0. {"error": {"field", "text"}} where the library refuses.
extern "C" FSCONV_EXPORT(answer) const char* fsconv_answer() {
  using fsconv::explorer::json;
  json said;
  try {
    said = fsconv::explorer::answer(json::parse(fsconv::explorer::question));
  } catch (const fsconv::InvalidArgument& refused) {
    said = {{"error", {{"field", refused.field()}, {"text", refused.what()}}}};
  } catch (const std::exception& failed) {  // the page's own mistake, or no memory
    said = {{"error", {{"field", ""}, {"text", failed.what()}}}};
  }
  fsconv::explorer::reply = said.dump(-1, ' ', false, json::error_handler_t::replace);
  return fsconv::explorer::reply.c_str();
}
