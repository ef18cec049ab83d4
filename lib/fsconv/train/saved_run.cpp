// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/base/shell_words.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/data/data_files.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <fsconv/io/content_kind.hpp>
#include <fsconv/io/kept_files.hpp>
#include <fsconv/io/picture.hpp>
#include <fsconv/train/checkpoint.hpp>
#include <fsconv/train/saved_run.hpp>
#include <utility>

namespace fsconv {
namespace {

namespace fs = std::filesystem;

std::string held_by(const std::string& path) {
  try {
    const hdf5::File file = hdf5::File::open(path);
    const TrainConfig config = read_train_config(file);
    const Index steps = read_partial_epoch(file).step;  // of an epoch in whose middle it was stopped
    return fmt::format("a run of {}{} (model {}, data {}, seed {})",
                       counted(static_cast<Index>(file.read<std::int64_t>("/epoch").size()), "epoch"),
                       steps > 0 ? " and " + counted(steps, "step") : "", name(config.model), config.data,
                       config.seed);
  } catch (const Interrupted&) {
    throw;
  } catch (const std::exception&) {
    return "something else than a training run";
  }
}

}  // namespace

std::string picture_path(const std::string& output) {
  return fs::path(output).replace_extension(".png").string();
}

void require_kept(const std::string& output, const std::vector<std::string>& read, std::string_view what) {
  require_unread("output", output, read, what);
  if (const std::string picture = picture_path(output); replaces_any(picture, read))
    throw InvalidArgument("output", fmt::format("has its picture in {}, which is {}", picture, what),
                          "choose another name");
}

SavedRun::SavedRun(std::string output, std::string resumed_from)
    : output_(std::move(output)), own_(identity_of(output_)), file_(std::move(resumed_from)) {}

void SavedRun::check_output(const std::vector<std::string>& data, bool force, bool trains) const {
  std::error_code none;
  const std::string picture = picture_path(output_);
  if (is_same_output(output_, picture) && (fs::is_regular_file(output_, none) || !fs::exists(output_, none)))
    throw InvalidArgument("output",
                          fmt::format("has its picture in {}, which leads to the same file", picture),
                          "choose another name");
  // What is not there replaces nothing, and a folder may have many files.
  if (fs::exists(output_, none) || fs::exists(picture, none))
    for (const std::string& name : data)
      require_kept(output_, files_of_data(name),
                   name == data.front() ? "what is trained on" : "what is tested with");
  require_no_data("output", picture, data);
  if (!force && !is_own())
    for (const std::string& path : {output_, picture})
      if (fs::is_regular_file(path, none))
        throw InvalidArgument("output",
                              path == output_ ? fmt::format("{} holds {}", path, held_by(path))
                                              : fmt::format("{} is there already", path),
                              fmt::format("choose another name{}, or replace it with --force",
                                          trains ? ", go on with --resume" : ""));
  if (!force && is_own())
    if (const std::string kind = content_kind_of(picture);
        fs::is_regular_file(picture, none) && !kind.starts_with("a PNG"))
      throw InvalidArgument(
          "output", with_kind(fmt::format("has its picture in {}, where another file is", picture), kind),
          "move it, or replace it with --force");
  if (lacks_folder(output_)) return;
  require_rewritable(output_);
  require_rewritable(picture);
}

std::optional<std::string> SavedRun::make_folder() const {
  auto made = make_folder_for(output_);
  if (made) require_rewritable(output_);
  return made;
}

void SavedRun::save(const RunRecord& record, const TrainState& state, const ImagePairs& samples) {
  AtomicFile picture(picture_path(output_));
  write_png(picture, picture_of(samples));
  picture.finish();
  save_checkpoint(output_, record, state, samples, &own_);
  file_ = output_;
  found(static_cast<Index>(state.history.size()), state.partial.step);
  picture.commit();
}

void SavedRun::save_picture(const ImagePairs& samples) const {
  write_png(picture_path(output_), picture_of(samples));
}

bool SavedRun::is_own() const {
  std::error_code none;
  return output_ == file_ || (!file_.empty() && fs::equivalent(output_, file_, none));
}

bool SavedRun::has_picture() const {
  std::error_code none;
  return fs::exists(picture_path(output_), none);
}

bool SavedRun::is_replaced() const {
  const auto there = identity_of(output_);
  return (file_.empty() || is_own()) && there && !(own_ && there->is_same_file(*own_));
}

bool SavedRun::is_gone() const {
  std::error_code none;
  return (epochs_ > 0 || steps_ > 0) && fs::symlink_status(file_, none).type() == fs::file_type::not_found;
}

std::string SavedRun::standing(Index all_epochs) const {
  std::error_code none;
  if (is_replaced()) return fmt::format("{} holds what another program has written meanwhile", output_);
  if (is_gone()) return fmt::format("{} has been removed meanwhile, by another program", file_);
  if (file_.empty())
    return fs::is_regular_file(output_, none) ? fmt::format("{} is as it was", output_)
                                              : "no file was written";
  if (epochs_ == 0 && steps_ == 0) return fmt::format("{} is as it was", file_);
  return fmt::format(
      "{} holds {} of {} epochs{}", file_, epochs_, all_epochs,
      steps_ > 0 ? fmt::format(" and {} of epoch {}", counted(steps_, "step"), epochs_ + 1) : "");
}

std::string SavedRun::interruption(Index all_epochs) const {
  if (is_replaced() || is_gone()) return fmt::format("interrupted; {}", standing(all_epochs));
  if (file_.empty())
    return fmt::format("interrupted before the first step was done; {}", standing(all_epochs));
  return fmt::format(
      "interrupted; {}, continue with\n"
      "  fsconv train --resume {} --epochs {}{}",
      standing(all_epochs), shell_path(file_), all_epochs,
      is_own() ? "" : fmt::format(" --output {}", shell_path(output_)));
}

}  // namespace fsconv
