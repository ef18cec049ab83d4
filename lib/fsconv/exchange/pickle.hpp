// Reads the pickles that torch.save() writes, as data: nothing is imported, called or run.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <fsconv/base/index.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

// What a pickle holds. Nodes belong to the Pickle that read them, and point to what they are made of: a value that a pickle
// recalls again and again takes no more memory for it.
struct PickleNode {
  enum class Kind { none, truth, integer, real, text, tuple, list, dictionary, global, storage, tensor };
  Kind kind = Kind::none;
  Index integer = 0;  // or the truth, 0 or 1; of a storage how many numbers it has; of a tensor its first one
  std::string_view text;  // of a global "torch.FloatStorage"; of a storage its key
  // Of a tuple and a list what they hold; of a dictionary keys and values in turn; of a storage its type, a global; of a
  // tensor its storage, and the tuples of its shape and of its strides.
  std::vector<const PickleNode*> items = {};
  const PickleNode* attributes = nullptr;  // of a dictionary: what an OrderedDict holds besides, a dictionary

  bool is(Kind wanted) const { return kind == wanted; }
  // Of a dictionary: the value of this text, the last of several; or nothing.
  const PickleNode* find(std::string_view key) const;
  // Of a tensor: as many as there are axes, 0 or more.
  Shape shape() const { return items[1]->integers(); }
  Shape strides() const { return items[2]->integers(); }

 private:
  Shape integers() const;
};

// Protocol 2, and of its opcodes those that dictionaries of tensors need. Of classes and functions there are
// collections.OrderedDict, torch._utils._rebuild_tensor_v2 and _rebuild_parameter, and the storages of torch, and they mean
// what they mean there. BadData naming `where`, the offset and what stands there for anything else; for a pickle that ends
// early or goes on behind its end; and for one of more than most_bytes, most_nodes, or most_axes of a tensor. The bytes must
// live as long: texts stay where they lie.
class Pickle {
 public:
  static constexpr std::size_t most_bytes = std::size_t{1} << 24, most_nodes = 1'000'000, most_axes = 8;

  Pickle(std::span<const std::byte> bytes, const std::string& where);
  Pickle(const Pickle&) = delete;
  Pickle& operator=(const Pickle&) = delete;

  const PickleNode& root() const { return *root_; }

 private:
  friend class PickleMachine;
  std::deque<PickleNode> nodes_;
  const PickleNode* root_ = nullptr;
};

}  // namespace fsconv
