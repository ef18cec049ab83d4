// The sparsity pattern of W as a picture, coloured by tap.
#pragma once

#include <fsconv/geometry/geometry.hpp>
#include <fsconv/io/picture.hpp>

namespace fsconv {

// One square per entry of W where W is small, else one pixel per block of entries, at most `largest` pixels
// wide and high. The colour says which tap stands there (its place along the colour wheel, last axis
// fastest); white is a structural zero. A block shows the average of its entries' colours, zeros left out.
// Throws InvalidArgument where W is too large to be walked; Interrupted after Ctrl-C, where it is caught.
Picture sparsity_picture(const Geometry& geometry, Index largest = 1024);

}  // namespace fsconv
