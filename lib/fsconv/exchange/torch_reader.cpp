// Reads the tensors of a zip archive of torch.save(): torch_file.hpp.
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
#include <unordered_set>

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
  bool says_big_endian() const;
  void add_all(const PickleNode& dictionary, const std::string& prefix, std::size_t depth);
  void add(const std::string& name, const PickleNode& tensor);
  void add_attributes(const PickleNode& attributes);
  Tensor<float> values_of(const PickleNode& tensor, const std::string& where);
  const Tensor<float>& storage(const PickleNode& storage, const std::string& where);
  bool leads_to_tensor(const PickleNode& node);

  const std::string& path_;
  InputFile file_;
  std::map<std::string, ZipMember> members_;
  std::string folder_;              // of all members
  bool is_big_endian_ = false;      // the numbers of all storages
  std::vector<std::byte> pickled_;  // keys and types are texts in it
  struct Storage {
    std::string_view type;
    Tensor<float> numbers;
  };
  std::map<std::string_view, Storage> storages_;                   // by key
  using View = std::tuple<std::string_view, Index, Shape, Shape>;  // key, offset, shape, strides
  std::map<View, std::string> views_;
  ForeignTensors found_{path_};
  std::size_t visited_ = 0;
  std::unordered_set<const PickleNode*> searched_;  // lead to no tensor, or their own search goes on
  std::uint64_t shown_ = 0;                         // numbers of all tensors so far
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

// PyTorch before 2.1 did not say, and wrote what its machine had: little endian nearly everywhere, as torch.load() takes it.
bool TorchReader::says_big_endian() const {
  const auto found = members_.find(folder_ + "/byteorder");
  if (found == members_.end()) return false;
  const ZipMember& said = found->second;
  constexpr std::string_view little = "little", big = "big";
  std::string order(std::min<std::size_t>(said.size, little.size() + 1), '\0');
  ZipMemberReader reader = stored(said);
  reader.read(std::as_writable_bytes(std::span(order)));
  if (order != little && order != big)
    throw BadData(fmt::format("{}:{}", path_, excerpt(said.name)), fmt::format("is {}", excerpt(order)),
                  "little or big");
  reader.finish();
  return order == big;
}

const Tensor<float>& TorchReader::storage(const PickleNode& of, const std::string& where) {
  const std::string_view type = of.items[0]->text;
  if (const auto found = storages_.find(of.text); found != storages_.end()) {
    const auto& [first_type, numbers] = found->second;
    if (first_type != type)
      throw BadData(where, fmt::format("reads a {} as a {}", first_type, type), "a storage has one type");
    if (numbers.size() != of.integer)
      throw BadData(where, fmt::format("takes {} numbers from a storage of {}", of.integer, numbers.size()));
    return numbers;
  }
  static const std::map<std::string_view, FloatKind> kinds = {{"torch.FloatStorage", FloatKind::f32},
                                                              {"torch.HalfStorage", FloatKind::f16},
                                                              {"torch.BFloat16Storage", FloatKind::bf16},
                                                              {"torch.DoubleStorage", FloatKind::f64}};
  const auto kind = kinds.find(type);
  if (kind == kinds.end()) throw BadData(where, fmt::format("lies in a {}", type), "weights are floats");
  const ZipMember& data = member(fmt::format("{}/data/{}", folder_, of.text));
  const auto each = static_cast<std::uint64_t>(bytes_of(kind->second));
  if (data.size % each != 0 || data.size / each != static_cast<std::uint64_t>(of.integer))
    throw BadData(where, fmt::format("lies in {} bytes", data.size),
                  fmt::format("{} numbers have {} bytes each", of.integer, each));
  ZipMemberReader reader = stored(data);
  Tensor<float> values = read_floats(kind->second, {of.integer}, where, [&](std::span<std::byte> bytes) {
    reader.read(bytes);
    if (!is_big_endian_) return;
    for (std::size_t at = 0; at < bytes.size(); at += each) std::ranges::reverse(bytes.subspan(at, each));
  });
  reader.finish();
  return storages_.emplace(of.text, Storage{type, std::move(values)}).first->second.numbers;
}

