// How far a reproduced image is from the original, in the two measures that papers report: PSNR and SSIM.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/index.hpp>

namespace fsconv {

// 10 log10(range^2 / MSE) in dB of one image of `size` pixels, all channels together; +infinity for equal images.
// range  the difference of white and black: 1 for pixels in 0..1
// The mean over images is usually that of these values, which is no less than the PSNR of the mean MSE.
// T is float or double; the sums are double. InvalidArgument names "size" (at least 1) or "range" (above 0).
template <class T>
double psnr(const T* original, const T* image, Index size, double range = 1);

// The smallest side of an image that has an SSIM.
inline constexpr Index ssim_window = 11;

// The mean structural similarity of two images [channels, height, width], in -1..1, 1 for equal images:
//   S = (2 m_a m_b + c1) (2 v_ab + c2) / ((m_a^2 + m_b^2 + c1) (v_aa + v_bb + c2)),
//   c1 = (0.01 range)^2,  c2 = (0.03 range)^2,
//   m and v: means and population (co)variances under a Gaussian window of 11 x 11, standard deviation 1.5, sum 1,
// averaged over the places where the window lies within the image, then over the channels. Images are taken
// as they are, not made smaller first. Other programs' defaults are other measures (scikit-image: uniform
// 7 x 7, sample covariance).
// T is float or double; the sums are double. InvalidArgument names "image" (each side at least 11, a channel at
// least) or "range" (above 0).
// Source: Wang, Bovik, Sheikh & Simoncelli 2004, "Image quality assessment", equation 13 and section III.C.
template <class T>
double ssim(const T* a, const T* b, Index channels, Index height, Index width, double range = 1);

}  // namespace fsconv
