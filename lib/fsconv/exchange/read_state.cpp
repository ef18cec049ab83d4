// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <fsconv/base/error.hpp>
#include <fsconv/exchange/read_state.hpp>
#include <fsconv/exchange/safetensors.hpp>
#include <fsconv/exchange/torch_file.hpp>
#include <fsconv/exchange/weights_npz.hpp>
#include <fsconv/io/content_kind.hpp>
#include <fsconv/io/zip/zip_reader.hpp>
#include <string_view>

namespace fsconv {
namespace {

using namespace std::string_view_literals;

constexpr auto legal = "fsconv reads weights from .safetensors, .npz, PyTorch's .pt and its own runs";

// What a run's file of fsconv holds, without a check.
ModelState run_state(const std::string& path) {
  const TrainedModel trained = read_trained_model(path, Weights::best);
  ModelState state;
  state.tensors = tensors_of(trained.model, trained.parameters);
  return state;
}

// Both formats of zip archives tell themselves apart by their members.
bool is_torch(const std::vector<ZipMember>& members) {
  return std::any_of(members.begin(), members.end(),
                     [](const ZipMember& member) { return member.name.ends_with("/data.pkl"); });
}

}  // namespace

ModelState read_state(const std::string& path) {
  const InputFile file(path);
  std::array<std::byte, 16> bytes{};
  const auto length = std::min<std::uint64_t>(bytes.size(), file.size());
  file.read(0, std::span(bytes).first(length));
  const std::string_view begin(reinterpret_cast<const char*>(bytes.data()), length);
  if (begin.starts_with("\x89HDF\r\n\x1a\n"sv)) return run_state(path);
  if (begin.starts_with("PK\x03\x04"sv))
    return is_torch(zip_directory(file)) ? read_torch(path) : read_npz_state(path);
  if (begin.starts_with("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19"sv))
    throw BadData(path, "is of PyTorch before 1.6",
                  "torch.save(torch.load(OLD), NEW) in a later one makes the zip archive that is read");
  if (begin.size() > 8 && begin[8] == '{') return read_safetensors(path);
  throw BadData(path, with_kind("holds no weights", content_kind_of(path)), legal);
}

}  // namespace fsconv
