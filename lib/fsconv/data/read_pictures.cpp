// Reads the pictures of a folder on several threads, and hands them over in order.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/data/picture_folder.hpp>
#include <fsconv/io/sha256.hpp>

namespace fsconv {
namespace {

struct Outcome {
  PreparedPicture picture;
  std::exception_ptr error;
};

// The first picture that is used; all others must be like it.
class Likeness {
 public:
  void take_first(const std::string& path, const Picture& picture) {
    if (!path_.empty()) return;
    path_ = path;
    picture_ = Picture{picture.width, picture.height, picture.channels, {}};
  }

  void check(const std::string& path, const Picture& picture) const {
    if (path_.empty()) return;
    if (picture.width != picture_.width || picture.height != picture_.height)
      throw BadData(path,
                    fmt::format("is {} pixels high and {} wide, {} {} and {}", picture.height, picture.width,
                                path_, picture_.height, picture_.width),
                    "one size for all: data prepare --size makes it");
    else if (picture.channels != picture_.channels)
      throw BadData(path, fmt::format("is {}, {} {}", kind(picture), path_, kind(picture_)),
                    "one kind for all: data prepare --channels grey or rgb makes it");
  }

  // Of one picture; 0 before there is one.
  Index bytes() const { return picture_.width * picture_.height * picture_.channels; }

 private:
  static const char* kind(const Picture& picture) { return picture.channels == 1 ? "grey" : "in colour"; }

  std::string path_;
  Picture picture_;  // without pixels
};

// How many pictures of so many bytes are read before they are used: so many per thread that waiting for the last one
// costs little, unless they are large. One per thread while their size is not known.
Index at_once(Index threads, Index picture_bytes) {
  constexpr Index most_per_thread = 16, most_bytes = Index{64} << 20;
  if (picture_bytes == 0) return threads;
  return std::clamp(most_bytes / picture_bytes, threads, most_per_thread * threads);
}

}  // namespace

PreparedPicture load_picture(const std::string& path, const Recipe& recipe) {
  const std::vector<std::byte> bytes = picture_file_bytes(path);
  const Picture picture = decode_picture(bytes, path, {.orientation = recipe.orientation});
  return {apply(recipe, picture, path), sha256(bytes)};
}

Index read_pictures(const PictureFolder& folder, const Recipe& recipe, const ReadPicturesOptions& options,
                    const std::function<void(Index at, PreparedPicture picture)>& use) {
  check(recipe);
  const auto count = static_cast<Index>(folder.pictures.size());
  const auto path_of = [&](Index at) { return folder.path(folder.pictures[static_cast<std::size_t>(at)]); };
  const Index threads = std::max(1, options.threads);
  std::vector<Outcome> outcomes;
  Likeness likeness;
  Index used = 0;
  for (Index first = 0; first < count; first += static_cast<Index>(outcomes.size())) {
    outcomes.assign(static_cast<std::size_t>(std::min(at_once(threads, likeness.bytes()), count - first)),
                    {});
    const auto pieces = static_cast<Index>(outcomes.size());
    parallel_for(pieces, options.threads, [&](Index piece) {
      stop_if_interrupted();
      Outcome& outcome = outcomes[static_cast<std::size_t>(piece)];
      try {
        PreparedPicture read = load_picture(path_of(first + piece), recipe);
        likeness.check(path_of(first + piece), read.picture);  // here, so that what is large does not wait
        outcome.picture = std::move(read);
      } catch (...) {
        outcome.error = std::current_exception();
      }
    });
    for (Index piece = 0; piece < pieces; ++piece) {
      const std::string path = path_of(first + piece);
      Outcome& outcome = outcomes[static_cast<std::size_t>(piece)];
      try {
        if (outcome.error) std::rethrow_exception(outcome.error);
        likeness.check(path, outcome.picture.picture);
      } catch (const Error& error) {
        if (!options.skip || !lies_with_picture(error, path)) throw;
        options.skip(first + piece, error.what());
        continue;
      }
      likeness.take_first(path, outcome.picture.picture);
      use(first + piece, std::move(outcome.picture));
      ++used;
    }
  }
  return used;
}

}  // namespace fsconv
