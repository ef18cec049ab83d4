#include <algorithm>
#include <fsconv/engine/batched_map.hpp>

namespace fsconv::engine {
namespace {

// Calls f(offset in [out, in/groups, taps...], offset in engine order) for every weight.
template <class F>
void for_each_weight(const WeightOrder& order, F&& f) {
  Index at = 0;
  for (Index group = 0; group < order.groups; ++group)
    for (Index code = 0; code < order.code_channels; ++code)
      for (Index image = 0; image < order.image_channels; ++image)
        for (Index tap = 0; tap < order.taps; ++tap)
          f(at++, order.matrix(group, tap) + image * order.image_step() + code * order.code_step());
}

const Geometry& checked(const Geometry& geometry) {
  check(geometry);
  return geometry;
}

}  // namespace

template <class T>
BatchedMap<T>::BatchedMap(const Geometry& geometry, Isa isa)
    : geometry_(checked(geometry)),
      isa_(isa),
      order_(geometry),
      lists_(std::make_shared<const TapLists>(geometry)),
      to_code_(lists_, order_, kernels_of<T>(isa), Towards::code),
      to_image_(lists_, order_, kernels_of<T>(isa), Towards::image),
      gradient_(lists_, order_, kernels_of<T>(isa)) {}

template <class T>
Index BatchedMap<T>::image_size(Index images) const {
  return lists_->image_pixels * images * geometry_.in_channels;
}

template <class T>
Index BatchedMap<T>::code_size(Index images) const {
  return lists_->code_pixels * images * geometry_.out_channels;
}

template <class T>
Index BatchedMap<T>::weight_size() const {
  return order_.size();
}

template <class T>
Index BatchedMap<T>::packed_size() const {
  return to_code_.packed_size() + to_image_.packed_size();
}

template <class T>
Index BatchedMap<T>::scratch_size(Index images) const {
  return std::max(
      {to_code_.scratch_size(images), to_image_.scratch_size(images), gradient_.scratch_size(images)});
}

template <class T>
void BatchedMap<T>::import_weight(const T* weight, T* engine) const {
  for_each_weight(order_, [=](Index plain, Index ordered) { engine[ordered] = weight[plain]; });
}

template <class T>
void BatchedMap<T>::export_weight(const T* engine, T* weight) const {
  for_each_weight(order_, [=](Index plain, Index ordered) { weight[plain] = engine[ordered]; });
}

template <class T>
void BatchedMap<T>::pack(const T* engine, T* packed) const {
  to_code_.pack(engine, packed);
  to_image_.pack(engine, packed + to_code_.packed_size());
}

template <class T>
void BatchedMap<T>::conv(Index images, const T* image, const T* packed, T* code, const Ending<T>& ending,
                         T* scratch) const {
  to_code_.apply(images, image, packed, code, ending, scratch);
}

template <class T>
void BatchedMap<T>::conv_transpose(Index images, const T* code, const T* packed, T* image,
                                   const Ending<T>& ending, T* scratch) const {
  to_image_.apply(images, code, packed + to_code_.packed_size(), image, ending, scratch);
}

template <class T>
void BatchedMap<T>::weight_gradient(Index images, const T* code, const T* image, T* gradient,
                                    T* scratch) const {
  gradient_.apply(images, code, image, gradient, scratch);
}

template class BatchedMap<float>;
template class BatchedMap<double>;

}  // namespace fsconv::engine
