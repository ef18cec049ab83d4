// The geometries that fsconv bench knows by name: layers of models that people train.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/geometry/geometry.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv::bench {

struct NamedGeometry {
  std::string name;
  Geometry geometry;
};

struct GeometrySet {
  std::string_view name;
  std::string_view idea;  // one line, for lists
  std::vector<NamedGeometry> geometries;
};

// layers, dcgan, audio, volume.
const std::vector<GeometrySet>& geometry_sets();

}  // namespace fsconv::bench
