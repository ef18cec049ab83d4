// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/little_endian.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/exchange/pickle.hpp>
#include <unordered_map>

// The opcodes: Python's Lib/pickletools.py.

namespace fsconv {

using Kind = PickleNode::Kind;

const PickleNode* PickleNode::find(std::string_view key) const {
  if (kind != Kind::dictionary) return nullptr;
  for (std::size_t at = items.size(); at >= 2; at -= 2)
    if (items[at - 2]->is(Kind::text) && items[at - 2]->text == key) return items[at - 1];
  return nullptr;
}

Shape PickleNode::integers() const {
  Shape values;
  for (const PickleNode* each : items) values.push_back(each->integer);
  return values;
}

namespace {

constexpr std::size_t longest_key = 256;

constexpr std::string_view ordered_dict = "collections.OrderedDict";
constexpr std::string_view rebuild_tensor = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view rebuild_parameter = "torch._utils._rebuild_parameter";
constexpr std::array<std::string_view, 15> globals = {ordered_dict,
                                                      rebuild_tensor,
                                                      rebuild_parameter,
                                                      "torch.FloatStorage",
                                                      "torch.HalfStorage",
                                                      "torch.DoubleStorage",
                                                      "torch.BFloat16Storage",
                                                      "torch.LongStorage",
                                                      "torch.IntStorage",
                                                      "torch.ShortStorage",
                                                      "torch.CharStorage",
                                                      "torch.ByteStorage",
                                                      "torch.BoolStorage",
                                                      "torch.ComplexFloatStorage",
                                                      "torch.ComplexDoubleStorage"};

bool is_storage_type(std::string_view global) { return global.ends_with("Storage"); }

}  // namespace

// The stack machine. A step never goes deeper: nothing here is recursive.
class PickleMachine {
 public:
  PickleMachine(std::span<const std::byte> bytes, const std::string& where, Pickle& pickle)
      : bytes_(bytes), where_(where), pickle_(pickle) {}

  const PickleNode* run();

 private:
  [[noreturn]] void refuse(const std::string& problem, std::string_view legal = {}) const {
    throw BadData(where_, fmt::format("at byte {} {}", opcode_at_, problem), legal);
  }

  // The bytes.
  std::span<const std::byte> take(std::uint64_t count) {
    if (count > bytes_.size() - at_) refuse("ends early");
    const auto taken = bytes_.subspan(at_, count);
    at_ += count;
    return taken;
  }
  std::uint64_t number(std::size_t count) { return little_endian(take(count)); }
  Index signed_number(std::size_t count) {
    const auto shift = 64 - 8 * count;
    return count == 0 ? 0 : static_cast<Index>(number(count) << shift) >> shift;
  }
  std::string_view text(std::uint64_t count) {
    const auto raw = take(count);
    return {reinterpret_cast<const char*>(raw.data()), raw.size()};
  }
  std::string_view line() {
    const auto rest = bytes_.subspan(at_);
    const auto end = std::find(rest.begin(), rest.end(), std::byte{'\n'});
    if (end == rest.end()) refuse("ends early");
    const std::string_view read = text(static_cast<std::uint64_t>(end - rest.begin()));
    ++at_;
    return read;
  }

  // The stack.
  PickleNode& make(Kind kind) {
    if (pickle_.nodes_.size() >= Pickle::most_nodes)
      refuse(fmt::format("goes beyond {} values", Pickle::most_nodes));
    pickle_.nodes_.push_back({.kind = kind, .text = {}});
    return pickle_.nodes_.back();
  }
  PickleNode& push(Kind kind) {
    PickleNode& node = make(kind);
    stack_.push_back(&node);
    return node;
  }
  void push_integer(Kind kind, Index value) { push(kind).integer = value; }
  PickleNode& top() {
    if (stack_.size() <= floor()) refuse("takes a value, and there is none");
    return *stack_.back();
  }
  PickleNode& pop() {
    PickleNode& node = top();
    stack_.pop_back();
    return node;
  }
  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  // What stands above the last mark.
  std::vector<const PickleNode*> pop_to_mark() {
    if (marks_.empty()) refuse("goes back to a mark, and there is none");
    const auto from = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<const PickleNode*> nodes(from, stack_.end());
    stack_.erase(from, stack_.end());
    marks_.pop_back();
    return nodes;
  }
  PickleNode& top_of(Kind kind, const char* what) {
    PickleNode& node = top();
    if (!node.is(kind)) refuse(fmt::format("wants {}", what));
    return node;
  }
  void tuple_of(std::size_t count) {
    std::vector<const PickleNode*> items(count);
    for (std::size_t at = count; at-- > 0;) items[at] = &pop();
    push(Kind::tuple).items = std::move(items);
  }

