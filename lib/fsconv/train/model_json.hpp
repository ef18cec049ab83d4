// A model as JSON: all that a script needs to rebuild it without fsconv, and the strict way back.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/nn/model.hpp>
#include <nlohmann/json.hpp>
#include <string>

namespace fsconv {

constexpr int model_json_version = 1;  // of the format below

// The root attribute `model` of a run's file is this text; its weights stand under /weights/NAME. Every entry is there.
//
//   version      1
//   values       what flows, by id:
//     id           its place in the list
//     source       "images", pixels 0..1; "noise", standard normal numbers; or "step": a step makes it
//     channels, size, draws      of every image `draws` arrays [channels, size...]
//   parameters   what is learned:
//     name, shape                last index fastest
//     mean, deviation            of the normal numbers that it starts from
//   steps        in order; in, out and the like are ids, weight, bias and factor are names of parameters:
//     kind "affine"    in, out, transposed, weight, bias (or null), activation, geometry
//          out = activation(W in + b), or activation(W^T in + b) where transposed. W has a row for every channel co and
//          pixel o of the code side, a column for every channel and pixel i of the image side, and weight[co, ci, k...]
//          where every axis has up*i = down*o + dilation*k - pad. Channel co is in group co / (out_channels/groups) and
//          ci counts the channels of that group. b has one number per channel of `out`, or one per element.
//     kind "gain"      in, out, factor           out = factor[channel] * in
//     kind "shuffle"   in, out, by               channel c*by^2 + p*by + q at (h, w) becomes c at (h*by + p, w*by + q);
//                                                by^axes channels in the same manner where there are not two axes
//     kind "resize"    in, out, by               out at (h, w) is in at (h/by, w/by)
//     kind "gate"      in, gate, out             out = in * sigmoid(gate)
//     kind "add"       in, other, out            out = in + other
//     kind "sample"    mean, log_variance, noise, out
//          out = mean + exp(log_variance/2) * noise for each draw; a reconstruction is that of the mean, without noise
//     activation       name, and the constant of the two that have one: "slope" of leaky-relu where x < 0; "bound" of
//                      bounded, bound * tanh(x / bound). elu is exp(x) - 1 where x < 0, softplus log(1 + exp(x))
//     geometry         groups, in_channels, out_channels, and axes of in, out, taps, down, up, dilation, pad, pad_end,
//                      where in is the image side and pad_end the padding behind the image with which the last window
//                      ends at the edge; and case, the same in one word (geometry/case_string.hpp)
//   terms        of the objective of an image and draw, which are summed:
//     kind "reconstruction"      output, likelihood, variance, log_variance (of one number, or null)
//          the formulas are in nn/likelihood.hpp. The expected pixel is sigmoid(output) of bernoulli and bce-grey,
//          1/(1 - exp(-output)) - 1/output of continuous-bernoulli, and output cut to 0..1 of gaussian and mse
//     kind "kl"                  mean, log_variance, free_nats     KL(q(z|x) || N(0, 1)), so much at least per element
//     kind "log_ratio"           sample, mean, log_variance, noise     log q(z|x) - log p(z) at the sample
//   over_draws   "mean" of the draws' sums, or "log_mean_exp": -log mean exp(-sum)
//   code         the id of what an image is reduced to
nlohmann::json to_json(const Model& model);

nlohmann::json activation_json(Activation activation);  // the entry above of a step

// to_json(model_from_json(j)) == j. Throws BadData naming `where` and the entry ("steps[3].in"): one that is missing,
// unknown, of another type or out of range; a geometry whose case says something else; constants other than those that
// fsconv computes with; more than 2^40 numbers in a value or parameter; and whatever check(Model) refuses. Nothing is
// allocated on a number's word.
Model model_from_json(const nlohmann::json& root, const std::string& where);

}  // namespace fsconv
