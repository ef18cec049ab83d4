// SPDX-License-Identifier: Apache-2.0
#include "tour_stations.hpp"

namespace fsconv::cli {
namespace {

constexpr std::string_view small_training =
    "fsconv train --data generated --train-images 1280 --test-images 128 --epochs 8 --channels 8,16 --latent 8 "
    "--output autoencoder.h5 --force";

}  // namespace

std::span<const Station> stations() {
  static const Station list[] = {
      {.name = "matrix",
       .question = "Why is a convolution a matrix?",
       .answer =
           "Every output pixel is a sum of input pixels times weights, and which weight meets which pixel is settled before "
           "any image is seen. Write the weights of each output pixel into a row, with zeros for the pixels that it does not "
           "look at: that is the matrix W, and conv(x) = W x.",
       .commands = {"fsconv matrix --input-size 4,4 --kernel 3 --print --picture matrix.svg"},
       .pictures =
           {{"matrix.svg",
             "W of a 3x3 convolution of 4x4 pixels: 4 rows, one for each output pixel, 16 columns, one for each input pixel; "
             "every row holds the same nine weights, moved to the right"}},
       .more = {"docs/design.md", "experiments/sparse_matrix/README.md"}},
      {.name = "fractional",
       .question = "Why is a stride of 1/2 meaningful?",
       .answer =
           "A stride says how far the filter moves over the input from one output pixel to the next, and it can move by half a "
           "pixel once there is a place between two pixels: put a zero there. On this finer grid the filter moves one place a "
           "step and about twice as many pixels come out; a stride of 2/3 works in the same way.",
       .commands = {"fsconv shape --op conv --input-size 3 --kernel 3 --stride 1/2 --padding 1",
                    "fsconv draw ic1oc1i5x5o3x3k3s2p1 --view zeros --zoom 1 --output fractional.gif"},
       .pictures =
           {{"fractional.gif",
             "moving picture: a code of 3x3 pixels with zeros between and around them; the reversed 3x3 filter slides over "
             "it one place a step and makes an image of 5x5 pixels, and in W the column lights up that makes the pixel"}},
       .more = {"experiments/fractional_stride/README.md"}},
      {.name = "transpose",
       .question = "Why is it called transposed?",
       .answer =
           "A row of W has the weights that make one output pixel, a column of W the weights that one input pixel meets. "
           "The transposed convolution reads the same W by columns: it multiplies a code by W^T and gives an "
           "array of the image's size.",
       .commands = {"fsconv verify --explain --case i6o3k3s2p1",
                    "fsconv draw i6o3k3s2p1 --view matrix --output transpose.svg"},
       .pictures =
           {{"transpose.svg",
             "W of a 1-D convolution with 3 taps and stride 2, one column lit: its weights times the code pixels are one pixel "
             "of the transposed convolution"}},
       .more = {"experiments/transpose/README.md", "docs/proofs.md"}},
      {.name = "gradient",
       .question = "Why is it the gradient of a convolution?",
       .answer =
           "With y = W x, the pixel x_i counts W_oi times in y_o, so a loss that depends on y feels it through every output "
           "that has read it: dL/dx_i = sum over o of W_oi dL/dy_o. That is column i of W times dL/dy, hence dL/dx = W^T dL/dy: "
           "the transposed convolution of dL/dy.",
       .commands = {"fsconv verify --claim gradient --case ic1oc1i6x6o3x3k3s2p1",
                    "fsconv draw ic1oc1i6x6o3x3k3s2p1 --view scatter --output gradient.svg"},
       .pictures =
           {{"gradient.svg",
             "one code pixel of 3x3 times the whole filter is added to an image of 6x6: so does the gradient of one output "
             "pixel flow back to the input pixels that it has read"}},
       .more = {"experiments/gradient/README.md", "docs/proofs.md"}},
      {.name = "sizes",
       .question = "Which sizes come back, and why must one say which?",
       .answer =
           "A convolution with stride s counts the windows that fit and forgets the pixels that are left over, so that s image "
           "sizes give one code size. The way back cannot know which of them it was: output_padding, output_shape and "
           "target_shape are three ways to say it.",
       .commands = {"fsconv shape --convention pytorch --input-size 2 --kernel 3 --stride 2",
                    "fsconv draw i6o2k3s2 --op conv --output sizes.svg"},
       .pictures =
           {{"sizes.svg",
             "6 pixels under windows of 3 with stride 2: two windows fit, and no window reads the last pixel; 5 pixels would give "
             "the same code size"}},
       .more = {"docs/conventions.md"}},
      {.name = "shared-weights",
       .question = "Why can an autoencoder share its weights, V = W^T?",
       .answer =
           "The decoder V has to lead from codes back to images, and W^T does: it has the right shape and not one weight of its "
           "own. Both uses then train one filter, whose gradient is the sum of theirs; train --untied gives V its own weights "
           "to compare.",
       .commands = {small_training, "fsconv draw autoencoder.h5 --output autoencoder.svg"},
       .pictures =
           {{"autoencoder.svg",
             "an autoencoder with two convolutions and a linear layer on the way down, their transposes on the way up; lines join "
             "the layers that share one weight"}},
       .more = {"experiments/shared_weights/README.md", "experiments/tied_or_untied/README.md",
                "docs/models.md"}},
      {.name = "deconvolution",
       .question = "Why is it not a deconvolution?",
       .answer =
           "Deconvolution undoes a convolution: y = W x is known and x is wanted, which takes an inverse of W. W^T is none, for "
           "W^T W is not I, and where W has fewer rows than columns no map at all brings x back: here 48 of 64 dimensions are "
           "lost.",
       .commands = {"fsconv matrix --input-size 8,8 --kernel 4 --stride 2 --padding 1 --spectrum",
                    "fsconv verify --claim not-inverse --case i4o2k3"},
       .pictures =
           {{"experiments/deconvolution/images.png",
             "a portrait, what three convolutions make of it, what the transposed convolution makes of that (blurred twice, or with a grid) "
             "and what least squares makes of it (the portrait again, where nothing was lost); with noise it takes Tikhonov or CGLS"}},
       .more = {"experiments/deconvolution/README.md"}},
      {.name = "checkerboards",
       .question = "Why are there checkerboards, and what cures them?",
       .answer =
           "With stride 2 the image pixels take turns: one is made of two taps, the next of one, and where the taps of the turns have "
           "different sums even a flat code comes out as a pattern. A kernel that the stride divides only makes the number of taps equal; equal sums cure it: "
           "fsconv smooth, or a resize followed by an ordinary convolution.",
       .commands = {"fsconv verify --explain --case i9o4k3s2", small_training,
                    "fsconv smooth autoencoder.h5 --data generated --images 64",
                    "fsconv draw ic1oc1i9x9o4x4k3s2 --view overlap --output checkerboard.svg"},
       .pictures =
           {{"checkerboard.svg",
             "how many taps reach each of 9x9 pixels of a transposed convolution with 3x3 taps and stride 2: 1, 2 and 4 in turn, a "
             "checkerboard"}},
       .more = {"experiments/checkerboards/README.md", "docs/proofs.md"}},
      {.name = "systems",
       .question = "Why do systems disagree?",
       .answer =
           "All of them compute this sum, but padding, the missing size, the order of the axes and the flip of the filter are "
           "said in different words. From 3 to 6 pixels, TensorFlow's SAME cuts a pixel behind and PyTorch's padding=1 with "
           "output_padding=1 one in front: the same size, and an image moved by a pixel.",
       .commands =
           {"fsconv shape --convention tensorflow --input-size 3 --kernel 3 --stride 2 --padding same --size 6",
            "fsconv draw --convention pytorch --input-size 3 --kernel 3 --stride 2 --padding 1 --output-padding 1 "
            "--view zeros --output pytorch.svg",
            "fsconv draw --convention tensorflow --input-size 3 --kernel 3 --stride 2 --padding same --size 6 "
            "--view zeros --output tensorflow.svg"},
       .pictures =
           {{"pytorch.svg",
             "3 code pixels and 3 taps as PyTorch places them with padding=1 and output_padding=1: one zero in front, two behind, 6 results"},
            {"tensorflow.svg",
             "the same code and taps as TensorFlow places them with SAME: two zeros in front, one behind, so that every result comes one pixel later"}},
       .more = {"docs/conventions.md", "docs/explorer.html"}},
  };
  return list;
}

}  // namespace fsconv::cli