  bool step();  // false after the last one
  void global();
  void memoise(std::uint64_t number) {
    memo_[number] = &top();
    if (memo_.size() > Pickle::most_nodes)
      refuse(fmt::format("keeps more than {} values", Pickle::most_nodes));
  }
  void recall(std::uint64_t number) {
    const auto found = memo_.find(number);
    if (found == memo_.end()) refuse(fmt::format("recalls number {}, which was never kept", number));
    stack_.push_back(found->second);
  }
  void set_items(const std::vector<const PickleNode*>& items);
  void append(const std::vector<const PickleNode*>& items) {
    auto& list = top_of(Kind::list, "a list").items;
    list.insert(list.end(), items.begin(), items.end());
  }
  void persistent_id();
  void reduce();
  void build();
  void make_tensor(const PickleNode& arguments);
  std::size_t axes_of(const PickleNode& tuple) const;

  std::span<const std::byte> bytes_;
  const std::string& where_;
  Pickle& pickle_;
  std::size_t at_ = 0, opcode_at_ = 0;
  std::vector<PickleNode*> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, PickleNode*> memo_;
};

void PickleMachine::global() {
  const std::string_view module = line(), name = line();
  const std::string whole = fmt::format("{}.{}", module, name);
  const auto known = std::find(globals.begin(), globals.end(), whole);
  if (known == globals.end())
    refuse(fmt::format("names {}", excerpt(whole, 100)),
           "only tensors in dictionaries are read: torch.save(model.state_dict(), FILE)");
  push(Kind::global).text = *known;
}

void PickleMachine::set_items(const std::vector<const PickleNode*>& items) {
  if (items.size() % 2 != 0) refuse("gives a key without a value");
  auto& dictionary = top_of(Kind::dictionary, "a dictionary").items;
  dictionary.insert(dictionary.end(), items.begin(), items.end());
}

// ('storage', torch.FloatStorage, '0', 'cpu', 12)
void PickleMachine::persistent_id() {
  const auto& of = pop().items;
  if (of.size() != 5 || !of[0]->is(Kind::text) || of[0]->text != "storage" || !of[1]->is(Kind::global) ||
      !is_storage_type(of[1]->text) || !of[2]->is(Kind::text) || !of[3]->is(Kind::text) ||
      !of[4]->is(Kind::integer) || of[4]->integer < 0 || of[2]->text.size() > longest_key)
    refuse("refers to something else than a storage");
  PickleNode& storage = push(Kind::storage);
  storage.text = of[2]->text;
  storage.integer = of[4]->integer;
  storage.items = {of[1]};
}

void PickleMachine::reduce() {
  const PickleNode& arguments = pop();
  const PickleNode& function = pop();
  if (!arguments.is(Kind::tuple) || !function.is(Kind::global)) refuse("calls what is no function");
  if (function.text == ordered_dict) {
    if (!arguments.items.empty()) refuse("makes an OrderedDict of something");
    push(Kind::dictionary);
  } else if (function.text == rebuild_tensor) {
    make_tensor(arguments);
  } else if (function.text == rebuild_parameter) {
    if (arguments.items.size() != 3 || !arguments.items[0]->is(Kind::tensor))
      refuse("makes a parameter of no tensor");
    PickleNode& parameter = push(Kind::tensor);
    parameter.integer = arguments.items[0]->integer;
    parameter.items = arguments.items[0]->items;
  } else {
    refuse(fmt::format("calls {}", function.text));
  }
}

// How many, of a tuple of sizes or strides.
std::size_t PickleMachine::axes_of(const PickleNode& tuple) const {
  if (!tuple.is(Kind::tuple)) refuse("gives a tensor no shape");
  if (tuple.items.size() > Pickle::most_axes)
    refuse(fmt::format("gives a tensor {} axes", tuple.items.size()),
           fmt::format("{} at most", Pickle::most_axes));
  for (const PickleNode* each : tuple.items)
    if (!each->is(Kind::integer) || each->integer < 0) refuse("gives a tensor a shape that is none");
  return tuple.items.size();
}

// (storage, offset, size, stride, requires_grad, hooks)
void PickleMachine::make_tensor(const PickleNode& arguments) {
  const auto& of = arguments.items;
  if (of.size() != 6 || !of[0]->is(Kind::storage) || !of[1]->is(Kind::integer) || !of[4]->is(Kind::truth) ||
      !of[5]->is(Kind::dictionary))
    refuse("makes a tensor of something else than a storage");
  if (of[1]->integer < 0)
    refuse(fmt::format("begins a tensor at {} of its storage", of[1]->integer), "0 or more");
  if (axes_of(*of[2]) != axes_of(*of[3])) refuse("gives a tensor more sizes than strides, or fewer");
  PickleNode& tensor = push(Kind::tensor);
  tensor.integer = of[1]->integer;
  tensor.items = {of[0], of[2], of[3]};
}

void PickleMachine::build() {
  const PickleNode& state = pop();
  PickleNode& object = top_of(Kind::dictionary, "a dictionary to give attributes");
  if (!state.is(Kind::dictionary)) refuse("gives a dictionary attributes that are none");
  object.attributes = &state;
}

bool PickleMachine::step() {
  opcode_at_ = at_;
  const auto opcode = std::to_integer<unsigned char>(take(1)[0]);
  switch (opcode) {
    case 0x80:  // PROTO
      if (const auto protocol = number(1); protocol != 2)
        refuse(fmt::format("is a pickle of protocol {}", protocol),
               "2 is read, which torch.save() writes where nothing else is asked for");
      return true;
    case 'c':
      global();
      return true;
    case '(':
      marks_.push_back(stack_.size());
      return true;
    case 't':
      push(Kind::tuple).items = pop_to_mark();
      return true;
    case ')':
      tuple_of(0);
      return true;
    case 0x85:
    case 0x86:
    case 0x87:
      tuple_of(opcode - 0x84U);
      return true;
    case '}':
      push(Kind::dictionary);
      return true;
    case ']':
      push(Kind::list);
      return true;
    case 's': {  // SETITEM
      const PickleNode& value = pop();
      const PickleNode& key = pop();
      set_items({&key, &value});
      return true;
    }
    case 'u': {  // SETITEMS
      const auto items = pop_to_mark();
      set_items(items);
      return true;
    }
    case 'a': {  // APPEND
      const PickleNode& value = pop();
      append({&value});
      return true;
    }
    case 'e': {  // APPENDS
      const auto items = pop_to_mark();
      append(items);
      return true;
    }
    case 'X': {  // BINUNICODE
      const std::string_view value = text(number(4));
      push(Kind::text).text = value;
      return true;
    }
    case 'J':
      push_integer(Kind::integer, signed_number(4));
      return true;
    case 'K':
      push_integer(Kind::integer, static_cast<Index>(number(1)));
      return true;
    case 'M':
      push_integer(Kind::integer, static_cast<Index>(number(2)));
      return true;
    case 0x8a: {  // LONG1
      const auto count = number(1);
      if (count > 8) refuse(fmt::format("holds an integer of {} bytes", count), "8 at most");
      push_integer(Kind::integer, signed_number(count));
      return true;
    }
    case 0x88:
    case 0x89:
      push_integer(Kind::truth, opcode == 0x88 ? 1 : 0);
      return true;
    case 'N':
      push(Kind::none);
      return true;
    case 'G':  // BINFLOAT: its value is nothing that weights need
      take(8);
      push(Kind::real);
      return true;
    case 'q':
      memoise(number(1));
      return true;
    case 'r':
      memoise(number(4));
      return true;
    case 'h':
      recall(number(1));
      return true;
    case 'j':
      recall(number(4));
      return true;
    case 'Q':
      persistent_id();
      return true;
    case 'R':
      reduce();
      return true;
    case 'b':
      build();
      return true;
    case '.':
      return false;
    default:
      refuse(opcode > 0x20 && opcode < 0x7f
                 ? fmt::format("has the opcode 0x{:02x} '{}'", opcode, static_cast<char>(opcode))
                 : fmt::format("has the opcode 0x{:02x}", opcode),
             "only tensors in dictionaries are read: torch.save(model.state_dict(), FILE)");
  }
}

const PickleNode* PickleMachine::run() {
  if (bytes_.size() > Pickle::most_bytes)
    refuse(fmt::format("begins a pickle of {} bytes", bytes_.size()),
           fmt::format("{} at most", Pickle::most_bytes));
  while (step()) {
  }
  if (at_ != bytes_.size())
    refuse("ends, and " + counted(static_cast<Index>(bytes_.size() - at_), "byte follows", "bytes follow"));
  if (stack_.size() != 1 || !marks_.empty()) refuse("ends with something left over, or with nothing");
  return stack_.back();
}

Pickle::Pickle(std::span<const std::byte> bytes, const std::string& where) {
  root_ = PickleMachine(bytes, where, *this).run();
}

}  // namespace fsconv
