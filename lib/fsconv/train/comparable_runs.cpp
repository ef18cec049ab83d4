// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/train/comparable_runs.hpp>
#include <set>

namespace fsconv {
namespace {

using Part = std::optional<std::int64_t> ImageChecksums::*;

// Whether the images of a part are the same; nothing where not both files say it of the part.
std::optional<bool> same_part(const RecordedRun& one, const RecordedRun& other, Part part) {
  const auto &a = one.checksums.*part, &b = other.checksums.*part;
  return a && b ? std::optional(*a == *b) : std::nullopt;
}

bool same_test_images(const RecordedRun& one, const RecordedRun& other) {
  if (const auto same = same_part(one, other, &ImageChecksums::test)) return *same;
  const TrainConfig &a = one.trained.config, &b = other.trained.config;
  const bool same_request = a.test_data == b.test_data && a.test_images == b.test_images;
  const bool same_rest = a.train_images == b.train_images && a.validation == b.validation;
  return one.checksums.all == other.checksums.all ||
         (one.data_source == other.data_source && same_request && !same_rest);
}

std::string test_images_text(const RecordedRun& run) {
  const Index count = run.trained.config.test_images;
  return fmt::format("{}; {}; checksum {:08x}", run.data_source.empty() ? "not recorded" : run.data_source,
                     count == 0 ? "all for the test" : fmt::format("{} for the test", count),
                     run.checksums.test.value_or(run.checksums.all));
}

std::string format_of(const RecordedRun& run) {
  const Value& images = run.trained.model.images();
  return fmt::format("{}x{}x{}", images.size[0], images.size[1], images.channels);
}

// Of files that do not say it of the part: all images are the same.
Aspect<RecordedRun> images_of(const char* what, Part part) {
  return {what,
          [part](const RecordedRun& one, const RecordedRun& other) {
            return same_part(one, other, part).value_or(one.checksums.all == other.checksums.all);
          },
          [part](const RecordedRun& run) {
            return fmt::format("checksum {:08x}", (run.checksums.*part).value_or(run.checksums.all));
          }};
}

Aspect<RecordedRun> of_text(const char* what, std::string (*text)(const RecordedRun&)) {
  return {what, [text](const RecordedRun& one, const RecordedRun& other) { return text(one) == text(other); },
          text};
}

// What is minimised beside the reconstruction. More draws of an ELBO have the same mean, those of IWAE's bound another.
std::string objective_of(const RecordedRun& run) {
  if (!run.trained.model.heads()) return "reconstruction";
  const TrainConfig& config = run.trained.config;
  std::string text = fmt::format("{}, beta {}", name(config.bound), config.beta);
  if (config.bound != Bound::elbo) text += fmt::format(", {} draws", config.draws);
  if (config.beta_warmup > 0) text += fmt::format(", {} epochs of warm-up", config.beta_warmup);
  if (config.free_bits > 0) text += fmt::format(", {} free nats", config.free_bits);
  return text;
}

}  // namespace

std::vector<Aspect<RecordedRun>> loss_aspects() {
  using Run = const RecordedRun&;
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

std::vector<Aspect<RecordedRun>> further_aspects(const std::string& series) {
  if (series == "validation_loss") return {images_of("validation images", &ImageChecksums::validation)};
  if (!series.starts_with("train_")) return {};
  std::vector<Aspect<RecordedRun>> aspects = {images_of("training images", &ImageChecksums::train),
                                              of_text("augmentation", [](const RecordedRun& run) {
                                                const auto& augment = run.trained.config.augment;
                                                return augment ? text(*augment) : std::string("none");
                                              })};
  if (series == "train_loss") aspects.push_back(of_text("objective", objective_of));
  return aspects;
}

std::string own_draws_text(const std::vector<const RecordedRun*>& runs) {
  std::set<std::uint64_t> seeds;
  for (const RecordedRun* run : runs)
    if (binarise_of(run->trained.config) != Binarise::none) seeds.insert(run->trained.config.seed);
  if (seeds.size() < 2) return "";
  return "Each seed draws the binarised pixels that its run is tested on, which is a part of these differences: fsconv "
         "evaluate --seed N takes the same for all.";
}

std::vector<std::string> differing_aspects(const std::vector<const RecordedRun*>& runs,
                                           const std::vector<Aspect<RecordedRun>>& aspects) {
  std::vector<std::string> names;
  for (const Aspect<RecordedRun>& aspect : aspects)
    if (std::any_of(runs.begin(), runs.end(), [&](const RecordedRun* one) {
          return std::any_of(runs.begin(), runs.end(),
                             [&](const RecordedRun* other) { return !aspect.same(*one, *other); });
        }))
      names.push_back(aspect.name);
  return names;
}

}  // namespace fsconv
