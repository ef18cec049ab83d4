// A wrong bit in a run's weights, and every command that reads them: none uses them.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "cli/trained_runs.hpp"

using namespace fsconv;
using namespace fsconv::testing;

TEST_CASE("flipped bits: no command computes with a weight that is not what was written", "[slow]") {
  const TrainedFolder folder;
  folder.train("run.h5", "--latent 6 --validation 40");
  const std::uint64_t place = hdf5::File::open(folder / "run.h5").place("/best/weights/conv1").value();
  std::string bytes = folder.bytes("run.h5");
  bytes[place + 5] = static_cast<char>(bytes[place + 5] ^ 4);
  put_content(folder / "bad.h5", bytes);
  const std::vector<const char*> says = {"bad.h5:/best/weights/conv1: is not what fsconv wrote",
                                         "set its attribute digest to \"unchecked\""};
  CHECK(
      first_unrefused(
          folder, {{"train --resume bad.h5 --epochs 2", 4, says},
                   {"train --data generated --init bad.h5 --epochs 1 --channels 4,8 --output n.h5", 4, says},
                   {"evaluate bad.h5 --output e.h5", 4, says},
                   {"encode bad.h5 --output c.h5", 4, says},
                   {"reconstruct bad.h5 --output r.h5", 4, says},
                   {"smooth bad.h5 --output s.h5", 4, says},
                   {"log bad.h5", 4, says},
                   {"report bad.h5 -o r.html", 4, says},
                   {"draw bad.h5 -o d.svg", 4, says}}) == "");
}