Tensor<float> TorchReader::values_of(const PickleNode& tensor, const std::string& where) {
  const Tensor<float>& all = storage(*tensor.items[0], where);
  const Shape shape = tensor.shape();
  Shape strides = tensor.strides();
  const Index count = stated_count(where, shape);
  if (count > all.size())
    throw BadData(where, fmt::format("shows {} numbers of a storage of {}", count, all.size()),
                  "an expanded tensor is not read: save its contiguous()");
  shown_ += static_cast<std::uint64_t>(count);
  constexpr std::uint64_t least_bytes = 2;
  if (shown_ > file_.size() / least_bytes)
    throw BadData(path_, "shows the same numbers in too many tensors", "as many as the file can hold");
  Index last = tensor.integer;  // the farthest number
  bool fits = true;
  for (std::size_t axis = 0; count > 0 && axis < shape.size(); ++axis) {
    if (shape[axis] == 1) strides[axis] = 0;  // nothing is that far away
    const auto reach = checked_multiply(shape[axis] - 1, strides[axis]);
    fits = fits && reach && !__builtin_add_overflow(last, *reach, &last);
  }
  if (count > 0 && (!fits || last >= all.size()))
    throw BadData(where, fmt::format("reaches beyond its storage of {} numbers", all.size()));
  require_memory_for(where, count, sizeof(float));
  Tensor<float> values(shape);
  std::vector<Index> at(shape.size(), 0);
  Index from = tensor.integer;
  for (Index to = 0; to < count; ++to) {
    values[to] = all[from];
    for (std::size_t axis = at.size(); axis-- > 0;) {
      from += strides[axis];
      if (++at[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      at[axis] = 0;
    }
  }
  return values;
}

// A view that is there already is another name of it; one with its two axes swapped, its transpose. Both are of the same
// storage, which is looked at first: what another name says of it must be true as well.
void TorchReader::add(const std::string& name, const PickleNode& tensor) {
  const std::string where = fmt::format("{}:{}", path_, excerpt(name));
  storage(*tensor.items[0], where);
  const View view{tensor.items[0]->text, tensor.integer, tensor.shape(), tensor.strides()};
  if (const auto same = views_.find(view); same != views_.end()) return found_.add_alias(name, same->second);
  const auto& [key, offset, shape, strides] = view;
  if (shape.size() == 2) {
    const View swapped{key, offset, {shape[1], shape[0]}, {strides[1], strides[0]}};
    if (const auto other = views_.find(swapped); other != views_.end())
      return found_.add_transposed(name, other->second);
  }
  found_.add(name, values_of(tensor, where));
  views_[view] = name;
}

// Every value is looked at once, however many ways lead to it, and none leads deeper here.
bool TorchReader::leads_to_tensor(const PickleNode& node) {
  std::vector<const PickleNode*> open = {&node};
  while (!open.empty()) {
    const PickleNode& next = *open.back();
    open.pop_back();
    if (next.is(Kind::tensor)) return true;
    if (!next.is(Kind::dictionary) && !next.is(Kind::list) && !next.is(Kind::tuple)) continue;
    if (searched_.insert(&next).second) open.insert(open.end(), next.items.begin(), next.items.end());
  }
  return false;
}

void TorchReader::add_all(const PickleNode& dictionary, const std::string& prefix, std::size_t depth) {
  if (depth > deepest) throw BadData(path_, fmt::format("has dictionaries more than {} deep", deepest));
  for (std::size_t at = 0; at < dictionary.items.size(); at += 2) {
    const PickleNode &key = *dictionary.items[at], &value = *dictionary.items[at + 1];
    if (++visited_ > most_tensors)
      throw BadData(path_, fmt::format("has more than {} entries", most_tensors));
    const auto refuse_tensor = [&](const std::string& where, const std::string& place) {
      if (leads_to_tensor(value))
        throw BadData(where.empty() ? path_ : fmt::format("{}:{}", path_, excerpt(where)),
                      fmt::format("holds a tensor {}", place),
                      "every tensor has a name: torch.save(model.state_dict(), FILE)");
    };
    if (!key.is(Kind::text)) {
      refuse_tensor(prefix.substr(0, prefix.size() - std::min<std::size_t>(1, prefix.size())),
                    key.is(Kind::integer) ? fmt::format("under the number {}", key.integer)
                                          : "under a key that is no text");
      continue;
    }
    const std::string name = prefix + std::string(key.text);
    if (name.size() > longest_name)
      throw BadData(path_, fmt::format("has a name of more than {} bytes: {}", longest_name, excerpt(name)));
    if (value.is(Kind::tensor))
      add(name, value);
    else if (value.is(Kind::dictionary))
      add_all(value, name + ".", depth + 1);
    else
      refuse_tensor(name, value.is(Kind::tuple) ? "in a tuple" : "in a list");
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
        found_.add_metadata(std::string(key.text), std::string(text.text));
}

ModelState TorchReader::read() {
  is_big_endian_ = says_big_endian();
  const ZipMember& data = member(folder_ + std::string(pickle_name));
  if (data.size > Pickle::most_bytes)
    throw BadData(path_, fmt::format("has a pickle of {} bytes", data.size),
                  fmt::format("{} at most", Pickle::most_bytes));
  ZipMemberReader reader = stored(data);
  pickled_.resize(data.size);
  reader.read(pickled_);
  reader.finish();
  const Pickle pickle(pickled_, fmt::format("{}:{}", path_, excerpt(data.name)));
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
