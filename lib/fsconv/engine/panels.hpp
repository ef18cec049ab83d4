// Packed weights: the columns of a matrix cut into panels as wide as the register tile.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/index.hpp>

namespace fsconv::engine {

// A stack of `taps` matrices [inner x columns], stored [panel][tap][inner][width]. A panel is contiguous: it
// stays in the caches while all pixels pass by. The last panel is one vector wide where that suffices; the
// columns that it has too many are zero, so that the tile may read whole vectors.
struct Panels {
  Index taps = 1, inner = 1, columns = 1;
  Index vector = 1, widest = 1;  // columns of a vector, of a full panel

  Index count() const { return ceil_div(columns, widest); }
  Index first_column(Index panel) const { return panel * widest; }
  Index columns_of(Index panel) const { return panel + 1 < count() ? widest : columns - first_column(panel); }
  Index width(Index panel) const { return ceil_div(columns_of(panel), vector) * vector; }
  Index offset(Index panel) const { return first_column(panel) * taps * inner; }
  Index size() const { return taps * inner * ceil_div(columns, vector) * vector; }
};

}  // namespace fsconv::engine
