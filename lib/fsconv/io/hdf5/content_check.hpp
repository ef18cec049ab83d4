// Compares what is read from a file with the digests in it. For the sources of io/hdf5 and io/digest.cpp only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/io/hdf5/access.hpp>
#include <fsconv/io/hdf5/content_digest.hpp>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace fsconv::hdf5 {

// A digest speaks of the object whose attribute it is and of all below it; that of the root is asked first. What no digest
// lists is nobody's business here. Digests are read where they are asked for first.
//
// Everything throws BadData naming the file and the object: where that is not what was written or is missing, where a
// digest is damaged, or where an object that fsconv has written with one has lost it.
class ContentCheck {
 public:
  // `path` names the file in messages. `access` must stay.
  ContentCheck(const Access& access, std::string path) : access_(access), path_(std::move(path)) {}

  // Nothing where the object is not there or has none.
  const std::optional<Digest>& digest_of(const std::string& object) const;

  bool lists(const std::string& dataset) const { return expected(dataset).has_value(); }
  bool lists_attribute(const std::string& object, const std::string& name) const {
    return expected_attribute(object, name).has_value();
  }
  bool has_compared(const std::string& dataset) const { return compared_.count(dataset) > 0; }

  // What has just been read, as it is stored.
  void compare(const std::string& dataset, const std::string& hash) const;
  void compare_attribute(const std::string& object, const std::string& name, const Value& value) const;

  // What has just not been found.
  void require_unlisted(const std::string& object) const;
  void require_unlisted_attribute(const std::string& object, const std::string& name) const;
  // What a list of the members of a group, of all datasets or of an object's attributes must have.
  void require_listed_members(const std::string& group, const std::vector<std::string>& found) const;
  void require_listed_datasets(const std::vector<std::string>& found) const;
  void require_listed_attributes(const std::string& object, const std::vector<std::string>& found) const;

  // Of a dataset as it is stored. BadData for types that fsconv never writes, and where all datasets that were asked for so
  // have more numbers than a file of this size can hold, packed as it may be.
  std::string stored_hash(const std::string& dataset) const;

  // Read for this, unless they have been compared already.
  void check_dataset(const std::string& dataset) const;
  void check_attributes(const std::string& object) const;
  // All that the root's digest lists.
  void check_rest() const;

 private:
  std::optional<Digest> read_digest(const std::string& object) const;
  bool must_have_digest(const std::string& object) const;
  bool is_text(const std::string& object, const std::string& attribute) const;
  std::string where(const std::string& object) const;

  // Calls `find(digest, path in it)` for the root's digest and those on the way to the object, the object's own included,
  // until one finds something.
  std::optional<std::string> first_of(
      const std::string& object,
      const std::function<std::optional<std::string>(const Digest&, const std::string&)>& find) const;
  std::optional<std::string> expected(const std::string& dataset) const;
  std::optional<std::string> expected_attribute(const std::string& object, const std::string& name) const;

  // Links and numbers that were never written let a small file state more than anybody would wait for.
  void require_held(const std::string& dataset, std::uint64_t bytes) const;

  const Access& access_;
  std::string path_;
  mutable std::uint64_t hashed_ = 0;  // bytes, by stored_hash()
  mutable std::map<std::string, std::optional<Digest>> digests_;
  mutable std::set<std::string> compared_;
};

}  // namespace fsconv::hdf5
