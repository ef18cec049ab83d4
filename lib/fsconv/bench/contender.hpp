// What is compared by the clock: the forms as users call them, and the engine on blocks as training runs it.
#pragma once

#include <fsconv/bench/operands.hpp>
#include <fsconv/engine/isa.hpp>
#include <fsconv/verify/witness.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fsconv::bench {

// One operation on one set of operands, everything prepared that is done once and not in every step.
class Work {
 public:
  virtual ~Work() = default;
  virtual void run() = 0;
  virtual Tensor<float> result() const = 0;  // of the last run, in the order of form.hpp
};

struct Contender {
  std::string form;                // "engine", or the name of a form
  std::optional<engine::Isa> isa;  // where it makes a difference
  std::function<std::optional<std::string>(const Geometry&, Op)> unsupported;
  // The operands must outlive the work.
  std::function<std::unique_ptr<Work>(const Geometry&, Op, const Operands&)> prepare;
  // What a prepared work keeps, in numbers of 4 bytes.
  std::function<Index(const Geometry&, Op, Index batch)> size;
};

// engine   BatchedMap on blocks of images, weights packed before: what a training step does
// NAME     the form as users call it, on [batch, channels, sizes...]; `batched` is the engine with the way
// there
//          and back
// A contender for each form and, where the isa makes a difference, for each isa. Throws InvalidArgument that
// lists the names.
std::vector<Contender> contenders_named(const std::vector<std::string>& forms,
                                        const std::vector<engine::Isa>& isas);

// The names that contenders_named() knows.
std::vector<std::string> contender_names();

// A form of verify, wrong ones among them. Slow: it computes in double.
Contender contender_of(const Witness& witness);

}  // namespace fsconv::bench
