// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/exchange/foreign_tensors.hpp>
#include <fsconv/exchange/number_bytes.hpp>
#include <fsconv/exchange/pickle.hpp>
#include <fsconv/exchange/torch_file.hpp>
#include <fsconv/io/zip/zip_reader.hpp>
#include <map>
#include <tuple>

namespace fsconv {
namespace {

using Kind = PickleNode::Kind;

constexpr std::string_view pickle_name = "/data.pkl";
constexpr std::size_t deepest = 16;            // dictionaries in dictionaries
constexpr std::size_t most_tensors = 100'000;  // names may lead to one dictionary again and again
constexpr std::size_t longest_name = 1024;

class TorchReader {
 public:
  explicit TorchReader(const std::string& path) : path_(path), file_(path) { index(zip_directory(file_)); }
  ModelState read();

 private:
  void index(const std::vector<ZipMember>& members);
  const ZipMember& member(const std::string& name) const;
  ZipMemberReader stored(const ZipMember& member) const;
  void add_all(const PickleNode& dictionary, const std::string& prefix, std::size_t depth);
  void add(const std::string& name, const PickleNode& tensor);
  void add_attributes(const PickleNode& attributes);
  Tensor<float> values_of(const PickleNode& tensor, const std::string& where);
  const Tensor<float>& storage(const PickleNode& storage, const std::string& where);

