// The forms that are templates of the scalar: they compute with float, double and polynomials alike.
#pragma once

#include <fsconv/forms/form.hpp>
#include <fsconv/forms/gather.hpp>
#include <fsconv/forms/matrix.hpp>
#include <fsconv/forms/polyphase.hpp>
#include <fsconv/forms/scatter.hpp>
#include <fsconv/forms/zero_insertion.hpp>
#include <vector>

namespace fsconv {

// A form's answer to "what can you not compute?" where that is nothing.
inline std::optional<std::string> supports_everything(const Geometry&, Op) { return std::nullopt; }

// The plainest first. A scalar needs T(0), += and *.
template <class T>
std::vector<Form<T>> template_forms() {
  return {
      {"gather", "every result collects its products", supports_everything, gather::conv<T>,
       gather::conv_transpose<T>, gather::weight_gradient<T>},
      {"scatter", "every source pixel adds its products", supports_everything, scatter::conv<T>,
       scatter::conv_transpose<T>, scatter::weight_gradient<T>},
      {"zero_insertion", "inserted zeros, then a plain correlation", supports_everything,
       zero_insertion::conv<T>, zero_insertion::conv_transpose<T>, zero_insertion::weight_gradient<T>},
      {"polyphase", "one dense convolution per phase", supports_everything, polyphase::conv<T>,
       polyphase::conv_transpose<T>, polyphase::weight_gradient<T>},
      {"matrix", "the sparse matrix W itself", supports_everything, matrix::conv<T>,
       matrix::conv_transpose<T>, matrix::weight_gradient<T>},
  };
}

}  // namespace fsconv
