// What is compared by the clock: the forms as users call them, and the engine on blocks as training runs it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/bench/work.hpp>
#include <fsconv/engine/algorithm.hpp>
#include <fsconv/engine/isa.hpp>
#include <fsconv/engine/precision.hpp>
#include <fsconv/verify/witness.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fsconv::bench {

struct Contender {
  std::string form;                // "engine", or the name of a form
  std::optional<engine::Isa> isa;  // where it makes a difference
  std::optional<engine::Algorithm> algorithm = {};
  Precision precision = Precision::fp32;
  // Images, codes and weights are stored in BFloat16, so that results are rounded, but for gradients: these are floats.
  bool bfloat16_arrays = false;
  std::function<std::optional<std::string>(const Geometry&, Op)> unsupported;
  // The operands must outlive the work.
  std::function<std::unique_ptr<Work>(const Geometry&, Op, const Operands&)> prepare;
  // What a prepared work keeps, in numbers of 4 bytes.
  std::function<Index(const Geometry&, Op, Index batch)> size;
  // What the algorithm comes to there, "direct" or the tiles along each axis; none where there is no algorithm.
  std::function<std::string(const Geometry&, Op, Index batch)> tiles = {};
};

// engine          BatchedMap on blocks of images, weights packed before: what a training step does
// onednn_blocked  oneDNN in the same situation: its own layout, weights reordered before
// NAME            the form as users call it, on [batch, channels, sizes...]; `batched` is the engine with the
//                 way there and back
// In bf16, `engine` and both of oneDNN store BFloat16, `batched` takes and gives floats; onednn then reorders
// its weights before as well. A contender for each form, each precision that it has and, where it makes a
// difference, each isa that computes in its own way then; of the engine each algorithm. Throws InvalidArgument that
// lists the names, and for a form that has none of the precisions.
std::vector<Contender> contenders_named(const std::vector<std::string>& forms,
                                        const std::vector<engine::Isa>& isas,
                                        const std::vector<Precision>& precisions = {Precision::fp32},
                                        const std::vector<engine::Algorithm>& algorithms = {
                                            engine::Algorithm::direct});

// The names that contenders_named() knows and that have one of the precisions.
std::vector<std::string> contender_names(const std::vector<Precision>& precisions = {Precision::fp32});

// Those isas, each once, that stand for the ones asked for: an isa that has no kernels of its own in this
// precision computes with those of the best one before it.
std::vector<engine::Isa> isas_that_differ(Precision precision, const std::vector<engine::Isa>& asked);

// A form of verify, wrong ones among them. Slow: it computes in double.
Contender contender_of(const Witness& witness);

}  // namespace fsconv::bench
