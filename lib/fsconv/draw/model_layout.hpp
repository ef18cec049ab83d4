// Where the values of a model lie in its picture: a column for every step of the way, a lane for every branch.
#pragma once

#include <fsconv/nn/model.hpp>
#include <vector>

namespace fsconv::draw {

// By ValueId. Columns count the steps that a value is made of, at most; noise stands one before the step that reads it.
// Lane 0 is the way from the images to the output, along what each step reads first; other values are in the first lane
// that is free in their column.
struct ModelLayout {
  explicit ModelLayout(const Model& model);

  std::vector<std::size_t> column, lane;
  std::size_t columns = 0, lanes = 0;
};

}  // namespace fsconv::draw
