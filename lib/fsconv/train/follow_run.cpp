// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/io/file_lock.hpp>
#include <fsconv/train/follow_run.hpp>
#include <thread>

namespace fsconv {
namespace {

// Another one after every rename, and after every change in place.
FileIdentity identity(const std::string& path) {
  const auto identity = identity_of(path);
  if (!identity) throw IoError::from_errno(path, "look at");
  return *identity;
}

// Of one run the file keeps the epochs that it had, measured seconds and all; train --resume may change their number and
// the place of the images.
bool goes_on(const LoggedRun& before, const LoggedRun& now) {
  const auto fixed = [](const LoggedRun& run) {
    TrainConfig config = run.run.trained.config;
    config.epochs = 1;
    config.data.clear();
    config.test_data.clear();
    return to_json(config);
  };
  if (fixed(before) != fixed(now) || !(before.run.trained.model == now.run.trained.model) ||
      before.run.checksums.all != now.run.checksums.all || now.epochs() < before.epochs())
    return false;
  return std::all_of(before.run.series.begin(), before.run.series.end(), [&](const RecordedSeries& one) {
    const RecordedSeries* same = now.run.find(one.name);
    return same && std::equal(one.values.begin(), one.values.end(), same->values.begin());
  });
}

}  // namespace

void follow_run(const std::string& path, const RunSelection& selection, std::size_t width,
                const std::function<void(const std::string&)>& show) {
  auto known = identity(path);
  LoggedRun shown = read_logged_run(path);
  show(run_text(shown, selection, width));
  while (!shown.run.is_finished()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    stop_if_interrupted();
    const auto now = identity(path);
    if (now == known) continue;
    known = now;
    LoggedRun run = read_logged_run(path);
    show(goes_on(shown, run) ? further_rows(shown, run, selection, width)
                             : "\n" + wrapped_text("The file holds another run now.", width) +
                                   run_text(run, selection, width));
    shown = std::move(run);
  }
}

}  // namespace fsconv
