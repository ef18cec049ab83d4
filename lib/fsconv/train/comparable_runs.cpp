// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/train/comparable_runs.hpp>

namespace fsconv {
namespace {

bool same_test_images(const RecordedRun& one, const RecordedRun& other) {
  const TrainConfig &a = one.trained.config, &b = other.trained.config;
  const bool same_request = a.test_data == b.test_data && a.test_images == b.test_images;
  const bool same_rest = a.train_images == b.train_images && a.validation == b.validation;
  return one.data_checksum == other.data_checksum ||
         (one.data_source == other.data_source && same_request && !same_rest);
}

std::string test_images_text(const RecordedRun& run) {
  const Index count = run.trained.config.test_images;
  return fmt::format("{}; {}; checksum {:08x}", run.data_source.empty() ? "not recorded" : run.data_source,
                     count == 0 ? "all for the test" : fmt::format("{} for the test", count),
                     run.data_checksum);
}

std::string format_of(const RecordedRun& run) {
  const Value& images = run.trained.model.images();
  return fmt::format("{}x{}x{}", images.size[0], images.size[1], images.channels);
}

}  // namespace

std::vector<Aspect<RecordedRun>> loss_aspects() {
  using Run = const RecordedRun&;
  const auto of_text = [](const char* name, std::string (*text)(Run)) {
    return Aspect<RecordedRun>{name, [text](Run a, Run b) { return text(a) == text(b); }, text};
  };
  return {of_text("size of an image", format_of),
          {"images", same_test_images, test_images_text},
          of_text("pixels",
                  [](Run run) -> std::string {
                    return binarise_of(run.trained.config) == Binarise::none ? "as they are" : "binarised";
                  }),
          of_text("likelihood", [](Run run) { return std::string(name(likelihood_of(run.trained.config))); }),
          of_text("loss", [](Run run) -> std::string {
            return run.trained.model.heads() ? "reconstruction and KL" : "reconstruction";
          })};
}

std::vector<std::string> differing_aspects(const std::vector<const RecordedRun*>& runs) {
  std::vector<std::string> names;
  for (const Aspect<RecordedRun>& aspect : loss_aspects())
    if (std::any_of(runs.begin(), runs.end(), [&](const RecordedRun* one) {
          return std::any_of(runs.begin(), runs.end(),
                             [&](const RecordedRun* other) { return !aspect.same(*one, *other); });
        }))
      names.push_back(aspect.name);
  return names;
}

}  // namespace fsconv
