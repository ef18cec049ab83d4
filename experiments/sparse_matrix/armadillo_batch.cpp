// The peer: Armadillo's batch constructor, given the same entries already sorted by column, the fastest it takes.
// Prints the median nanoseconds per nonzero of three builds. Usage: armadillo_batch (ic16oc32i64x64o32x32k4s2p1)
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <armadillo>
#include <chrono>
#include <cstdio>
#include <vector>

namespace {

constexpr int in_channels = 16, out_channels = 32, in = 64, out = 32, taps = 4, stride = 2, pad = 1;

// Calls f(row, column, tap) for every entry, column by column and ascending rows.
template <class F>
void for_each_entry(F&& f) {
  for (int ci = 0; ci < in_channels; ++ci)
    for (int y = 0; y < in; ++y)
      for (int x = 0; x < in; ++x)
        for (int co = 0; co < out_channels; ++co)
          for (int ky = taps - 1; ky >= 0; --ky)
            for (int kx = taps - 1; kx >= 0; --kx) {
              const int oy = y + pad - ky, ox = x + pad - kx;
              if (oy < 0 || ox < 0 || oy % stride || ox % stride || oy / stride >= out || ox / stride >= out)
                continue;
              f((co * out + oy / stride) * out + ox / stride, (ci * in + y) * in + x, ky * taps + kx);
            }
}

}  // namespace

int main() {
  arma::uword nonzeros = 0;
  for_each_entry([&](int, int, int) { ++nonzeros; });
  std::vector<double> seconds;
  for (int repetition = 0; repetition < 3; ++repetition) {
    const auto start = std::chrono::steady_clock::now();
    arma::umat locations(2, nonzeros);
    arma::vec values(nonzeros);
    arma::uword at = 0;
    for_each_entry([&](int row, int column, int tap) {
      locations(0, at) = static_cast<arma::uword>(row);
      locations(1, at) = static_cast<arma::uword>(column);
      values(at++) = 1.0 + tap;
    });
    const arma::sp_mat w(locations, values, out_channels * out * out, in_channels * in * in, false, false);
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(seconds.begin(), seconds.end());
  std::printf("%.2f\n", seconds[1] * 1e9 / static_cast<double>(nonzeros));
}
