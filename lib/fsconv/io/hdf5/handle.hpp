// HDF5's identifiers with owners, its errors, types and names: for the sources of io/hdf5 only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hdf5.h>

#include <exception>
#include <fsconv/base/index.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fsconv::hdf5 {

// Before any other call of the library on this thread. HDF5 then prints nothing itself, and leaves out its
// clean-up at exit, which writes to files that have already failed and can hang or crash there.
void initialize();

// The innermost message of HDF5's error stack, and the system's reason where there is one.
struct ErrorText {
  std::string innermost, system;
};
ErrorText take_error();  // and empties the stack
std::string in_words(const ErrorText& text);

// What HDF5 answers to "is it there?". It also fails to answer: where a path leads through something that is no group, which is
// a no, and where the system cannot read the file, which is an IoError that names `where`.
bool is_yes(htri_t answer, const std::string& where);

// An identifier and the function that closes it.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle() = default;
  Handle(hid_t id, Close closer) : id_(id), close_(closer) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Handle() { close(); }

  hid_t id() const { return id_; }
  bool valid() const { return id_ >= 0; }
  // False if closing failed. Closing a dataset or a file writes what was kept back, so whoever writes asks.
  bool close() { return id_ < 0 || close_(std::exchange(id_, -1)) >= 0; }

 private:
  hid_t id_ = -1;
  Close close_ = nullptr;
};

// The names that HDF5 calls back with, one after the other. HDF5 is C, through which no exception may go: what is thrown for
// want of memory ends the walk, and take() throws it again.
class NameList {
 public:
  herr_t add(const char* name) noexcept try {
    names_.emplace_back(name);
    return 0;
  } catch (...) {
    thrown_ = std::current_exception();
    return -1;
  }
  std::vector<std::string> take() {
    if (thrown_) std::rethrow_exception(thrown_);
    return std::move(names_);
  }

 private:
  std::vector<std::string> names_;
  std::exception_ptr thrown_;
};

// What the chunks of a dataset with these creation properties are packed with, in the order in which it is applied.
struct Filter {
  H5Z_filter_t id;
  std::string name = {};
  unsigned flags = H5Z_FLAG_MANDATORY;
  std::vector<unsigned> values = {};  // what it is told
};
std::vector<Filter> filters_of(hid_t creation);

// The extents of a dataset. BadData if it has none (null dataspace) or impossible ones.
Shape shape_of(hid_t dataset, const std::string& where);

// Fixed-length strings would cut; variable-length ones are read by everything.
Handle string_type();

// "f8", "i4", "u1" for numbers, "b1" for the booleans of h5py (an enumeration of FALSE and TRUE), "str", "other".
std::string type_name(hid_t type);
// What such elements are, in words: "complex numbers", "an enumeration of RED and GREEN", "bit fields of 8 bits".
std::string type_description(hid_t type);
// Throws BadData that says what the elements are unless they are booleans, or numbers of up to 8 bytes of a type that
// HDF5 itself defines (or IEEE 754's of 2 bytes): another exponent, sign or precision is how damage looks.
void require_numbers(hid_t type, const std::string& where);

// The texts of a dataset or attribute of `stored_type`; `read` fills memory of the type it is given (H5Dread,
// H5Aread). Nothing if it fails.
std::optional<std::vector<std::string>> read_texts(hid_t stored_type, hid_t space, Index count,
                                                   const std::function<herr_t(hid_t, void*)>& read);

// Throws InvalidArgument unless `name` is an absolute path without empty parts, and not the root.
void require_object_name(const std::string& name);

// "/a/b" -> "/a"; "/a" -> "/"
std::string parent_of(const std::string& name);
std::string last_part(const std::string& name);
std::string child_of(const std::string& group, const std::string& name);

}  // namespace fsconv::hdf5
