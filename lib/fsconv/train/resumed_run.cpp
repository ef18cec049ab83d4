// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/base/text.hpp>
#include <fsconv/train/resumed_run.hpp>

namespace fsconv {
namespace {

// Another version of fsconv, or another isa, may choose otherwise for `auto`. Where the file says nothing, all was computed as now.
void tell_of_other_algorithms(const std::string& path, const std::vector<StepAlgorithms>& earlier,
                              const std::vector<StepAlgorithms>& now,
                              const std::function<void(const std::string&)>& say) {
  if (earlier.empty()) return;
  if (earlier.size() != now.size())
    throw BadData(path, fmt::format("its attribute algorithms is of {} steps", earlier.size()),
                  fmt::format("its model has {}", now.size()));
  std::string steps;
  for (std::size_t step = 0; step < now.size(); ++step)
    if (!(earlier[step] == now[step])) steps += fmt::format("{}#{}", steps.empty() ? "" : ", ", step + 1);
  if (!steps.empty())
    say(fmt::format("note: {} was computed by other algorithms in {}: the bits will differ", path, steps));
}

// As many as these images make.
void require_steps_of_epochs(const std::string& path, Index batch, Index images, const TrainState& state) {
  const PartialEpoch& partial = state.partial;
  const Index per_epoch = ceil_div(images, batch), taken = partial.step - partial.skipped_steps;
  Index all = static_cast<Index>(state.history.size()) * per_epoch + taken;
  for (const EpochResult& result : state.history) all -= result.skipped_steps;
  if (state.optimizer.steps() != all)
    throw BadData(path + ":/optimizer", fmt::format("has taken {} steps", state.optimizer.steps()),
                  fmt::format("its epochs have {}", all));
  const auto refuse_partial = [&] {
    throw BadData(path,
                  fmt::format("its partial epoch has {} and {}", counted(partial.step, "step"),
                              counted(partial.images, "image")),
                  fmt::format("an epoch has {} of {}", counted(per_epoch, "step"), batch));
  };
  if (partial.step > per_epoch) refuse_partial();
  const Index full = taken * batch, missing = per_epoch * batch - images;  // in the last batch
  const bool fits = partial.images == full || (partial.step == per_epoch && partial.images == full - missing);
  if (!fits) refuse_partial();
}

}  // namespace

void resume(const std::string& path, const TrainConfig& config, const TrainingData& data, RunRecord& record,
            TrainState& state, const std::function<void(const std::string&)>& say) {
  const hdf5::File file = hdf5::File::open(path);
  restore(file, data.checksums.all, state);
  record.initial = read_initial_weights(file);
  record.smoothing = read_smoothing(file);
  tell_of_other_algorithms(path, read_algorithms(file), record.algorithms, say);
  require_steps_of_epochs(path, config.batch, data.train.count(), state);
  const auto done = static_cast<Index>(state.history.size());
  const bool has_part = state.partial.step > 0;
  if (done + (has_part ? 1 : 0) > config.epochs)
    throw InvalidArgument(
        "epochs", fmt::format("is {}", config.epochs),
        fmt::format("{} already holds {}{}", path, done, has_part ? " and part of the next" : ""));
}

}  // namespace fsconv
