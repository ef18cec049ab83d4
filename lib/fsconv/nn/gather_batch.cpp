#include <fmt/format.h>

#include <algorithm>
#include <fsconv/nn/gather_batch.hpp>

namespace fsconv {

void check_order(const Tensor<std::uint8_t>& images, std::span<const Index> order) {
  if (images.rank() != 4) throw InvalidArgument("images", "are no array [N, C, H, W]");
  const Index count = images.shape()[0];
  for (const Index image : order)
    if (image < 0 || image >= count)
      throw InvalidArgument("order", fmt::format("names image {}", image),
                            fmt::format("there are {}", count));
}

template <class T>
void gather_batch(const Tensor<std::uint8_t>& images, std::span<const Index> order, T* batch) {
  const Index pixels = images.shape()[1] * images.shape()[2] * images.shape()[3];
  for (const Index image : order) {
    const std::uint8_t* from = images.data() + image * pixels;
    batch = std::transform(from, from + pixels, batch,
                           [](std::uint8_t value) { return static_cast<T>(value) / T(255); });
  }
}

template <class T>
Tensor<T> gather_batch(const Tensor<std::uint8_t>& images, std::span<const Index> order) {
  check_order(images, order);
  Shape shape = images.shape();
  shape[0] = static_cast<Index>(order.size());
  Tensor<T> batch(shape, "batch");
  gather_batch(images, order, batch.data());
  return batch;
}

#define FSCONV_INSTANTIATE(T)                                                           \
  template Tensor<T> gather_batch(const Tensor<std::uint8_t>&, std::span<const Index>); \
  template void gather_batch(const Tensor<std::uint8_t>&, std::span<const Index>, T*);
FSCONV_INSTANTIATE(float)
FSCONV_INSTANTIATE(double)
#undef FSCONV_INSTANTIATE

}  // namespace fsconv
