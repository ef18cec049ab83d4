// log(sinh(z/2)/(z/2)) and its slope as good as long double has them, for |z| up to 1: by Bernoulli's numbers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace fsconv::test {

// B2, B4, ... B24. The next term is below (1/(2 pi))^26 < 2^-68 of the first.
inline constexpr long double bernoulli_numbers[] = {
    1.0L / 6, -1.0L / 30,     1.0L / 42,      -1.0L / 30,       5.0L / 66,       -691.0L / 2730,
    7.0L / 6, -3617.0L / 510, 43867.0L / 798, -174611.0L / 330, 854513.0L / 138, -236364091.0L / 2730};

// The first `terms` of the sum of B2n z^2n/(2n (2n)!).
inline long double exact_series(long double z, int terms = 12) {
  long double sum = 0, power = 1;  // z^2n/(2n)!
  for (int n = 1; n <= terms; ++n) {
    power *= z * z / ((2 * n - 1) * (2 * n));
    sum += bernoulli_numbers[n - 1] * power / (2 * n);
  }
  return sum;
}

// And of that of B2n z^(2n-1)/(2n)!, its derivative.
inline long double exact_series_slope(long double z, int terms = 12) {
  long double sum = 0, power = 1 / z;  // z^(2n-1)/(2n)!
  for (int n = 1; n <= terms; ++n) {
    power *= z * z / ((2 * n - 1) * (2 * n));
    sum += bernoulli_numbers[n - 1] * power;
  }
  return sum;
}

}  // namespace fsconv::test
