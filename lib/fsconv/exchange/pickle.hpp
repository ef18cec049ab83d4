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

// What a pickle holds. Nodes belong to the Pickle that read them.
struct PickleNode {
  enum class Kind { none, truth, integer, real, text, tuple, list, dictionary, global, storage, tensor };
  Kind kind = Kind::none;
  Index integer = 0;  // or the truth, 0 or 1; of a storage how many numbers it has; of a tensor its first one
  std::string text;   // of a global "torch.FloatStorage"; of a storage its key
  // Of a tuple and a list what they hold; of a dictionary keys and values in turn; of a storage its type, a global; of a
  // tensor its storage.
  std::vector<const PickleNode*> items = {};
  const PickleNode* attributes = nullptr;  // of a dictionary: what an OrderedDict holds besides, a dictionary
  Shape shape = {}, strides = {};          // of a tensor

  bool is(Kind wanted) const { return kind == wanted; }
  // Of a dictionary: the value of this text, the last of several; or nothing.
  const PickleNode* find(std::string_view key) const;
};

// Protocol 2, and of its opcodes those that dictionaries of tensors need. Of classes and functions there are
// collections.OrderedDict, torch._utils._rebuild_tensor_v2 and _rebuild_parameter, and the storages of torch, and they mean
// what they mean there. BadData naming `where`, the offset and what stands there for anything else; for a pickle that ends
// early or goes on behind its end; and for one of more than most_bytes or most_nodes.
class Pickle {
 public:
  static constexpr std::size_t most_bytes = std::size_t{1} << 24, most_nodes = 1'000'000;

  Pickle(std::span<const std::byte> bytes, std::string where);
  Pickle(const Pickle&) = delete;
  Pickle& operator=(const Pickle&) = delete;

  const PickleNode& root() const { return *root_; }

 private:
  friend class PickleMachine;
  std::deque<PickleNode> nodes_;
  const PickleNode* root_ = nullptr;
};

}  // namespace fsconv
