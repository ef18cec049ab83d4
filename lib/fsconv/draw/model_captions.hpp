// What a model's picture says about each value and the step that makes it, and what several steps share.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/draw/scene.hpp>
#include <fsconv/nn/model.hpp>
#include <set>
#include <string>
#include <vector>

namespace fsconv::draw {

struct CaptionLine {
  std::string name;  // of a parameter, first
  std::string words;
  bool first_read = false;  // what a reader looks for

  double width(double size) const;
};

// Of a value and the step that makes it.
struct Caption {
  Role role = Role::cell;          // of its box,
  double width = 0, height = 0;    // which grows with the logarithm of its longest side, and of its channels
  std::string above = {};          // "images", of a value that no step makes
  std::vector<CaptionLine> lines;  // in words what the step does, and what it alone learns
};

// A parameter that several steps use: the values that they make, and what it is there: W, W^T, or nothing for what is no
// weight.
struct SharedParameter {
  ParameterId parameter;
  struct Use {
    ValueId value;
    std::string mark;
  };
  std::vector<Use> uses;
};

struct ModelCaptions {
  ModelCaptions(const Model& model, double text_size, double longest_line);

  std::vector<Caption> values;  // by ValueId
  std::vector<SharedParameter> shared;
  std::set<ParameterId> of_steps;  // all that steps use

  double words_width(ValueId value, double text_size) const;  // of the widest line
};

// "1,024 numbers"
std::string numbers_text(Index count);

}  // namespace fsconv::draw