  const std::string& path_;
  InputFile file_;
  std::map<std::string, ZipMember> members_;
  std::string folder_;                                                     // of all members
  std::map<std::pair<std::string, std::string>, Tensor<float>> storages_;  // by key and type
  using View = std::tuple<std::string, Index, Shape, Shape>;               // key, offset, shape, strides
  std::map<View, std::string> views_;
  ForeignTensors found_{path_};
  std::size_t visited_ = 0;
  std::uint64_t shown_ = 0;  // numbers of all tensors so far
};

void TorchReader::index(const std::vector<ZipMember>& members) {
  for (const ZipMember& member : members) {
    if (!members_.emplace(member.name, member).second)
      throw BadData(path_, fmt::format("has two members {}", excerpt(member.name)));
    if (!member.name.ends_with(pickle_name)) continue;
    if (!folder_.empty()) throw BadData(path_, "has two members data.pkl, and PyTorch's files have one");
    folder_ = member.name.substr(0, member.name.size() - pickle_name.size());
  }
  if (folder_.empty()) throw BadData(path_, "is a zip archive without data.pkl", "PyTorch's files have one");
}

const ZipMember& TorchReader::member(const std::string& name) const {
  const auto found = members_.find(name);
  if (found == members_.end()) throw BadData(path_, fmt::format("lacks its member {}", excerpt(name)));
  return found->second;
}

ZipMemberReader TorchReader::stored(const ZipMember& member) const {
  if (member.method != 0)
    throw BadData(fmt::format("{}:{}", path_, excerpt(member.name)), "is compressed",
                  "torch.save() stores its members as they are");
  return ZipMemberReader(file_, member);
}

const Tensor<float>& TorchReader::storage(const PickleNode& of, const std::string& where) {
  if (const auto found = storages_.find({of.text, of.items[0]->text}); found != storages_.end()) {
    if (found->second.size() != of.integer)
      throw BadData(where,
                    fmt::format("takes {} numbers from a storage of {}", of.integer, found->second.size()));
    return found->second;
  }
  static const std::map<std::string, FloatKind> kinds = {{"torch.FloatStorage", FloatKind::f32},
                                                         {"torch.HalfStorage", FloatKind::f16},
                                                         {"torch.BFloat16Storage", FloatKind::bf16},
                                                         {"torch.DoubleStorage", FloatKind::f64}};
  const auto kind = kinds.find(of.items[0]->text);
  if (kind == kinds.end())
    throw BadData(where, fmt::format("lies in a {}", of.items[0]->text), "weights are floats");
  const ZipMember& data = member(fmt::format("{}/data/{}", folder_, of.text));
  const auto each = static_cast<std::uint64_t>(bytes_of(kind->second));
  if (data.size % each != 0 || data.size / each != static_cast<std::uint64_t>(of.integer))
    throw BadData(where, fmt::format("lies in {} bytes", data.size),
                  fmt::format("{} numbers have {} bytes each", of.integer, each));
  ZipMemberReader reader = stored(data);
  Tensor<float> values =
      read_floats(kind->second, {of.integer}, where, [&](std::span<std::byte> bytes) { reader.read(bytes); });
  reader.finish();
  return storages_.emplace(std::pair(of.text, of.items[0]->text), std::move(values)).first->second;
}

Tensor<float> TorchReader::values_of(const PickleNode& tensor, const std::string& where) {
  const Tensor<float>& all = storage(*tensor.items[0], where);
  const Index count = stated_count(where, tensor.shape);
  if (count > all.size())
    throw BadData(where, fmt::format("shows {} numbers of a storage of {}", count, all.size()),
                  "an expanded tensor is not read: save its contiguous()");
  shown_ += static_cast<std::uint64_t>(count);
  constexpr std::uint64_t least_bytes = 2;
  if (shown_ > file_.size() / least_bytes)
    throw BadData(path_, "shows the same numbers in too many tensors", "as many as the file can hold");
  Index last = tensor.integer;  // the farthest number
  bool fits = true;
  for (std::size_t axis = 0; count > 0 && axis < tensor.shape.size(); ++axis) {
    const auto reach = checked_multiply(tensor.shape[axis] - 1, tensor.strides[axis]);
    fits = fits && reach && !__builtin_add_overflow(last, *reach, &last);
  }
  if (count > 0 && (!fits || last >= all.size()))
    throw BadData(where, fmt::format("reaches beyond its storage of {} numbers", all.size()));
  require_memory_for(where, count, sizeof(float));
  Tensor<float> values(tensor.shape);
  std::vector<Index> at(tensor.shape.size(), 0);
  Index from = tensor.integer;
  for (Index to = 0; to < count; ++to) {
    values[to] = all[from];
    for (std::size_t axis = at.size(); axis-- > 0;) {
      from += tensor.strides[axis];
      if (++at[axis] < tensor.shape[axis]) break;
      from -= tensor.strides[axis] * tensor.shape[axis];
      at[axis] = 0;
    }
  }
  return values;
}

// A view that is there already is another name of it; one with its two axes swapped, its transpose.
void TorchReader::add(const std::string& name, const PickleNode& tensor) {
  const View view{tensor.items[0]->text, tensor.integer, tensor.shape, tensor.strides};
  if (const auto same = views_.find(view); same != views_.end()) return found_.add_alias(name, same->second);
  if (tensor.shape.size() == 2) {
    const View swapped{tensor.items[0]->text,
                       tensor.integer,
                       {tensor.shape[1], tensor.shape[0]},
                       {tensor.strides[1], tensor.strides[0]}};
    if (const auto other = views_.find(swapped); other != views_.end())
      return found_.add_transposed(name, other->second);
  }
  found_.add(name, values_of(tensor, fmt::format("{}:{}", path_, excerpt(name))));
  views_[view] = name;
}

void TorchReader::add_all(const PickleNode& dictionary, const std::string& prefix, std::size_t depth) {
  if (depth > deepest) throw BadData(path_, fmt::format("has dictionaries more than {} deep", deepest));
  for (std::size_t at = 0; at < dictionary.items.size(); at += 2) {
    const PickleNode &key = *dictionary.items[at], &value = *dictionary.items[at + 1];
    if (++visited_ > most_tensors)
      throw BadData(path_, fmt::format("has more than {} entries", most_tensors));
    if (!key.is(Kind::text)) continue;
    if (prefix.size() + key.text.size() > longest_name)
      throw BadData(path_, fmt::format("has a name of more than {} bytes: {}", longest_name,
                                       excerpt(prefix + key.text)));
    if (value.is(Kind::tensor)) add(prefix + key.text, value);
    if (value.is(Kind::dictionary)) add_all(value, prefix + key.text + ".", depth + 1);
  }
}

// What write_torch() adds.
void TorchReader::add_attributes(const PickleNode& attributes) {
  if (const PickleNode* check = attributes.find("check"))
    for (const auto& [name, member] : check_tensors)
      if (const PickleNode* tensor = check->find(name); tensor && tensor->is(Kind::tensor))
        found_.add(fmt::format("check.{}", name),
                   values_of(*tensor, fmt::format("{}:check.{}", path_, name)));
  if (const PickleNode* metadata = attributes.find("fsconv"); metadata && metadata->is(Kind::dictionary))
    for (std::size_t at = 0; at < metadata->items.size(); at += 2)
      if (const PickleNode& key = *metadata->items[at], &text = *metadata->items[at + 1];
          key.is(Kind::text) && text.is(Kind::text))
        found_.add_metadata(key.text, text.text);
}

ModelState TorchReader::read() {
  const ZipMember& data = member(folder_ + std::string(pickle_name));
  if (data.size > Pickle::most_bytes)
    throw BadData(path_, fmt::format("has a pickle of {} bytes", data.size),
                  fmt::format("{} at most", Pickle::most_bytes));
  ZipMemberReader reader = stored(data);
  std::vector<std::byte> bytes(data.size);
  reader.read(bytes);
  reader.finish();
  const Pickle pickle(bytes, fmt::format("{}:{}", path_, excerpt(data.name)));
  const PickleNode* root = &pickle.root();
  if (!root->is(Kind::dictionary))
    throw BadData(path_, "holds something else than a dictionary", "torch.save(model.state_dict(), FILE)");
  for (const char* inner : {"state_dict", "model_state_dict", "model"})
    if (const PickleNode* found = root->find(inner); found && found->is(Kind::dictionary)) {
      root = found;
      break;
    }
  add_all(*root, "", 1);
  if (root->attributes) add_attributes(*root->attributes);
  return std::move(found_).state();
}

}  // namespace

ModelState read_torch(const std::string& path) { return TorchReader(path).read(); }

}  // namespace fsconv
