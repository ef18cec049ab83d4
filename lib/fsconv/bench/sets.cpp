// SPDX-License-Identifier: Apache-2.0
#include <fsconv/bench/sets.hpp>
#include <fsconv/geometry/case_string.hpp>

namespace fsconv::bench {

// A generator's layer is named by its own direction, code to image; its case is the same relation.
const std::vector<GeometrySet>& geometry_sets() {
  static const std::vector<GeometrySet> sets = {
      {"layers",
       "the layers of the 28 px and the 64 px autoencoder",
       {{"28 px, 1 -> 32", parse_case("ic1oc32i28x28o14x14k4s2p1")},
        {"28 px, 32 -> 64", parse_case("ic32oc64i14x14o7x7k4s2p1")},
        {"linear, 3136 -> 32", parse_case("ic64oc32i7x7o1x1k7")},
        {"64 px, 3 -> 64", parse_case("ic3oc64i64x64o32x32k4s2p1")},
        {"64 px, 64 -> 128", parse_case("ic64oc128i32x32o16x16k4s2p1")},
        {"64 px, 128 -> 256", parse_case("ic128oc256i16x16o8x8k4s2p1")}}},
      {"dcgan",
       "the transposed convolutions of DCGAN's generator",
       {{"1024 -> 512, 4 -> 8", parse_case("ic512oc1024i8x8o4x4k4s2p1")},
        {"512 -> 256, 8 -> 16", parse_case("ic256oc512i16x16o8x8k4s2p1")},
        {"256 -> 128, 16 -> 32", parse_case("ic128oc256i32x32o16x16k4s2p1")},
        {"128 -> 3, 32 -> 64", parse_case("ic3oc128i64x64o32x32k4s2p1")}}},
      {"audio",
       "one axis, 25 taps, stride 4, as in WaveGAN",
       {{"1 -> 32, 16384 -> 4096", parse_case("ic1oc32i16384o4096k25s4p10")},
        {"32 -> 64, 4096 -> 1024", parse_case("ic32oc64i4096o1024k25s4p10")},
        {"64 -> 128, 1024 -> 256", parse_case("ic64oc128i1024o256k25s4p10")}}},
      {"volume", "three axes", {{"16 -> 32, 16^3 -> 8^3", parse_case("ic16oc32i16x16x16o8x8x8k4s2p1")}}},
  };
  return sets;
}

}  // namespace fsconv::bench
